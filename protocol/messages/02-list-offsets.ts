import {
  array,
  clientInt64,
  int8,
  int16,
  int32,
  int64,
  message,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * ListOffsets (key 2): the offset that belongs to a timestamp, -1 latest, -2 earliest, and other special values
 * (KIP-734, KIP-405, KIP-1005).
 */
export const ListOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: [1, 11],
  flexibleFrom: 6,
  fields: {
    replicaId: int32,
    isolationLevel: since(2, int8, 0), // 0 read uncommitted, 1 read committed
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: since(4, int32, -1),
            timestamp: clientInt64, // Unix milliseconds or a negative special value
          }),
        ),
      }),
    ),
    timeoutMs: since(10, int32, 0),
  },
});
export type ListOffsetsRequest = ValueOf<typeof ListOffsetsRequest>;

/** Offset and timestamp found; both -1 when no record is that late. */
export const ListOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: [1, 11],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: since(2, int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            timestamp: withDefault(int64, -1),
            offset: withDefault(int64, -1),
            leaderEpoch: since(4, int32, -1),
          }),
        ),
      }),
    ),
  },
});
export type ListOffsetsResponse = ValueOf<typeof ListOffsetsResponse>;
