import {
  array,
  between,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  until,
  uuid,
  type ValueOf,
  withDefault,
  zeroUuid,
} from '../schema';

/**
 * OffsetFetch (key 9): stored positions of a group; null topics (from v2 on) mean all of them. v7 can
 * insist on positions that no open transaction may change (KIP-447); v8 asks for several groups at once
 * (KIP-709) and leaves the first two fields empty; v9 member epochs and v10 topic ids (KIP-848).
 */
export const OffsetFetchRequest = message({
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: [1, 10],
  flexibleFrom: 6,
  fields: {
    groupId: until(7, string, ''),
    topics: until(
      7,
      nullable(
        array(
          struct({
            name: string,
            partitionIndexes: array(int32),
          }),
        ),
        2,
      ),
      null,
    ),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          memberId: since(9, nullable(string), null),
          memberEpoch: since(9, int32, -1), // -1: not a member
          topics: nullable(
            array(
              struct({
                name: until(9, string, ''),
                topicId: since(10, uuid, zeroUuid),
                partitionIndexes: array(int32),
              }),
            ),
          ),
        }),
      ),
    ),
    requireStable: since(7, bool, false), // UNSTABLE_OFFSET_COMMIT while a transaction is open
  },
});
export type OffsetFetchRequest = ValueOf<typeof OffsetFetchRequest>;

/**
 * Positions, -1 where none is stored. v2 an error for the whole group; v5 leader epoch (KIP-320); v8 one
 * answer per group (KIP-709).
 */
export const OffsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: [1, 10],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: since(3, int32, 0),
    topics: until(
      7,
      array(
        struct({
          name: string,
          partitions: array(
            struct({
              partitionIndex: int32,
              committedOffset: int64, // -1: none
              committedLeaderEpoch: since(5, int32, -1),
              metadata: nullable(string),
              errorCode: int16,
            }),
          ),
        }),
      ),
    ),
    errorCode: between(2, 7, int16, 0),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          topics: array(
            struct({
              name: until(9, string, ''),
              topicId: since(10, uuid, zeroUuid),
              partitions: array(
                struct({
                  partitionIndex: int32,
                  committedOffset: int64, // -1: none
                  committedLeaderEpoch: withDefault(int32, -1),
                  metadata: nullable(string),
                  errorCode: int16,
                }),
              ),
            }),
          ),
          errorCode: withDefault(int16, 0),
        }),
      ),
    ),
  },
});
export type OffsetFetchResponse = ValueOf<typeof OffsetFetchResponse>;
