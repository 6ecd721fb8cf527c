import {
  array,
  bytes,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
} from '../schema';

/**
 * SyncGroup (key 14): the leader brings the assignments of a generation, the others come for theirs. v3
 * static members (KIP-345); v5 type and name of the protocol, to be compared (KIP-559).
 */
export const SyncGroupRequest = message({
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string), null),
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignments: array(
      struct({
        memberId: string,
        assignment: bytes,
      }),
    ),
  },
});
export type SyncGroupRequest = ValueOf<typeof SyncGroupRequest>;

/** The member's own assignment, in bytes that only clients read. */
export const SyncGroupResponse = message({
  name: 'SyncGroupResponse',
  apiKey: 14,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    protocolType: since(5, nullable(string), null),
    protocolName: since(5, nullable(string), null),
    assignment: bytes,
  },
});
export type SyncGroupResponse = ValueOf<typeof SyncGroupResponse>;
