import {
  array,
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

/**
 * ShareGroupHeartbeat (key 76): a member of a share group is alive, and what has changed with it (KIP-932);
 * null means as before.
 */
export const ShareGroupHeartbeatRequest = message({
  name: 'ShareGroupHeartbeatRequest',
  apiKey: 76,
  versions: [1, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    memberId: string,
    memberEpoch: int32, // 0 join, -1 leave
    rackId: withDefault(nullable(string), null),
    subscribedTopicNames: withDefault(nullable(array(string)), null),
  },
});
export type ShareGroupHeartbeatRequest = ValueOf<typeof ShareGroupHeartbeatRequest>;

/** The member's epoch, and its assignment where that has changed. */
export const ShareGroupHeartbeatResponse = message({
  name: 'ShareGroupHeartbeatResponse',
  apiKey: 76,
  versions: [1, 1],
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
export type ShareGroupHeartbeatResponse = ValueOf<typeof ShareGroupHeartbeatResponse>;
