/** Offsets of partitions: the first, the next, and those that belong to a time. */
import { type Int64, ListOffsetsRequest, ListOffsetsResponse } from '../../protocol';
import type { Cluster, Topic } from './cluster';
import { check } from './errors';

const exchange = { request: ListOffsetsRequest, response: ListOffsetsResponse };

export const earliestTimestamp = -2;
export const latestTimestamp = -1;

/**
 * Offset for each asked partition, by index.
 *
 * @param timestamp  Unix milliseconds (first record at or after it; -1 when there is none), or one of the two above.
 */
export async function listOffsets(
  cluster: Cluster,
  topic: Topic,
  timestamp: Int64,
  partitions: readonly number[] = topic.partitions.map(({ index }) => index),
): Promise<ReadonlyMap<number, number>> {
  const offsets = new Map<number, number>();
  const byLeader = new Map<number, number[]>();
  for (const index of partitions) {
    const leaderId = topic.partitions[index]!.leaderId;
    byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), index]);
  }
  await Promise.all(
    [...byLeader].map(async ([leaderId, indexes]) => {
      const connection = await cluster.broker(leaderId);
      const answer = await connection.send(exchange, {
        replicaId: -1,
        topics: [
          {
            name: topic.name,
            partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp })),
          },
        ],
        timeoutMs: cluster.timeoutMs,
      });
      for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
        check(errorCode, `Topic ${topic.name}, partition ${partitionIndex}`);
        offsets.set(partitionIndex, offset);
      }
    }),
  );
  return offsets;
}
