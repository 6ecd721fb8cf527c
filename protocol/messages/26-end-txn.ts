import {
  bool,
  clientInt64,
  int16,
  int32,
  int64,
  message,
  since,
  string,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * EndTxn (key 26): commit or abort a transaction (KIP-98). v5 moves the producer to its next epoch
 * (KIP-890).
 */
export const EndTxnRequest = message({
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    transactionalId: string,
    producerId: clientInt64,
    producerEpoch: int16,
    committed: bool, // false: abort
  },
});
export type EndTxnRequest = ValueOf<typeof EndTxnRequest>;

/** v5 the id and epoch to go on with (KIP-890). */
export const EndTxnResponse = message({
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    producerId: since(5, int64, -1),
    producerEpoch: since(5, int16, -1),
  },
});
export type EndTxnResponse = ValueOf<typeof EndTxnResponse>;
