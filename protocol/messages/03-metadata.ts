import {
  array,
  between,
  bool,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  uuid,
  type ValueOf,
  zeroUuid,
} from '../schema';

/**
 * Metadata (key 3): brokers and the named topics; null (v0: empty) means all topics. v4 may forbid auto-creation
 * (KIP-204); v10 topic ids (KIP-516).
 */
export const MetadataRequest = message({
  name: 'MetadataRequest',
  apiKey: 3,
  versions: [0, 13],
  flexibleFrom: 9,
  fields: {
    topics: nullable(array(struct({ topicId: since(10, uuid, zeroUuid), name: nullable(string, 10) })), 1),
    allowAutoTopicCreation: since(4, bool, true),
    includeClusterAuthorizedOperations: between(8, 10, bool, false),
    includeTopicAuthorizedOperations: since(8, bool, false),
  },
});
export type MetadataRequest = ValueOf<typeof MetadataRequest>;

/**
 * Brokers, controller and topics with their leaders. v7 leader epoch (KIP-320); v13 an error for the whole answer
 * (KIP-1102).
 */
export const MetadataResponse = message({
  name: 'MetadataResponse',
  apiKey: 3,
  versions: [0, 13],
  flexibleFrom: 9,
  fields: {
    throttleTimeMs: since(3, int32, 0),
    brokers: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: since(1, nullable(string), null),
      }),
    ),
    clusterId: since(2, nullable(string), null),
    controllerId: since(1, int32, -1),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string, 12),
        topicId: since(10, uuid, zeroUuid),
        isInternal: since(1, bool, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: since(7, int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: since(5, array(int32)),
          }),
        ),
        topicAuthorizedOperations: since(8, int32, -2147483648), // bit set; int32 minimum: not asked for
      }),
    ),
    clusterAuthorizedOperations: between(8, 10, int32, -2147483648), // bit set; int32 minimum: not asked for
    errorCode: since(13, int16, 0),
  },
});
export type MetadataResponse = ValueOf<typeof MetadataResponse>;
