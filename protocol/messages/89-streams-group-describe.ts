import {
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  uint16,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * StreamsGroupDescribe (key 89): streams groups with their topology (KIP-1071). v1 is newer than Kafka 4.3.
 */
export const StreamsGroupDescribeRequest = message({
  name: 'StreamsGroupDescribeRequest',
  apiKey: 89,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
    includeTopologyDescription: since(1, bool, false),
  },
});
export type StreamsGroupDescribeRequest = ValueOf<typeof StreamsGroupDescribeRequest>;

const TaskOffset = struct({
  subtopologyId: string,
  partition: int32,
  offset: int64,
});

const TaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
});

const Assignment = struct({
  activeTasks: array(TaskIds),
  standbyTasks: array(TaskIds),
  warmupTasks: array(TaskIds),
});

const KeyValue = struct({
  key: string,
  value: string,
});

const TopicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(KeyValue),
});

const TopologyDescriptionNode = struct({
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: withDefault(nullable(string), null),
  stores: array(string),
  successors: array(string),
});

/** Members with the tasks that they have and are to have. */
export const StreamsGroupDescribeResponse = message({
  name: 'StreamsGroupDescribeResponse',
  apiKey: 89,
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
        topology: withDefault(
          nullable(
            struct({
              epoch: int32,
              subtopologies: withDefault(
                nullable(
                  array(
                    struct({
                      subtopologyId: string,
                      sourceTopics: array(string),
                      repartitionSinkTopics: array(string),
                      stateChangelogTopics: array(TopicInfo),
                      repartitionSourceTopics: array(TopicInfo),
                    }),
                  ),
                ),
                null,
              ),
            }),
          ),
          null,
        ),
        members: array(
          struct({
            memberId: string,
            memberEpoch: int32,
            instanceId: withDefault(nullable(string), null),
            rackId: withDefault(nullable(string), null),
            clientId: string,
            clientHost: string,
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
            clientTags: array(KeyValue),
            taskOffsets: array(TaskOffset),
            taskEndOffsets: array(TaskOffset),
            assignment: Assignment,
            targetAssignment: Assignment,
            isClassic: bool,
          }),
        ),
        authorizedOperations: withDefault(int32, -2147483648), // bit set; int32 minimum: not asked for
        topologyDescription: since(
          1,
          nullable(
            struct({
              subtopologies: array(
                struct({
                  subtopologyId: string,
                  nodes: array(TopologyDescriptionNode),
                }),
              ),
              globalStores: array(
                struct({
                  source: TopologyDescriptionNode,
                  processor: TopologyDescriptionNode,
                }),
              ),
            }),
          ),
          null,
        ),
        topologyDescriptionStatus: since(1, int8, 0),
        assignorName: since(1, nullable(string), null),
      }),
    ),
  },
});
export type StreamsGroupDescribeResponse = ValueOf<typeof StreamsGroupDescribeResponse>;
