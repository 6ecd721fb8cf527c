/** Records of groups of the consumer protocol in `__consumer_offsets` (KIP-848). */
import {
  array,
  bytes,
  int8,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  tagged,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** A consumer group. */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  apiKey: 3,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ConsumerGroupMetadataKey = ValueOf<typeof ConsumerGroupMetadataKey>;

/** The epoch of a consumer group. */
export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  apiKey: 3,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32,
    metadataHash: tagged(0, withDefault(int64, 0)), // of the subscribed topics (KIP-1101)
  },
});
export type ConsumerGroupMetadataValue = ValueOf<typeof ConsumerGroupMetadataValue>;

/** Subscribed topics of a group; given up for a hash in its epoch (KIP-1101). */
export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  apiKey: 4,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ConsumerGroupPartitionMetadataKey = ValueOf<typeof ConsumerGroupPartitionMetadataKey>;

/** Those topics, with their partitions and racks. */
export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  apiKey: 4,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(
      struct({
        topicId: uuid,
        topicName: string,
        numPartitions: int32,
        partitionMetadata: array(
          struct({
            partition: int32,
            racks: array(string),
          }),
        ),
      }),
    ),
  },
});
export type ConsumerGroupPartitionMetadataValue = ValueOf<typeof ConsumerGroupPartitionMetadataValue>;

/** A member of a consumer group. */
export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  apiKey: 5,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ConsumerGroupMemberMetadataKey = ValueOf<typeof ConsumerGroupMemberMetadataKey>;

/** What a member told about itself. */
export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  apiKey: 5,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: nullable(string),
    rebalanceTimeoutMs: withDefault(int32, -1),
    serverAssignor: nullable(string),
    // null unless the member speaks the classic protocol
    classicMemberMetadata: tagged(
      0,
      withDefault(
        nullable(
          struct({
            sessionTimeoutMs: int32,
            supportedProtocols: array(
              struct({
                name: string,
                metadata: bytes,
              }),
            ),
          }),
        ),
      ),
    ),
  },
});
export type ConsumerGroupMemberMetadataValue = ValueOf<typeof ConsumerGroupMemberMetadataValue>;

/** The target of a consumer group. */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  apiKey: 6,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ConsumerGroupTargetAssignmentMetadataKey = ValueOf<
  typeof ConsumerGroupTargetAssignmentMetadataKey
>;

/** The epoch of the target. */
export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  apiKey: 6,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: tagged(0, withDefault(int64, 0)), // KIP-1263
  },
});
export type ConsumerGroupTargetAssignmentMetadataValue = ValueOf<
  typeof ConsumerGroupTargetAssignmentMetadataValue
>;

/** The target of one member. */
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  apiKey: 7,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ConsumerGroupTargetAssignmentMemberKey = ValueOf<typeof ConsumerGroupTargetAssignmentMemberKey>;

/** What the member is to have in the end. */
export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  apiKey: 7,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicPartitions: array(
      struct({
        topicId: uuid,
        partitions: array(int32),
      }),
    ),
  },
});
export type ConsumerGroupTargetAssignmentMemberValue = ValueOf<
  typeof ConsumerGroupTargetAssignmentMemberValue
>;

/** What one member has now. */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  apiKey: 8,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ConsumerGroupCurrentMemberAssignmentKey = ValueOf<typeof ConsumerGroupCurrentMemberAssignmentKey>;

const TopicPartitions = struct({
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: tagged(0, withDefault(nullable(array(int32)))),
});

/** How far the member has come on the way to its target. */
export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  apiKey: 8,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8, // 0 stable, 1 unrevoked, 2 unreleased, 127 unknown
    assignedPartitions: array(TopicPartitions),
    partitionsPendingRevocation: array(TopicPartitions),
  },
});
export type ConsumerGroupCurrentMemberAssignmentValue = ValueOf<
  typeof ConsumerGroupCurrentMemberAssignmentValue
>;

/** A regular expression that members subscribe to. */
export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  apiKey: 16,
  versions: [0, 0],
  fields: {
    groupId: string,
    regularExpression: string,
  },
});
export type ConsumerGroupRegularExpressionKey = ValueOf<typeof ConsumerGroupRegularExpressionKey>;

/** The topics that match it, in which version of the metadata. */
export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  apiKey: 16,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(string),
    version: int64,
    timestamp: int64,
  },
});
export type ConsumerGroupRegularExpressionValue = ValueOf<typeof ConsumerGroupRegularExpressionValue>;
