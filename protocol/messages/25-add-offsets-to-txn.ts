import { clientInt64, int16, int32, message, string, type ValueOf, withDefault } from '../schema';

/** AddOffsetsToTxn (key 25): positions of a group join a transaction (KIP-98). */
export const AddOffsetsToTxnRequest = message({
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    transactionalId: string,
    producerId: clientInt64,
    producerEpoch: int16,
    groupId: string,
  },
});
export type AddOffsetsToTxnRequest = ValueOf<typeof AddOffsetsToTxnRequest>;

/** The partition of `__consumer_offsets` that keeps the group has joined. */
export const AddOffsetsToTxnResponse = message({
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
  },
});
export type AddOffsetsToTxnResponse = ValueOf<typeof AddOffsetsToTxnResponse>;
