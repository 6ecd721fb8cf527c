import { type ElectLeadersRequest, type ElectLeadersResponse, ErrorCode, type InputOf } from '../../protocol';
import type { TopicImage } from '../metadata/types';
import type { Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof ElectLeadersResponse>;
type TopicResult = Response['replicaElectionResults'][number];
type PartitionResult = TopicResult['partitionResult'][number];

const preferred = 0;
const unclean = 1;

/**
 * ElectLeaders: v0-2.
 *
 * Behaviour: a partition that has the leader asked for is ELECTION_NOT_NEEDED, and is left out when all were asked for (25).
 * Leaders are elected by the replicas themselves, cleanly: what has no leader now gets one when enough of them are back, and
 * nothing that could be asked for here would help.
 * Versions: v1 election type, error of the whole answer.
 */
export const electLeaders: Handler<ElectLeadersRequest, Response> = {
  apiKey: 43,
  handle(request, context) {
    const { electionType } = request;
    if (electionType !== preferred && electionType !== unclean) {
      const errorCode = ErrorCode.INVALID_REQUEST;
      return {
        response: refused(
          request,
          errorCode,
          `Election type ${electionType} is unknown: 0 is preferred, 1 unclean.`,
        ),
      };
    }
    const results = request.topicPartitions === null ? electAll(request, context) : elect(request, context);
    return { response: { errorCode: ErrorCode.NONE, replicaElectionResults: results } };
  },
  refuse: (request, errorCode) => refused(request, errorCode, null),
};

function refused(
  { topicPartitions }: ElectLeadersRequest,
  errorCode: number,
  errorMessage: string | null,
): Response {
  const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
  }));
  return { errorCode, replicaElectionResults };
}

function elect(request: ElectLeadersRequest, context: RequestContext): TopicResult[] {
  return (request.topicPartitions ?? []).map(({ topic: name, partitions }) => {
    const topic = findTopic(context, { name });
    const partitionResult = partitions.map((index): PartitionResult => {
      if (topic?.partitions[index] !== undefined)
        return electOne(topic, index, request.electionType, context);
      const missing = topic === undefined ? `topic ${name}` : `partition ${name}-${index}`;
      return {
        partitionId: index,
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: `There is no ${missing}.`,
      };
    });
    return { topic: name, partitionResult };
  });
}

function electAll({ electionType }: ElectLeadersRequest, context: RequestContext): TopicResult[] {
  return [...context.broker.metadata.image.topicsByName.values()].map((topic) => ({
    topic: topic.name,
    partitionResult: topic.partitions
      .map(({ index }) => electOne(topic, index, electionType, context))
      .filter(({ errorCode }) => errorCode !== ErrorCode.ELECTION_NOT_NEEDED),
  }));
}

function electOne(
  topic: TopicImage,
  index: number,
  electionType: number,
  context: RequestContext,
): PartitionResult {
  const { leaderId } = context.broker.metadata.leadership(topic.id, index);
  const isThere =
    electionType === preferred ? leaderId === topic.partitions[index]!.replicas[0] : leaderId >= 0;
  if (isThere) {
    return {
      partitionId: index,
      errorCode: ErrorCode.ELECTION_NOT_NEEDED,
      errorMessage: `${topic.name}-${index} has the leader that it should have.`,
    };
  }
  return {
    partitionId: index,
    errorCode:
      electionType === preferred
        ? ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
        : ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    errorMessage: `No replica of ${topic.name}-${index} can be made its leader now.`,
  };
}
