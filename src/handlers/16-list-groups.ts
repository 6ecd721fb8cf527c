import type { InputOf, ListGroupsRequest, ListGroupsResponse } from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof ListGroupsResponse>;

/**
 * ListGroups: v0-5.
 *
 * Behaviour: the groups that this broker coordinates; clients ask all brokers (68).
 * Versions: v4 states, told and asked for; v5 the same of types.
 */
export const listGroups: Handler<ListGroupsRequest, Response> = {
  apiKey: 16,
  handle: ({ statesFilter, typesFilter }, { broker }) => ({
    response: new Promise((fulfil) => {
      // Kafka forgives space around the names of states, not around those of types.
      const states = statesFilter.map((state) => state.trim());
      broker.groups.list({ states, types: typesFilter }, fulfil);
    }),
  }),
  refuse: (_request, errorCode) => ({ errorCode, groups: [] }),
};
