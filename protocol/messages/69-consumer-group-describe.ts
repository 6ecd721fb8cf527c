import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** ConsumerGroupDescribe (key 69): groups of the consumer protocol (KIP-848). */
export const ConsumerGroupDescribeRequest = message({
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
  },
});
export type ConsumerGroupDescribeRequest = ValueOf<typeof ConsumerGroupDescribeRequest>;

const Assignment = struct({
  topicPartitions: array(
    struct({
      topicId: uuid,
      topicName: string,
      partitions: array(int32),
    }),
  ),
});

/**
 * Members with what they have and what they are to have. v1 which protocol each of them speaks (KIP-1099).
 */
export const ConsumerGroupDescribeResponse = message({
  name: 'ConsumerGroupDescribeResponse',
  apiKey: 69,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        assignorName: string,
        members: array(
          struct({
            memberId: string,
            instanceId: withDefault(nullable(string), null),
            rackId: withDefault(nullable(string), null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            subscribedTopicRegex: withDefault(nullable(string), null),
            assignment: Assignment,
            targetAssignment: Assignment,
            memberType: since(1, int8, -1), // -1 not known, 0 classic, 1 consumer
          }),
        ),
        authorizedOperations: withDefault(int32, -2147483648), // bit set; int32 minimum: not asked for
      }),
    ),
  },
});
export type ConsumerGroupDescribeResponse = ValueOf<typeof ConsumerGroupDescribeResponse>;
