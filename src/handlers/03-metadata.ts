import {
  ErrorCode,
  type InputOf,
  type MetadataRequest,
  type MetadataResponse,
  zeroUuid,
} from '../../protocol';
import { automaticTopic } from '../metadata/internal-topics';
import type { CreatedTopic, TopicImage } from '../metadata/types';
import { clusterOperations, topicOperations } from './authorized-operations';
import type { Handler, RequestContext } from './handler';
import { reachableBrokers, topicNameProblem } from './topics';

type Response = InputOf<typeof MetadataResponse>;
type TopicResponse = Response['topics'][number];
type Asked = NonNullable<MetadataRequest['topics']>[number];

/** How long a client waits for a topic that its question creates; the topic itself comes all the same. */
const autoCreateTimeoutMs = 5_000;

/**
 * Metadata: v0-13.
 *
 * Behaviour: null (v0: empty) asks for all topics (9); a missing topic that may be created is finished before the answer
 * (10, docs/differences.md); any live broker is called controller (11); only brokers of the client's listener (12); by id
 * from v12 (13).
 * Versions: v1 racks, controller; v4 auto-creation flag; v5 offline replicas; v7 leader epochs; v8 operations; v10 ids.
 */
export const metadata: Handler<MetadataRequest, Response> = {
  apiKey: 3,
  handle(request, context) {
    const { apiVersion } = context.header;
    if (request.topics === null || (apiVersion === 0 && request.topics.length === 0)) {
      const all = [...context.broker.metadata.image.topicsByName.values()];
      return {
        response: answer(
          request,
          context,
          all.map((topic) => describe(topic, request, context)),
        ),
      };
    }
    if (
      apiVersion < 12 &&
      request.topics.some(({ name, topicId }) => name === null || topicId !== zeroUuid)
    ) {
      return { response: metadata.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    const asked = withoutRepeats(namedOneWay(request.topics));
    const missing = asked.filter((topic) => mayBeCreated(topic, request, context));
    if (missing.length === 0) return { response: answerAsked(asked, request, context, new Map()) };
    return {
      response: new Promise((fulfil) => {
        create(missing, context, (failures) => fulfil(answerAsked(asked, request, context, failures)));
      }),
    };
  },
  refuse(request, errorCode) {
    const topics = (request.topics ?? []).map(({ name, topicId }) => failed(name ?? '', topicId, errorCode));
    return { brokers: [], clusterId: null, controllerId: -1, topics, errorCode };
  },
};

/** One id makes it a question by ids: names beside it are passed over (13). */
function namedOneWay(topics: readonly Asked[]): readonly Asked[] {
  const byId = topics.filter(({ topicId }) => topicId !== zeroUuid);
  return byId.length > 0 ? byId : topics;
}

function withoutRepeats(topics: readonly Asked[]): Asked[] {
  const seen = new Set<string>();
  return topics.filter(({ name, topicId }) => {
    const key = name ?? topicId;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function mayBeCreated(
  { name, topicId }: Asked,
  request: MetadataRequest,
  { broker }: RequestContext,
): boolean {
  return (
    request.allowAutoTopicCreation &&
    broker.config.autoCreateTopics &&
    topicId === zeroUuid &&
    name !== null &&
    topicNameProblem(name) === null &&
    !broker.metadata.image.topicsByName.has(name)
  );
}

function create(
  missing: readonly Asked[],
  { broker }: RequestContext,
  done: (failures: ReadonlyMap<string, CreatedTopic>) => void,
): void {
  const topics = missing.map(({ name }) => automaticTopic(name!, broker.config));
  broker.metadata.createTopics(
    { topics, validateOnly: false, timeoutMs: autoCreateTimeoutMs, isAutomatic: true },
    (results) => {
      const failures = results.filter(({ errorCode }) => errorCode !== ErrorCode.NONE);
      done(new Map(failures.map((result) => [result.name, result])));
    },
  );
}

function answerAsked(
  asked: readonly Asked[],
  request: MetadataRequest,
  context: RequestContext,
  failures: ReadonlyMap<string, CreatedTopic>,
): Response {
  const { topicsById, topicsByName } = context.broker.metadata.image;
  const topics = asked.map(({ name, topicId }) => {
    if (topicId !== zeroUuid) {
      const topic = topicsById.get(topicId);
      return topic === undefined
        ? failed(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID)
        : describe(topic, request, context);
    }
    const topic = topicsByName.get(name ?? '');
    if (topic !== undefined) return describe(topic, request, context);
    return {
      ...failed(name, zeroUuid, missingCode(name ?? '', failures.get(name ?? ''))),
      topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? topicOperations : undefined,
    };
  });
  return answer(request, context, topics);
}

function missingCode(name: string, failure: CreatedTopic | undefined): number {
  if (topicNameProblem(name) !== null) return ErrorCode.INVALID_TOPIC_EXCEPTION;
  // A creation that is still under way is seen by the next question; clients ask again by themselves.
  if (failure === undefined || failure.errorCode === ErrorCode.REQUEST_TIMED_OUT) {
    return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
  return failure.errorCode;
}

function failed(name: string | null, topicId: string, errorCode: number): TopicResponse {
  return { errorCode, name, topicId, isInternal: false, partitions: [] };
}

function describe(topic: TopicImage, request: MetadataRequest, context: RequestContext): TopicResponse {
  const { metadata: cluster } = context.broker;
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map(({ index, replicas }) => {
      const { leaderId, leaderEpoch, inSyncReplicas, offlineReplicas } = cluster.leadership(topic.id, index);
      return {
        errorCode: leaderErrorCode(leaderId, context),
        partitionIndex: index,
        leaderId: isReachable(leaderId, context) ? leaderId : -1,
        leaderEpoch,
        replicaNodes: replicas,
        isrNodes: inSyncReplicas,
        offlineReplicas,
      };
    }),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? topicOperations : undefined,
  };
}

function isReachable(leaderId: number, { broker, connection }: RequestContext): boolean {
  return leaderId >= 0 && broker.advertisedEndpoint(leaderId, connection) !== null;
}

function leaderErrorCode(leaderId: number, context: RequestContext): number {
  if (leaderId < 0) return ErrorCode.LEADER_NOT_AVAILABLE;
  if (isReachable(leaderId, context)) return ErrorCode.NONE;
  // Clients of v5 and earlier do not know LISTENER_NOT_FOUND (behaviour 5).
  return context.header.apiVersion <= 5 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.LISTENER_NOT_FOUND;
}

function answer(
  request: MetadataRequest,
  context: RequestContext,
  topics: readonly TopicResponse[],
): Response {
  const { broker } = context;
  const brokers = reachableBrokers(context);
  return {
    brokers: brokers.map(({ broker: { id, rack }, host, port }) => ({ nodeId: id, host, port, rack })),
    clusterId: broker.metadata.image.clusterId,
    // Admin requests are taken by every broker: this one is as good as any.
    controllerId: broker.nodeId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : undefined,
  };
}
