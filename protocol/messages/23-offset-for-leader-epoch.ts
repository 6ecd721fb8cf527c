import {
  array,
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

/** OffsetForLeaderEpoch (key 23): where does a leader epoch end? Clients detect truncation by it (KIP-320). */
export const OffsetForLeaderEpochRequest = message({
  name: 'OffsetForLeaderEpochRequest',
  apiKey: 23,
  versions: [2, 4],
  flexibleFrom: 4,
  fields: {
    replicaId: since(3, int32, -2), // -1 a consumer, -2 debugging
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: withDefault(int32, -1),
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
});
export type OffsetForLeaderEpochRequest = ValueOf<typeof OffsetForLeaderEpochRequest>;

/** The largest epoch not above the one asked for and its exclusive end offset; -1 and -1 if unknown. */
export const OffsetForLeaderEpochResponse = message({
  name: 'OffsetForLeaderEpochResponse',
  apiKey: 23,
  versions: [2, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        topic: string,
        partitions: array(
          struct({
            errorCode: int16,
            partition: int32,
            leaderEpoch: withDefault(int32, -1),
            endOffset: withDefault(int64, -1),
          }),
        ),
      }),
    ),
  },
});
export type OffsetForLeaderEpochResponse = ValueOf<typeof OffsetForLeaderEpochResponse>;
