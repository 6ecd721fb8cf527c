import {
  ErrorCode,
  type InputOf,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../../protocol';
import type { Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof OffsetForLeaderEpochResponse>;
type PartitionResponse = Response['topics'][number]['partitions'][number];
type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];

/**
 * OffsetForLeaderEpoch: v2-4.
 *
 * Behaviour: the largest epoch not above the one asked for, and where it ends; -1 and -1 without error when there is
 * none (45); fenced by currentLeaderEpoch (43).
 */
export const offsetForLeaderEpoch: Handler<OffsetForLeaderEpochRequest, Response> = {
  apiKey: 23,
  handle: (request, context) => ({
    response: {
      throttleTimeMs: 0,
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => look(topic, asked, context)),
      })),
    },
  }),
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ errorCode, partition })),
    })),
  }),
};

function look(topicName: string, asked: Asked, context: RequestContext): PartitionResponse {
  const topic = findTopic(context, { name: topicName });
  const partition = topic && context.broker.partitions.get(topic.id, asked.partition);
  if (partition === undefined)
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, partition: asked.partition };
  // -1 is "do not check"; anything below is an epoch, older than all.
  const errorCode =
    asked.currentLeaderEpoch < -1
      ? ErrorCode.FENCED_LEADER_EPOCH
      : partition.checkLeader(asked.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { errorCode, partition: asked.partition };
  const { epoch, endOffset } = partition.endOffsetForEpoch(asked.leaderEpoch);
  return { errorCode, partition: asked.partition, leaderEpoch: epoch, endOffset };
}
