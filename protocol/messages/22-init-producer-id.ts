import {
  bool,
  clientInt64,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * InitProducerId (key 22): an id and epoch for an idempotent or transactional producer (KIP-98). v3 bumps a given
 * id (KIP-360); v6 two-phase commit (KIP-939), not shown by brokers.
 */
export const InitProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: [0, 6],
  flexibleFrom: 2,
  fields: {
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    producerId: since(3, clientInt64, -1),
    producerEpoch: since(3, int16, -1),
    enable2Pc: since(6, bool, false),
    keepPreparedTxn: since(6, bool, false),
  },
});
export type InitProducerIdRequest = ValueOf<typeof InitProducerIdRequest>;

/** The id and epoch to produce with. */
export const InitProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  apiKey: 22,
  versions: [0, 6],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    producerId: withDefault(int64, -1),
    producerEpoch: int16,
    ongoingTxnProducerId: since(6, int64, -1),
    ongoingTxnProducerEpoch: since(6, int16, -1),
  },
});
export type InitProducerIdResponse = ValueOf<typeof InitProducerIdResponse>;
