import {
  array,
  bool,
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
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * ShareFetch (key 78): acquire records of a share group, and settle earlier ones (KIP-932). v2 the mode of
 * acquiring (KIP-1206) and renewal (KIP-1222).
 */
export const ShareFetchRequest = message({
  name: 'ShareFetchRequest',
  apiKey: 78,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    groupId: withDefault(nullable(string), null),
    memberId: nullable(string),
    shareSessionEpoch: int32, // 0 open a session, -1 close it
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: withDefault(int32, 2147483647),
    maxRecords: int32,
    batchSize: int32,
    shareAcquireMode: since(2, int8, 0), // 0 whole batches, 1 no more than maxRecords
    isRenewAck: since(2, bool, false),
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            acknowledgementBatches: array(
              struct({
                firstOffset: clientInt64,
                lastOffset: clientInt64,
                acknowledgeTypes: array(int8), // 0 gap, 1 accept, 2 release, 3 reject, 4 renew
              }),
            ),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      struct({
        topicId: uuid,
        partitions: array(int32),
      }),
    ),
  },
});
export type ShareFetchRequest = ValueOf<typeof ShareFetchRequest>;

/** Records, and which of them are acquired. */
export const ShareFetchResponse = message({
  name: 'ShareFetchResponse',
  apiKey: 78,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    acquisitionLockTimeoutMs: int32,
    responses: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: withDefault(nullable(string), null),
            acknowledgeErrorCode: int16,
            acknowledgeErrorMessage: withDefault(nullable(string), null),
            currentLeader: struct({
              leaderId: int32,
              leaderEpoch: int32,
            }),
            records: records,
            acquiredRecords: array(
              struct({
                firstOffset: int64,
                lastOffset: int64,
                deliveryCount: int16,
              }),
            ),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: withDefault(nullable(string), null),
      }),
    ),
  },
});
export type ShareFetchResponse = ValueOf<typeof ShareFetchResponse>;
