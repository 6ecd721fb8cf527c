import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { CompressionTypes, type Message } from 'kafkajs';
import type { Report } from '../report';
import { freshTopic } from '../suite';
import { createAndWait } from '../topics';
import { Member, until } from './members';
import type { Clients } from './suite';

/** Consumer groups: joining, sharing, leaving, committing, and where a member that comes back goes on. */
export async function groups(clients: Clients, report: Report): Promise<void> {
  await consumes(clients, report);
  await rebalances(clients, report);
  await positions(clients, report);
}

async function consumes(clients: Clients, report: Report): Promise<void> {
  const { kafka, producer } = clients;

  const codecs = [
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ] as const;

  await report.case('a group reads every codec, each partition in order', async () => {
    const topic = await filled(clients, 'codecs', 3, []);
    for (const [name, compression] of codecs)
      await producer.send({ topic, acks: -1, compression, messages: numbered(300, name) });
    const member = await Member.start(kafka, topic, { topics: [topic] });
    try {
      await until('1,500 records', () => member.seen.length >= 1_500);
      const wanted = codecs.flatMap(([name]) => numbered(300, name).map(({ value }) => String(value)));
      assert.deepEqual([...member.values()].sort(), wanted.sort());
      for (const partition of [0, 1, 2]) {
        const offsets = member.seen
          .filter((seen) => seen.partition === partition)
          .map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.map((_, at) => String(at)),
        );
      }
    } finally {
      await member.stop();
    }
  });

  await report.case('a group with eachBatch sees whole batches and may resolve in the middle', async () => {
    const topic = await filled(clients, 'batches', 1, numbered(100));
    const read: string[] = [];
    const member = await Member.start(kafka, topic, {
      topics: [topic],
      run: {
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning }) => {
          for (const message of batch.messages) {
            if (!isRunning() || read.length === 40) break;
            read.push(message.offset);
            resolveOffset(message.offset);
            await heartbeat();
          }
        },
      },
    });
    await until('40 records', () => read.length === 40);
    await member.stop();
    assert.equal(await committed(clients, topic, topic), '40');
  });

  await report.case('not from the beginning: a new group starts at the end', async () => {
    const topic = await filled(clients, 'end', 1, numbered(20));
    const member = await Member.start(kafka, topic, { topics: [topic], fromBeginning: false });
    try {
      await until('an assignment', () => member.assigned.length === 1);
      // Where the member stands is decided by its first fetch: what is sent before that does not count as new.
      let sent = 0;
      await until('a record', async () => {
        await producer.send({ topic, acks: -1, messages: [{ value: `new-${sent}` }] });
        sent += 1;
        await delay(100);
        return member.seen.length > 0;
      });
      assert.ok(member.values().every((value) => value.startsWith('new-')));
      assert.ok(Number(member.seen[0]?.offset) >= 20);
    } finally {
      await member.stop();
    }
  });

  await report.case('a subscription by pattern takes the topics that match', async () => {
    const one = await filled(clients, 'pattern', 1, numbered(5, 'one'));
    const other = `${one}-other`;
    await createAndWait(clients.admin, { topic: other, numPartitions: 1 });
    await producer.send({ topic: other, acks: -1, messages: numbered(5, 'other') });
    const consumer = kafka.consumer({ groupId: one, maxWaitTimeInMs: 200 });
    const topics = new Set<string>();
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [new RegExp(`^${one}`)], fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ topic }) => {
          topics.add(topic);
        },
      });
      await until('both topics', () => topics.size === 2);
      assert.deepEqual([...topics].sort(), [one, other]);
    } finally {
      await consumer.disconnect();
    }
  });
}

async function rebalances(clients: Clients, report: Report): Promise<void> {
  const { kafka, producer } = clients;

  await report.case('a second member takes half of the partitions and gives them back', async () => {
    const topic = await filled(clients, 'rebalance', 4, numbered(100, 'first'));
    const start = { topics: [topic] };
    const first = await Member.start(kafka, topic, start);
    await until('100 records', () => first.seen.length >= 100);
    assert.equal(first.assigned.length, 4);

    const second = await Member.start(kafka, topic, start);
    await until(
      () => `two and two: ${first.assigned} / ${second.assigned}`,
      () => first.assigned.length === 2 && second.assigned.length === 2,
    );
    const all = [0, 1, 2, 3].map((partition) => `${topic}-${partition}`);
    assert.deepEqual([...first.assigned, ...second.assigned].sort(), all);

    await producer.send({ topic, acks: -1, messages: numbered(100, 'shared') });
    const shared = () =>
      [...first.values(), ...second.values()].filter((value) => value.startsWith('shared'));
    await until('100 records on both', () => new Set(shared()).size === 100);
    assert.ok(second.values().some((value) => value.startsWith('shared')));
    const owned = new Set(second.assigned);
    assert.ok(second.seen.every((seen) => owned.has(`${seen.topic}-${seen.partition}`)));

    await second.stop();
    await until('four again', () => first.assigned.length === 4);
    await producer.send({ topic, acks: -1, messages: numbered(100, 'alone') });
    await until('100 records alone', () => {
      return new Set(first.values().filter((value) => value.startsWith('alone'))).size === 100;
    });
    await first.stop();
  });

  await report.case('of two members on one partition one is idle until the other leaves', async () => {
    const topic = await filled(clients, 'idle', 1, []);
    const members = await Promise.all([
      Member.start(kafka, topic, { topics: [topic] }),
      Member.start(kafka, topic, { topics: [topic] }),
    ]);
    const sizes = () => members.map(({ assigned }) => assigned.length).sort();
    await until('one and none', () => sizes().join() === '0,1' && members.every(({ joins }) => joins > 0));
    const owner = members.find(({ assigned }) => assigned.length === 1);
    const other = members.find((member) => member !== owner);
    assert.ok(owner !== undefined && other !== undefined);
    await owner.stop();
    await until('the idle one owns it', () => other.assigned.length === 1);
    await producer.send({ topic, acks: -1, messages: [{ value: 'taken over' }] });
    await until('the record', () => other.values().includes('taken over'));
    await other.stop();
  });

  await report.case('a member that dies without a word is replaced when its session ends', async () => {
    const topic = await filled(clients, 'dead', 2, numbered(10));
    const config = { sessionTimeout: 6_000, heartbeatInterval: 300 };
    // A handler that throws for ever without a retry ends the member; it never leaves the group by itself.
    const stuck = await Member.start(kafka, topic, {
      topics: [topic],
      config: { ...config, retry: { retries: 0, restartOnFailure: async () => false } },
      run: {
        eachMessage: () => Promise.reject(new Error('the application failed')),
      },
    });
    await until('an assignment', () => stuck.assigned.length === 2);
    const next = await Member.start(kafka, topic, { topics: [topic], config });
    await until('both partitions', () => next.assigned.length === 2, 40_000);
    await until('all records', () => new Set(next.values()).size === 10);
    await Promise.all([stuck.stop(), next.stop()]);
  });

  await report.case('new partitions reach a running group', async () => {
    const topic = await filled(clients, 'grown', 1, numbered(5));
    const member = await Member.start(kafka, topic, { topics: [topic], config: { metadataMaxAge: 500 } });
    await until('five records', () => member.seen.length === 5);
    await clients.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await until('three partitions', () => member.assigned.length === 3, 30_000);
    await member.stop();
  });
}

async function positions(clients: Clients, report: Report): Promise<void> {
  const { kafka, producer } = clients;

  await report.case('a group goes on where it stopped', async () => {
    const topic = await filled(clients, 'resume', 1, numbered(50));
    const first = await Member.start(kafka, topic, { topics: [topic] });
    await until('50 records', () => first.seen.length === 50);
    await first.stop();
    assert.equal(await committed(clients, topic, topic), '50');
    await producer.send({ topic, acks: -1, messages: numbered(10, 'later') });
    const second = await Member.start(kafka, topic, { topics: [topic] });
    await until('ten more', () => second.seen.length >= 10);
    await second.stop();
    assert.deepEqual(
      second.seen.map(({ offset }) => offset),
      Array.from({ length: 10 }, (_, at) => String(50 + at)),
    );
  });

  await report.case('commitOffsets by hand, with metadata; nothing is committed without it', async () => {
    const topic = await filled(clients, 'manual', 1, numbered(30));
    const run = { autoCommit: false };
    const first = await Member.start(kafka, topic, { topics: [topic], run });
    await until('30 records', () => first.seen.length === 30);
    assert.equal(await committed(clients, topic, topic), '-1');
    await first.consumer.commitOffsets([{ topic, partition: 0, offset: '12', metadata: 'twelve' }]);
    await first.stop();
    const [offsets] = await clients.admin.fetchOffsets({ groupId: topic, topics: [topic] });
    assert.deepEqual(
      offsets?.partitions.map(({ offset, metadata }) => [offset, metadata]),
      [['12', 'twelve']],
    );
    const second = await Member.start(kafka, topic, { topics: [topic], run });
    await until('the rest', () => second.seen.length >= 18);
    await second.stop();
    assert.equal(second.seen[0]?.offset, '12');
  });

  await report.case('two groups on one topic do not disturb each other', async () => {
    const topic = await filled(clients, 'two', 2, numbered(40));
    const members = await Promise.all(
      ['a', 'b'].map((name) => Member.start(kafka, `${topic}-${name}`, { topics: [topic] })),
    );
    await until('40 records each', () => members.every(({ seen }) => seen.length >= 40));
    await Promise.all(members.map((member) => member.stop()));
    for (const member of members) assert.equal(new Set(member.values()).size, 40);
  });

  await report.case('seek: back to 5, and forward to the end', async () => {
    const topic = await filled(clients, 'seek', 1, numbered(20));
    const member = await Member.start(kafka, topic, { topics: [topic] });
    await until('20 records', () => member.seen.length === 20);
    member.seen.length = 0;
    member.consumer.seek({ topic, partition: 0, offset: '5' });
    await until('15 records again', () => member.seen.length === 15);
    assert.equal(member.seen[0]?.offset, '5');
    member.seen.length = 0;
    member.consumer.seek({ topic, partition: 0, offset: '19' });
    await until('the last record again', () => member.seen.length === 1);
    assert.equal(member.seen[0]?.offset, '19');
    await member.stop();
  });

  await report.case('a committed offset beyond the end resets to the beginning', async () => {
    const topic = await filled(clients, 'reset', 1, numbered(7));
    await clients.admin.setOffsets({
      groupId: topic,
      topic,
      partitions: [{ partition: 0, offset: '1000' }],
    });
    const member = await Member.start(kafka, topic, { topics: [topic] });
    await until('seven records', () => member.seen.length >= 7);
    await member.stop();
    assert.equal(member.seen[0]?.offset, '0');
  });

  await report.case('a paused partition rests while the other goes on, and loses nothing', async () => {
    const topic = await filled(clients, 'pause', 2, []);
    const member = await Member.start(kafka, topic, { topics: [topic] });
    await until('an assignment', () => member.assigned.length === 2);
    member.consumer.pause([{ topic, partitions: [0] }]);
    const messages = [0, 1].flatMap((partition) =>
      numbered(10, `p${partition}`).map((message) => ({ ...message, partition })),
    );
    await producer.send({ topic, acks: -1, messages });
    await until('ten records of partition 1', () => count(member, 1) === 10);
    assert.equal(count(member, 0), 0);
    member.consumer.resume([{ topic, partitions: [0] }]);
    await until('ten records of partition 0', () => count(member, 0) === 10);
    await member.stop();
  });
}

function count(member: Member, partition: number): number {
  return member.seen.filter((seen) => seen.partition === partition).length;
}

async function filled(
  { admin, producer }: Clients,
  purpose: string,
  numPartitions: number,
  messages: Message[],
): Promise<string> {
  const topic = freshTopic(`kafkajs-group-${purpose}`);
  await createAndWait(admin, { topic, numPartitions });
  if (messages.length > 0) await producer.send({ topic, acks: -1, messages });
  return topic;
}

async function committed({ admin }: Clients, groupId: string, topic: string): Promise<string | undefined> {
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return offsets?.partitions[0]?.offset;
}

function numbered(size: number, prefix = 'value'): Message[] {
  return Array.from({ length: size }, (_, at) => ({ key: `key-${at}`, value: `${prefix}-${at}` }));
}
