import { array, int16, int32, message, since, string, struct, type ValueOf } from '../schema';

/**
 * ListGroups (key 16): groups that this broker coordinates. v4 filter by state (KIP-518); v5 filter by type
 * (KIP-848).
 */
export const ListGroupsRequest = message({
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    statesFilter: since(4, array(string)), // empty: all
    typesFilter: since(5, array(string)), // empty: all
  },
});
export type ListGroupsRequest = ValueOf<typeof ListGroupsRequest>;

/** v4 states (KIP-518); v5 types (KIP-848). */
export const ListGroupsResponse = message({
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: since(4, string, ''),
        groupType: since(5, string, ''),
      }),
    ),
  },
});
export type ListGroupsResponse = ValueOf<typeof ListGroupsResponse>;
