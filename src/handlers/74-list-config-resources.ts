import {
  ErrorCode,
  type InputOf,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
} from '../../protocol';
import { ResourceType } from '../config/config-entry';
import type { Handler, RequestContext } from './handler';
import { reachableBrokers } from './topics';

type Response = InputOf<typeof ListConfigResourcesResponse>;

const listedTypes: readonly number[] = Object.values(ResourceType);

/**
 * ListConfigResources: v0-1.
 *
 * Behaviour: names of topics, brokers and their loggers, and of groups and subscriptions to client metrics that have
 * settings. A type that does not exist is UNSUPPORTED_VERSION.
 * Versions: v0 subscriptions to client metrics alone; v1 types, all of them when none is named.
 */
export const listConfigResources: Handler<ListConfigResourcesRequest, Response> = {
  apiKey: 74,
  handle({ resourceTypes }, context) {
    const ofVersion = context.header.apiVersion === 0 ? [ResourceType.clientMetrics] : resourceTypes;
    if (ofVersion.some((type) => !listedTypes.includes(type))) {
      return { response: failed(ErrorCode.UNSUPPORTED_VERSION) };
    }
    const wanted = new Set(ofVersion.length === 0 ? listedTypes : ofVersion);
    const configResources = [...wanted].flatMap((resourceType) =>
      namesOf(resourceType, context).map((resourceName) => ({ resourceName, resourceType })),
    );
    return { response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources } };
  },
  refuse: (_request, errorCode) => failed(errorCode),
};

function failed(errorCode: number): Response {
  return { throttleTimeMs: 0, errorCode, configResources: [] };
}

function namesOf(resourceType: number, context: RequestContext): readonly string[] {
  const { image } = context.broker.metadata;
  switch (resourceType) {
    case ResourceType.topic:
      return [...image.topicsByName.keys()];
    case ResourceType.broker:
    case ResourceType.brokerLogger:
      return reachableBrokers(context).map(({ broker }) => String(broker.id));
    default:
      return [...image.resources.values()]
        .filter(({ type }) => type === resourceType)
        .map(({ name }) => name);
  }
}
