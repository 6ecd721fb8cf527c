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
} from '../schema';

/**
 * DescribeGroups (key 15): state and members of classic groups. v3 can ask for the permitted operations
 * (KIP-430).
 */
export const DescribeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: [0, 6],
  flexibleFrom: 5,
  fields: {
    groups: array(string),
    includeAuthorizedOperations: since(3, bool, false),
  },
});
export type DescribeGroupsRequest = ValueOf<typeof DescribeGroupsRequest>;

/** v4 static members (KIP-345); v6 says GROUP_ID_NOT_FOUND instead of describing a dead group (KIP-1043). */
export const DescribeGroupsResponse = message({
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: [0, 6],
  flexibleFrom: 5,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: since(6, nullable(string), null),
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string, // the chosen protocol
        members: array(
          struct({
            memberId: string,
            groupInstanceId: since(4, nullable(string), null),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: since(3, int32, -2147483648), // bit set; int32 minimum: not asked for
      }),
    ),
  },
});
export type DescribeGroupsResponse = ValueOf<typeof DescribeGroupsResponse>;
