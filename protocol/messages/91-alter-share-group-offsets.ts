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

/** AlterShareGroupOffsets (key 91): move the start offsets of an empty share group (KIP-932). */
export const AlterShareGroupOffsetsRequest = message({
  name: 'AlterShareGroupOffsetsRequest',
  apiKey: 91,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            startOffset: clientInt64,
          }),
        ),
      }),
    ),
  },
});
export type AlterShareGroupOffsetsRequest = ValueOf<typeof AlterShareGroupOffsetsRequest>;

/** One result per partition. */
export const AlterShareGroupOffsetsResponse = message({
  name: 'AlterShareGroupOffsetsResponse',
  apiKey: 91,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    responses: array(
      struct({
        topicName: string,
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: withDefault(nullable(string), null),
          }),
        ),
      }),
    ),
  },
});
export type AlterShareGroupOffsetsResponse = ValueOf<typeof AlterShareGroupOffsetsResponse>;
