import {
  array,
  bool,
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
 * AlterPartitionReassignments (key 45): move partitions to other replicas, or stop doing so with null
 * (KIP-455). v1 can forbid another number of replicas (KIP-860).
 */
export const AlterPartitionReassignmentsRequest = message({
  name: 'AlterPartitionReassignmentsRequest',
  apiKey: 45,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    timeoutMs: withDefault(int32, 60000),
    allowReplicationFactorChange: since(1, bool, true),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            replicas: withDefault(nullable(array(int32)), null), // null: cancel
          }),
        ),
      }),
    ),
  },
});
export type AlterPartitionReassignmentsRequest = ValueOf<typeof AlterPartitionReassignmentsRequest>;

/** An error for the whole answer, or one result per partition. */
export const AlterPartitionReassignmentsResponse = message({
  name: 'AlterPartitionReassignmentsResponse',
  apiKey: 45,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    allowReplicationFactorChange: since(1, bool, true),
    errorCode: int16,
    errorMessage: nullable(string),
    responses: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: nullable(string),
          }),
        ),
      }),
    ),
  },
});
export type AlterPartitionReassignmentsResponse = ValueOf<typeof AlterPartitionReassignmentsResponse>;
