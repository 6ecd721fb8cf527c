import {
  array,
  bool,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** DescribeTopicPartitions (key 75): topic details in pages, from a cursor on (KIP-966). */
export const DescribeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(struct({ name: string })),
    responsePartitionLimit: withDefault(int32, 2000),
    cursor: withDefault(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  },
});
export type DescribeTopicPartitionsRequest = ValueOf<typeof DescribeTopicPartitionsRequest>;

/** One page, with the cursor of the next if there is more. */
export const DescribeTopicPartitionsResponse = message({
  name: 'DescribeTopicPartitionsResponse',
  apiKey: 75,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    topics: array(
      struct({
        errorCode: int16,
        name: nullable(string),
        topicId: uuid,
        isInternal: withDefault(bool, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: withDefault(int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: withDefault(nullable(array(int32)), null),
            lastKnownElr: withDefault(nullable(array(int32)), null),
            offlineReplicas: array(int32),
          }),
        ),
        topicAuthorizedOperations: withDefault(int32, -2147483648), // bit set; int32 minimum: not asked for
      }),
    ),
    nextCursor: withDefault(nullable(struct({ topicName: string, partitionIndex: int32 })), null),
  },
});
export type DescribeTopicPartitionsResponse = ValueOf<typeof DescribeTopicPartitionsResponse>;
