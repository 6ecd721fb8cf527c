import type { DeleteGroupsRequest, DeleteGroupsResponse, InputOf } from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof DeleteGroupsResponse>;

/**
 * DeleteGroups: v0-2.
 *
 * Behaviour: groups without members go, with their offsets (68): NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. A group that is
 * named twice is answered once.
 * Versions: encoding only.
 */
export const deleteGroups: Handler<DeleteGroupsRequest, Response> = {
  apiKey: 42,
  handle: ({ groupsNames }, { broker }) => ({
    response: new Promise((fulfil) => {
      broker.groups.deleteGroups([...new Set(groupsNames)], (results) => fulfil({ results }));
    }),
  }),
  refuse: ({ groupsNames }, errorCode) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
};
