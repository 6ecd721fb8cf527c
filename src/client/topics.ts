/** What administrators do with topics. */
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  ErrorCode,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol';
import type { Cluster, Topic } from './cluster';
import { check, RefusedError } from './errors';

/** What became of one thing of several: an error does not stop the others. */
export interface Result {
  readonly name: string;
  readonly error: RefusedError | null;
}

const TOPIC_RESOURCE = 2;

function resultOf(name: string, about: string, errorCode: number, words: string | null = null): Result {
  return { name, error: errorCode === ErrorCode.NONE ? null : new RefusedError(errorCode, about, words) };
}

export interface NewTopic {
  readonly name: string;
  /** -1: the broker's default, as for `replicationFactor`. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly (readonly [key: string, value: string])[];
}

export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
): Promise<readonly Result[]> {
  const connection = await cluster.any();
  const answer = await connection.send(
    { request: CreateTopicsRequest, response: CreateTopicsResponse },
    {
      topics: topics.map(({ name, partitions, replicationFactor, configs }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: configs.map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: cluster.timeoutMs,
    },
    cluster.timeoutMs,
  );
  return answer.topics.map(({ name, errorCode, errorMessage }) =>
    resultOf(name, `Topic ${name}`, errorCode, errorMessage),
  );
}

export async function deleteTopics(cluster: Cluster, names: readonly string[]): Promise<readonly Result[]> {
  const connection = await cluster.any();
  const answer = await connection.send(
    // Version 5 takes names and has a message for each.
    { request: DeleteTopicsRequest, response: DeleteTopicsResponse, versionMax: 5 },
    { topicNames: names, timeoutMs: cluster.timeoutMs },
    cluster.timeoutMs,
  );
  return answer.responses.map(({ name, errorCode, errorMessage }) =>
    resultOf(name ?? '', `Topic ${name}`, errorCode, errorMessage),
  );
}

/** @param total  Partitions that there shall be. */
export async function createPartitions(cluster: Cluster, name: string, total: number): Promise<void> {
  const connection = await cluster.any();
  const answer = await connection.send(
    { request: CreatePartitionsRequest, response: CreatePartitionsResponse },
    {
      topics: [{ name, count: total, assignments: null }],
      timeoutMs: cluster.timeoutMs,
      validateOnly: false,
    },
    cluster.timeoutMs,
  );
  const { errorCode, errorMessage } = answer.results[0]!;
  check(errorCode, `Topic ${name}`, errorMessage);
}

export interface ConfigChange {
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly key: string;
  readonly value: string | null;
}

const operationCodes: Readonly<Record<ConfigChange['operation'], number>> = {
  set: 0,
  delete: 1,
  append: 2,
  subtract: 3,
};

export async function alterTopic(
  cluster: Cluster,
  name: string,
  changes: readonly ConfigChange[],
): Promise<void> {
  const connection = await cluster.any();
  const answer = await connection.send(
    { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse },
    {
      resources: [
        {
          resourceType: TOPIC_RESOURCE,
          resourceName: name,
          configs: changes.map(({ operation, key, value }) => ({
            name: key,
            configOperation: operationCodes[operation],
            value,
          })),
        },
      ],
      validateOnly: false,
    },
    cluster.timeoutMs,
  );
  const { errorCode, errorMessage } = answer.responses[0]!;
  check(errorCode, `Topic ${name}`, errorMessage);
}

export interface Setting {
  readonly key: string;
  readonly value: string | null;
  /** Set for this topic, and no default. */
  readonly isSet: boolean;
  readonly isSensitive: boolean;
}

const DYNAMIC_TOPIC_SOURCE = 1;

export async function describeTopicConfig(cluster: Cluster, name: string): Promise<readonly Setting[]> {
  const connection = await cluster.any();
  const answer = await connection.send(
    { request: DescribeConfigsRequest, response: DescribeConfigsResponse },
    {
      resources: [{ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }],
      includeSynonyms: false,
      includeDocumentation: false,
    },
  );
  const { errorCode, errorMessage, configs } = answer.results[0]!;
  check(errorCode, `Topic ${name}`, errorMessage);
  return configs
    .map((config) => ({
      key: config.name,
      value: config.value,
      isSet: config.configSource === DYNAMIC_TOPIC_SOURCE,
      isSensitive: config.isSensitive,
    }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
}

export interface Trimmed {
  readonly partition: number;
  /** Where the partition begins now. */
  readonly startOffset: number;
  readonly error: RefusedError | null;
}

/** Deletes what lies before the given offset of each partition; -1: all that is committed. */
export async function deleteRecords(
  cluster: Cluster,
  topic: Topic,
  offsets: ReadonlyMap<number, number>,
): Promise<readonly Trimmed[]> {
  const byLeader = new Map<number, number[]>();
  for (const index of offsets.keys()) {
    const leaderId = topic.partitions[index]!.leaderId;
    byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), index]);
  }
  const trimmed: Trimmed[] = [];
  for (const [leaderId, indexes] of byLeader) {
    const connection = await cluster.broker(leaderId);
    const answer = await connection.send(
      { request: DeleteRecordsRequest, response: DeleteRecordsResponse },
      {
        topics: [
          {
            name: topic.name,
            partitions: indexes.map((index) => ({ partitionIndex: index, offset: offsets.get(index)! })),
          },
        ],
        timeoutMs: cluster.timeoutMs,
      },
      cluster.timeoutMs,
    );
    for (const { partitionIndex, lowWatermark, errorCode } of answer.topics[0]?.partitions ?? []) {
      const about = `Topic ${topic.name}, partition ${partitionIndex}, offset ${offsets.get(partitionIndex)}`;
      const { error } = resultOf('', about, errorCode);
      trimmed.push({ partition: partitionIndex, startOffset: lowWatermark, error });
    }
  }
  return trimmed.sort((left, right) => left.partition - right.partition);
}
