import {
  array,
  clientInt64,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * ListTransactions (key 66): transactions that this broker coordinates (KIP-664). v1 only those that run
 * for long (KIP-994); v2 by a pattern (KIP-1152).
 */
export const ListTransactionsRequest = message({
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    stateFilters: array(string), // empty: all
    producerIdFilters: array(clientInt64), // empty: all
    durationFilter: since(1, clientInt64, -1), // ms; negative: all
    transactionalIdPattern: since(2, nullable(string), null),
  },
});
export type ListTransactionsRequest = ValueOf<typeof ListTransactionsRequest>;

/** Ids with their state. */
export const ListTransactionsResponse = message({
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array(
      struct({
        transactionalId: string,
        producerId: int64,
        transactionState: string,
      }),
    ),
  },
});
export type ListTransactionsResponse = ValueOf<typeof ListTransactionsResponse>;
