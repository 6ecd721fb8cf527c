import {
  array,
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
 * DeleteShareGroupState (key 86): forget the state of partitions of a share group; sent by brokers
 * (KIP-932).
 */
export const DeleteShareGroupStateRequest = message({
  name: 'DeleteShareGroupStateRequest',
  apiKey: 86,
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
          }),
        ),
      }),
    ),
  },
});
export type DeleteShareGroupStateRequest = ValueOf<typeof DeleteShareGroupStateRequest>;

/** One result per partition. */
export const DeleteShareGroupStateResponse = message({
  name: 'DeleteShareGroupStateResponse',
  apiKey: 86,
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
export type DeleteShareGroupStateResponse = ValueOf<typeof DeleteShareGroupStateResponse>;
