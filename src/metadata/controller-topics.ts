/** Controller operations on topics: creation and deletion (protocol.md behaviours 16 to 18). */
import { ErrorCode, zeroUuid } from '../../protocol';
import { checkTopicConfigs } from '../config/topic-config';
import { checkAssignments } from './assignments';
import type { ControllerContext, ControllerOutcome, ControllerState } from './controller-state';
import { placeReplicas } from './placement';
import type { MetadataRecord } from './records';
import { type Refused, refused } from './refused';
import { newTopicId } from './topic-id';
import { checkTopicName, collisionKey, isInternalTopicName, METADATA_TOPIC_NAME } from './topic-names';
import type { CreatableTopic, CreatedTopic } from './types';

/** New partitions of one request, so that one request makes one batch of bounded size (Kafka's bound). */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;

export interface CreateTopics {
  readonly topics: readonly CreatableTopic[];
  readonly validateOnly: boolean;
  /** An existing topic is no error, and the answer is about it as it is. */
  readonly isAutomatic: boolean;
}

/** Lines for the operator that the caller writes once the topics exist. */
export interface CreateTopicsResponse {
  readonly topics: readonly CreatedTopic[];
  readonly notices: readonly string[];
}

/** Every topic succeeds or fails by itself. One result for each different name, in the order of the request. */
export function createTopics(
  state: ControllerState,
  request: CreateTopics,
  context: ControllerContext,
): ControllerOutcome<CreateTopicsResponse> {
  const records: MetadataRecord[] = [];
  const notices: string[] = [];
  const counts = new Map<string, number>();
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isTooMuch =
    countPartitions(request.topics, context.config.numPartitions) > PARTITIONS_PER_REQUEST_MAX;

  const results: CreatedTopic[] = [];
  for (const topic of request.topics) {
    const count = counts.get(topic.name)!;
    if (count === 0) continue;
    counts.set(topic.name, 0);
    if (count > 1) {
      results.push(
        failed(topic, refused(ErrorCode.INVALID_REQUEST, 'The request names this topic more than once.')),
      );
      continue;
    }
    const existing = state.image.topicsByName.get(topic.name);
    if (existing !== undefined && request.isAutomatic) {
      results.push(created(topic.name, existing.id, existing.partitions));
      continue;
    }
    const planned = isTooMuch
      ? refused(
          ErrorCode.POLICY_VIOLATION,
          `One request creates at most ${PARTITIONS_PER_REQUEST_MAX} partitions.`,
        )
      : planTopic(state, topic, context, notices);
    if ('errorCode' in planned) {
      results.push(failed(topic, planned));
      continue;
    }
    results.push(created(topic.name, planned.topicId, planned.partitions));
    if (!request.validateOnly) records.push(...recordsOf(topic, planned));
  }
  return { records, response: { topics: results, notices: request.validateOnly ? [] : notices } };
}

interface PlannedTopic {
  readonly topicId: string;
  readonly partitions: readonly { readonly index: number; readonly replicas: readonly number[] }[];
}

function planTopic(
  state: ControllerState,
  topic: CreatableTopic,
  context: ControllerContext,
  notices: string[],
): PlannedTopic | Refused {
  const wrong = checkName(state, topic.name) ?? checkConfigs(topic);
  if (wrong !== null) return wrong;
  const replicas =
    topic.assignments !== null && topic.assignments.length > 0
      ? checkAssignments(topic, state.image.brokers)
      : chooseReplicas(state, topic, context, notices);
  if ('errorCode' in replicas) return replicas;
  const partitions = replicas.map((nodeIds, index) => ({ index, replicas: nodeIds }));
  if (partitions[0]!.replicas.length === 2) {
    notices.push(
      `Topic '${topic.name}' has two replicas under a majority rule: it stops when either of them does. ` +
        'Three replicas survive the loss of one.',
    );
  }
  return { topicId: newTopicId(context.random, (id) => state.image.topicsById.has(id)), partitions };
}

function checkName(state: ControllerState, name: string): Refused | null {
  if (state.image.topicsByName.has(name)) {
    return refused(ErrorCode.TOPIC_ALREADY_EXISTS, `A topic named '${name}' exists.`);
  }
  if (name === METADATA_TOPIC_NAME) {
    return refused(ErrorCode.INVALID_REQUEST, `${METADATA_TOPIC_NAME} belongs to the cluster itself.`);
  }
  const wrong = checkTopicName(name);
  if (wrong !== null) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, wrong);
  const key = collisionKey(name);
  const others = key === null ? undefined : state.namesByCollisionKey.get(key);
  if (others !== undefined && others.size > 0) {
    const [other] = others;
    return refused(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `'${name}' and the existing topic '${other}' differ in '.' and '_' only, so their metrics would share names.`,
    );
  }
  return null;
}

function checkConfigs(topic: CreatableTopic): Refused | null {
  const wrong = checkTopicConfigs(topic.configs);
  return wrong === null ? null : refused(ErrorCode.INVALID_CONFIG, wrong);
}

function chooseReplicas(
  state: ControllerState,
  topic: CreatableTopic,
  { config, random }: ControllerContext,
  notices: string[],
): readonly (readonly number[])[] | Refused {
  if (topic.replicationFactor === 0 || topic.replicationFactor < -1) {
    return refused(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `A replication factor is 1 or more, or -1 for the broker's default; ${topic.replicationFactor} is neither.`,
    );
  }
  if (topic.numPartitions === 0 || topic.numPartitions < -1) {
    return refused(
      ErrorCode.INVALID_PARTITIONS,
      `A topic has 1 partition or more, or -1 for the broker's default; ${topic.numPartitions} is neither.`,
    );
  }
  const partitionCount = topic.numPartitions === -1 ? config.numPartitions : topic.numPartitions;
  const wanted = topic.replicationFactor === -1 ? config.defaultReplicationFactor : topic.replicationFactor;
  const brokers = [...state.image.brokers.values()].filter((broker) => !broker.isFenced);
  let replicationFactor = wanted;
  if (wanted > brokers.length) {
    const mayClamp = config.clampReplicationFactor || isInternalTopicName(topic.name);
    if (brokers.length === 0 || !mayClamp) {
      return refused(
        ErrorCode.INVALID_REPLICATION_FACTOR,
        `${wanted} replicas of a partition need ${wanted} brokers; ${brokers.length} are registered.`,
      );
    }
    replicationFactor = brokers.length;
    notices.push(
      `Topic '${topic.name}' gets ${replicationFactor} of the ${wanted} replicas asked for: there are no more brokers.`,
    );
  }
  return placeReplicas(brokers, partitionCount, replicationFactor, random.below(brokers.length));
}

function* recordsOf(topic: CreatableTopic, { topicId, partitions }: PlannedTopic): Generator<MetadataRecord> {
  yield { kind: 'topic', name: topic.name, topicId };
  for (const { name, value } of topic.configs)
    yield { kind: 'topic-config', topicName: topic.name, name, value };
  for (const { index, replicas } of partitions) yield { kind: 'partition', topicId, index, replicas };
}

function countPartitions(topics: readonly CreatableTopic[], defaultCount: number): number {
  let count = 0;
  for (const { assignments, numPartitions } of topics) {
    if (assignments !== null && assignments.length > 0) count += assignments.length;
    else count += numPartitions === -1 ? defaultCount : Math.max(numPartitions, 0);
  }
  return count;
}

function created(name: string, topicId: string, partitions: PlannedTopic['partitions']): CreatedTopic {
  return {
    name,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topicId,
    numPartitions: partitions.length,
    replicationFactor: partitions[0]!.replicas.length,
  };
}

function failed(topic: CreatableTopic, { errorCode, errorMessage }: Refused): CreatedTopic {
  return {
    name: topic.name,
    errorCode,
    errorMessage,
    topicId: zeroUuid,
    numPartitions: -1,
    replicationFactor: -1,
  };
}
