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
  uint16,
  uuid,
  type ValueOf,
  zeroUuid,
} from '../schema';

/** DescribeQuorum (key 55): the group that keeps the metadata log (KIP-595). */
export const DescribeQuorumRequest = message({
  name: 'DescribeQuorumRequest',
  apiKey: 55,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
          }),
        ),
      }),
    ),
  },
});
export type DescribeQuorumRequest = ValueOf<typeof DescribeQuorumRequest>;

/** A voter or observer as the leader sees it. */
const ReplicaState = struct({
  replicaId: int32,
  replicaDirectoryId: since(2, uuid, zeroUuid),
  logEndOffset: int64,
  lastFetchTimestamp: since(1, int64, -1),
  lastCaughtUpTimestamp: since(1, int64, -1),
});

/**
 * Leader, voters and observers. v1 when each of them last fetched (KIP-836); v2 messages, directories and
 * endpoints (KIP-853).
 */
export const DescribeQuorumResponse = message({
  name: 'DescribeQuorumResponse',
  apiKey: 55,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    errorCode: int16,
    errorMessage: since(2, nullable(string), null),
    topics: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: since(2, nullable(string), null),
            leaderId: int32,
            leaderEpoch: int32,
            highWatermark: int64,
            currentVoters: array(ReplicaState),
            observers: array(ReplicaState),
          }),
        ),
      }),
    ),
    nodes: since(
      2,
      array(
        struct({
          nodeId: int32,
          listeners: array(
            struct({
              name: string,
              host: string,
              port: uint16,
            }),
          ),
        }),
      ),
    ),
  },
});
export type DescribeQuorumResponse = ValueOf<typeof DescribeQuorumResponse>;
