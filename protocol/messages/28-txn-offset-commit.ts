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
 * TxnOffsetCommit (key 28): positions of a group that count once the transaction commits (KIP-98). v3 the
 * member, to be fenced (KIP-447); v5 joins the transaction by itself (KIP-890); v6 is newer than Kafka 4.3.
 */
export const TxnOffsetCommitRequest = message({
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    transactionalId: string,
    groupId: string,
    producerId: clientInt64,
    producerEpoch: int16,
    generationIdOrMemberEpoch: since(3, int32, -1), // -1: not checked
    memberId: since(3, string, ''),
    groupInstanceId: since(3, nullable(string), null),
    topics: array(
      struct({
        name: until(5, string, ''),
        topicId: since(6, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: clientInt64,
            committedLeaderEpoch: since(2, int32, -1),
            committedMetadata: nullable(string),
          }),
        ),
      }),
    ),
  },
});
export type TxnOffsetCommitRequest = ValueOf<typeof TxnOffsetCommitRequest>;

/** One result per partition. */
export const TxnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        name: until(5, string, ''),
        topicId: since(6, uuid, zeroUuid),
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
export type TxnOffsetCommitResponse = ValueOf<typeof TxnOffsetCommitResponse>;
