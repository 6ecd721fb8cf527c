import assert from 'node:assert/strict';
import { RaftLog } from './log';
import { enterJoint, isJoint, isValidTarget, type MembershipTarget, sameReplica } from './membership';
import { encodeMembership } from './membership-codec';
import { becomeProbe, sentTo } from './progress';
import {
  appendEntry,
  applyMembership,
  becomeFollower,
  hardStateOf,
  progressOf,
  type Raft,
  releaseMessages,
  resetElectionTimer,
  send,
  voteRank,
} from './raft';
import { needsReadRound, requestRead } from './read-index';
import {
  appendMembership,
  broadcastHeartbeat,
  maybeCommit,
  noteOwnDurable,
  replicate,
  sendAppend,
  sendMissing,
} from './replication';
import { answerVote, campaign, countOwnVote, hearsLeader, stepCandidate } from './step-candidate';
import { stepFollower } from './step-follower';
import { maybeFinishTransfer, stepLeader, tickLeader } from './step-leader';
import {
  type Entry,
  type HardState,
  type Membership,
  type MembershipAt,
  type MembershipRefusal,
  type Message,
  type ProposalRefusal,
  type RaftConfig,
  RaftEntryKind,
  type Ready,
  type ReplicaId,
  type Role,
  type StableLog,
} from './types';

export interface NodeOptions<E extends Entry> {
  readonly self: ReplicaId;
  /** As recovered; term 0 and no vote for a new replica. */
  readonly hardState: HardState;
  /** As recovered, and all of it durable unless `durableIndex` says less. Read during the call only. */
  readonly log: StableLog;
  /** Memberships that the log (or the state saved beside it) holds, ascending; empty for an empty log. */
  readonly memberships: readonly MembershipAt[];
  /**
   * First membership of a group that did not exist before; the node writes it as entry 1 when the log is empty. Null
   * for a replica that joins a group: it learns everything from the leader.
   */
  readonly bootstrap: Membership | null;
  /** Known to be committed (what a saved state has applied); 0 when nothing is known. */
  readonly commitIndex: number;
  readonly config: RaftConfig;
  /** Builds an entry that Raft itself appends. Called when it is appended, so a host may number offsets by it. */
  readonly internalEntry: (index: number, term: number, kind: RaftEntryKind, bytes: Uint8Array) => E;
  /** Uniform integer in [0, bound). */
  readonly random: (bound: number) => number;
}

/**
 * One replica of one group. It decides and does nothing else: no disk, network, clock or timer.
 *
 * The host calls an input (`tick`, `step`, `propose`, `stored`, …), then `ready()` until it returns null, and does what
 * each Ready says, in its order. A group with one voter elects itself without a tick or a message.
 */
export class Node<E extends Entry> {
  readonly #raft: Raft<E>;

  constructor(options: NodeOptions<E>) {
    this.#raft = newRaft(options);
    const raft = this.#raft;
    if (raft.log.lastIndex === 0 && options.bootstrap !== null) {
      const bytes = encodeMembership(options.bootstrap);
      appendEntry(raft, raft.internalEntry(1, 0, RaftEntryKind.membership, bytes));
    }
    if (raft.isSoleVoter) campaign(raft, false);
  }

  get role(): Role {
    return this.#raft.role;
  }
  get term(): number {
    return this.#raft.term;
  }
  get leader(): ReplicaId | null {
    return this.#raft.leader;
  }
  get commitIndex(): number {
    return this.#raft.log.commitIndex;
  }
  /** Last entry proposed or received, handed over or not. */
  get lastIndex(): number {
    return this.#raft.log.lastIndex;
  }
  get durableIndex(): number {
    return this.#raft.log.durableIndex;
  }
  get membership(): Membership | null {
    return this.#raft.membership;
  }
  /** Ascending, from the one in force at the start of the log; to be saved beside it. The node changes it. */
  get memberships(): readonly MembershipAt[] {
    return this.#raft.memberships;
  }
  /** Is the leader's knowledge of the commit index complete (an entry of its own term is committed)? */
  get isTermCommitted(): boolean {
    return this.#raft.role === 'leader' && this.#raft.log.commitIndex >= this.#raft.termStartIndex;
  }
  /** False when ticks would do nothing: a host with many groups may skip it. */
  get needsTick(): boolean {
    const raft = this.#raft;
    return !(raft.role === 'leader' && raft.isSoleVoter && raft.progress.length === 1);
  }

  /** One unit of time has passed. */
  tick(): void {
    const raft = this.#raft;
    if (raft.role === 'leader') {
      tickLeader(raft);
      return;
    }
    raft.electionElapsedTicks++;
    if (raft.electionElapsedTicks >= raft.electionTimeoutTicks) campaign(raft, false);
  }

  /** Takes a message of a replica of this group; late, doubled and reordered ones are safe at any time. */
  step(message: Message<E>): void {
    const raft = this.#raft;
    // Meant for what was here before this directory was wiped (trap T30).
    if (!sameReplica(message.to, raft.self)) return;
    if (message.term < raft.term) {
      answerOldTerm(raft, message);
    } else {
      if (message.term > raft.term && !meetNewTerm(raft, message)) return;
      dispatch(raft, message);
    }
  }

  /** Why `propose` would be refused now, or null. Ask before stamping entries. */
  proposalRefusal(sizeBytes: number): ProposalRefusal | null {
    const raft = this.#raft;
    if (raft.role !== 'leader') return 'not-leader';
    if (raft.transferTarget !== null) return 'leadership-transfer';
    // One proposal is always possible, whatever its size.
    const isOver = raft.uncommittedSizeBytes + sizeBytes > raft.config.uncommittedSizeBytesMax;
    return isOver && raft.uncommittedSizeBytes > 0 ? 'uncommitted-limit' : null;
  }

  /** Appends the leader's next entry: index `lastIndex + 1`, the present term. It is committed or truncated later. */
  propose(entry: E): ProposalRefusal | null {
    const raft = this.#raft;
    const sizeBytes = entry.bytes.byteLength;
    const refusal = this.proposalRefusal(sizeBytes);
    if (refusal !== null) return refusal;
    assert(entry.index === raft.log.lastIndex + 1);
    assert(entry.term === raft.term);
    assert(entry.kind !== RaftEntryKind.membership, 'memberships change through changeMembership');
    raft.log.append(entry);
    raft.uncommittedSizeBytes += sizeBytes;
    raft.unmarkedSizeBytes += sizeBytes;
    raft.mustReplicate = raft.progress.length > 1;
    return null;
  }

  /**
   * Asks for a read barrier. False when this replica does not lead; otherwise a ReadState with `context` follows, at
   * once with one voter whose term is committed.
   */
  readIndex(context: number): boolean {
    return requestRead(this.#raft, context);
  }

  /**
   * Starts a change of membership, through a joint configuration when voters change. Done when a later Ready commits
   * the final one; the leader of that moment carries it through.
   */
  changeMembership(target: MembershipTarget): MembershipRefusal | null {
    const raft = this.#raft;
    if (raft.role !== 'leader' || raft.membership === null) return 'not-leader';
    if (raft.transferTarget !== null) return 'leadership-transfer';
    // Two unfinished changes, or one on top of a log that may still lose its own, can make disjoint quorums (T25, T27).
    if (!this.isTermCommitted) return 'term-not-committed';
    const newest = raft.memberships[raft.memberships.length - 1]!;
    if (isJoint(raft.membership) || newest.index > raft.log.commitIndex) return 'change-in-progress';
    if (!isValidTarget(target)) return 'invalid';
    appendMembership(raft, enterJoint(raft.membership, target));
    return null;
  }

  /** Hands leadership to a voter; proposals are refused until it has it or an election timeout has passed. */
  transferLeadership(target: ReplicaId): boolean {
    const raft = this.#raft;
    const progress = progressOf(raft, target);
    if (raft.role !== 'leader' || raft.transferTarget !== null) return false;
    if (progress === undefined || !progress.isVoter || sameReplica(target, raft.self)) return false;
    raft.transferTarget = progress.id;
    raft.electionElapsedTicks = 0;
    sendMissing(raft, progress);
    maybeFinishTransfer(raft, progress);
    return true;
  }

  /** Gives leadership up, for a host that cannot lead (its disk failed, its state machine refused). */
  stepDown(): void {
    const raft = this.#raft;
    if (raft.role === 'leader') becomeFollower(raft, raft.term, null);
  }

  /** Asks for an election now: the leader is known to be gone. Harmless otherwise, the pre-vote sees to it. */
  campaign(): void {
    if (this.#raft.role !== 'leader') campaign(this.#raft, false);
  }

  /** What there is to do, or null. */
  ready(): Ready<E> | null {
    const raft = this.#raft;
    const { log } = raft;
    if (raft.role === 'leader') {
      if (needsReadRound(raft)) {
        raft.readSequence++;
        broadcastHeartbeat(raft);
      }
      if (raft.mustReplicate) replicate(raft);
    }
    if (!hasWork(raft)) return null;
    if (raft.unmarkedSizeBytes > 0) {
      raft.uncommittedMarks.push({ index: log.lastIndex, sizeBytes: raft.unmarkedSizeBytes });
      raft.unmarkedSizeBytes = 0;
    }
    const ready: Ready<E> = {
      hardState: raft.hardStateChanged ? hardStateOf(raft) : null,
      truncateFrom: log.truncateFrom,
      entries: log.hasPending ? log.takePending() : NOTHING,
      messages: raft.messages.length > 0 ? raft.messages : NOTHING,
      commitIndex: log.commitIndex,
      readStates: raft.readStates.length > 0 ? raft.readStates : NOTHING,
      leadership: raft.leadershipChanged ? { role: raft.role, term: raft.term, leader: raft.leader } : null,
      entryReads: raft.entryReads.length > 0 ? raft.entryReads : NOTHING,
      snapshotsWanted: raft.snapshotsWanted.length > 0 ? raft.snapshotsWanted : NOTHING,
    };
    raft.hardStateChanged = false;
    raft.leadershipChanged = false;
    raft.handedCommitIndex = log.commitIndex;
    if (ready.messages !== NOTHING) raft.messages = [];
    if (ready.readStates !== NOTHING) raft.readStates = [];
    if (ready.entryReads !== NOTHING) raft.entryReads = [];
    if (ready.snapshotsWanted !== NOTHING) raft.snapshotsWanted = [];
    return ready;
  }

  /**
   * The entry (index, term) and all before it are durable. Reports about truncated entries may still come: the term
   * tells. One thing the host must rule out, since (index, term) cannot: a report about an entry that was truncated and
   * then appended once more, before the second append is durable.
   */
  stored(index: number, term: number): void {
    const raft = this.#raft;
    if (!raft.log.stored(index, term)) return;
    releaseMessages(raft);
    if (raft.role !== 'leader') return;
    noteOwnDurable(raft);
    maybeCommit(raft);
  }

  /** The hard state is durable; reports may skip states that a later one replaced. */
  hardStateStored(state: HardState): void {
    const raft = this.#raft;
    const rank = voteRank(state.term, state.votedFor !== -1);
    if (rank <= raft.durableVoteRank) return;
    assert(rank <= voteRank(raft.term, raft.votedFor !== null), 'a hard state that was never handed out');
    raft.durableVoteRank = rank;
    releaseMessages(raft);
    countOwnVote(raft);
  }

  /** Answers an EntryRead: entries from its `fromIndex` on, or none when they could not be read. */
  entriesRead(to: ReplicaId, entries: readonly E[]): void {
    const raft = this.#raft;
    const progress = progressOf(raft, to);
    if (progress === undefined || !progress.readPending) return;
    progress.readPending = false;
    const first = entries[0];
    // A read that failed is tried again with the next heartbeat's answer, not at once.
    if (first === undefined) return;
    raft.mustReplicate = true;
    const isWanted = first.index === progress.nextIndex && raft.log.termAt(first.index - 1) !== undefined;
    if (!isWanted || entries.some((entry) => raft.log.termAt(entry.index) !== entry.term)) return;
    sendAppend(raft, progress, entries);
    sentTo(progress, first.index + entries.length - 1);
  }

  /** Answers a snapshot that was wanted: the follower has everything up to `index`, or null when that failed. */
  snapshotSent(to: ReplicaId, index: number | null): void {
    const progress = progressOf(this.#raft, to);
    if (progress === undefined || progress.state !== 'snapshot') return;
    becomeProbe(progress, index === null ? progress.matchIndex + 1 : index + 1);
    this.#raft.mustReplicate = index !== null;
  }

  /**
   * The host replaces this follower's log and state by the leader's as of (index, term), durably, if this returns true.
   * False when the log has all of that already (trap T21): it is kept, since what follows in it may be acknowledged.
   * Call it only after `ready()` has returned null.
   */
  snapshotInstalled(index: number, term: number, memberships: readonly MembershipAt[]): boolean {
    const raft = this.#raft;
    assert(!raft.log.hasPending);
    if (raft.role === 'leader' || index <= raft.log.commitIndex) return false;
    if (raft.log.termAt(index) === term) {
      raft.log.commitTo(index);
      return false;
    }
    raft.messagesAfterAppend = raft.messagesAfterAppend.filter((held) => held.index === 0);
    raft.log.resetTo(index, term);
    raft.memberships = memberships.filter((at) => at.index <= index);
    applyMembership(raft);
    return true;
  }

  /** The host dropped everything below `firstIndex`, which was committed. */
  startMovedTo(firstIndex: number): void {
    const raft = this.#raft;
    raft.log.startMovedTo(firstIndex);
    while (raft.memberships.length > 1 && raft.memberships[1]!.index < firstIndex) raft.memberships.shift();
  }

  /** For render and tests: the state itself. Nothing outside `raft/` may change it. */
  get state(): Readonly<Raft<E>> {
    return this.#raft;
  }
}

const NOTHING: readonly never[] = [];

function newRaft<E extends Entry>(options: NodeOptions<E>): Raft<E> {
  const { hardState, config } = options;
  assert(config.electionTicks > config.heartbeatTicks && config.heartbeatTicks > 0);
  const hasVoted = hardState.votedFor !== -1;
  const raft: Raft<E> = {
    self: options.self,
    config,
    internalEntry: options.internalEntry,
    random: options.random,
    log: new RaftLog<E>(options.log, options.commitIndex, config.tailSizeBytesMax),
    role: 'follower',
    term: hardState.term,
    votedFor: hasVoted ? { nodeId: hardState.votedFor, incarnation: hardState.votedForIncarnation } : null,
    leader: null,
    durableVoteRank: voteRank(hardState.term, hasVoted),
    memberships: options.memberships.filter((at) => at.index <= options.log.lastIndex),
    membership: null,
    isSoleVoter: false,
    electionElapsedTicks: 0,
    heartbeatElapsedTicks: 0,
    electionTimeoutTicks: 0,
    votes: [],
    progress: [],
    termStartIndex: 0,
    uncommittedSizeBytes: 0,
    unmarkedSizeBytes: 0,
    uncommittedMarks: [],
    transferTarget: null,
    mustReplicate: false,
    readSequence: 0,
    pendingReads: [],
    messages: [],
    messagesAfterAppend: [],
    hardStateChanged: false,
    leadershipChanged: false,
    readStates: [],
    entryReads: [],
    snapshotsWanted: [],
    handedCommitIndex: 0,
  };
  assert(raft.log.lastTerm <= raft.term, 'the log has entries of a term that the hard state does not know');
  applyMembership(raft);
  resetElectionTimer(raft);
  return raft;
}

function hasWork<E extends Entry>(raft: Raft<E>): boolean {
  return (
    raft.log.hasPending ||
    raft.log.commitIndex > raft.handedCommitIndex ||
    raft.messages.length > 0 ||
    raft.hardStateChanged ||
    raft.leadershipChanged ||
    raft.readStates.length > 0 ||
    raft.entryReads.length > 0 ||
    raft.snapshotsWanted.length > 0
  );
}

/** The sender is behind. Those that act on their term are told; answers from the past mean nothing. */
function answerOldTerm<E extends Entry>(raft: Raft<E>, message: Message<E>): void {
  const answer = { from: raft.self, to: message.from, term: raft.term };
  switch (message.kind) {
    case 'append':
    case 'heartbeat':
      send(raft, { kind: 'term-notice', ...answer });
      return;
    case 'pre-vote':
      send(raft, { kind: 'pre-vote-response', ...answer, granted: false });
      return;
    case 'vote':
      send(raft, { kind: 'vote-response', ...answer, granted: false });
      return;
  }
}

/** The rule of terms. False when the message is to be dropped. */
function meetNewTerm<E extends Entry>(raft: Raft<E>, message: Message<E>): boolean {
  switch (message.kind) {
    case 'pre-vote':
      return !hearsLeader(raft);
    case 'vote':
      if (hearsLeader(raft) && !message.transfer) return false;
      becomeFollower(raft, message.term, null);
      return true;
    case 'pre-vote-response':
      // A grant speaks of a term that nobody has entered.
      if (!message.granted) becomeFollower(raft, message.term, null);
      return true;
    case 'append':
    case 'heartbeat':
      becomeFollower(raft, message.term, message.from);
      return true;
    default:
      becomeFollower(raft, message.term, null);
      return true;
  }
}

function dispatch<E extends Entry>(raft: Raft<E>, message: Message<E>): void {
  switch (message.kind) {
    case 'pre-vote':
    case 'vote':
      answerVote(raft, message);
      return;
    case 'pre-vote-response':
    case 'vote-response':
      stepCandidate(raft, message);
      return;
    case 'append':
    case 'heartbeat':
      stepFollower(raft, message);
      return;
    case 'append-accepted':
    case 'append-rejected':
    case 'heartbeat-response':
      if (raft.role === 'leader') stepLeader(raft, message);
      return;
    case 'timeout-now':
      if (raft.role === 'follower') campaign(raft, true);
      return;
    case 'term-notice':
      return;
    default:
      message satisfies never;
  }
}
