/** Records of `__transaction_state` (KIP-98). */
import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  tagged,
  type ValueOf,
} from '../schema';
import {
  type CoordinatorRecord,
  type CoordinatorSchemas,
  decodeCoordinatorRecord,
  type EncodedRecord,
  encodeCoordinatorRecord,
  type KeyInput,
  namesByType,
  type ValueInput,
} from './coordinator';

/** A transactional id. */
export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  apiKey: 0,
  versions: [0, 0],
  fields: {
    transactionalId: string,
  },
});
export type TransactionLogKey = ValueOf<typeof TransactionLogKey>;

/**
 * Its producer and the state of its transaction. v1 flexible, with the ids of the next transaction
 * (KIP-890).
 */
export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  apiKey: 0,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    producerId: int64,
    previousProducerId: tagged(0, since(1, int64, -1)),
    nextProducerId: tagged(1, since(1, int64, -1)),
    producerEpoch: int16,
    nextProducerEpoch: tagged(3, since(1, int16, -1)),
    transactionTimeoutMs: int32,
    // 0 empty, 1 ongoing, 2 and 3 commit and abort prepared, 4 and 5 done, 6 dead, 7 fencing prepared
    transactionStatus: int8,
    // null while the transaction is empty
    transactionPartitions: nullable(
      array(
        struct({
          topic: string,
          partitionIds: array(int32),
        }),
      ),
    ),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
    clientTransactionVersion: tagged(2, since(1, int16, 0)),
  },
});
export type TransactionLogValue = ValueOf<typeof TransactionLogValue>;

/** Every record of that topic, by name. */
export const transactionRecords = {
  TransactionLog: { key: TransactionLogKey, value: TransactionLogValue },
} as const satisfies CoordinatorSchemas;

export type TransactionRecordName = keyof typeof transactionRecords;
export type TransactionRecord = CoordinatorRecord<typeof transactionRecords>;

const names = namesByType(transactionRecords);

/** Key and value as they stand in the log; a null value deletes. Without `version`: the newest. */
export function encodeTransactionRecord<N extends TransactionRecordName>(
  name: N,
  key: KeyInput<typeof transactionRecords, N>,
  value: ValueInput<typeof transactionRecords, N> | null,
  version?: number,
): EncodedRecord {
  return encodeCoordinatorRecord(transactionRecords, name, key, value, version);
}

/** null: a type that this broker does not know, to be skipped. @throws DecodeError */
export function decodeTransactionRecord(key: Buffer, value: Buffer | null): TransactionRecord | null {
  return decodeCoordinatorRecord(transactionRecords, names, key, value);
}
