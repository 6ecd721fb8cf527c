/** Records of share groups in `__consumer_offsets` (KIP-932). */
import {
  array,
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

/** A member of a share group. */
export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  apiKey: 10,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ShareGroupMemberMetadataKey = ValueOf<typeof ShareGroupMemberMetadataKey>;

/** What a member told about itself. */
export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  apiKey: 10,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
});
export type ShareGroupMemberMetadataValue = ValueOf<typeof ShareGroupMemberMetadataValue>;

/** A share group. */
export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  apiKey: 11,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ShareGroupMetadataKey = ValueOf<typeof ShareGroupMetadataKey>;

/** The epoch of a share group. */
export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  apiKey: 11,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
  },
});
export type ShareGroupMetadataValue = ValueOf<typeof ShareGroupMetadataValue>;

/** The target of a share group. */
export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  apiKey: 12,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ShareGroupTargetAssignmentMetadataKey = ValueOf<typeof ShareGroupTargetAssignmentMetadataKey>;

/** The epoch of the target. */
export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  apiKey: 12,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: tagged(0, withDefault(int64, 0)),
  },
});
export type ShareGroupTargetAssignmentMetadataValue = ValueOf<typeof ShareGroupTargetAssignmentMetadataValue>;

/** The target of one member. */
export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  apiKey: 13,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ShareGroupTargetAssignmentMemberKey = ValueOf<typeof ShareGroupTargetAssignmentMemberKey>;

/** What the member is to have in the end. */
export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  apiKey: 13,
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
export type ShareGroupTargetAssignmentMemberValue = ValueOf<typeof ShareGroupTargetAssignmentMemberValue>;

/** What one member has now. */
export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  apiKey: 14,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type ShareGroupCurrentMemberAssignmentKey = ValueOf<typeof ShareGroupCurrentMemberAssignmentKey>;

/** How far the member has come on the way to its target. */
export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  apiKey: 14,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(
      struct({
        topicId: uuid,
        partitions: array(int32),
      }),
    ),
  },
});
export type ShareGroupCurrentMemberAssignmentValue = ValueOf<typeof ShareGroupCurrentMemberAssignmentValue>;

/** Partitions whose state a share group keeps. */
export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  apiKey: 15,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type ShareGroupStatePartitionMetadataKey = ValueOf<typeof ShareGroupStatePartitionMetadataKey>;

const TopicPartitionsInfo = struct({
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
});

/** Those partitions, by how far their state has come. */
export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  apiKey: 15,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    initializingTopics: array(TopicPartitionsInfo),
    initializedTopics: array(TopicPartitionsInfo),
    deletingTopics: array(
      struct({
        topicId: uuid,
        topicName: string,
      }),
    ),
  },
});
export type ShareGroupStatePartitionMetadataValue = ValueOf<typeof ShareGroupStatePartitionMetadataValue>;
