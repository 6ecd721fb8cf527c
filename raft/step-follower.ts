import assert from 'node:assert/strict';
import {
  appendEntry,
  type Raft,
  resetElectionTimer,
  send,
  sendAfterAppend,
  setRole,
  truncateLog,
} from './raft';
import type { Append, Entry, Heartbeat, Message } from './types';

/** Messages that only a leader of the present term sends: whoever gets one follows it. */
export type LeaderMessage<E extends Entry> = Append<E> | Heartbeat;

/** Advances a follower by one message of its leader. `step` has compared terms: `message.term` is ours. */
export function stepFollower<E extends Entry>(raft: Raft<E>, message: LeaderMessage<E>): void {
  assert(message.term === raft.term);
  assert(raft.role !== 'leader', 'two leaders in one term');
  if (raft.role !== 'follower' || raft.leader === null) {
    setRole(raft, 'follower', message.from);
    raft.votes = [];
  }
  resetElectionTimer(raft);
  if (message.kind === 'append') {
    onAppend(raft, message);
    return;
  }
  raft.log.commitTo(Math.min(message.commitIndex, raft.log.lastIndex));
  send(raft, {
    kind: 'heartbeat-response',
    from: raft.self,
    to: message.from,
    term: raft.term,
    readSequence: message.readSequence,
  });
}

function onAppend<E extends Entry>(raft: Raft<E>, message: Append<E>): void {
  const { log } = raft;
  if (message.previousIndex < log.commitIndex) {
    // Delayed or doubled: what is committed here is in the leader's log too, and stays (traps T16, T18).
    accept(raft, message, log.commitIndex);
    return;
  }
  if (log.termAt(message.previousIndex) !== message.previousTerm) {
    send(raft, rejection(raft, message));
    return;
  }
  appendMissing(raft, message.entries);
  const matchIndex = message.previousIndex + message.entries.length;
  log.commitTo(Math.min(message.commitIndex, matchIndex));
  accept(raft, message, matchIndex);
}

/** Entries that are here already stay untouched; the first one that differs is cut off with all after it. */
function appendMissing<E extends Entry>(raft: Raft<E>, entries: readonly E[]): void {
  const { log } = raft;
  for (const entry of entries) {
    const term = log.termAt(entry.index);
    if (term === entry.term) continue;
    if (term !== undefined) truncateLog(raft, entry.index);
    appendEntry(raft, entry);
  }
}

/** An acknowledgement is a promise: it must not leave before the entries are on disk. */
function accept<E extends Entry>(raft: Raft<E>, message: Append<E>, matchIndex: number): void {
  sendAfterAppend(
    raft,
    { kind: 'append-accepted', from: raft.self, to: message.from, term: raft.term, matchIndex },
    matchIndex,
  );
}

function rejection<E extends Entry>(raft: Raft<E>, message: Append<E>): Message<E> {
  const { log } = raft;
  const hintIndex = log.lastIndexBelowTerm(message.previousIndex, message.previousTerm);
  return {
    kind: 'append-rejected',
    from: raft.self,
    to: message.from,
    term: raft.term,
    rejectedIndex: message.previousIndex,
    hintIndex,
    hintTerm: log.termAt(hintIndex) ?? 0,
  };
}
