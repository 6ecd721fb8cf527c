/**
 * Reads that must see everything committed before they were asked, without a log write (thesis 6.4): note the commit
 * index, make sure that we still lead, answer. A leader whose own term has nothing committed does not know the commit
 * index yet, so its reads wait for the no-op.
 */
import { sameReplica } from './membership';
import type { Progress } from './progress';
import { jointIndex } from './quorum';
import type { Raft } from './raft';
import type { Entry } from './types';

/** False when this replica does not lead; otherwise one ReadState with `context` follows. */
export function requestRead<E extends Entry>(raft: Raft<E>, context: number): boolean {
  if (raft.role !== 'leader') return false;
  const { commitIndex } = raft.log;
  if (commitIndex < raft.termStartIndex) {
    raft.pendingReads.push({ context, index: -1, sequence: 0 });
  } else if (raft.isSoleVoter) {
    raft.readStates.push({ context, index: commitIndex });
  } else {
    raft.pendingReads.push({ context, index: commitIndex, sequence: raft.readSequence + 1 });
  }
  return true;
}

/** The commit index of this term is known from now on: reads that waited for it go on. */
export function openReads<E extends Entry>(raft: Raft<E>): void {
  if (raft.pendingReads.length === 0) return;
  for (const read of raft.pendingReads) {
    if (read.index >= 0) continue;
    read.index = raft.log.commitIndex;
    read.sequence = raft.readSequence + 1;
  }
  if (raft.isSoleVoter) answerReads(raft, Number.POSITIVE_INFINITY);
}

/** Do reads wait for a round of heartbeats that has not begun? All that came since the last Ready share one. */
export function needsReadRound<E extends Entry>(raft: Raft<E>): boolean {
  const newest = raft.pendingReads[raft.pendingReads.length - 1];
  return newest !== undefined && newest.index >= 0 && newest.sequence > raft.readSequence;
}

/** A follower answered a round: a majority that did so knew no newer leader when it answered. */
export function confirmReads<E extends Entry>(raft: Raft<E>): void {
  if (raft.pendingReads.length === 0) return;
  const incoming: number[] = [];
  const outgoing: number[] = [];
  for (const progress of raft.progress) {
    const sequence = roundOf(raft, progress);
    if (progress.isVoter) incoming.push(sequence);
    if (progress.isOutgoing) outgoing.push(sequence);
  }
  answerReads(raft, jointIndex(incoming, outgoing));
}

function roundOf<E extends Entry>(raft: Raft<E>, progress: Progress): number {
  return sameReplica(progress.id, raft.self) ? raft.readSequence : progress.readSequence;
}

function answerReads<E extends Entry>(raft: Raft<E>, sequence: number): void {
  let kept = 0;
  for (const read of raft.pendingReads) {
    if (read.index >= 0 && read.sequence <= sequence) {
      raft.readStates.push({ context: read.context, index: read.index });
    } else {
      raft.pendingReads[kept++] = read;
    }
  }
  raft.pendingReads.length = kept;
}
