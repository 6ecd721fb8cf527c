import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * DescribeCluster (key 60): cluster id, controller and brokers (KIP-700). v1 endpoint type (KIP-919); v2 fenced
 * brokers (KIP-1073).
 */
export const DescribeClusterRequest = message({
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    includeClusterAuthorizedOperations: bool,
    endpointType: since(1, int8, 1), // 1 brokers, 2 controllers
    includeFencedBrokers: since(2, bool, false),
  },
});
export type DescribeClusterRequest = ValueOf<typeof DescribeClusterRequest>;

/** The cluster as the asked endpoint sees it. */
export const DescribeClusterResponse = message({
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    endpointType: since(1, int8, 1), // 1 brokers, 2 controllers
    clusterId: string,
    controllerId: withDefault(int32, -1),
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: withDefault(nullable(string), null),
        isFenced: since(2, bool, false),
      }),
    ),
    clusterAuthorizedOperations: withDefault(int32, -2147483648), // bit set; int32 minimum: not asked for
  },
});
export type DescribeClusterResponse = ValueOf<typeof DescribeClusterResponse>;
