import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import { describeAllBrokers, describeBroker } from '../config/broker-description';
import { describeClientMetrics } from '../config/client-metrics-config';
import { type ConfigEntry, ResourceType } from '../config/config-entry';
import { describeGroup } from '../config/group-config';
import { integerValue } from '../config/keys';
import { topicDescriber } from '../config/topic-config';
import { configsOf } from '../metadata/image';
import { clipped } from '../metadata/refused';
import { describeLoggers } from './broker-loggers';
import type { BrokerServices, Handler, RequestContext } from './handler';
import { topicNameProblem } from './topics';

type Response = InputOf<typeof DescribeConfigsResponse>;
type Result = Response['results'][number];
type Resource = DescribeConfigsRequest['resources'][number];

const resourceTypes: readonly number[] = Object.values(ResourceType);

/**
 * DescribeConfigs: v1-4.
 *
 * Behaviour: every effective key of a topic, a broker, all brokers (''), the loggers of a broker, a group or a subscription
 * to client metrics, with source, synonyms, type and documentation (22). An unknown topic is UNKNOWN_TOPIC_OR_PARTITION,
 * never an empty list; groups and subscriptions need not exist. A broker answers for itself alone. What is beyond
 * `max.describe.configs.entries` is INVALID_REQUEST.
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

function answerAll(request: DescribeConfigsRequest, { broker }: RequestContext): Response {
  const { resources, includeDocumentation } = request;
  const isAsked = (type: number): boolean => resources.some(({ resourceType }) => resourceType === type);
  const source: Source = {
    broker,
    withDocumentation: includeDocumentation,
    ofBroker: isAsked(ResourceType.broker) ? describeBroker(broker.config, includeDocumentation) : [],
    describeTopic: isAsked(ResourceType.topic) ? topicDescriber(broker.config, 'understood') : () => [],
    entriesLeft: integerValue(broker.config.value('max.describe.configs.entries')!),
  };
  return { throttleTimeMs: 0, results: resources.map((resource) => describe(resource, request, source)) };
}

/** What all resources of one request are described from. */
interface Source {
  readonly broker: BrokerServices;
  readonly withDocumentation: boolean;
  readonly ofBroker: readonly ConfigEntry[];
  describeTopic(overrides: ReadonlyMap<string, string>): readonly ConfigEntry[];
  /** A few bytes ask for hundreds of entries; without a bound one request could ask for all memory. */
  entriesLeft: number;
}

function failed({ resourceType, resourceName }: Resource, errorCode: number, errorMessage: string): Result {
  return { errorCode, errorMessage: clipped(errorMessage), resourceType, resourceName, configs: [] };
}

function describe(resource: Resource, request: DescribeConfigsRequest, source: Source): Result {
  const { resourceType, resourceName, configurationKeys } = resource;
  const entries = entriesOf(resource, source);
  if ('errorCode' in entries) return entries;
  source.entriesLeft -= entries.length;
  if (source.entriesLeft < 0) {
    return failed(
      resource,
      ErrorCode.INVALID_REQUEST,
      'This is too much for one request (max.describe.configs.entries): ask for fewer resources at a time.',
    );
  }
  const wanted =
    configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys);
  return {
    errorCode: ErrorCode.NONE,
    // Kafka's way to say that there is nothing to say.
    errorMessage: '',
    resourceType,
    resourceName,
    configs: entries.filter(({ name }) => wanted?.has(name) ?? true).map((entry) => answer(entry, request)),
  };
}

function entriesOf(resource: Resource, source: Source): readonly ConfigEntry[] | Result {
  const { resourceType, resourceName } = resource;
  const { broker, withDocumentation, ofBroker, describeTopic } = source;
  const { config, metadata, logLevels } = broker;
  const invalid = (message: string): Result => failed(resource, ErrorCode.INVALID_REQUEST, message);
  const overrides = configsOf(metadata.image, resourceType, resourceName);
  switch (resourceType) {
    case ResourceType.topic: {
      const problem = topicNameProblem(resourceName);
      if (problem !== null) {
        return failed(resource, ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`);
      }
      if (!metadata.image.topicsByName.has(resourceName)) {
        return failed(resource, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, '');
      }
      return describeTopic(overrides);
    }
    case ResourceType.broker:
      if (resourceName === '') return describeAllBrokers(overrides, withDocumentation);
      return notThisBroker(resource, config.nodeId) ?? ofBroker;
    case ResourceType.brokerLogger:
      return notThisBroker(resource, config.nodeId) ?? describeLoggers(logLevels);
    case ResourceType.clientMetrics:
      if (resourceName === '') return invalid('A subscription to client metrics needs a name.');
      return describeClientMetrics(overrides, withDocumentation);
    default:
      if (resourceName === '') return invalid('A group needs a name.');
      return describeGroup(overrides, config, withDocumentation);
  }
}

function notThisBroker(resource: Resource, nodeId: number): Result | null {
  const { resourceName } = resource;
  if (resourceName === String(nodeId)) return null;
  return failed(
    resource,
    ErrorCode.INVALID_REQUEST,
    `A broker is asked for its settings itself, by its id: '${resourceName}' is not that of this broker, ${nodeId}.`,
  );
}

function answer(
  entry: ConfigEntry,
  { includeSynonyms, includeDocumentation }: DescribeConfigsRequest,
): Result['configs'][number] {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    configSource: entry.source,
    isSensitive: entry.isSensitive,
    synonyms: includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    documentation: includeDocumentation ? entry.documentation : null,
  };
}
