import {
  array,
  bool,
  clientInt64,
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
  until,
  type ValueOf,
  withDefault,
} from '../schema';

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

const TaskOffset = struct({
  subtopologyId: string,
  partition: int32,
  offset: clientInt64,
});

const TaskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
});

/**
 * StreamsGroupHeartbeat (key 88): a process of a streams application is alive, and what has changed with it
 * (KIP-1071); null means as before. v1 is newer than Kafka 4.3.
 */
export const StreamsGroupHeartbeatRequest = message({
  name: 'StreamsGroupHeartbeatRequest',
  apiKey: 88,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    memberId: string,
    memberEpoch: int32, // 0 join, -1 leave, -2 a static member leaves for a while
    endpointInformationEpoch: int32,
    instanceId: withDefault(nullable(string), null),
    rackId: withDefault(nullable(string), null),
    rebalanceTimeoutMs: withDefault(int32, -1),
    topology: withDefault(
      nullable(
        struct({
          epoch: int32,
          subtopologies: array(
            struct({
              subtopologyId: string,
              sourceTopics: array(string),
              sourceTopicRegex: array(string),
              stateChangelogTopics: array(TopicInfo),
              repartitionSinkTopics: array(string),
              repartitionSourceTopics: array(TopicInfo),
              copartitionGroups: array(
                struct({
                  sourceTopics: array(int16),
                  sourceTopicRegex: array(int16),
                  repartitionSourceTopics: array(int16),
                }),
              ),
            }),
          ),
        }),
      ),
      null,
    ),
    activeTasks: withDefault(nullable(array(TaskIds)), null),
    standbyTasks: withDefault(nullable(array(TaskIds)), null),
    warmupTasks: withDefault(nullable(array(TaskIds)), null),
    processId: withDefault(nullable(string), null),
    userEndpoint: withDefault(
      nullable(
        struct({
          host: string,
          port: uint16,
        }),
      ),
      null,
    ),
    clientTags: withDefault(nullable(array(KeyValue)), null),
    taskOffsets: withDefault(nullable(array(TaskOffset)), null),
    taskEndOffsets: withDefault(nullable(array(TaskOffset)), null),
    shutdownApplication: withDefault(bool, false),
  },
});
export type StreamsGroupHeartbeatRequest = ValueOf<typeof StreamsGroupHeartbeatRequest>;

const TopicPartition = struct({
  topic: string,
  partitions: array(int32),
});

/** The member's epoch, and its tasks where they have changed. */
export const StreamsGroupHeartbeatResponse = message({
  name: 'StreamsGroupHeartbeatResponse',
  apiKey: 88,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    memberId: string,
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    acceptableRecoveryLagLegacy: until(0, int32, 0),
    taskOffsetIntervalMs: int32,
    acceptableRecoveryLag: since(1, int64, -1),
    status: nullable(
      array(
        struct({
          statusCode: int8,
          statusDetail: string,
        }),
      ),
    ),
    activeTasks: withDefault(nullable(array(TaskIds)), null),
    standbyTasks: withDefault(nullable(array(TaskIds)), null),
    warmupTasks: withDefault(nullable(array(TaskIds)), null),
    topologyDescriptionRequired: since(1, bool, false),
    endpointInformationEpoch: int32,
    partitionsByUserEndpoint: withDefault(
      nullable(
        array(
          struct({
            userEndpoint: struct({
              host: string,
              port: uint16,
            }),
            activePartitions: array(TopicPartition),
            standbyPartitions: array(TopicPartition),
          }),
        ),
      ),
      null,
    ),
  },
});
export type StreamsGroupHeartbeatResponse = ValueOf<typeof StreamsGroupHeartbeatResponse>;
