import {
  array,
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
 * ElectLeaders (key 43): elect the preferred replica, from v1 on also an unclean one (KIP-460); null means
 * all partitions.
 */
export const ElectLeadersRequest = message({
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    electionType: since(1, int8, 0), // 0 preferred, 1 unclean
    topicPartitions: nullable(
      array(
        struct({
          topic: string,
          partitions: array(int32),
        }),
      ),
    ),
    timeoutMs: withDefault(int32, 60000),
  },
});
export type ElectLeadersRequest = ValueOf<typeof ElectLeadersRequest>;

/** One result per partition. v1 an error for the whole answer (KIP-460). */
export const ElectLeadersResponse = message({
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: since(1, int16, 0),
    replicaElectionResults: array(
      struct({
        topic: string,
        partitionResult: array(
          struct({
            partitionId: int32,
            errorCode: int16,
            errorMessage: nullable(string),
          }),
        ),
      }),
    ),
  },
});
export type ElectLeadersResponse = ValueOf<typeof ElectLeadersResponse>;
