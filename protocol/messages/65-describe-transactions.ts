import { array, int16, int32, int64, message, string, struct, type ValueOf, withDefault } from '../schema';

/** DescribeTransactions (key 65): state of transactions, asked of their coordinator (KIP-664). */
export const DescribeTransactionsRequest = message({
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    transactionalIds: array(string),
  },
});
export type DescribeTransactionsRequest = ValueOf<typeof DescribeTransactionsRequest>;

/** State, producer and partitions of each. */
export const DescribeTransactionsResponse = message({
  name: 'DescribeTransactionsResponse',
  apiKey: 65,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: string,
        transactionTimeoutMs: int32,
        transactionStartTimeMs: int64, // -1: none is open
        producerId: int64,
        producerEpoch: int16,
        topics: array(
          struct({
            topic: string,
            partitions: array(int32),
          }),
        ),
      }),
    ),
  },
});
export type DescribeTransactionsResponse = ValueOf<typeof DescribeTransactionsResponse>;
