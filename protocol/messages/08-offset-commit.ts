import {
  array,
  clientInt64,
  int16,
  int32,
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
 * OffsetCommit (key 8): store positions of a group, or of a consumer without one. v5 drops the retention
 * time (KIP-211); v6 leader epoch (KIP-320); v7 static members (KIP-345); v9 members of the consumer
 * protocol (KIP-848); v10 topic ids (KIP-848).
 */
export const OffsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: [2, 10],
  flexibleFrom: 8,
  fields: {
    groupId: string,
    generationIdOrMemberEpoch: withDefault(int32, -1), // -1: not a member
    memberId: string,
    groupInstanceId: since(7, nullable(string), null),
    retentionTimeMs: until(4, clientInt64, -1), // -1: as the broker is set
    topics: array(
      struct({
        name: until(9, string, ''),
        topicId: since(10, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: clientInt64,
            committedLeaderEpoch: since(6, int32, -1), // -1: not known
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  },
});
export type OffsetCommitRequest = ValueOf<typeof OffsetCommitRequest>;

/** One result per partition. v9 may say that the member's epoch is stale; v10 that a topic id is unknown. */
export const OffsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: [2, 10],
  flexibleFrom: 8,
  fields: {
    throttleTimeMs: since(3, int32, 0),
    topics: array(
      struct({
        name: until(9, string, ''),
        topicId: since(10, uuid, zeroUuid),
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
export type OffsetCommitResponse = ValueOf<typeof OffsetCommitResponse>;
