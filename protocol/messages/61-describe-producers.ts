import {
  array,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DescribeProducers (key 61): producers with state in a partition (KIP-664). */
export const DescribeProducersRequest = message({
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(
      struct({
        name: string,
        partitionIndexes: array(int32),
      }),
    ),
  },
});
export type DescribeProducersRequest = ValueOf<typeof DescribeProducersRequest>;

/** Ids, epochs and sequences as the leader of the partition knows them. */
export const DescribeProducersResponse = message({
  name: 'DescribeProducersResponse',
  apiKey: 61,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: withDefault(nullable(string), null),
            activeProducers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: withDefault(int32, -1),
                lastTimestamp: withDefault(int64, -1),
                coordinatorEpoch: int32,
                currentTxnStartOffset: withDefault(int64, -1), // -1: no transaction is open
              }),
            ),
          }),
        ),
      }),
    ),
  },
});
export type DescribeProducersResponse = ValueOf<typeof DescribeProducersResponse>;
