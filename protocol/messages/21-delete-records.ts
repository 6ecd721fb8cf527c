import {
  array,
  clientInt64,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DeleteRecords (key 21): move the beginning of partitions forward (KIP-107). */
export const DeleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            offset: clientInt64, // -1: the high watermark
          }),
        ),
      }),
    ),
    timeoutMs: int32,
  },
});
export type DeleteRecordsRequest = ValueOf<typeof DeleteRecordsRequest>;

/** The new beginning of each partition, -1 with an error. */
export const DeleteRecordsResponse = message({
  name: 'DeleteRecordsResponse',
  apiKey: 21,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            lowWatermark: int64,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
});
export type DeleteRecordsResponse = ValueOf<typeof DeleteRecordsResponse>;
