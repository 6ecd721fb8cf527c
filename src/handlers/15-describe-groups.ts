import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import type { DescribedGroup } from '../coordinator/group/types';
import { groupOperations } from './authorized-operations';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof DescribeGroupsResponse>;
type GroupResponse = Response['groups'][number];

/**
 * DescribeGroups: v0-6.
 *
 * Behaviour: protocol and metadata are told of stable groups alone, assignments always (61). A group that is not there is
 * `Dead` (5).
 * Versions: v3 operations; v4 static members; v6 GROUP_ID_NOT_FOUND with a message for a group that is not there.
 */
export const describeGroups: Handler<DescribeGroupsRequest, Response> = {
  apiKey: 15,
  handle(request, context) {
    const { groups, includeAuthorizedOperations } = request;
    return {
      response: new Promise((fulfil) => {
        context.broker.groups.describe(groups, (described) => {
          fulfil({
            groups: described.map((group) => responseOf(group, includeAuthorizedOperations, context)),
          });
        });
      }),
    };
  },
  refuse: (request, errorCode) => ({
    groups: request.groups.map((groupId) => ({
      errorCode,
      groupId,
      groupState: '',
      protocolType: '',
      protocolData: '',
      members: [],
    })),
  }),
};

function responseOf(
  group: DescribedGroup,
  includeOperations: boolean,
  { header }: RequestContext,
): GroupResponse {
  const isToldByState = group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND && header.apiVersion < 6;
  const errorCode = isToldByState ? ErrorCode.NONE : group.errorCode;
  return {
    ...group,
    errorCode,
    authorizedOperations: includeOperations && errorCode === ErrorCode.NONE ? groupOperations : undefined,
  };
}
