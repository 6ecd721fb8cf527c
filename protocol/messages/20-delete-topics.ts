import {
  array,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  until,
  uuid,
  type ValueOf,
  withDefault,
  zeroUuid,
} from '../schema';

/** DeleteTopics (key 20): by name up to v5, by name or id in v6 (KIP-516). */
export const DeleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: [1, 6],
  flexibleFrom: 4,
  fields: {
    topics: since(6, array(struct({ name: withDefault(nullable(string), null), topicId: uuid }))),
    topicNames: until(5, array(string)),
    timeoutMs: int32,
  },
});
export type DeleteTopicsRequest = ValueOf<typeof DeleteTopicsRequest>;

/** One result per topic; name is null when an id was asked for that must not be revealed. */
export const DeleteTopicsResponse = message({
  name: 'DeleteTopicsResponse',
  apiKey: 20,
  versions: [1, 6],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    responses: array(
      struct({
        name: nullable(string, 6),
        topicId: since(6, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: since(5, nullable(string), null),
      }),
    ),
  },
});
export type DeleteTopicsResponse = ValueOf<typeof DeleteTopicsResponse>;
