import {
  array,
  clientInt64,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * WriteShareGroupState (key 85): store the state of partitions of a share group; sent by brokers (KIP-932).
 * v1 the count of finished deliveries (KIP-1226).
 */
export const WriteShareGroupStateRequest = message({
  name: 'WriteShareGroupStateRequest',
  apiKey: 85,
  versions: [0, 1],
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
            leaderEpoch: int32,
            startOffset: clientInt64,
            deliveryCompleteCount: since(1, int32, -1),
            stateBatches: array(
              struct({
                firstOffset: clientInt64,
                lastOffset: clientInt64,
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
export type WriteShareGroupStateRequest = ValueOf<typeof WriteShareGroupStateRequest>;

/** One result per partition. */
export const WriteShareGroupStateResponse = message({
  name: 'WriteShareGroupStateResponse',
  apiKey: 85,
  versions: [0, 1],
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
export type WriteShareGroupStateResponse = ValueOf<typeof WriteShareGroupStateResponse>;
