/** What everyday clients do, as loads: each takes a broker's address and a size and answers with figures. */
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol';
import type { Cluster } from '../../src/client/cluster';
import { commitOffsets, deleteGroup } from '../../src/client/groups';
import { createTopics, deleteTopics, type Result } from '../../src/client/topics';
import { clusterAt, withTopic } from './group-load';

const SEND_RECORDS = 1_000;
const SENDS_AT_ONCE = 4;
const RECORD_SIZE_BYTES = 100;
const PARTITIONS = 4;

function checkAll(results: readonly Result[], count: number): void {
  const failed = results.find(({ error }) => error !== null);
  if (failed !== undefined) throw failed.error;
  if (results.length !== count) throw new Error(`${results.length} answers for ${count} topics`);
}

const topicNamed = (name: string) => ({ name, partitions: 1, replicationFactor: 1, configs: [] });

/** Milliseconds for `count` topics of one partition: one request for all, and one request each on one connection. */
export async function topicsLoad(address: string, count: number): Promise<Record<string, number>> {
  const cluster = clusterAt(address);
  const stamp = `${process.pid}-${Math.floor(performance.now())}`;
  const names = (kind: string) => Array.from({ length: count }, (_, at) => `bench-${kind}-${stamp}-${at}`);
  const timed = async (work: () => Promise<void>): Promise<number> => {
    const atMs = performance.now();
    await work();
    return performance.now() - atMs;
  };
  try {
    const [together, single] = [names('together'), names('single')];
    return {
      create_together_ms: await timed(async () =>
        checkAll(await createTopics(cluster, together.map(topicNamed)), count),
      ),
      delete_together_ms: await timed(async () => checkAll(await deleteTopics(cluster, together), count)),
      create_single_ms: await timed(async () => {
        for (const name of single) checkAll(await createTopics(cluster, [topicNamed(name)]), 1);
      }),
      delete_single_ms: await timed(async () => {
        for (const name of single) checkAll(await deleteTopics(cluster, [name]), 1);
      }),
    };
  } finally {
    await cluster.close();
  }
}

/** Records of 100 bytes through kafkajs: its producer with acks=all, then its consumer in a group, joining included. */
export async function kafkajsLoad(address: string, records: number): Promise<Record<string, number>> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const kafka = new Kafka({ clientId: 'bench', brokers: [address], logLevel: logLevel.ERROR });
  return withTopic(address, PARTITIONS, async (topic, cluster) => {
    const producer = kafka.producer();
    await producer.connect();
    const value = Buffer.alloc(RECORD_SIZE_BYTES, 'x');
    const messages = Array.from({ length: SEND_RECORDS }, () => ({ value }));
    const sendsPerLane = Math.ceil(records / SEND_RECORDS / SENDS_AT_ONCE);
    const total = sendsPerLane * SENDS_AT_ONCE * SEND_RECORDS;
    const producedAtMs = performance.now();
    await Promise.all(
      Array.from({ length: SENDS_AT_ONCE }, async () => {
        for (let sent = 0; sent < sendsPerLane; sent++) {
          await producer.send({ topic, messages, acks: -1, compression: CompressionTypes.None });
        }
      }),
    );
    const produceMs = performance.now() - producedAtMs;
    await producer.disconnect();

    const groupId = `${topic}-kafkajs`;
    const consumer = kafka.consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const consumedAtMs = performance.now();
    await readInOrder(consumer, total);
    const consumeMs = performance.now() - consumedAtMs;
    await consumer.disconnect();
    await deleteGroup(cluster, groupId);
    return {
      produce_records_s: (total / produceMs) * 1000,
      consume_records_s: (total / consumeMs) * 1000,
    };
  });
}

async function readInOrder(consumer: ReturnType<Kafka['consumer']>, total: number): Promise<void> {
  const next = new Array<number>(PARTITIONS).fill(0);
  let seen = 0;
  await new Promise<void>((fulfil, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer
      .run({
        eachBatch: async ({ batch: { partition, messages } }) => {
          for (const { offset } of messages) {
            if (Number(offset) !== next[partition]) {
              reject(new Error(`partition ${partition}: offset ${offset} where ${next[partition]} was due`));
            }
            next[partition]!++;
          }
          seen += messages.length;
          if (seen >= total) fulfil();
        },
      })
      .catch(reject);
  });
}

/**
 * OffsetCommits a second, each of one partition and each awaited before the next, every connection with a group of its
 * own.
 */
export async function commitsLoad(
  address: string,
  connections: number,
  durationMs: number,
): Promise<Record<string, number>> {
  return withTopic(address, 1, async (topic) => {
    const clusters = Array.from({ length: connections }, () => clusterAt(address));
    const groups = clusters.map((_, at) => `${topic}-commits-${at}`);
    // The first one waits until the coordinator is there.
    const first = [{ topic, partition: 0, offset: 0 }];
    await Promise.all(clusters.map((cluster, at) => commitOffsets(cluster, groups[at]!, first)));
    const startedAtMs = performance.now();
    const endsAtMs = startedAtMs + durationMs;
    const counts = await Promise.all(
      clusters.map((cluster, at) => commitUntil(cluster, groups[at]!, topic, endsAtMs)),
    );
    const seconds = (performance.now() - startedAtMs) / 1000;
    await Promise.all(
      clusters.map(async (cluster, at) => {
        await deleteGroup(cluster, groups[at]!);
        await cluster.close();
      }),
    );
    return { commits_s: counts.reduce((sum, count) => sum + count, 0) / seconds };
  });
}

async function commitUntil(
  cluster: Cluster,
  groupId: string,
  topic: string,
  endsAtMs: number,
): Promise<number> {
  const connection = await cluster.coordinator(groupId);
  let count = 0;
  for (; performance.now() < endsAtMs; count++) {
    const answer = await connection.send(
      // From version 10 on topics are named by id.
      { request: OffsetCommitRequest, response: OffsetCommitResponse, versionMax: 9 },
      {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          {
            name: topic,
            partitions: [{ partitionIndex: 0, committedOffset: count, committedMetadata: '' }],
          },
        ],
      },
    );
    const errorCode = answer.topics[0]!.partitions[0]!.errorCode;
    if (errorCode !== 0) throw new Error(`OffsetCommit of ${groupId}: error ${errorCode}`);
  }
  return count;
}
