import {
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  ErrorCode,
  type InputOf,
  zeroUuid,
} from '../../protocol';
import { METADATA_TOPIC_ID, METADATA_TOPIC_NAME } from '../metadata/topic-names';
import type { Partition } from '../partition/types';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof DescribeQuorumResponse>;
type PartitionResponse = Response['topics'][number]['partitions'][number];

/**
 * DescribeQuorum: v0-2.
 *
 * Behaviour: leader, epoch and voters of the metadata log. Every other question, and one that names more than that one
 * partition, is UNKNOWN_TOPIC_OR_PARTITION throughout.
 * Versions: v1 times of the last fetch; v2 directories, endpoints, messages.
 */
export const describeQuorum: Handler<DescribeQuorumRequest, Response> = {
  apiKey: 55,
  handle(request, context) {
    const partition = context.broker.partitions.get(METADATA_TOPIC_ID, 0);
    if (partition === undefined || !asksForMetadata(request)) {
      return {
        response: refused(
          request,
          ErrorCode.NONE,
          ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          'No such partition has a quorum.',
        ),
      };
    }
    return { response: describe(partition, context) };
  },
  refuse: (request, errorCode) => refused(request, errorCode, errorCode, null),
};

function asksForMetadata({ topics }: DescribeQuorumRequest): boolean {
  const [topic] = topics;
  return (
    topics.length === 1 &&
    topic?.topicName === METADATA_TOPIC_NAME &&
    topic.partitions.length === 1 &&
    topic.partitions[0]?.partitionIndex === 0
  );
}

function refused(
  request: DescribeQuorumRequest,
  errorCode: number,
  partitionErrorCode: number,
  errorMessage: string | null,
): Response {
  const topics = request.topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(
      ({ partitionIndex }): PartitionResponse => ({
        partitionIndex,
        errorCode: partitionErrorCode,
        errorMessage,
        leaderId: 0,
        leaderEpoch: 0,
        highWatermark: 0,
        currentVoters: [],
        observers: [],
      }),
    ),
  }));
  return { errorCode, errorMessage: '', topics, nodes: [] };
}

function describe(partition: Partition, context: RequestContext): Response {
  const { advertisedEndpoint, host, metadata } = context.broker;
  const nowMs = host.brokerTime.nowMs();
  const currentVoters = partition.replicas.map((replicaId) => ({
    replicaId,
    replicaDirectoryId: metadata.image.brokers.get(replicaId)?.incarnation ?? zeroUuid,
    logEndOffset: partition.endOffset,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  }));
  const nodes = partition.replicas.map((nodeId) => {
    const endpoint = advertisedEndpoint(nodeId, context.connection);
    const listeners = endpoint === null ? [] : [{ name: context.connection.listenerName, ...endpoint }];
    return { nodeId, listeners };
  });
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: '',
    topics: [
      {
        topicName: METADATA_TOPIC_NAME,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: ErrorCode.NONE,
            errorMessage: '',
            leaderId: partition.leaderId,
            leaderEpoch: partition.leaderEpoch,
            highWatermark: partition.highWatermark,
            currentVoters,
            observers: [],
          },
        ],
      },
    ],
    nodes,
  };
}
