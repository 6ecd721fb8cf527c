import {
  type DescribeProducersRequest,
  type DescribeProducersResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import type { Handler, RequestContext } from './handler';
import { findTopic, topicNameProblem } from './topics';

type Response = InputOf<typeof DescribeProducersResponse>;
type PartitionResponse = Response['topics'][number]['partitions'][number];

/**
 * DescribeProducers: v0.
 *
 * Behaviour: the producers that the leader of each partition remembers, with their last batch and open transaction.
 */
export const describeProducers: Handler<DescribeProducersRequest, Response> = {
  apiKey: 61,
  handle: (request, context) => ({
    response: {
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(name, index, context)),
      })),
    },
  }),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => failed(index, errorCode, null)),
    })),
  }),
};

function failed(partitionIndex: number, errorCode: number, errorMessage: string | null): PartitionResponse {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] };
}

function describe(name: string, index: number, context: RequestContext): PartitionResponse {
  const problem = topicNameProblem(name);
  if (problem !== null) {
    return failed(index, ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`);
  }
  const topic = findTopic(context, { name });
  if (topic === undefined) {
    return failed(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name} here.`);
  }
  const partition = context.broker.partitions.get(topic.id, index);
  if (partition === undefined) return failed(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null);
  const fenced = partition.checkLeader(-1);
  if (fenced !== ErrorCode.NONE) return failed(index, fenced, null);
  const activeProducers = Array.from(partition.describeProducers(), (producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.transactionStartOffset,
  }));
  return { partitionIndex: index, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers };
}
