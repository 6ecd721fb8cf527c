import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * JoinGroup (key 11): enter a group and its next generation. v1 rebalance timeout (KIP-62); v4 a first
 * answer that only hands out the member id (KIP-394); v5 static members (KIP-345); v8 the reason (KIP-800).
 */
export const JoinGroupRequest = message({
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: [0, 9],
  flexibleFrom: 6,
  fields: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1), // -1: the session timeout counts
    memberId: string, // empty: new here
    groupInstanceId: since(5, nullable(string), null),
    protocolType: string, // "consumer" and "connect" are the common ones
    // the preferred one first
    protocols: array(
      struct({
        name: string,
        metadata: bytes,
      }),
    ),
    reason: since(8, nullable(string), null),
  },
});
export type JoinGroupRequest = ValueOf<typeof JoinGroupRequest>;

/**
 * The new generation; its leader also gets all members. v7 protocol type, and null for no protocol
 * (KIP-559); v9 a leader that need not assign (KIP-814).
 */
export const JoinGroupResponse = message({
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: [0, 9],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: since(2, int32, 0),
    errorCode: int16,
    generationId: withDefault(int32, -1),
    protocolType: since(7, nullable(string), null),
    protocolName: nullable(string, 7),
    leader: string,
    skipAssignment: since(9, bool, false), // the leader sends no assignment
    memberId: string,
    // for the leader alone
    members: array(
      struct({
        memberId: string,
        groupInstanceId: since(5, nullable(string), null),
        metadata: bytes,
      }),
    ),
  },
});
export type JoinGroupResponse = ValueOf<typeof JoinGroupResponse>;
