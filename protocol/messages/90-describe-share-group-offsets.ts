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
 * DescribeShareGroupOffsets (key 90): how far share groups have come (KIP-932); null topics mean all of
 * them.
 */
export const DescribeShareGroupOffsetsRequest = message({
  name: 'DescribeShareGroupOffsetsRequest',
  apiKey: 90,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groups: array(
      struct({
        groupId: string,
        topics: nullable(
          array(
            struct({
              topicName: string,
              partitions: array(int32),
            }),
          ),
        ),
      }),
    ),
  },
});
export type DescribeShareGroupOffsetsRequest = ValueOf<typeof DescribeShareGroupOffsetsRequest>;

/** Start offsets. v1 the lag (KIP-1226). */
export const DescribeShareGroupOffsetsResponse = message({
  name: 'DescribeShareGroupOffsetsResponse',
  apiKey: 90,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            topicName: string,
            topicId: uuid,
            partitions: array(
              struct({
                partitionIndex: int32,
                startOffset: int64, // -1: not known
                leaderEpoch: int32,
                lag: since(1, int64, -1), // -1: not known
                errorCode: int16,
                errorMessage: withDefault(nullable(string), null),
              }),
            ),
          }),
        ),
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
      }),
    ),
  },
});
export type DescribeShareGroupOffsetsResponse = ValueOf<typeof DescribeShareGroupOffsetsResponse>;
