import { array, int16, int32, message, nullable, string, struct, type ValueOf, withDefault } from '../schema';

/** ListPartitionReassignments (key 46): moves under way (KIP-455); null topics mean all of them. */
export const ListPartitionReassignmentsRequest = message({
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    timeoutMs: withDefault(int32, 60000),
    topics: withDefault(
      nullable(
        array(
          struct({
            name: string,
            partitionIndexes: array(int32),
          }),
        ),
      ),
      null,
    ),
  },
});
export type ListPartitionReassignmentsRequest = ValueOf<typeof ListPartitionReassignmentsRequest>;

/** Replicas that are there, to come and to go. */
export const ListPartitionReassignmentsResponse = message({
  name: 'ListPartitionReassignmentsResponse',
  apiKey: 46,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            replicas: array(int32),
            addingReplicas: array(int32),
            removingReplicas: array(int32),
          }),
        ),
      }),
    ),
  },
});
export type ListPartitionReassignmentsResponse = ValueOf<typeof ListPartitionReassignmentsResponse>;
