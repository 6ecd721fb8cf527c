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

/** ShareGroupDescribe (key 77): share groups and their members (KIP-932). */
export const ShareGroupDescribeRequest = message({
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: [1, 1],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
  },
});
export type ShareGroupDescribeRequest = ValueOf<typeof ShareGroupDescribeRequest>;

/** Members with their assignments. */
export const ShareGroupDescribeResponse = message({
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: [1, 1],
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
            rackId: withDefault(nullable(string), null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            assignment: struct({
              topicPartitions: array(
                struct({
                  topicId: uuid,
                  topicName: string,
                  partitions: array(int32),
                }),
              ),
            }),
          }),
        ),
        authorizedOperations: withDefault(int32, -2147483648), // bit set; int32 minimum: not asked for
      }),
    ),
  },
});
export type ShareGroupDescribeResponse = ValueOf<typeof ShareGroupDescribeResponse>;
