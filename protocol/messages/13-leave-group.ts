import {
  array,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  until,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * LeaveGroup (key 13): members go at once, without waiting for their session to end. v3 several members,
 * static ones by their instance (KIP-345); v5 the reason (KIP-800).
 */
export const LeaveGroupRequest = message({
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    groupId: string,
    memberId: until(2, string, ''),
    members: since(
      3,
      array(
        struct({
          memberId: string, // empty: a static member, whatever its id
          groupInstanceId: withDefault(nullable(string), null),
          reason: since(5, nullable(string), null),
        }),
      ),
    ),
  },
});
export type LeaveGroupRequest = ValueOf<typeof LeaveGroupRequest>;

/** v3 has one result per member (KIP-345). */
export const LeaveGroupResponse = message({
  name: 'LeaveGroupResponse',
  apiKey: 13,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    members: since(
      3,
      array(
        struct({
          memberId: string,
          groupInstanceId: nullable(string),
          errorCode: int16,
        }),
      ),
    ),
  },
});
export type LeaveGroupResponse = ValueOf<typeof LeaveGroupResponse>;
