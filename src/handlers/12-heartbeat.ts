import type { HeartbeatRequest, HeartbeatResponse, InputOf } from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof HeartbeatResponse>;

/**
 * Heartbeat: v0-4.
 *
 * Behaviour: keeps a member's session, and tells it when the group rebalances (63).
 * Versions: v3 static members.
 */
export const heartbeat: Handler<HeartbeatRequest, Response> = {
  apiKey: 12,
  handle: ({ groupId, generationId, memberId, groupInstanceId }, { broker }) => ({
    response: new Promise((fulfil) => {
      broker.groups.heartbeat({ groupId, generationId, memberId, groupInstanceId }, (errorCode) =>
        fulfil({ errorCode }),
      );
    }),
  }),
  refuse: (_request, errorCode) => ({ errorCode }),
};
