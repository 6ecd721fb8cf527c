/**
 * The answers to a produced batch that storage can give, by the numbers of the Kafka protocol. The protocol's whole
 * table is not storage's to know (layering); tests hold the two together.
 */
export const AppendErrorCode = {
  NONE: 0,
  UNKNOWN_SERVER_ERROR: -1,
  CORRUPT_MESSAGE: 2,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
  INVALID_TIMESTAMP: 32,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  TRANSACTION_COORDINATOR_FENCED: 52,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  INVALID_RECORD: 87,
} as const;
export type AppendErrorCode = (typeof AppendErrorCode)[keyof typeof AppendErrorCode];
