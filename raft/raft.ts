/** The state of one replica, what every role does with it, and the rule of terms. */
import assert from 'node:assert/strict';
import type { RaftLog } from './log';
import { allReplicas, includesReplica, isVoter, sameReplica } from './membership';
import { decodeMembership } from './membership-codec';
import { newProgress, type Progress } from './progress';
import type {
  Entry,
  EntryRead,
  HardState,
  Membership,
  MembershipAt,
  Message,
  RaftConfig,
  RaftEntryKind,
  ReadState,
  ReplicaId,
  Role,
} from './types';
import { RaftEntryKind as Kind } from './types';

/** A message that promises something about this replica's disk, and what must be durable before it may leave. */
export interface HeldMessage<E extends Entry> {
  readonly message: Message<E>;
  /** `voteRank` of the hard state that must be stored. */
  readonly voteRank: number;
  /** Log index that must be durable; 0 for none. */
  readonly index: number;
}

export interface PendingRead {
  readonly context: number;
  /** Commit index when it was asked; -1 until an entry of the leader's own term is committed. */
  index: number;
  /** Round of heartbeats that confirms it. */
  sequence: number;
}

export interface Raft<E extends Entry> {
  readonly self: ReplicaId;
  readonly config: RaftConfig;
  readonly internalEntry: (index: number, term: number, kind: RaftEntryKind, bytes: Uint8Array) => E;
  readonly random: (bound: number) => number;
  readonly log: RaftLog<E>;

  role: Role;
  term: number;
  votedFor: ReplicaId | null;
  leader: ReplicaId | null;
  /** `voteRank` of the newest hard state that is on stable storage. */
  durableVoteRank: number;
  /** Every membership from the one in force at the log's start to the newest appended. */
  memberships: MembershipAt[];
  /** The newest appended; a configuration is in force from its append on (the paper, section 6). */
  membership: Membership | null;
  /** This replica alone decides: no message is ever needed. */
  isSoleVoter: boolean;

  electionElapsedTicks: number;
  heartbeatElapsedTicks: number;
  electionTimeoutTicks: number;

  /** Candidates: who answered what, by replica and never by count (trap T2). */
  votes: { readonly id: ReplicaId; readonly granted: boolean }[];

  /** Leaders: every replica, this one included. Empty otherwise. */
  progress: Progress[];
  /** First index of this leader's own term: its no-op. */
  termStartIndex: number;
  /** Bytes proposed in this leadership and not committed; `uncommittedMarks` says up to which index how many. */
  uncommittedSizeBytes: number;
  unmarkedSizeBytes: number;
  uncommittedMarks: { readonly index: number; readonly sizeBytes: number }[];
  /** Leadership is being handed to this replica; proposals are refused meanwhile (trap T10). */
  transferTarget: ReplicaId | null;
  /** Followers may have something to be sent. */
  mustReplicate: boolean;
  readSequence: number;
  pendingReads: PendingRead[];

  messages: Message<E>[];
  /** Order of durability as data: these leave when the disk has caught up (traps T1, T13). */
  messagesAfterAppend: HeldMessage<E>[];
  hardStateChanged: boolean;
  leadershipChanged: boolean;
  readStates: ReadState[];
  entryReads: EntryRead[];
  snapshotsWanted: ReplicaId[];
  handedCommitIndex: number;
}

/** Hard states of one replica only move up: first the term, inside a term from no vote to one. */
export function voteRank(term: number, hasVoted: boolean): number {
  return term * 2 + (hasVoted ? 1 : 0);
}

export function hardStateOf<E extends Entry>(raft: Raft<E>): HardState {
  const { term, votedFor } = raft;
  return {
    term,
    votedFor: votedFor === null ? -1 : votedFor.nodeId,
    votedForIncarnation: votedFor === null ? '' : votedFor.incarnation,
  };
}

/** For messages that leave as soon as the term they carry is durable, which for a leader is always true (I7). */
export function send<E extends Entry>(raft: Raft<E>, message: Message<E>): void {
  if (raft.durableVoteRank >= voteRank(message.term, false)) raft.messages.push(message);
  else raft.messagesAfterAppend.push({ message, voteRank: voteRank(message.term, false), index: 0 });
}

/** For messages that promise the present hard state and, with `index`, the log up to there. */
export function sendAfterAppend<E extends Entry>(raft: Raft<E>, message: Message<E>, index: number): void {
  const rank = voteRank(raft.term, raft.votedFor !== null);
  if (raft.durableVoteRank >= rank && raft.log.durableIndex >= index) raft.messages.push(message);
  else raft.messagesAfterAppend.push({ message, voteRank: rank, index });
}

/** For pre-votes: they speak of a term that nobody has entered, and promise nothing. */
export function sendUnbound<E extends Entry>(raft: Raft<E>, message: Message<E>): void {
  raft.messages.push(message);
}

/** The disk has moved: what waited for it may go. */
export function releaseMessages<E extends Entry>(raft: Raft<E>): void {
  const held = raft.messagesAfterAppend;
  if (held.length === 0) return;
  let kept = 0;
  for (const waiting of held) {
    if (raft.durableVoteRank < waiting.voteRank || raft.log.durableIndex < waiting.index)
      held[kept++] = waiting;
    else pushReleased(raft.messages, waiting.message);
  }
  held.length = kept;
}

/** An acknowledgement covers the ones before it, so of several in a row the last is enough. */
function pushReleased<E extends Entry>(messages: Message<E>[], message: Message<E>): void {
  const last = messages[messages.length - 1];
  const isCovered =
    message.kind === 'append-accepted' &&
    last?.kind === 'append-accepted' &&
    last.term === message.term &&
    last.matchIndex <= message.matchIndex &&
    sameReplica(last.to, message.to);
  if (isCovered) messages[messages.length - 1] = message;
  else messages.push(message);
}

export function resetElectionTimer<E extends Entry>(raft: Raft<E>): void {
  raft.electionElapsedTicks = 0;
  raft.electionTimeoutTicks = raft.config.electionTicks + raft.random(raft.config.electionTicks);
}

/** Enters `term` (or stays in it) without a role of its own. */
export function becomeFollower<E extends Entry>(raft: Raft<E>, term: number, leader: ReplicaId | null): void {
  assert(term >= raft.term);
  enterTerm(raft, term);
  setRole(raft, 'follower', leader);
  raft.progress = [];
  raft.votes = [];
  raft.transferTarget = null;
  raft.mustReplicate = false;
  for (const { context } of raft.pendingReads) raft.readStates.push({ context, index: -1 });
  raft.pendingReads = [];
  resetElectionTimer(raft);
}

export function enterTerm<E extends Entry>(raft: Raft<E>, term: number): void {
  if (term === raft.term) return;
  raft.term = term;
  raft.votedFor = null;
  raft.hardStateChanged = true;
  // Promises made in an older term are of no use to anyone.
  raft.messagesAfterAppend.length = 0;
}

export function setRole<E extends Entry>(raft: Raft<E>, role: Role, leader: ReplicaId | null): void {
  raft.role = role;
  raft.leader = leader;
  raft.leadershipChanged = true;
}

/** Appends one entry on any role; a membership is in force at once. */
export function appendEntry<E extends Entry>(raft: Raft<E>, entry: E): void {
  raft.log.append(entry);
  if (entry.kind !== Kind.membership) return;
  raft.memberships.push({ index: entry.index, membership: decodeMembership(entry.bytes) });
  applyMembership(raft);
}

/** Cuts the log of a follower; memberships that stood there go with it (trap T31), acknowledgements too. */
export function truncateLog<E extends Entry>(raft: Raft<E>, index: number): void {
  assert(raft.role !== 'leader');
  raft.log.truncate(index);
  let kept = 0;
  for (const held of raft.messagesAfterAppend)
    if (held.index < index) raft.messagesAfterAppend[kept++] = held;
  raft.messagesAfterAppend.length = kept;
  if ((raft.memberships[raft.memberships.length - 1]?.index ?? 0) < index) return;
  while ((raft.memberships[raft.memberships.length - 1]?.index ?? 0) >= index) raft.memberships.pop();
  applyMembership(raft);
}

/** Takes the newest membership into force. */
export function applyMembership<E extends Entry>(raft: Raft<E>): void {
  const membership = raft.memberships[raft.memberships.length - 1]?.membership ?? null;
  raft.membership = membership;
  if (membership === null) {
    raft.isSoleVoter = false;
    raft.log.keepsTail = false;
    return;
  }
  const all = allReplicas(membership);
  const decides = isVoter(membership, raft.self);
  raft.isSoleVoter = decides && membership.voters.length === 1 && membership.outgoing.length === 0;
  raft.log.keepsTail = all.length > 1;
  if (raft.role === 'leader') trackReplicas(raft, membership, all);
}

/** Brings `progress` in line with the membership; what is known of replicas that stay is kept. */
export function trackReplicas<E extends Entry>(
  raft: Raft<E>,
  membership: Membership,
  all: ReplicaId[],
): void {
  const tracked: Progress[] = [];
  // A leader that is not a member any more still leads until the change is committed, and must know its own state.
  if (!includesReplica(all, raft.self)) all.push(raft.self);
  for (const id of all) {
    const progress = progressOf(raft, id) ?? newProgress(id, raft.log.lastIndex + 1);
    progress.isVoter = includesReplica(membership.voters, id);
    progress.isOutgoing = includesReplica(membership.outgoing, id);
    tracked.push(progress);
  }
  raft.progress = tracked;
  raft.mustReplicate = true;
}

export function progressOf<E extends Entry>(raft: Raft<E>, id: ReplicaId): Progress | undefined {
  for (const progress of raft.progress) if (sameReplica(progress.id, id)) return progress;
  return undefined;
}
