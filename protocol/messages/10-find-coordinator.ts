import {
  array,
  between,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  until,
  type ValueOf,
} from '../schema';

/**
 * FindCoordinator (key 10): the broker that leads a group or a transactional id. v1 key types (KIP-98); v4
 * several keys at once (KIP-699); v6 the key type of share groups (KIP-932).
 */
export const FindCoordinatorRequest = message({
  name: 'FindCoordinatorRequest',
  apiKey: 10,
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    key: until(3, string, ''),
    keyType: since(1, int8, 0), // 0 group, 1 transaction, 2 share
    coordinatorKeys: since(4, array(string)), // share: group:topicId:partition
  },
});
export type FindCoordinatorRequest = ValueOf<typeof FindCoordinatorRequest>;

/** Where the coordinator is reached. Up to v3 one answer, from v4 on one for each key (KIP-699). */
export const FindCoordinatorResponse = message({
  name: 'FindCoordinatorResponse',
  apiKey: 10,
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: until(3, int16, 0),
    errorMessage: between(1, 3, nullable(string), null),
    nodeId: until(3, int32, 0), // -1 with an error
    host: until(3, string, ''),
    port: until(3, int32, 0),
    coordinators: since(
      4,
      array(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode: int16,
          errorMessage: nullable(string),
        }),
      ),
    ),
  },
});
export type FindCoordinatorResponse = ValueOf<typeof FindCoordinatorResponse>;
