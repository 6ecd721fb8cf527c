import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  tagged,
  uuid,
  type ValueOf,
  withDefault,
  zeroUuid,
} from '../schema';

/**
 * CreateTopics (key 19). Explicit assignments exclude partition count and replication factor (-1 means the
 * broker's default since v4, KIP-464).
 */
export const CreateTopicsRequest = message({
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: [2, 7],
  flexibleFrom: 5,
  fields: {
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: array(struct({ partitionIndex: int32, brokerIds: array(int32) })),
        configs: array(struct({ name: string, value: nullable(string) })),
      }),
    ),
    timeoutMs: withDefault(int32, 60000),
    validateOnly: withDefault(bool, false),
  },
});
export type CreateTopicsRequest = ValueOf<typeof CreateTopicsRequest>;

/** One result per topic. v5 returns the resulting configuration (KIP-525); v7 the topic id. */
export const CreateTopicsResponse = message({
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: [2, 7],
  flexibleFrom: 5,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        name: string,
        topicId: since(7, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: nullable(string),
        topicConfigErrorCode: tagged(0, since(5, int16, 0)),
        numPartitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(
          5,
          nullable(
            array(
              struct({
                name: string,
                value: nullable(string),
                readOnly: bool,
                configSource: withDefault(int8, -1),
                isSensitive: bool,
              }),
            ),
          ),
          null,
        ),
      }),
    ),
  },
});
export type CreateTopicsResponse = ValueOf<typeof CreateTopicsResponse>;
