import {
  array,
  bool,
  clientInt64,
  int16,
  int32,
  message,
  since,
  string,
  struct,
  until,
  type ValueOf,
  withDefault,
} from '../schema';

const AddPartitionsToTxnTopic = struct({
  name: string,
  partitions: array(int32),
});

/**
 * AddPartitionsToTxn (key 24): partitions join a transaction (KIP-98). Clients send up to v3; from v4 on,
 * brokers ask for several transactions at once, or only whether partitions belong to one (KIP-890).
 */
export const AddPartitionsToTxnRequest = message({
  name: 'AddPartitionsToTxnRequest',
  apiKey: 24,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    transactions: since(
      4,
      array(
        struct({
          transactionalId: string,
          producerId: clientInt64,
          producerEpoch: int16,
          verifyOnly: withDefault(bool, false),
          topics: array(AddPartitionsToTxnTopic),
        }),
      ),
    ),
    v3AndBelowTransactionalId: until(3, string, ''), // what clients fill in
    v3AndBelowProducerId: until(3, clientInt64, 0),
    v3AndBelowProducerEpoch: until(3, int16, 0),
    v3AndBelowTopics: until(3, array(AddPartitionsToTxnTopic)),
  },
});
export type AddPartitionsToTxnRequest = ValueOf<typeof AddPartitionsToTxnRequest>;

const AddPartitionsToTxnTopicResult = struct({
  name: string,
  resultsByPartition: array(
    struct({
      partitionIndex: int32,
      partitionErrorCode: int16,
    }),
  ),
});

/** One result per partition. v4 several transactions and an error for the whole answer. */
export const AddPartitionsToTxnResponse = message({
  name: 'AddPartitionsToTxnResponse',
  apiKey: 24,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: since(4, int16, 0),
    resultsByTransaction: since(
      4,
      array(
        struct({
          transactionalId: string,
          topicResults: array(AddPartitionsToTxnTopicResult),
        }),
      ),
    ),
    resultsByTopicV3AndBelow: until(3, array(AddPartitionsToTxnTopicResult)),
  },
});
export type AddPartitionsToTxnResponse = ValueOf<typeof AddPartitionsToTxnResponse>;
