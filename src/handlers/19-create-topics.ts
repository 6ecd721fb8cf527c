import { type CreateTopicsRequest, type CreateTopicsResponse, ErrorCode, type InputOf } from '../../protocol';
import { describeTopicConfigs } from '../config/topic-config';
import type { CreatableTopic, CreatedTopic } from '../metadata/types';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof CreateTopicsResponse>;
type TopicResponse = Response['topics'][number];
type Asked = CreateTopicsRequest['topics'][number];

/**
 * CreateTopics: v2-7.
 *
 * Behaviour: each topic succeeds or fails by itself; a name that stands twice is INVALID_REQUEST (17). The answer comes when
 * the leaders stand, so that nobody has to ask again.
 * Versions: v4 counts of -1; v5 numPartitions, replicationFactor and every effective config; v7 topic id.
 */
export const createTopics: Handler<CreateTopicsRequest, Response> = {
  apiKey: 19,
  handle(request, context) {
    const { once, twice } = partitionByRepeat(request.topics);
    const refused = twice.map((name) => failed(name, ErrorCode.INVALID_REQUEST, 'Duplicate topic name.'));
    if (once.length === 0) return { response: { throttleTimeMs: 0, topics: refused } };
    return {
      response: new Promise((fulfil) => {
        const { validateOnly, timeoutMs } = request;
        const topics = once.map(creatable);
        context.broker.metadata.createTopics(
          { topics, validateOnly, timeoutMs, isAutomatic: false },
          (results) => {
            const answers = results.map((result) => answer(result, once, context));
            fulfil({ throttleTimeMs: 0, topics: [...answers, ...refused] });
          },
        );
      }),
    };
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => failed(name, errorCode, null)),
  }),
};

function partitionByRepeat(topics: readonly Asked[]): { once: Asked[]; twice: string[] } {
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    once: topics.filter(({ name }) => counts.get(name) === 1),
    twice: [...counts].filter(([, count]) => count > 1).map(([name]) => name),
  };
}

function creatable({ name, numPartitions, replicationFactor, assignments, configs }: Asked): CreatableTopic {
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: assignments.length === 0 ? null : assignments,
    configs,
  };
}

function failed(name: string, errorCode: number, errorMessage: string | null): TopicResponse {
  return { name, errorCode, errorMessage, configs: [] };
}

function answer(result: CreatedTopic, asked: readonly Asked[], { broker }: RequestContext): TopicResponse {
  const { name, errorCode, errorMessage, topicId, numPartitions, replicationFactor } = result;
  if (errorCode !== ErrorCode.NONE) {
    return failed(name, errorCode, errorCode === ErrorCode.REQUEST_TIMED_OUT ? null : errorMessage);
  }
  const overrides = new Map<string, string>();
  for (const config of asked.find((topic) => topic.name === name)?.configs ?? []) {
    if (config.value !== null) overrides.set(config.name, config.value);
  }
  const configs = describeTopicConfigs(overrides, broker.config).map((entry) => ({
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    configSource: entry.source,
    isSensitive: entry.isSensitive,
  }));
  return { name, topicId, errorCode, errorMessage: null, numPartitions, replicationFactor, configs };
}
