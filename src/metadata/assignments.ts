/** Replica assignments that a client wrote by hand (Kafka's rules and codes). */
import { ErrorCode } from '../../protocol';
import { type Refused, refused } from './refused';
import type { BrokerImage, CreatableTopic } from './types';

const wrong = (message: string): Refused => refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);

/** `[partition] -> node ids`, or what is wrong with `topic.assignments`, which must not be empty. */
export function checkAssignments(
  topic: CreatableTopic,
  brokers: ReadonlyMap<number, BrokerImage>,
): readonly (readonly number[])[] | Refused {
  if (topic.replicationFactor !== -1) {
    return refused(
      ErrorCode.INVALID_REQUEST,
      'With an explicit assignment the replication factor must be -1.',
    );
  }
  if (topic.numPartitions !== -1) {
    return refused(
      ErrorCode.INVALID_REQUEST,
      'With an explicit assignment the number of partitions must be -1.',
    );
  }
  const replicasByIndex = new Map<number, readonly number[]>();
  let replicationFactor = -1;
  for (const { partitionIndex, brokerIds } of topic.assignments!) {
    if (replicasByIndex.has(partitionIndex))
      return wrong(`Partition ${partitionIndex} is assigned more than once.`);
    const problem = checkReplicas(partitionIndex, brokerIds, brokers);
    if (problem !== null) return wrong(problem);
    if (replicationFactor !== -1 && brokerIds.length !== replicationFactor) {
      return wrong(
        `Partition ${partitionIndex} has ${brokerIds.length} replicas, partitions before it ${replicationFactor}.`,
      );
    }
    replicationFactor = brokerIds.length;
    replicasByIndex.set(partitionIndex, brokerIds);
  }
  const replicas: (readonly number[])[] = [];
  for (let index = 0; index < replicasByIndex.size; index++) {
    const brokerIds = replicasByIndex.get(index);
    if (brokerIds === undefined) {
      return wrong(`Partitions are numbered from 0 without gaps; the assignment lacks ${index}.`);
    }
    replicas.push(brokerIds);
  }
  return replicas;
}

/** What is wrong with the replicas of one partition; null when they may be. */
export function checkReplicas(
  index: number,
  brokerIds: readonly number[],
  brokers: ReadonlyMap<number, BrokerImage>,
): string | null {
  if (brokerIds.length === 0) return `Partition ${index} is assigned to no broker.`;
  if (new Set(brokerIds).size !== brokerIds.length)
    return `Partition ${index} names a broker more than once.`;
  for (const id of brokerIds) {
    if (!brokers.has(id)) return `Partition ${index} is assigned to broker ${id}, which is not registered.`;
  }
  if (brokerIds.every((id) => brokers.get(id)!.isFenced)) {
    return `Partition ${index} is assigned to fenced brokers only.`;
  }
  return null;
}
