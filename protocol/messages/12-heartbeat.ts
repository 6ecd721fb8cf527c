import { int16, int32, message, nullable, since, string, type ValueOf } from '../schema';

/** Heartbeat (key 12): a member of a classic group is alive. v3 static members (KIP-345). */
export const HeartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
  },
});
export type HeartbeatRequest = ValueOf<typeof HeartbeatRequest>;

/** REBALANCE_IN_PROGRESS asks the member to join anew. */
export const HeartbeatResponse = message({
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
  },
});
export type HeartbeatResponse = ValueOf<typeof HeartbeatResponse>;
