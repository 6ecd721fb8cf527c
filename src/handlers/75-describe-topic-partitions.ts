import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  ErrorCode,
  type InputOf,
  zeroUuid,
} from '../../protocol';
import { topicOperations } from './authorized-operations';
import type { Handler, RequestContext } from './handler';
import { topicNameProblem } from './topics';

type Response = InputOf<typeof DescribeTopicPartitionsResponse>;
type TopicResponse = Response['topics'][number];

/**
 * DescribeTopicPartitions: v0.
 *
 * Behaviour: topics by name, at most `responsePartitionLimit` partitions (never more than
 * `max.request.partition.size.limit`, never fewer than one), then a cursor; without names all topics (20).
 */
export const describeTopicPartitions: Handler<DescribeTopicPartitionsRequest, Response> = {
  apiKey: 75,
  handle(request, context) {
    const { image } = context.broker.metadata;
    const { cursor } = request;
    const all = request.topics.length === 0;
    if (cursor !== null && cursor.partitionIndex < 0) {
      return { response: describeTopicPartitions.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    const names = all ? [...image.topicsByName.keys()] : [...new Set(request.topics.map(({ name }) => name))];
    names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const from = cursor === null ? 0 : names.findIndex((name) => name >= cursor.topicName);
    if (cursor !== null && !all && names[from] !== cursor.topicName) {
      return { response: describeTopicPartitions.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    return { response: page(from < 0 ? [] : names.slice(from), request, context) };
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => failed(name, errorCode)),
  }),
};

function failed(name: string, errorCode: number): TopicResponse {
  return { errorCode, name, topicId: zeroUuid, partitions: [] };
}

function page(
  names: readonly string[],
  request: DescribeTopicPartitionsRequest,
  context: RequestContext,
): Response {
  const { config, metadata } = context.broker;
  let remaining = Math.max(1, Math.min(request.responsePartitionLimit, config.maxRequestPartitionSizeLimit));
  const topics: TopicResponse[] = [];
  for (const name of names) {
    // Also in front of a topic that does not exist: Kafka counts partitions, not answers.
    if (remaining === 0) {
      return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    }
    const topic = metadata.image.topicsByName.get(name);
    if (topic === undefined) {
      const isBad = topicNameProblem(name) !== null;
      const errorCode = isBad ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      topics.push({ ...failed(name, errorCode), topicAuthorizedOperations: topicOperations });
      continue;
    }
    const first = request.cursor?.topicName === name ? request.cursor.partitionIndex : 0;
    const partitions = topic.partitions.slice(first, first + remaining);
    remaining -= partitions.length;
    topics.push({
      errorCode: ErrorCode.NONE,
      name,
      topicId: topic.id,
      isInternal: topic.isInternal,
      partitions: partitions.map(({ index, replicas }) => {
        const { leaderId, leaderEpoch, inSyncReplicas, offlineReplicas } = metadata.leadership(
          topic.id,
          index,
        );
        return {
          errorCode: leaderId < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
          partitionIndex: index,
          leaderId,
          leaderEpoch,
          replicaNodes: replicas,
          isrNodes: inSyncReplicas,
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          offlineReplicas,
        };
      }),
      topicAuthorizedOperations: topicOperations,
    });
    const next = first + partitions.length;
    if (next < topic.partitions.length) {
      return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } };
    }
  }
  return { throttleTimeMs: 0, topics, nextCursor: null };
}
