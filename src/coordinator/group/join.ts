/** JoinGroup: behaviours 58-60 and 64 of the protocol notes. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../../protocol';
import { randomUuid } from '../../metadata/topic-id';
import { Deadline } from '../deadlines';
import { ClassicGroup, joinError, joinedGroup, syncError } from './classic';
import { type GroupContext, groupErrorOf, nothingToWrite, type Step } from './context';
import { ClassicMember, keptProtocols, type MemberTimeouts, sameProtocols } from './member';
import {
  completeJoinIfAllThere,
  endPatience,
  prepareRebalance,
  rebalanceOrComplete,
  removeMember,
  removePending,
  renewNewSession,
  renewSession,
} from './rebalance';
import { groupRecord, newGroupRecord } from './records';
import type { JoinedGroup, JoinGroup } from './types';

type Answer = (joined: JoinedGroup) => void;

/** Answers at once or when the join phase ends; a new group comes into being even if only an id is handed out. */
export function joinGroup(
  context: GroupContext,
  groups: Map<string, ClassicGroup>,
  request: JoinGroup,
  answer: Answer,
): Step {
  const { groupId, memberId } = request;
  let group = groups.get(groupId);
  if (group !== undefined) {
    if (!hasRoom(context, group, memberId)) {
      return refuseForSize(context, group, memberId, answer);
    }
    return memberId === ''
      ? joinAsNew(context, group, request, answer)
      : joinAgain(context, group, request, answer);
  }
  if (memberId !== '') {
    answer(joinError(memberId, ErrorCode.UNKNOWN_MEMBER_ID));
    return nothingToWrite;
  }
  group = new ClassicGroup(groupId, context.deadlines.nowMs());
  groups.set(groupId, group);
  const record = newGroupRecord(group);
  // An id that is handed out, or a refusal, is worth nothing if the log cannot take the group.
  let early: JoinedGroup | null = null;
  let isEarly = true;
  const step = joinAsNew(context, group, request, (joined) => {
    if (isEarly) early = joined;
    else answer(joined);
  });
  assert(step === nothingToWrite);
  isEarly = false;
  return {
    records: [record],
    settled: (errorCode) => {
      if (errorCode === ErrorCode.NONE) {
        if (early !== null) answer(early);
      } else if (early !== null) {
        answer(joinError('', groupErrorOf(errorCode)));
      } else {
        withdraw(context, group, groupErrorOf(errorCode));
      }
    },
  };
}

/** The log refused a group whose first members wait: they are told, and try again. */
function withdraw(context: GroupContext, group: ClassicGroup, errorCode: ErrorCode): void {
  if (group.state === 'Dead') return;
  for (const member of [...group.members.values()]) removeMember(context, group, member, errorCode);
}

function joinAsNew(context: GroupContext, group: ClassicGroup, request: JoinGroup, answer: Answer): Step {
  const { protocolType, protocols, groupInstanceId, clientId, requiresKnownMemberId } = request;
  if (!group.supports(protocolType, protocols)) {
    answer(joinError('', ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
    return nothingToWrite;
  }
  const memberId = `${groupInstanceId ?? clientId}-${randomUuid(context.random)}`;
  if (groupInstanceId !== null) {
    const known = group.staticMember(groupInstanceId);
    return known === undefined
      ? addMember(context, group, request, memberId, answer)
      : replaceStaticMember(context, group, known, request, memberId, answer);
  }
  if (!requiresKnownMemberId) return addMember(context, group, request, memberId, answer);
  const patience = new Deadline(() => context.run(() => endPatience(context, group, memberId)));
  group.addPending(memberId, patience);
  context.deadlines.set(patience, request.sessionTimeoutMs);
  answer(joinError(memberId, ErrorCode.MEMBER_ID_REQUIRED));
  return nothingToWrite;
}

function joinAgain(context: GroupContext, group: ClassicGroup, request: JoinGroup, answer: Answer): Step {
  const { memberId, groupInstanceId, protocolType, protocols } = request;
  const refuse = (errorCode: ErrorCode): Step => {
    answer(joinError(memberId, errorCode));
    return nothingToWrite;
  };
  if (!group.supports(protocolType, protocols)) return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  if (group.isPending(memberId)) {
    // An id was handed out to a dynamic member; nobody else can have it.
    if (groupInstanceId !== null) return refuse(ErrorCode.UNKNOWN_SERVER_ERROR);
    return addMember(context, group, request, memberId, answer);
  }
  const wrong = group.checkMember(memberId, groupInstanceId);
  if (wrong !== ErrorCode.NONE) return refuse(wrong);
  const member = group.members.get(memberId)!;
  switch (group.state) {
    case 'PreparingRebalance':
      return updateMember(context, group, member, request, answer);
    case 'CompletingRebalance':
      if (!sameProtocols(protocols, member.protocols)) break;
      // It did not get its answer, or did not understand it: the generation is still the same.
      answer(joinedGroup(group, memberId));
      return nothingToWrite;
    case 'Stable':
      // A leader that joins again wants a new assignment: topics may have changed.
      if (group.isLeader(memberId) || !sameProtocols(protocols, member.protocols)) break;
      answer(joinedGroup(group, memberId));
      return nothingToWrite;
    default:
      return refuse(ErrorCode.UNKNOWN_MEMBER_ID);
  }
  return updateMember(context, group, member, request, answer);
}

function hasRoom({ settings }: GroupContext, group: ClassicGroup, memberId: string): boolean {
  switch (group.state) {
    case 'PreparingRebalance': {
      // Those that came first stay; a member of the last generation has no right to its place.
      const member = group.members.get(memberId);
      return (
        (member !== undefined && member.parkedJoin !== null) || group.parkedJoinCount < settings.membersMax
      );
    }
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < settings.membersMax;
    default:
      return true;
  }
}

function refuseForSize(context: GroupContext, group: ClassicGroup, memberId: string, answer: Answer): Step {
  const member = group.members.get(memberId);
  if (member !== undefined) removeMember(context, group, member);
  removePending(context, group, memberId);
  answer(joinError('', ErrorCode.GROUP_MAX_SIZE_REACHED));
  return completeJoinIfAllThere(context, group);
}

function timeoutsOf({ rebalanceTimeoutMs, sessionTimeoutMs }: JoinGroup): MemberTimeouts {
  return {
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
  };
}

function addMember(
  context: GroupContext,
  group: ClassicGroup,
  request: JoinGroup,
  memberId: string,
  answer: Answer,
): Step {
  removePending(context, group, memberId);
  const { groupInstanceId, clientId, clientHost, protocolType, reason } = request;
  const member = new ClassicMember(
    { memberId, groupInstanceId, clientId, clientHost },
    timeoutsOf(request),
    keptProtocols(request.protocols),
  );
  member.isNew = true;
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.hasNewMember = true;
  group.add(member, protocolType);
  group.parkJoin(member, answer);
  renewNewSession(context, group, member);
  return rebalanceOrComplete(context, group, `${memberId} joined${because(reason)}`);
}

function updateMember(
  context: GroupContext,
  group: ClassicGroup,
  member: ClassicMember,
  request: JoinGroup,
  answer: Answer,
): Step {
  update(group, member, request, answer);
  return rebalanceOrComplete(context, group, `${member.memberId} joined again${because(request.reason)}`);
}

function update(group: ClassicGroup, member: ClassicMember, request: JoinGroup, answer: Answer): void {
  member.protocols = keptProtocols(request.protocols, member.protocols);
  Object.assign(member, timeoutsOf(request));
  group.parkJoin(member, answer);
}

/**
 * A static member came back without its id, as after a restart of its process: it takes its old place under a new id,
 * and the old id is fenced. Nothing is shared out anew as long as the group would choose the same protocol.
 */
function replaceStaticMember(
  context: GroupContext,
  group: ClassicGroup,
  old: ClassicMember,
  request: JoinGroup,
  memberId: string,
  answer: Answer,
): Step {
  const leaderBefore = group.leaderId;
  if (old.session !== null) context.deadlines.cancel(old.session);
  group.answerJoin(old, joinError(old.memberId, ErrorCode.FENCED_INSTANCE_ID));
  group.answerSync(old, syncError(ErrorCode.FENCED_INSTANCE_ID));
  const member = new ClassicMember({ ...identityOf(old), memberId }, old, old.protocols);
  member.assignment = old.assignment;
  group.replace(old, member);
  update(group, member, request, answer);
  renewSession(context, group, member, old.sessionTimeoutMs);
  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() !== group.protocolName) break;
      return keepReplaced(context, group, old, member, leaderBefore, request.canSkipAssignment);
    case 'CompletingRebalance':
      break;
    default:
      return rebalanceOrComplete(context, group, '');
  }
  return prepareRebalance(context, group, `static member ${memberId} joined${because(request.reason)}`);
}

/** The new id is kept before it is told. A leader is told that it need not assign, or is left to think it is none. */
function keepReplaced(
  context: GroupContext,
  group: ClassicGroup,
  old: ClassicMember,
  member: ClassicMember,
  leaderBefore: string | null,
  canSkipAssignment: boolean,
): Step {
  const { generationId } = group;
  return {
    records: [groupRecord(group)],
    settled: (errorCode) => {
      if (errorCode === ErrorCode.NONE) {
        // What happened meanwhile (a rebalance) answers it, or has answered it already.
        if (group.state !== 'Stable' || group.generationId !== generationId) return;
        const isLeader = group.isLeader(member.memberId);
        renewSession(context, group, member);
        group.answerJoin(
          member,
          canSkipAssignment
            ? joinedGroup(group, member.memberId, { skipAssignment: isLeader })
            : joinedGroup(group, member.memberId, { leader: leaderBefore ?? '', withMembers: false }),
        );
        return;
      }
      if (group.state === 'Dead' || group.members.get(member.memberId) !== member) return;
      group.answerJoin(member, joinError('', groupErrorOf(errorCode)));
      if (group.state !== 'Stable' || group.generationId !== generationId) return;
      if (member.session !== null) context.deadlines.cancel(member.session);
      group.replace(member, old);
      renewSession(context, group, old);
    },
  };
}

function identityOf({ groupInstanceId, clientId, clientHost }: ClassicMember) {
  return { groupInstanceId, clientId, clientHost };
}

/** What the client says why it comes, for the log. */
function because(reason: string | null): string {
  return reason === null || reason === '' ? '' : ` (${reason})`;
}
