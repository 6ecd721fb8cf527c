import {
  array,
  bool,
  clientInt64,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** ShareAcknowledge (key 79): settle acquired records (KIP-932). v2 renewal (KIP-1222). */
export const ShareAcknowledgeRequest = message({
  name: 'ShareAcknowledgeRequest',
  apiKey: 79,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    groupId: withDefault(nullable(string), null),
    memberId: nullable(string),
    shareSessionEpoch: int32, // -1: close the session
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
  },
});
export type ShareAcknowledgeRequest = ValueOf<typeof ShareAcknowledgeRequest>;

/** One result per partition. v2 how long records stay acquired (KIP-1222). */
export const ShareAcknowledgeResponse = message({
  name: 'ShareAcknowledgeResponse',
  apiKey: 79,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    acquisitionLockTimeoutMs: since(2, int32, 0),
    responses: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: withDefault(nullable(string), null),
            currentLeader: struct({
              leaderId: int32,
              leaderEpoch: int32,
            }),
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
export type ShareAcknowledgeResponse = ValueOf<typeof ShareAcknowledgeResponse>;
