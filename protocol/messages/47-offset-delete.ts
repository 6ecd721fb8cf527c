import { array, int16, int32, message, string, struct, type ValueOf, withDefault } from '../schema';

/** OffsetDelete (key 47): forget positions of topics that no member of the group reads (KIP-496). */
export const OffsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: [0, 0],
  fields: {
    groupId: string,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
          }),
        ),
      }),
    ),
  },
});
export type OffsetDeleteRequest = ValueOf<typeof OffsetDeleteRequest>;

/** An error for the whole group, or one result per partition. */
export const OffsetDeleteResponse = message({
  name: 'OffsetDeleteResponse',
  apiKey: 47,
  versions: [0, 0],
  fields: {
    errorCode: int16,
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
});
export type OffsetDeleteResponse = ValueOf<typeof OffsetDeleteResponse>;
