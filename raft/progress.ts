/**
 * What a leader knows of one replica (thesis 10.2.1, pipelining).
 *
 * - probe: its log is not known to match; one append at a time, the next after an answer or a heartbeat's answer.
 * - replicate: it matches up to `matchIndex`; appends follow each other without waiting, inside a window.
 * - snapshot: it needs what is below the start of the log; nothing is sent until the host has reported.
 */
import type { ReplicaId } from './types';

export interface Progress {
  readonly id: ReplicaId;
  state: 'probe' | 'replicate' | 'snapshot';
  /** Durable there, and equal to our log. */
  matchIndex: number;
  /** First index that was not sent yet. */
  nextIndex: number;
  /** probe: an append is on its way. */
  probeSent: boolean;
  /** replicate: last index of each append that is not answered, ascending. */
  readonly inflight: number[];
  /** Largest commit index that the replica has been told with entries that reach it. */
  commitSent: number;
  /** Entries below the tail in memory were asked from the host; nothing is sent meanwhile. */
  readPending: boolean;
  /** Something was heard since the last quorum check. */
  isActive: boolean;
  /** Newest round of read confirmations that it answered. */
  readSequence: number;
  isVoter: boolean;
  isOutgoing: boolean;
}

export function newProgress(id: ReplicaId, nextIndex: number): Progress {
  return {
    id,
    state: 'probe',
    matchIndex: 0,
    nextIndex,
    probeSent: false,
    inflight: [],
    commitSent: 0,
    readPending: false,
    // A new replica gets one whole election timeout to be heard.
    isActive: true,
    readSequence: 0,
    isVoter: false,
    isOutgoing: false,
  };
}

export function becomeProbe(progress: Progress, nextIndex: number): void {
  progress.state = 'probe';
  progress.nextIndex = Math.max(nextIndex, progress.matchIndex + 1);
  progress.probeSent = false;
  progress.readPending = false;
  progress.commitSent = 0;
  progress.inflight.length = 0;
}

export function becomeReplicate(progress: Progress): void {
  progress.state = 'replicate';
  progress.nextIndex = progress.matchIndex + 1;
  progress.probeSent = false;
  progress.inflight.length = 0;
}

export function becomeSnapshot(progress: Progress): void {
  progress.state = 'snapshot';
  progress.inflight.length = 0;
}

/** May an append with entries go now? */
export function isPaused(progress: Progress, inflightMessagesMax: number): boolean {
  if (progress.readPending || progress.state === 'snapshot') return true;
  return progress.state === 'probe' ? progress.probeSent : progress.inflight.length >= inflightMessagesMax;
}

/** An append with entries up to `lastIndex` was sent. */
export function sentTo(progress: Progress, lastIndex: number): void {
  if (progress.state === 'probe') {
    progress.probeSent = true;
    return;
  }
  progress.nextIndex = lastIndex + 1;
  progress.inflight.push(lastIndex);
}

/** The replica holds our log up to `matchIndex`. True when that is news. */
export function accepted(progress: Progress, matchIndex: number): boolean {
  let answered = 0;
  while (answered < progress.inflight.length && progress.inflight[answered]! <= matchIndex) answered++;
  if (answered > 0) progress.inflight.splice(0, answered);
  if (progress.state === 'probe') progress.probeSent = false;
  if (matchIndex <= progress.matchIndex) return false;
  progress.matchIndex = matchIndex;
  progress.nextIndex = Math.max(progress.nextIndex, matchIndex + 1);
  return true;
}

/**
 * The replica does not have the entry before an append. False for an answer that is out of date: what it says was
 * overtaken by a later one (appends and answers may be delayed, doubled and reordered).
 */
export function rejected(progress: Progress, rejectedIndex: number, nextIndex: number): boolean {
  if (progress.state === 'snapshot') return false;
  if (progress.state === 'replicate') {
    if (rejectedIndex <= progress.matchIndex) return false;
    becomeProbe(progress, progress.matchIndex + 1);
    return true;
  }
  if (progress.nextIndex - 1 !== rejectedIndex) return false;
  progress.nextIndex = Math.max(Math.min(rejectedIndex, nextIndex), progress.matchIndex + 1);
  progress.probeSent = false;
  return true;
}
