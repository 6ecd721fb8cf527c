import {
  ErrorCode,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  type InputOf,
} from '../../protocol';
import { automaticTopic, CONSUMER_OFFSETS_TOPIC_NAME } from '../metadata/internal-topics';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof FindCoordinatorResponse>;

/** What the key of a question names. */
const groupKey = 0;
const transactionKey = 1;
const shareKey = 2;

/** How long a client waits for the topic of the groups to be created; the topic itself comes all the same. */
const createTimeoutMs = 5_000;

interface Found {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/**
 * FindCoordinator: v0-6.
 *
 * Behaviour: the leader of the partition that keeps the group (57). `__consumer_offsets` is created by the first question,
 * and finished before the answer (docs/differences.md). Transactional ids and share groups get a fatal error: they are not
 * served yet, and a retriable one would keep the client waiting for ever.
 * Versions: v1 key types and messages; v4 several keys, each with an answer of its own; v6 share groups.
 */
export const findCoordinator: Handler<FindCoordinatorRequest, Response> = {
  apiKey: 10,
  handle(request, context) {
    const keys = askedKeys(request, context);
    const refusal = refusalOf(request, context);
    if (refusal !== null) {
      return { response: answer(keys, () => failed(refusal.errorCode, refusal.message), context) };
    }
    const find = (groupId: string): Found => coordinatorOf(groupId, context);
    if (keys.length === 0 || context.broker.metadata.image.topicsByName.has(CONSUMER_OFFSETS_TOPIC_NAME)) {
      return { response: answer(keys, find, context) };
    }
    return {
      response: new Promise((fulfil) => {
        createOffsetsTopic(context, () => fulfil(answer(keys, find, context)));
      }),
    };
  },
  refuse: (request, errorCode, context) =>
    answer(
      askedKeys(request, context),
      () => failed(errorCode as ErrorCode, 'The request could not be answered: see the log of the broker.'),
      context,
    ),
};

function askedKeys(request: FindCoordinatorRequest, { header }: RequestContext): readonly string[] {
  return header.apiVersion >= 4 ? request.coordinatorKeys : [request.key];
}

/** null for a question that is served. */
function refusalOf(
  { keyType, key, coordinatorKeys }: FindCoordinatorRequest,
  { broker, header }: RequestContext,
): { readonly errorCode: ErrorCode; readonly message: string } | null {
  if (keyType === groupKey) return null;
  if (keyType === transactionKey) {
    const ids = [key, ...coordinatorKeys].filter((id) => id !== '');
    broker.logger.warn(
      `Refusing the coordinator of transactional ids ${JSON.stringify(ids)} to client ${JSON.stringify(header.clientId)}: transactions are not served`,
    );
    return {
      errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      message: 'Transactions are not served by this broker.',
    };
  }
  if (keyType === shareKey) {
    return { errorCode: ErrorCode.INVALID_REQUEST, message: 'Share groups are not served by this broker.' };
  }
  return { errorCode: ErrorCode.INVALID_REQUEST, message: `There is no coordinator of type ${keyType}.` };
}

function createOffsetsTopic({ broker }: RequestContext, done: () => void): void {
  const topics = [automaticTopic(CONSUMER_OFFSETS_TOPIC_NAME, broker.config)];
  broker.metadata.createTopics(
    { topics, validateOnly: false, timeoutMs: createTimeoutMs, isAutomatic: true },
    ([result]) => {
      if (result !== undefined && result.errorCode !== ErrorCode.NONE) {
        broker.logger.warn(
          `${CONSUMER_OFFSETS_TOPIC_NAME} could not be created, groups have no coordinator: ${result.errorMessage}`,
        );
      }
      done();
    },
  );
}

function coordinatorOf(groupId: string, { broker, connection }: RequestContext): Found {
  const { metadata, groups } = broker;
  const topic = metadata.image.topicsByName.get(CONSUMER_OFFSETS_TOPIC_NAME);
  const partition = groups.partitionFor(groupId);
  if (topic === undefined || partition === null)
    return unavailable('The topic of the groups is not there yet.');
  const { leaderId } = metadata.leadership(topic.id, partition);
  const endpoint = leaderId < 0 ? null : broker.advertisedEndpoint(leaderId, connection);
  if (endpoint === null) {
    return unavailable(`Partition ${CONSUMER_OFFSETS_TOPIC_NAME}-${partition} has no leader within reach.`);
  }
  return { errorCode: ErrorCode.NONE, errorMessage: '', nodeId: leaderId, ...endpoint };
}

const unavailable = (message: string): Found => failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, message);

function failed(errorCode: ErrorCode, errorMessage: string): Found {
  return { errorCode, errorMessage, nodeId: -1, host: '', port: -1 };
}

function answer(keys: readonly string[], find: (key: string) => Found, { header }: RequestContext): Response {
  if (header.apiVersion >= 4) return { coordinators: keys.map((key) => ({ key, ...find(key) })) };
  const found = find(keys[0]!);
  // The older answer has no empty message: its clients print what they get.
  return { ...found, errorMessage: found.errorCode === ErrorCode.NONE ? 'NONE' : found.errorMessage };
}
