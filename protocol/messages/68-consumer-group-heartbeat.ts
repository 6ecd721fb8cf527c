import {
  array,
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

/**
 * ConsumerGroupHeartbeat (key 68): a member of the consumer protocol is alive, and what has changed with it
 * (KIP-848); null means as before. v1 subscribes by a regular expression, and members choose their ids
 * (KIP-1082).
 */
export const ConsumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    memberId: string,
    memberEpoch: int32, // 0 join, -1 leave, -2 a static member leaves for a while
    instanceId: withDefault(nullable(string), null),
    rackId: withDefault(nullable(string), null),
    rebalanceTimeoutMs: withDefault(int32, -1),
    subscribedTopicNames: withDefault(nullable(array(string)), null),
    subscribedTopicRegex: since(1, nullable(string), null),
    serverAssignor: withDefault(nullable(string), null),
    topicPartitions: withDefault(
      nullable(
        array(
          struct({
            topicId: uuid,
            partitions: array(int32),
          }),
        ),
      ),
      null,
    ),
  },
});
export type ConsumerGroupHeartbeatRequest = ValueOf<typeof ConsumerGroupHeartbeatRequest>;

/** The member's epoch, and its assignment where that has changed. */
export const ConsumerGroupHeartbeatResponse = message({
  name: 'ConsumerGroupHeartbeatResponse',
  apiKey: 68,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    memberId: withDefault(nullable(string), null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: withDefault(
      nullable(
        struct({
          topicPartitions: array(
            struct({
              topicId: uuid,
              partitions: array(int32),
            }),
          ),
        }),
      ),
      null,
    ),
  },
});
export type ConsumerGroupHeartbeatResponse = ValueOf<typeof ConsumerGroupHeartbeatResponse>;
