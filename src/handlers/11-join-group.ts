import type { InputOf, JoinGroupRequest, JoinGroupResponse } from '../../protocol';
import type { JoinedGroup, ParkedRequest } from '../coordinator/group/types';
import { groupClient } from './groups';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof JoinGroupResponse>;

/**
 * JoinGroup: v0-9.
 *
 * Behaviour: waits for the other members, up to the rebalance timeout (58-60, 64); what is behind it on the connection
 * waits too (2). A client that goes away stays a member until its session ends.
 * Versions: v1 rebalance timeout; v4 MEMBER_ID_REQUIRED; v5 static members; v7 protocol type, and null for no protocol;
 * v9 a leader that need not assign.
 */
export const joinGroup: Handler<JoinGroupRequest, Response> = {
  apiKey: 11,
  handle(request, context) {
    const { apiVersion } = context.header;
    let parked: ParkedRequest | null = null;
    const response = new Promise<Response>((fulfil) => {
      parked = context.broker.groups.join(
        {
          ...groupClient(context),
          groupId: request.groupId,
          memberId: request.memberId,
          groupInstanceId: request.groupInstanceId,
          protocolType: request.protocolType,
          protocols: request.protocols,
          sessionTimeoutMs: request.sessionTimeoutMs,
          rebalanceTimeoutMs: request.rebalanceTimeoutMs,
          requiresKnownMemberId: apiVersion >= 4,
          canSkipAssignment: apiVersion >= 9,
          reason: request.reason,
        },
        (answer) => fulfil(responseOf(answer, context)),
      );
    });
    return { response, cancelled: () => parked?.cancel() };
  },
  refuse: (_request, errorCode, context) => ({
    errorCode,
    protocolName: protocolNameOf(null, context),
    leader: '',
    memberId: '',
    members: [],
  }),
};

function responseOf(joined: JoinedGroup, context: RequestContext): Response {
  return { ...joined, protocolName: protocolNameOf(joined.protocolName, context) };
}

/** Older clients read no null there. */
function protocolNameOf(name: string | null, { header }: RequestContext): string | null {
  return header.apiVersion < 7 ? (name ?? '') : name;
}
