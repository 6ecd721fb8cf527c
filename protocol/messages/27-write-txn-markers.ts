import {
  array,
  bool,
  clientInt64,
  int8,
  int16,
  int32,
  int64,
  message,
  since,
  string,
  struct,
  type ValueOf,
} from '../schema';

/**
 * WriteTxnMarkers (key 27): end transactions in partitions (KIP-98): sent by coordinators, and by
 * administrators to end a hanging one (KIP-664). v2 the transaction version (KIP-1228).
 */
export const WriteTxnMarkersRequest = message({
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: [1, 2],
  flexibleFrom: 1,
  fields: {
    markers: array(
      struct({
        producerId: clientInt64,
        producerEpoch: int16,
        transactionResult: bool, // true: commit
        topics: array(
          struct({
            name: string,
            partitionIndexes: array(int32),
          }),
        ),
        coordinatorEpoch: int32,
        transactionVersion: since(2, int8, 0),
      }),
    ),
  },
});
export type WriteTxnMarkersRequest = ValueOf<typeof WriteTxnMarkersRequest>;

/** One result per partition. */
export const WriteTxnMarkersResponse = message({
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: [1, 2],
  flexibleFrom: 1,
  fields: {
    markers: array(
      struct({
        producerId: int64,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                errorCode: int16,
              }),
            ),
          }),
        ),
      }),
    ),
  },
});
export type WriteTxnMarkersResponse = ValueOf<typeof WriteTxnMarkersResponse>;
