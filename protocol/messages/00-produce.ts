import {
  array,
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
 * Produce (key 0): append one record batch to each named partition. v9 flexible; v12 adds partitions to a
 * transaction implicitly (KIP-890); v13 topic ids (KIP-516).
 */
export const ProduceRequest = message({
  name: 'ProduceRequest',
  apiKey: 0,
  versions: [3, 13],
  flexibleFrom: 9,
  fields: {
    transactionalId: withDefault(nullable(string), null),
    acks: int16, // -1 all in-sync replicas, 0 none, 1 leader
    timeoutMs: int32,
    topicData: array(
      struct({
        name: until(12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitionData: array(
          struct({
            index: int32,
            records: nullable(records), // a view of the frame, never decoded here
          }),
        ),
      }),
    ),
  },
});
export type ProduceRequest = ValueOf<typeof ProduceRequest>;

/**
 * One result per partition. v8 names the records that were refused (KIP-467); v10 tells the new leader (KIP-951).
 */
export const ProduceResponse = message({
  name: 'ProduceResponse',
  apiKey: 0,
  versions: [3, 13],
  flexibleFrom: 9,
  fields: {
    responses: array(
      struct({
        name: until(12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: withDefault(int64, -1), // -1 unless the topic uses LogAppendTime
            logStartOffset: since(5, int64, -1),
            recordErrors: since(
              8,
              array(
                struct({
                  batchIndex: int32,
                  batchIndexErrorMessage: withDefault(nullable(string), null),
                }),
              ),
            ),
            errorMessage: since(8, nullable(string), null),
            currentLeader: tagged(
              0,
              since(10, struct({ leaderId: withDefault(int32, -1), leaderEpoch: withDefault(int32, -1) })),
            ),
          }),
        ),
      }),
    ),
    throttleTimeMs: withDefault(int32, 0),
    nodeEndpoints: tagged(
      0,
      since(
        10,
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
export type ProduceResponse = ValueOf<typeof ProduceResponse>;
