import {
  array,
  clientInt64,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * InitializeShareGroupState (key 83): begin the state of partitions of a share group; sent by brokers
 * (KIP-932).
 */
export const InitializeShareGroupStateRequest = message({
  name: 'InitializeShareGroupStateRequest',
  apiKey: 83,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            stateEpoch: int32,
            startOffset: clientInt64,
          }),
        ),
      }),
    ),
  },
});
export type InitializeShareGroupStateRequest = ValueOf<typeof InitializeShareGroupStateRequest>;

/** One result per partition. */
export const InitializeShareGroupStateResponse = message({
  name: 'InitializeShareGroupStateResponse',
  apiKey: 83,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    results: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            errorCode: int16,
            errorMessage: withDefault(nullable(string), null),
          }),
        ),
      }),
    ),
  },
});
export type InitializeShareGroupStateResponse = ValueOf<typeof InitializeShareGroupStateResponse>;
