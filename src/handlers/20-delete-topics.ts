import {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  ErrorCode,
  type InputOf,
  zeroUuid,
} from '../../protocol';
import type { DeletedTopic } from '../metadata/types';
import type { Handler } from './handler';

type Response = InputOf<typeof DeleteTopicsResponse>;
interface Asked {
  readonly name: string | null;
  readonly topicId: string;
}

/**
 * DeleteTopics: v1-6.
 *
 * Behaviour: by name or, from v6, by id, never by both (18); what is named twice is INVALID_REQUEST.
 * Versions: v3 TOPIC_DELETION_DISABLED (INVALID_REQUEST before); v5 error messages; v6 ids.
 */
export const deleteTopics: Handler<DeleteTopicsRequest, Response> = {
  apiKey: 20,
  handle(request, context) {
    const asked = askedTopics(request);
    const { apiVersion } = context.header;
    if (!context.broker.config.deleteTopicEnabled) {
      const errorCode = apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED;
      return { response: deleteTopics.refuse(request, errorCode, context) };
    }
    const refused: Response['responses'][number][] = [];
    const topics: Asked[] = [];
    for (const topic of asked) {
      const problem = problemOf(topic);
      if (problem === null) topics.push(topic);
      else refused.push({ ...topic, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem });
    }
    if (topics.length === 0) return { response: { throttleTimeMs: 0, responses: refused } };
    return {
      response: new Promise((fulfil) => {
        context.broker.metadata.deleteTopics({ topics, timeoutMs: request.timeoutMs }, (results) => {
          fulfil({ throttleTimeMs: 0, responses: [...refused, ...results.map(withoutTimeoutMessage)] });
        });
      }),
    };
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    responses: askedTopics(request).map(({ name, topicId }) => ({ name, topicId, errorCode })),
  }),
};

/** Up to v5 names alone are sent, from v6 names or ids; the version that lacks a field decodes to its empty default. */
function askedTopics({ topics, topicNames }: DeleteTopicsRequest): Asked[] {
  return [
    ...topics.map(({ name, topicId }) => ({ name, topicId })),
    ...topicNames.map((name) => ({ name, topicId: zeroUuid })),
  ];
}

/** Kafka answers this code alone. */
function withoutTimeoutMessage(result: DeletedTopic): DeletedTopic {
  return result.errorCode === ErrorCode.REQUEST_TIMED_OUT ? { ...result, errorMessage: null } : result;
}

/** What is wrong with the question itself. Repeats are the controller's to find: it knows which id has which name. */
function problemOf({ name, topicId }: Asked): string | null {
  if (name === null && topicId === zeroUuid) return 'Neither topic name nor id were specified.';
  if (name !== null && topicId !== zeroUuid) return 'You may not specify both topic name and topic id.';
  return null;
}
