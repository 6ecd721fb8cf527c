/** SyncGroup: behaviour 62 of the protocol notes. */
import { ErrorCode } from '../../../protocol';
import { type ClassicGroup, syncError } from './classic';
import { type GroupContext, groupErrorOf, nothingToWrite, type Step } from './context';
import { type ClassicMember, EMPTY_ASSIGNMENT, keptBytes } from './member';
import { prepareRebalance, renewSession } from './rebalance';
import { groupRecord } from './records';
import type { SyncedGroup, SyncGroup } from './types';

export function syncGroup(
  context: GroupContext,
  group: ClassicGroup | undefined,
  request: SyncGroup,
  answer: (synced: SyncedGroup) => void,
): Step {
  const wrong = check(group, request);
  if (group === undefined || wrong !== ErrorCode.NONE) {
    answer(syncError(wrong));
    return nothingToWrite;
  }
  const member = group.members.get(request.memberId)!;
  member.owesSync = false;
  if (group.state === 'Stable') {
    answer(synced(group, member));
    return nothingToWrite;
  }
  group.parkSync(member, answer);
  return group.isLeader(member.memberId) ? assign(context, group, request) : nothingToWrite;
}

function check(group: ClassicGroup | undefined, request: SyncGroup): ErrorCode {
  if (group === undefined || group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID;
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  const wrong = group.checkMember(memberId, groupInstanceId);
  if (wrong !== ErrorCode.NONE) return wrong;
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  if (differs(protocolType, group.protocolType) || differs(protocolName, group.protocolName)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  }
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

function differs(asked: string | null, actual: string | null): boolean {
  return asked !== null && actual !== null && asked !== actual;
}

/** The leader has shared out the work: nobody is told before it is kept. */
function assign(context: GroupContext, group: ClassicGroup, { assignments, memberId }: SyncGroup): Step {
  const { generationId } = group;
  const kept = new Map(assignments.map((one) => [one.memberId, keptBytes(one.assignment)]));
  return {
    records: [groupRecord(group, kept)],
    settled: (errorCode) => {
      // A rebalance that began meanwhile has sent everybody back to join.
      if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return;
      if (errorCode === ErrorCode.NONE) {
        makeStable(context, group, kept);
        return;
      }
      refuseAll(context, group, groupErrorOf(errorCode));
      context.run(() =>
        group.state === 'CompletingRebalance'
          ? prepareRebalance(context, group, `the assignment of ${memberId} could not be kept`)
          : nothingToWrite,
      );
    },
  };
}

function makeStable(
  context: GroupContext,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): void {
  group.changeState('Stable', context.deadlines.nowMs());
  for (const member of group.members.values()) {
    member.assignment = assignments.get(member.memberId) ?? EMPTY_ASSIGNMENT;
  }
  for (const member of [...group.members.values()]) {
    if (group.answerSync(member, synced(group, member))) renewSession(context, group, member);
  }
}

function refuseAll(context: GroupContext, group: ClassicGroup, errorCode: ErrorCode): void {
  for (const member of [...group.members.values()]) {
    if (group.answerSync(member, syncError(errorCode))) renewSession(context, group, member);
  }
}

function synced({ protocolType, protocolName }: ClassicGroup, { assignment }: ClassicMember): SyncedGroup {
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment };
}
