/** From one generation to the next: who is waited for, for how long, and who is dropped. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../../protocol';
import { Deadline } from '../deadlines';
import { type ClassicGroup, joinError, joinedGroup, syncError } from './classic';
import { type GroupContext, nothingToWrite, type Step } from './context';
import { type ClassicMember, EMPTY_ASSIGNMENT, isAliveWaiting } from './member';
import { groupRecord } from './records';

/** A new member that does not come back for its first generation is let go after this long, whatever it asked for. */
const NEW_MEMBER_TIMEOUT_MS = 5 * 60_000;

/** The session begins anew: the member was heard of. */
export function renewSession(
  context: GroupContext,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs = member.sessionTimeoutMs,
): void {
  member.session ??= new Deadline(() => context.run(() => endSession(context, group, member)));
  context.deadlines.set(member.session, timeoutMs);
}

export function renewNewSession(context: GroupContext, group: ClassicGroup, member: ClassicMember): void {
  renewSession(context, group, member, NEW_MEMBER_TIMEOUT_MS);
}

/** Out of the group, with an answer to what it waits for. The group does not move on by itself. */
export function removeMember(
  context: GroupContext,
  group: ClassicGroup,
  member: ClassicMember,
  errorCode: ErrorCode = ErrorCode.UNKNOWN_MEMBER_ID,
): void {
  if (member.session !== null) context.deadlines.cancel(member.session);
  group.answerJoin(member, joinError('', errorCode));
  group.answerSync(member, syncError(errorCode));
  group.remove(member);
}

export function removePending(context: GroupContext, group: ClassicGroup, memberId: string): void {
  const patience = group.removePending(memberId);
  if (patience !== undefined) context.deadlines.cancel(patience);
}

/** Nobody is waited for any more, and nothing is due. The group must be out of its table. */
export function stopGroup(context: GroupContext, group: ClassicGroup, errorCode: ErrorCode): void {
  if (group.phase !== null) context.deadlines.cancel(group.phase);
  for (const patience of group.patiences()) context.deadlines.cancel(patience);
  group.changeState('Dead', group.stateTimestampMs);
  for (const member of group.members.values()) {
    if (member.session !== null) context.deadlines.cancel(member.session);
    group.answerJoin(member, joinError(member.memberId, errorCode));
    group.answerSync(member, syncError(errorCode));
  }
}

function endSession(context: GroupContext, group: ClassicGroup, member: ClassicMember): Step {
  if (group.members.get(member.memberId) !== member) return nothingToWrite;
  // While it waits the next event of the group renews the session or ends the wait.
  if (isAliveWaiting(member)) return nothingToWrite;
  removeMember(context, group, member);
  context.logger.info(`Group ${group.groupId}: the session of member ${member.memberId} has ended.`);
  return afterLoss(context, group, `the session of ${member.memberId} ended`);
}

export function endPatience(context: GroupContext, group: ClassicGroup, memberId: string): Step {
  if (!group.isPending(memberId)) return nothingToWrite;
  removePending(context, group, memberId);
  return group.state === 'PreparingRebalance' && group.haveAllJoined
    ? completeJoin(context, group)
    : nothingToWrite;
}

function afterLoss(context: GroupContext, group: ClassicGroup, reason: string): Step {
  switch (group.state) {
    case 'Stable':
    case 'CompletingRebalance':
      return prepareRebalance(context, group, reason);
    case 'PreparingRebalance':
      return group.haveAllJoined ? completeJoin(context, group) : nothingToWrite;
    default:
      return nothingToWrite;
  }
}

/** A member came or changed: the group rebalances, or one that does already may be complete now. */
export function rebalanceOrComplete(context: GroupContext, group: ClassicGroup, reason: string): Step {
  return group.canRebalance
    ? prepareRebalance(context, group, reason)
    : completeJoinIfAllThere(context, group);
}

/** An initial rebalance is left to its delay, however many are there. */
export function completeJoinIfAllThere(context: GroupContext, group: ClassicGroup): Step {
  const isDue =
    group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.haveAllJoined;
  return isDue ? completeJoin(context, group) : nothingToWrite;
}

export function prepareRebalance(context: GroupContext, group: ClassicGroup, reason: string): Step {
  const { deadlines, logger, settings } = context;
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members.values()) {
      member.assignment = EMPTY_ASSIGNMENT;
      if (group.answerSync(member, syncError(ErrorCode.REBALANCE_IN_PROGRESS))) {
        renewSession(context, group, member);
      }
    }
  }
  if (group.phase !== null) deadlines.cancel(group.phase);
  const isInitial = group.state === 'Empty';
  group.changeState('PreparingRebalance', deadlines.nowMs());
  logger.info(`Group ${group.groupId} rebalances after generation ${group.generationId}: ${reason}.`);
  if (isInitial) {
    group.hasNewMember = false;
    const delayMs = settings.initialRebalanceDelayMs;
    delayInitialRebalance(context, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0));
    return nothingToWrite;
  }
  if (group.haveAllJoined) return completeJoin(context, group);
  setPhase(context, group, group.rebalanceTimeoutMs, () => completeJoin(context, group));
  return nothingToWrite;
}

/** Whoever comes meanwhile prolongs the delay, up to the rebalance timeout: a service that starts joins as one. */
function delayInitialRebalance(
  context: GroupContext,
  group: ClassicGroup,
  delayMs: number,
  remainingMs: number,
): void {
  setPhase(context, group, delayMs, () => {
    if (!group.hasNewMember || remainingMs === 0) return completeJoin(context, group);
    group.hasNewMember = false;
    const nextDelayMs = Math.min(context.settings.initialRebalanceDelayMs, remainingMs);
    delayInitialRebalance(context, group, nextDelayMs, Math.max(remainingMs - delayMs, 0));
    return nothingToWrite;
  });
}

function setPhase(context: GroupContext, group: ClassicGroup, delayMs: number, onEnd: () => Step): void {
  const run = (): void => context.run(onEnd);
  if (group.phase === null) group.phase = new Deadline(run);
  else group.phase.run = run;
  context.deadlines.set(group.phase, delayMs);
}

/** The join phase ends: dynamic members that did not come are dropped, static ones stay until their session ends. */
export function completeJoin(context: GroupContext, group: ClassicGroup): Step {
  const { deadlines, logger } = context;
  assert(group.state === 'PreparingRebalance');
  if (group.phase !== null) deadlines.cancel(group.phase);
  for (const member of [...group.members.values()]) {
    if (member.parkedJoin === null && member.groupInstanceId === null) removeMember(context, group, member);
  }
  if (!electLeader(group) && group.members.size > 0) {
    // Only static members are left and none of them came: they have until the end of their sessions.
    setPhase(context, group, group.rebalanceTimeoutMs, () => completeJoin(context, group));
    return nothingToWrite;
  }
  group.startGeneration(deadlines.nowMs());
  const { groupId, generationId } = group;
  if (group.members.size === 0) {
    logger.info(`Group ${groupId} is empty as of generation ${generationId}.`);
    // Without the record a restart brings back members that are gone, and their sessions end then.
    return { records: [groupRecord(group)], settled: () => {} };
  }
  logger.info(`Group ${groupId} has generation ${generationId} with ${group.members.size} members.`);
  for (const member of group.members.values()) {
    member.isNew = false;
    renewSession(context, group, member);
  }
  setPhase(context, group, group.rebalanceTimeoutMs, () => endSyncPhase(context, group));
  for (const member of group.members.values()) {
    if (member.parkedJoin !== null) group.answerJoin(member, joinedGroup(group, member.memberId));
  }
  return nothingToWrite;
}

/** True: the leader joined, or one that joined took its place. */
function electLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader !== undefined && leader.parkedJoin !== null) return true;
  for (const member of group.members.values()) {
    if (member.parkedJoin === null) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}

/** Who never asked for its assignment is gone, whatever its heartbeats say. */
function endSyncPhase(context: GroupContext, group: ClassicGroup): Step {
  assert(group.state === 'CompletingRebalance' || group.state === 'Stable');
  const missing = [...group.members.values()].filter(({ owesSync }) => owesSync);
  if (missing.length === 0) return nothingToWrite;
  for (const member of missing) removeMember(context, group, member);
  const ids = missing.map(({ memberId }) => memberId).join(', ');
  return prepareRebalance(context, group, `${ids} did not ask for an assignment in time`);
}
