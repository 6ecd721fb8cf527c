/** What a leader sends, and when it commits. */
import assert from 'node:assert/strict';
import { isJoint, isVoter, leaveJoint, sameReplica } from './membership';
import { encodeMembership } from './membership-codec';
import { becomeSnapshot, isPaused, type Progress, sentTo } from './progress';
import { jointIndex } from './quorum';
import { appendEntry, becomeFollower, progressOf, type Raft, send } from './raft';
import { openReads } from './read-index';
import { type Entry, type Membership, RaftEntryKind, type ReplicaId } from './types';

/** Sends every follower what it lacks, as far as its window allows. */
export function replicate<E extends Entry>(raft: Raft<E>): void {
  raft.mustReplicate = false;
  for (const progress of raft.progress) {
    if (!sameReplica(progress.id, raft.self)) sendMissing(raft, progress);
  }
}

/** Entries while there are any and the window is open; else the commit index, when it is news. */
export function sendMissing<E extends Entry>(raft: Raft<E>, progress: Progress): void {
  const { log, config } = raft;
  while (!isPaused(progress, config.inflightMessagesMax)) {
    const isProbe = progress.state === 'probe';
    if (progress.nextIndex > log.lastIndex && !isProbe) {
      if (progress.commitSent < log.commitIndex) askAgain(raft, progress);
      return;
    }
    if (needsSnapshot(raft, progress)) return;
    const entries = log.tailFrom(progress.nextIndex, config.appendSizeBytesMax);
    if (entries === null) {
      progress.readPending = true;
      raft.entryReads.push({
        to: progress.id,
        fromIndex: progress.nextIndex,
        sizeBytesMax: config.appendSizeBytesMax,
      });
      return;
    }
    sendAppend(raft, progress, entries);
    sentTo(progress, progress.nextIndex + entries.length - 1);
  }
}

/** True, and a snapshot is on its way, when what the follower needs next lies below the start of the log. */
function needsSnapshot<E extends Entry>(raft: Raft<E>, progress: Progress): boolean {
  const { log } = raft;
  if (progress.nextIndex >= log.firstIndex && log.termAt(progress.nextIndex - 1) !== undefined) return false;
  becomeSnapshot(progress);
  raft.snapshotsWanted.push(progress.id);
  return true;
}

/** Whatever the window says: does the follower have all that was sent? A refusal tells what was lost. */
export function askAgain<E extends Entry>(raft: Raft<E>, progress: Progress): void {
  if (!progress.readPending && !needsSnapshot(raft, progress)) sendAppend(raft, progress, []);
}

/** An append from `progress.nextIndex` on. Without entries it asks whether the follower has all that was sent. */
export function sendAppend<E extends Entry>(raft: Raft<E>, progress: Progress, entries: readonly E[]): void {
  const { log } = raft;
  const previousIndex = progress.nextIndex - 1;
  const previousTerm = log.termAt(previousIndex);
  assert(previousTerm !== undefined);
  progress.commitSent = Math.min(log.commitIndex, previousIndex + entries.length);
  send(raft, {
    kind: 'append',
    from: raft.self,
    to: progress.id,
    term: raft.term,
    previousIndex,
    previousTerm,
    entries,
    commitIndex: log.commitIndex,
  });
}

export function broadcastHeartbeat<E extends Entry>(raft: Raft<E>): void {
  raft.heartbeatElapsedTicks = 0;
  for (const progress of raft.progress) {
    if (sameReplica(progress.id, raft.self)) continue;
    send(raft, {
      kind: 'heartbeat',
      from: raft.self,
      to: progress.id,
      term: raft.term,
      commitIndex: Math.min(progress.matchIndex, raft.log.commitIndex),
      readSequence: raft.readSequence,
    });
  }
}

/** Largest value that majorities of the configuration in force have reached. */
export function quorumOf<E extends Entry>(raft: Raft<E>, measure: (progress: Progress) => number): number {
  const incoming: number[] = [];
  const outgoing: number[] = [];
  for (const progress of raft.progress) {
    if (progress.isVoter) incoming.push(measure(progress));
    if (progress.isOutgoing) outgoing.push(measure(progress));
  }
  return jointIndex(incoming, outgoing);
}

function matchIndexOf(progress: Progress): number {
  return progress.matchIndex;
}

/** This replica's own copy counts like any other: when it is durable, not before (trap T13). */
export function noteOwnDurable<E extends Entry>(raft: Raft<E>): void {
  const own = progressOf(raft, raft.self);
  assert(own !== undefined);
  own.matchIndex = raft.log.durableIndex;
}

/** Commits what a quorum holds, if it is of this term: counting copies says nothing about older terms (trap T12). */
export function maybeCommit<E extends Entry>(raft: Raft<E>): boolean {
  const { log } = raft;
  const index = raft.isSoleVoter ? log.durableIndex : quorumOf(raft, matchIndexOf);
  if (index <= log.commitIndex) return false;
  if (log.termAt(index) !== raft.term) return false;
  log.commitTo(index);
  forgetCommitted(raft);
  raft.mustReplicate = raft.progress.length > 1;
  openReads(raft);
  afterMembershipCommit(raft);
  return true;
}

function forgetCommitted<E extends Entry>(raft: Raft<E>): void {
  const marks = raft.uncommittedMarks;
  while (marks.length > 0 && marks[0]!.index <= raft.log.commitIndex) {
    raft.uncommittedSizeBytes -= marks.shift()!.sizeBytes;
  }
}

/** A committed joint configuration is left by whoever leads; a leader that is out steps down (trap T28). */
function afterMembershipCommit<E extends Entry>(raft: Raft<E>): void {
  const newest = raft.memberships[raft.memberships.length - 1];
  if (newest === undefined || newest.index > raft.log.commitIndex) return;
  if (isJoint(newest.membership)) {
    appendMembership(raft, leaveJoint(newest.membership));
  } else if (!isVoter(newest.membership, raft.self)) {
    const successor = bestSuccessor(raft);
    if (successor !== null) sendTimeoutNow(raft, successor);
    becomeFollower(raft, raft.term, null);
  }
}

export function appendMembership<E extends Entry>(raft: Raft<E>, membership: Membership): void {
  const { log, term } = raft;
  appendEntry(
    raft,
    raft.internalEntry(log.lastIndex + 1, term, RaftEntryKind.membership, encodeMembership(membership)),
  );
  raft.mustReplicate = true;
}

function bestSuccessor<E extends Entry>(raft: Raft<E>): ReplicaId | null {
  let best: Progress | null = null;
  for (const progress of raft.progress) {
    if (progress.isVoter && progress.matchIndex > (best?.matchIndex ?? 0)) best = progress;
  }
  return best === null ? null : best.id;
}

export function sendTimeoutNow<E extends Entry>(raft: Raft<E>, to: ReplicaId): void {
  send(raft, { kind: 'timeout-now', from: raft.self, to, term: raft.term });
}
