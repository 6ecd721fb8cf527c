import { ErrorCode, type InputOf, type SyncGroupRequest, type SyncGroupResponse } from '../../protocol';
import type { ParkedRequest } from '../coordinator/group/types';
import type { Handler } from './handler';

type Response = InputOf<typeof SyncGroupResponse>;

const nothing = Buffer.alloc(0);

/**
 * SyncGroup: v0-5.
 *
 * Behaviour: waits for the leader's assignment (62). A client that goes away stays a member until its session ends.
 * Versions: v3 static members; v5 protocol type and name, which then have to be there and to be the group's.
 */
export const syncGroup: Handler<SyncGroupRequest, Response> = {
  apiKey: 14,
  handle(request, context) {
    const { groupId, generationId, memberId, groupInstanceId } = request;
    const { protocolType, protocolName, assignments } = request;
    if (context.header.apiVersion >= 5 && (protocolType === null || protocolName === null)) {
      return { response: syncGroup.refuse(request, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, context) };
    }
    let parked: ParkedRequest | null = null;
    const response = new Promise<Response>((fulfil) => {
      parked = context.broker.groups.sync(
        { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments },
        fulfil,
      );
    });
    return { response, cancelled: () => parked?.cancel() };
  },
  refuse: (_request, errorCode) => ({ errorCode, assignment: nothing }),
};
