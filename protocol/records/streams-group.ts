/** Records of streams groups in `__consumer_offsets` (KIP-1071). */
import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  tagged,
  uint16,
  type ValueOf,
  withDefault,
} from '../schema';

/** A streams group. */
export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  apiKey: 17,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type StreamsGroupMetadataKey = ValueOf<typeof StreamsGroupMetadataKey>;

/** The epoch of a streams group. */
export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  apiKey: 17,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32,
    metadataHash: int64,
    validatedTopologyEpoch: tagged(0, withDefault(int32, -1)),
    lastAssignmentConfigs: tagged(
      1,
      withDefault(
        nullable(
          array(
            struct({
              key: string,
              value: string,
            }),
          ),
        ),
      ),
    ),
    storedDescriptionTopologyEpoch: tagged(2, withDefault(int32, -1)),
    failedDescriptionTopologyEpoch: tagged(3, withDefault(int32, -1)),
  },
});
export type StreamsGroupMetadataValue = ValueOf<typeof StreamsGroupMetadataValue>;

/** A member of a streams group. */
export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  apiKey: 19,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type StreamsGroupMemberMetadataKey = ValueOf<typeof StreamsGroupMemberMetadataKey>;

/** What a member told about itself. */
export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  apiKey: 19,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: withDefault(int32, -1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: withDefault(
      nullable(
        struct({
          host: string,
          port: uint16,
        }),
      ),
      null,
    ),
    clientTags: array(
      struct({
        key: string,
        value: string,
      }),
    ),
  },
});
export type StreamsGroupMemberMetadataValue = ValueOf<typeof StreamsGroupMemberMetadataValue>;

/** The target of a streams group. */
export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  apiKey: 20,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type StreamsGroupTargetAssignmentMetadataKey = ValueOf<typeof StreamsGroupTargetAssignmentMetadataKey>;

/** The epoch of the target. */
export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  apiKey: 20,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32,
    assignmentTimestamp: tagged(0, withDefault(int64, 0)),
  },
});
export type StreamsGroupTargetAssignmentMetadataValue = ValueOf<
  typeof StreamsGroupTargetAssignmentMetadataValue
>;

/** The target of one member. */
export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  apiKey: 21,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type StreamsGroupTargetAssignmentMemberKey = ValueOf<typeof StreamsGroupTargetAssignmentMemberKey>;

const TargetTaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
});

/** What the member is to have in the end. */
export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  apiKey: 21,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    activeTasks: array(TargetTaskIds),
    standbyTasks: array(TargetTaskIds),
    warmupTasks: array(TargetTaskIds),
  },
});
export type StreamsGroupTargetAssignmentMemberValue = ValueOf<typeof StreamsGroupTargetAssignmentMemberValue>;

/** What one member has now. */
export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  apiKey: 22,
  versions: [0, 0],
  fields: {
    groupId: string,
    memberId: string,
  },
});
export type StreamsGroupCurrentMemberAssignmentKey = ValueOf<typeof StreamsGroupCurrentMemberAssignmentKey>;

const CurrentTaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: tagged(0, withDefault(nullable(array(int32)))),
});

/** How far the member has come on the way to its target. */
export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  apiKey: 22,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(CurrentTaskIds),
    standbyTasks: array(CurrentTaskIds),
    warmupTasks: array(CurrentTaskIds),
    activeTasksPendingRevocation: array(CurrentTaskIds),
    standbyTasksPendingRevocation: array(CurrentTaskIds),
    warmupTasksPendingRevocation: array(CurrentTaskIds),
  },
});
export type StreamsGroupCurrentMemberAssignmentValue = ValueOf<
  typeof StreamsGroupCurrentMemberAssignmentValue
>;

/** The topology of a streams group. */
export const StreamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  apiKey: 23,
  versions: [0, 0],
  fields: {
    groupId: string,
  },
});
export type StreamsGroupTopologyKey = ValueOf<typeof StreamsGroupTopologyKey>;

const TopologyTopicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(
    struct({
      key: string,
      value: string,
    }),
  ),
});

/** Its subtopologies with the topics that they read and need. */
export const StreamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  apiKey: 23,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32,
    subtopologies: array(
      struct({
        subtopologyId: string,
        sourceTopics: array(string),
        sourceTopicRegex: array(string),
        stateChangelogTopics: array(TopologyTopicInfo),
        repartitionSinkTopics: array(string),
        repartitionSourceTopics: array(TopologyTopicInfo),
        copartitionGroups: array(
          struct({
            sourceTopics: array(int16),
            sourceTopicRegex: array(int16),
            repartitionSourceTopics: array(int16),
          }),
        ),
      }),
    ),
  },
});
export type StreamsGroupTopologyValue = ValueOf<typeof StreamsGroupTopologyValue>;
