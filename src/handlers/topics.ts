/** How handlers find topics and brokers in the metadata image. */
import { ErrorCode, zeroUuid } from '../../protocol';
import type { BrokerImage, TopicImage } from '../metadata/types';
import type { RequestContext } from './handler';

/** A topic in a request: by id where the version has ids, else by name. */
export interface TopicReference {
  readonly name?: string | null | undefined;
  readonly topic?: string | undefined;
  readonly topicId?: string | undefined;
}

export function findTopic({ broker }: RequestContext, reference: TopicReference): TopicImage | undefined {
  const { topicId } = reference;
  if (topicId !== undefined && topicId !== zeroUuid) return broker.metadata.image.topicsById.get(topicId);
  return broker.metadata.image.topicsByName.get(reference.name ?? reference.topic ?? '');
}

/**
 * What a partition of a topic that does not exist answers: UNKNOWN_TOPIC_ID is retriable and has no name to show.
 * `isByTopicId`: the version of the request knows ids only, so that even the zero id is one.
 */
export function topicMissing({ topicId }: TopicReference, isByTopicId = false): ErrorCode {
  return isByTopicId || (topicId !== undefined && topicId !== zeroUuid)
    ? ErrorCode.UNKNOWN_TOPIC_ID
    : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}

export interface Endpoint {
  readonly broker: BrokerImage;
  readonly host: string;
  readonly port: number;
}

/** Brokers that a client of this connection can reach, by node id: fenced ones and other listeners are left out. */
export function reachableBrokers(context: RequestContext, includeFenced = false): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const broker of context.broker.metadata.image.brokers.values()) {
    if (broker.isFenced && !includeFenced) continue;
    const endpoint = context.broker.advertisedEndpoint(broker.id, context.connection);
    if (endpoint !== null) endpoints.push({ broker, ...endpoint });
  }
  return endpoints.sort((a, b) => a.broker.id - b.broker.id);
}

/** The endpoints that go with a NOT_LEADER answer (KIP-951). */
export function clusterEndpoints(
  context: RequestContext,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  return reachableBrokers(context).map(({ broker, host, port }) => ({
    nodeId: broker.id,
    host,
    port,
    rack: broker.rack,
  }));
}

/** Kafka's rule (behaviour 16): null when the name is allowed. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return "'.' or '..' is not allowed";
  if (name.length > 249) return `the length of '${name}' is longer than the max allowed length 249`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return null;
}
