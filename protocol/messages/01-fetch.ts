import {
  array,
  clientInt64,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  records,
  since,
  string,
  struct,
  tagged,
  until,
  uuid,
  type ValueOf,
  withDefault,
  zeroUuid,
} from '../schema';

/**
 * Fetch (key 1): read batches from offsets on. v7 sessions (KIP-227); v9 leader epoch (KIP-320); v12 flexible; v13
 * topic ids (KIP-516); v15 replica state (KIP-903); v18 follower's high watermark (KIP-1166).
 */
export const FetchRequest = message({
  name: 'FetchRequest',
  apiKey: 1,
  versions: [4, 18],
  flexibleFrom: 12,
  fields: {
    clusterId: tagged(0, since(12, nullable(string), null)),
    replicaId: until(14, int32, -1), // -1: a consumer
    replicaState: tagged(
      1,
      since(
        15,
        struct({
          replicaId: withDefault(int32, -1),
          replicaEpoch: withDefault(clientInt64, -1),
        }),
      ),
    ),
    maxWaitMs: int32, // how long to wait for minBytes
    minBytes: int32,
    maxBytes: withDefault(int32, 2147483647),
    isolationLevel: withDefault(int8, 0), // 0 read uncommitted, 1 read committed
    sessionId: since(7, int32, 0),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        topic: until(12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: since(9, int32, -1),
            fetchOffset: clientInt64,
            lastFetchedEpoch: since(12, int32, -1),
            logStartOffset: since(5, clientInt64, -1),
            partitionMaxBytes: int32,
            replicaDirectoryId: tagged(0, since(17, uuid, zeroUuid)),
            highWatermark: tagged(1, since(18, clientInt64, 9223372036854775807n)), // int64 maximum: not told
          }),
        ),
      }),
    ),
    forgottenTopicsData: since(
      7,
      array(
        struct({
          topic: until(12, string, ''),
          topicId: since(13, uuid, zeroUuid),
          partitions: array(int32),
        }),
      ),
    ),
    rackId: since(11, string, ''),
  },
});
export type FetchRequest = ValueOf<typeof FetchRequest>;

/**
 * Batches per partition, whole, the first whatever its size (KIP-74). v11 preferred replica (KIP-392); v12
 * diverging epoch (KIP-595); v16 endpoints of new leaders (KIP-951).
 */
export const FetchResponse = message({
  name: 'FetchResponse',
  apiKey: 1,
  versions: [4, 18],
  flexibleFrom: 12,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: since(7, int16, 0),
    sessionId: since(7, int32, 0),
    responses: array(
      struct({
        topic: until(12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: withDefault(int64, -1),
            logStartOffset: since(5, int64, -1),
            divergingEpoch: tagged(
              0,
              since(12, struct({ epoch: withDefault(int32, -1), endOffset: withDefault(int64, -1) })),
            ),
            currentLeader: tagged(
              1,
              since(12, struct({ leaderId: withDefault(int32, -1), leaderEpoch: withDefault(int32, -1) })),
            ),
            snapshotId: tagged(
              2,
              since(12, struct({ endOffset: withDefault(int64, -1), epoch: withDefault(int32, -1) })),
            ),
            abortedTransactions: nullable(array(struct({ producerId: int64, firstOffset: int64 }))),
            preferredReadReplica: since(11, int32, -1),
            records: nullable(records),
          }),
        ),
      }),
    ),
    nodeEndpoints: tagged(
      0,
      since(
        16,
        array(
          struct({
            nodeId: int32,
            host: string,
            port: int32,
            rack: withDefault(nullable(string), null),
          }),
        ),
      ),
    ),
  },
});
export type FetchResponse = ValueOf<typeof FetchResponse>;
