import { ErrorCode, type InputOf, type LeaveGroupRequest, type LeaveGroupResponse } from '../../protocol';
import type { LeaveGroup } from '../coordinator/group/types';
import type { Handler } from './handler';

type Response = InputOf<typeof LeaveGroupResponse>;

/**
 * LeaveGroup: v0-5.
 *
 * Behaviour: members leave at once, without waiting for their sessions to end; each succeeds or fails by itself. A static
 * member is named by its instance id, with any or no member id (64).
 * Versions: v3 several members, with static ones among them; v5 reasons.
 */
export const leaveGroup: Handler<LeaveGroupRequest, Response> = {
  apiKey: 13,
  handle(request, { broker, header }) {
    const isSingle = header.apiVersion < 3;
    return {
      response: new Promise((fulfil) => {
        broker.groups.leave(
          { groupId: request.groupId, members: isSingle ? [onlyMember(request)] : request.members },
          ({ errorCode, members }) => {
            if (!isSingle) fulfil({ errorCode, members });
            else fulfil({ errorCode: errorCode === ErrorCode.NONE ? members[0]!.errorCode : errorCode });
          },
        );
      }),
    };
  },
  refuse: (_request, errorCode) => ({ errorCode, members: [] }),
};

function onlyMember({ memberId }: LeaveGroupRequest): LeaveGroup['members'][number] {
  return { memberId, groupInstanceId: null, reason: null };
}
