/** Heartbeat, LeaveGroup, and what DescribeGroups and ListGroups see. */
import { ErrorCode } from '../../../protocol';
import type { ClassicGroup } from './classic';
import { type GroupContext, nothingToWrite, type Step } from './context';
import { EMPTY_ASSIGNMENT, metadataOf } from './member';
import {
  completeJoinIfAllThere,
  prepareRebalance,
  removeMember,
  removePending,
  renewSession,
} from './rebalance';
import type { DescribedGroup, GroupHeartbeat, LeaveGroup, LeftGroup } from './types';

/** Changes nothing that a record keeps, so it is answered at once. */
export function heartbeat(
  context: GroupContext,
  group: ClassicGroup | undefined,
  { memberId, groupInstanceId, generationId }: GroupHeartbeat,
): ErrorCode {
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const wrong = group.checkMember(memberId, groupInstanceId);
  if (wrong !== ErrorCode.NONE) return wrong;
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  renewSession(context, group, group.members.get(memberId)!);
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

export interface Leaving extends Step {
  readonly response: LeftGroup;
}

export function leaveGroup(
  context: GroupContext,
  group: ClassicGroup | undefined,
  request: LeaveGroup,
): Leaving {
  const left: string[] = [];
  const members = request.members.map((asked) => {
    const errorCode = group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : leave(context, group, asked);
    if (errorCode === ErrorCode.NONE) left.push(asked.memberId || asked.groupInstanceId!);
    return { memberId: asked.memberId, groupInstanceId: asked.groupInstanceId, errorCode };
  });
  const step = group === undefined || left.length === 0 ? nothingToWrite : afterLeaving(context, group, left);
  return { ...step, response: { errorCode: ErrorCode.NONE, members } };
}

function leave(
  context: GroupContext,
  group: ClassicGroup,
  { memberId, groupInstanceId }: LeaveGroup['members'][number],
): ErrorCode {
  if (memberId !== '' && group.isPending(memberId)) {
    removePending(context, group, memberId);
    return ErrorCode.NONE;
  }
  // An operator removes static members by their instance alone.
  const actualId =
    memberId === '' && groupInstanceId !== null
      ? (group.staticMember(groupInstanceId)?.memberId ?? '')
      : memberId;
  const wrong = group.checkMember(actualId, groupInstanceId);
  if (wrong === ErrorCode.NONE) removeMember(context, group, group.members.get(actualId)!);
  return wrong;
}

function afterLeaving(context: GroupContext, group: ClassicGroup, left: readonly string[]): Step {
  switch (group.state) {
    case 'Stable':
    case 'CompletingRebalance':
      return prepareRebalance(context, group, `${left.join(', ')} left`);
    default:
      return completeJoinIfAllThere(context, group);
  }
}

export function describeGroup(groupId: string, group: ClassicGroup | undefined): DescribedGroup {
  if (group === undefined) {
    return {
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: `There is no group ${groupId}.`,
      groupId,
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
    };
  }
  const isStable = group.state === 'Stable';
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? group.protocolName! : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName!) : EMPTY_ASSIGNMENT,
      memberAssignment: member.assignment,
    })),
  };
}
