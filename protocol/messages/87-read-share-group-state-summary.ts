import {
  array,
  int16,
  int32,
  int64,
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
 * ReadShareGroupStateSummary (key 87): where partitions of a share group begin; sent by brokers (KIP-932).
 */
export const ReadShareGroupStateSummaryRequest = message({
  name: 'ReadShareGroupStateSummaryRequest',
  apiKey: 87,
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
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
});
export type ReadShareGroupStateSummaryRequest = ValueOf<typeof ReadShareGroupStateSummaryRequest>;

/** Start offsets. v1 the count of finished deliveries (KIP-1226). */
export const ReadShareGroupStateSummaryResponse = message({
  name: 'ReadShareGroupStateSummaryResponse',
  apiKey: 87,
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
            stateEpoch: int32,
            leaderEpoch: int32,
            startOffset: int64,
            deliveryCompleteCount: since(1, int32, -1),
          }),
        ),
      }),
    ),
  },
});
export type ReadShareGroupStateSummaryResponse = ValueOf<typeof ReadShareGroupStateSummaryResponse>;
