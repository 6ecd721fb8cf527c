import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** ReadShareGroupState (key 84): the state of partitions of a share group; sent by brokers (KIP-932). */
export const ReadShareGroupStateRequest = message({
  name: 'ReadShareGroupStateRequest',
  apiKey: 84,
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
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
});
export type ReadShareGroupStateRequest = ValueOf<typeof ReadShareGroupStateRequest>;

/** Start offset and the batches behind it. */
export const ReadShareGroupStateResponse = message({
  name: 'ReadShareGroupStateResponse',
  apiKey: 84,
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
            stateEpoch: int32,
            startOffset: int64,
            stateBatches: array(
              struct({
                firstOffset: int64,
                lastOffset: int64,
                deliveryState: int8, // 0 available, 2 acknowledged, 4 archived
                deliveryCount: int16,
              }),
            ),
          }),
        ),
      }),
    ),
  },
});
export type ReadShareGroupStateResponse = ValueOf<typeof ReadShareGroupStateResponse>;
