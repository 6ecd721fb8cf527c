import assert from 'node:assert/strict';
import { allReplicas, sameReplica } from './membership';
import { accepted, becomeProbe, becomeReplicate, isPaused, type Progress, rejected } from './progress';
import { jointVote } from './quorum';
import { appendEntry, becomeFollower, progressOf, type Raft, setRole, trackReplicas } from './raft';
import { confirmReads } from './read-index';
import {
  askAgain,
  broadcastHeartbeat,
  maybeCommit,
  noteOwnDurable,
  sendMissing,
  sendTimeoutNow,
} from './replication';
import {
  type AppendAccepted,
  type AppendRejected,
  type Entry,
  type HeartbeatResponse,
  RaftEntryKind,
} from './types';

const NO_BYTES = new Uint8Array(0);

/** Wins the election: one entry of the new term at once, since only that can commit what older terms left. */
export function becomeLeader<E extends Entry>(raft: Raft<E>): void {
  const { log, membership } = raft;
  assert(raft.role === 'candidate');
  assert(membership !== null);
  setRole(raft, 'leader', raft.self);
  raft.electionElapsedTicks = 0;
  raft.heartbeatElapsedTicks = 0;
  raft.votes = [];
  raft.transferTarget = null;
  raft.uncommittedSizeBytes = 0;
  raft.unmarkedSizeBytes = 0;
  raft.uncommittedMarks = [];
  raft.progress = [];
  trackReplicas(raft, membership, allReplicas(membership));
  noteOwnDurable(raft);
  raft.termStartIndex = log.lastIndex + 1;
  appendEntry(raft, raft.internalEntry(log.lastIndex + 1, raft.term, RaftEntryKind.noop, NO_BYTES));
}

export type FollowerAnswer = AppendAccepted | AppendRejected | HeartbeatResponse;

/** Advances a leader by one answer. `step` has compared terms: `message.term` is ours. */
export function stepLeader<E extends Entry>(raft: Raft<E>, message: FollowerAnswer): void {
  const progress = progressOf(raft, message.from);
  if (progress === undefined) return;
  progress.isActive = true;
  switch (message.kind) {
    case 'append-accepted':
      onAccepted(raft, progress, message);
      return;
    case 'append-rejected': {
      const { hintIndex, hintTerm, rejectedIndex } = message;
      // The follower's hint says where our logs can agree at the latest; our own terms may say: earlier still (T19).
      const agreeIndex = raft.log.lastIndexBelowTerm(hintIndex, hintTerm);
      if (rejected(progress, rejectedIndex, agreeIndex + 1)) sendMissing(raft, progress);
      return;
    }
    case 'heartbeat-response':
      onHeartbeatResponse(raft, progress, message);
      return;
    default:
      message satisfies never;
  }
}

function onAccepted<E extends Entry>(raft: Raft<E>, progress: Progress, message: AppendAccepted): void {
  const { matchIndex } = message;
  assert(matchIndex <= raft.log.lastIndex, 'a follower acknowledges what was never sent in this term');
  const isNews = accepted(progress, matchIndex);
  // A probe that matches nothing new still shows where the logs agree.
  if (progress.state === 'probe' && matchIndex === progress.matchIndex) becomeReplicate(progress);
  else if (progress.state === 'snapshot' && matchIndex + 1 >= raft.log.firstIndex)
    becomeProbe(progress, matchIndex + 1);
  if (isNews) maybeCommit(raft);
  if (raft.role !== 'leader') return;
  sendMissing(raft, progress);
  maybeFinishTransfer(raft, progress);
}

/** The follower lives, so whatever it still lacks was lost or refused: ask again. */
function onHeartbeatResponse<E extends Entry>(
  raft: Raft<E>,
  progress: Progress,
  message: HeartbeatResponse,
): void {
  if (message.readSequence > progress.readSequence) {
    progress.readSequence = message.readSequence;
    confirmReads(raft);
  }
  progress.probeSent = false;
  if (progress.state === 'replicate' && progress.matchIndex < raft.log.lastIndex) {
    if (progress.nextIndex > raft.log.lastIndex || isPaused(progress, raft.config.inflightMessagesMax)) {
      askAgain(raft, progress);
      return;
    }
  }
  sendMissing(raft, progress);
}

/** One tick of a leader: heartbeats, and whether a quorum was heard within an election timeout (thesis 6.2). */
export function tickLeader<E extends Entry>(raft: Raft<E>): void {
  if (raft.progress.length === 1 && raft.isSoleVoter) return;
  raft.electionElapsedTicks++;
  if (raft.electionElapsedTicks >= raft.config.electionTicks) {
    raft.electionElapsedTicks = 0;
    // A transfer that took this long has failed; proposals are taken again.
    raft.transferTarget = null;
    if (!hearsQuorum(raft)) {
      becomeFollower(raft, raft.term, null);
      return;
    }
    for (const progress of raft.progress) progress.isActive = false;
  }
  raft.heartbeatElapsedTicks++;
  if (raft.heartbeatElapsedTicks >= raft.config.heartbeatTicks) broadcastHeartbeat(raft);
}

function hearsQuorum<E extends Entry>(raft: Raft<E>): boolean {
  const incoming: boolean[] = [];
  const outgoing: boolean[] = [];
  for (const progress of raft.progress) {
    const heard = progress.isActive || sameReplica(progress.id, raft.self);
    if (progress.isVoter) incoming.push(heard);
    if (progress.isOutgoing) outgoing.push(heard);
  }
  return jointVote(incoming, outgoing) === 'won';
}

/** The target is told to campaign as soon as it has everything; until then it is brought up to date. */
export function maybeFinishTransfer<E extends Entry>(raft: Raft<E>, progress: Progress): void {
  if (raft.transferTarget === null || !sameReplica(raft.transferTarget, progress.id)) return;
  if (progress.matchIndex === raft.log.lastIndex) sendTimeoutNow(raft, progress.id);
}
