import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  type Admin,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  KafkaJSProtocolError,
  logLevel,
  type Message,
  type Producer,
} from 'kafkajs';
import type { Report } from '../report';
import { freshTopic, type Suite, type SuiteContext } from '../suite';
import { createAndWait } from '../topics';
import { addCodecs } from './codecs';
import { groupAdministration } from './group-admin';
import { groups } from './groups';
import { Reader, type ReadMessage } from './reader';
import { registry } from './registry';

/**
 * kafkajs 2.2.4 as it comes: administers, produces with each acks and codec it has, reads back by offset and in groups.
 * It has no static members.
 */
export const kafkajsSuite: Suite = {
  name: 'kafkajs',
  programs: [],
  timeoutMs: 240_000,
  prepare: addCodecs,
  run,
};

export interface Clients {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly reader: Reader;
}

async function run({ bootstrap, report }: SuiteContext): Promise<void> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const kafka = new Kafka({
    clientId: 'compat',
    brokers: [bootstrap],
    connectionTimeout: 5_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 3 },
  });
  const clients = { kafka, admin: kafka.admin(), producer: kafka.producer(), reader: new Reader(bootstrap) };
  await Promise.all([clients.admin.connect(), clients.producer.connect(), clients.reader.connect()]);
  try {
    await administers(clients, report);
    await produces(clients, report);
    await fetches(clients, report);
    await groups(clients, report);
    await groupAdministration(clients, report);
    await registry(clients, report);
  } finally {
    await Promise.all([
      clients.admin.disconnect(),
      clients.producer.disconnect(),
      clients.reader.disconnect(),
    ]);
  }
}

async function administers({ admin }: Clients, report: Report): Promise<void> {
  const topic = freshTopic('kafkajs-admin');

  await report.case('describeCluster names a controller among the brokers', async () => {
    const cluster = await admin.describeCluster();
    assert.ok(cluster.brokers.length >= 1);
    assert.ok(cluster.brokers.some((broker) => broker.nodeId === cluster.controller));
    assert.match(cluster.clusterId, /^[\w-]{22}$/);
  });

  await report.case('createTopics: partitions and configs', async () => {
    const configEntries = [{ name: 'retention.ms', value: '123456789' }];
    const created = await createAndWait(admin, { topic, numPartitions: 3, configEntries });
    assert.equal(created, true);
  });

  await report.case('createTopics of a topic that exists answers false', async () => {
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), false);
  });

  await report.case('createTopics with validateOnly creates nothing', async () => {
    const ghost = freshTopic('kafkajs-ghost');
    const options = { validateOnly: true, waitForLeaders: false };
    assert.equal(await admin.createTopics({ ...options, topics: [{ topic: ghost }] }), true);
    assert.ok(!(await admin.listTopics()).includes(ghost));
  });

  await report.case('createTopics refuses a name with a space', async () => {
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'not a name' }] }), (error: Error) => {
      const words = JSON.stringify(error, Object.getOwnPropertyNames(error));
      assert.match(`${words} ${nested(error)}`, /INVALID_TOPIC_EXCEPTION|invalid topic/i);
      return true;
    });
  });

  await report.case('listTopics holds the new topic', async () => {
    assert.ok((await admin.listTopics()).includes(topic));
  });

  await report.case('fetchTopicMetadata: three partitions with a leader', async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    assert.deepEqual(partitions.map((partition) => partition.partitionId).sort(), [0, 1, 2]);
    for (const partition of partitions) {
      assert.equal(partition.partitionErrorCode, 0);
      assert.ok(partition.isr.includes(partition.leader));
      assert.ok(partition.replicas.includes(partition.leader));
    }
  });

  await report.case('describeConfigs: the value set and a default', async () => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    const entries = new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry]));
    assert.equal(entries.get('retention.ms')?.configValue, '123456789');
    assert.equal(entries.get('retention.ms')?.isDefault, false);
    assert.equal(entries.get('cleanup.policy')?.configValue, 'delete');
    assert.equal(entries.get('cleanup.policy')?.isDefault, true);
  });

  await report.case('describeConfigs of one named key answers that key alone', async () => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['segment.bytes'] }],
    });
    assert.deepEqual(
      resources[0]?.configEntries.map((entry) => entry.configName),
      ['segment.bytes'],
    );
  });

  await report.case('fetchTopicOffsets of an empty topic', async () => {
    const offsets = await admin.fetchTopicOffsets(topic);
    const sorted = offsets.sort((left, right) => left.partition - right.partition);
    assert.deepEqual(
      sorted.map(({ partition, low, high }) => ({ partition, low, high })),
      [0, 1, 2].map((partition) => ({ partition, low: '0', high: '0' })),
    );
  });

  await report.case('deleteTopics: the topic leaves the list', async () => {
    await admin.deleteTopics({ topics: [topic] });
    assert.ok(!(await admin.listTopics()).includes(topic));
  });

  await report.case('deleteTopics of an unknown topic is refused', async () => {
    await assert.rejects(admin.deleteTopics({ topics: [freshTopic('kafkajs-unknown')] }), (error: Error) =>
      nested(error).includes('UNKNOWN_TOPIC_OR_PARTITION'),
    );
  });
}

async function produces(clients: Clients, report: Report): Promise<void> {
  const { admin, producer, reader } = clients;

  for (const acks of [-1, 1, 0]) {
    await report.case(`produces with acks ${acks} and reads the same back`, async () => {
      const topic = freshTopic(`kafkajs-acks${acks}`);
      await createAndWait(admin, { topic, numPartitions: 1 });
      const messages = numbered(200);
      await producer.send({ topic, acks, messages });
      // acks 0 is answered by nothing: the next request of the connection that is answered comes after it.
      if (acks === 0) await producer.send({ topic, acks: -1, messages: numbered(1) });
      const read = await reader.readAll(topic, 0);
      sameMessages(read, acks === 0 ? [...messages, ...numbered(1)] : messages);
    });
  }

  const codecs = {
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD,
  };
  for (const [name, compression] of Object.entries(codecs)) {
    await report.case(`produces ${name} batches and reads the same back`, async () => {
      const topic = freshTopic(`kafkajs-${name}`);
      await createAndWait(admin, { topic, numPartitions: 1 });
      const messages = numbered(500, 300);
      await producer.send({ topic, acks: -1, compression, messages });
      sameMessages(await reader.readAll(topic, 0), messages);
    });
  }

  await report.case('headers, null keys, null values and empty values survive', async () => {
    const topic = freshTopic('kafkajs-shapes');
    await createAndWait(admin, { topic, numPartitions: 1 });
    const messages: Message[] = [
      { key: null, value: null, timestamp: '1700000000001' },
      { key: '', value: '', timestamp: '1700000000002' },
      { key: 'k', value: 'v', headers: { a: 'one', b: Buffer.from([0, 255]) }, timestamp: '1700000000003' },
    ];
    await producer.send({ topic, acks: -1, messages });
    const read = await reader.readAll(topic, 0);
    assert.deepEqual(
      read.map(({ key, value, timestamp }) => ({ key, value, timestamp })),
      [
        { key: null, value: null, timestamp: '1700000000001' },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: '1700000000002' },
        { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: '1700000000003' },
      ],
    );
    assert.deepEqual({ ...read[2]?.headers }, { a: Buffer.from('one'), b: Buffer.from([0, 255]) });
  });

  await report.case('idempotent producer: 30 batches one after the other, no gap', async () => {
    const topic = freshTopic('kafkajs-idempotent');
    await createAndWait(admin, { topic, numPartitions: 1 });
    const idempotent = clients.kafka.producer({ idempotent: true });
    await idempotent.connect();
    try {
      const all = numbered(300);
      for (let at = 0; at < all.length; at += 10) {
        const [result] = await idempotent.send({ topic, messages: all.slice(at, at + 10) });
        assert.equal(result?.baseOffset, String(at));
      }
      sameMessages(await reader.readAll(topic, 0), all);
    } finally {
      await idempotent.disconnect();
    }
  });

  await report.case('keys spread over six partitions, order kept within each', async () => {
    const topic = freshTopic('kafkajs-keys');
    await createAndWait(admin, { topic, numPartitions: 6 });
    const messages = numbered(3_000);
    await Promise.all(
      [0, 1, 2].map((part) =>
        producer.send({ topic, acks: -1, messages: messages.slice(part * 1_000, (part + 1) * 1_000) }),
      ),
    );
    const seen = new Set<string>();
    for (let partition = 0; partition < 6; partition += 1) {
      const read = await reader.readAll(topic, partition);
      read.forEach((message, at) => {
        assert.equal(message.offset, String(at));
      });
      for (const message of read) seen.add(String(message.value));
    }
    assert.deepEqual([...seen].sort(), messages.map((message) => String(message.value)).sort());
  });

  await report.case('a missing topic is created by producing to it', async () => {
    const topic = freshTopic('kafkajs-auto');
    await producer.send({ topic, acks: -1, messages: numbered(5) });
    sameMessages(await reader.readAll(topic, 0), numbered(5));
  });

  await report.case('a batch larger than max.message.bytes is refused', async () => {
    const topic = freshTopic('kafkajs-large');
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
    await createAndWait(admin, { topic, numPartitions: 1, configEntries });
    await assert.rejects(
      producer.send({ topic, acks: -1, messages: [{ value: randomBytes(4_000) }] }),
      (error: Error) => nested(error).includes('MESSAGE_TOO_LARGE'),
    );
    assert.equal((await admin.fetchTopicOffsets(topic))[0]?.high, '0');
  });
}

async function fetches({ admin, producer, reader }: Clients, report: Report): Promise<void> {
  const topic = freshTopic('kafkajs-fetch');
  await createAndWait(admin, { topic, numPartitions: 1 });
  const baseMs = 1_700_000_000_000;
  for (let batch = 0; batch < 10; batch += 1) {
    const messages = numbered(10).map((message, at) => ({
      ...message,
      value: `${batch}/${at}`,
      timestamp: String(baseMs + batch * 1_000 + at),
    }));
    await producer.send({ topic, acks: -1, messages });
  }

  await report.case('fetch from the middle of a batch', async () => {
    const { messages } = await reader.fetch(topic, 0, '25');
    const wanted = messages.filter((message) => Number(message.offset) >= 25);
    assert.equal(String(wanted[0]?.value), '2/5');
    assert.equal(wanted.length, 75);
  });

  await report.case('a small maxBytes still answers a whole batch', async () => {
    const { messages } = await reader.fetch(topic, 0, '30', { maxBytes: 1, partitionMaxBytes: 1 });
    assert.deepEqual(
      messages.map((message) => String(message.value)),
      Array.from({ length: 10 }, (_, at) => `3/${at}`),
    );
  });

  await report.case('a fetch at the end waits maxWaitTime and answers nothing', async () => {
    const startMs = performance.now();
    const { messages, errorCode } = await reader.fetch(topic, 0, '100', { maxWaitTime: 300 });
    const wallMs = performance.now() - startMs;
    assert.deepEqual([messages.length, errorCode], [0, 0]);
    assert.ok(wallMs >= 250 && wallMs < 3_000, `${wallMs} ms`);
  });

  await report.case('a parked fetch answers when a record arrives', async () => {
    const startMs = performance.now();
    const parked = reader.fetch(topic, 0, '100', { maxWaitTime: 20_000 });
    await producer.send({ topic, acks: -1, messages: [{ value: 'late' }] });
    const { messages } = await parked;
    assert.equal(String(messages[0]?.value), 'late');
    assert.ok(performance.now() - startMs < 5_000);
  });

  await report.case('an offset beyond the end is out of range', async () => {
    await assert.rejects(
      reader.fetch(topic, 0, '1000'),
      (error: Error) => error instanceof KafkaJSProtocolError && error.type === 'OFFSET_OUT_OF_RANGE',
    );
  });

  await report.case('fetchTopicOffsets and by timestamp', async () => {
    const [offsets] = await admin.fetchTopicOffsets(topic);
    assert.deepEqual([offsets?.low, offsets?.high], ['0', '101']);
    const between = await admin.fetchTopicOffsetsByTimestamp(topic, baseMs + 4_003);
    assert.equal(between[0]?.offset, '43');
    const gap = await admin.fetchTopicOffsetsByTimestamp(topic, baseMs + 4_500);
    assert.equal(gap[0]?.offset, '50');
  });
}

function numbered(count: number, padBytes = 0): Message[] {
  return Array.from({ length: count }, (_, at) => ({
    key: `key-${at % 97}`,
    value: `value-${at}-${'x'.repeat(padBytes)}`,
  }));
}

function sameMessages(read: readonly ReadMessage[], sent: readonly Message[]): void {
  assert.deepEqual(
    read.map((message) => `${message.offset} ${message.key} ${message.value}`),
    sent.map((message, at) => `${at} ${message.key} ${message.value}`),
  );
}

/** kafkajs wraps what the broker said in retries and aggregates: all names on the way down. */
function nested(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = error as Error & { type?: string; errors?: readonly unknown[]; originalError?: unknown };
  const below = [own.cause, own.originalError, ...(own.errors ?? [])].map(nested).join(' ');
  return `${own.type ?? ''} ${own.message} ${below}`;
}
