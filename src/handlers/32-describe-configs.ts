import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import { type ConfigEntry, describeTopicConfigs } from '../config/topic-config';
import type { Handler, RequestContext } from './handler';
import { topicNameProblem } from './topics';

type Response = InputOf<typeof DescribeConfigsResponse>;
type Result = Response['results'][number];
type Resource = DescribeConfigsRequest['resources'][number];

const topicResource = 2;
/** Topic, broker, broker logger, client metrics, group. */
const resourceTypes: readonly number[] = [2, 4, 8, 16, 32];

/**
 * DescribeConfigs: v1-4.
 *
 * Behaviour: topics, with every effective key, its source, synonyms, type and documentation (22). An unknown topic is
 * UNKNOWN_TOPIC_OR_PARTITION, never an empty list. Other resource types are not served yet: INVALID_REQUEST with a message.
 * Versions: v1 synonyms; v3 type and documentation.
 */
export const describeConfigs: Handler<DescribeConfigsRequest, Response> = {
  apiKey: 32,
  handle: (request, context) => {
    // A type that does not exist makes the whole question one that cannot be read.
    if (request.resources.some(({ resourceType }) => !resourceTypes.includes(resourceType))) {
      return { response: describeConfigs.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    return { response: answerAll(request, context) };
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    results: request.resources.map((resource) =>
      failed(resource, errorCode, 'The request could not be answered: see the log of the broker.'),
    ),
  }),
};

function answerAll(request: DescribeConfigsRequest, context: RequestContext): Response {
  return {
    throttleTimeMs: 0,
    results: request.resources.map((resource) => describe(resource, request, context)),
  };
}

function failed(
  { resourceType, resourceName }: Resource,
  errorCode: number,
  errorMessage: string | null,
): Result {
  return { errorCode, errorMessage, resourceType, resourceName, configs: [] };
}

function describe(resource: Resource, request: DescribeConfigsRequest, { broker }: RequestContext): Result {
  const { resourceType, resourceName, configurationKeys } = resource;
  if (resourceType !== topicResource) {
    return failed(
      resource,
      ErrorCode.INVALID_REQUEST,
      `Configs of resource type ${resourceType} are not served, only those of topics (2).`,
    );
  }
  const problem = topicNameProblem(resourceName);
  if (problem !== null) {
    return failed(resource, ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`);
  }
  const topic = broker.metadata.image.topicsByName.get(resourceName);
  if (topic === undefined) return failed(resource, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '');
  const wanted =
    configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys);
  const entries = describeTopicConfigs(topic.configs, broker.config, 'understood').filter(
    ({ name }) => wanted?.has(name) ?? true,
  );
  return {
    errorCode: ErrorCode.NONE,
    // Kafka's way to say that there is nothing to say.
    errorMessage: '',
    resourceType,
    resourceName,
    configs: entries.map((entry) => answer(entry, request)),
  };
}

function answer(entry: ConfigEntry, request: DescribeConfigsRequest): Result['configs'][number] {
  return {
    name: entry.name,
    value: entry.isSensitive ? null : entry.value,
    readOnly: entry.isReadOnly,
    configSource: entry.source,
    isSensitive: entry.isSensitive,
    synonyms: request.includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    documentation: request.includeDocumentation ? entry.documentation : null,
  };
}
