/**
 * The public shapes of `raft/`. The rules behind them: Ongaro and Ousterhout, "In Search of an Understandable
 * Consensus Algorithm" (the paper), and Ongaro's dissertation (the thesis).
 */

/** A replica of one group. A directory that was wiped comes back with another incarnation: it is another replica. */
export interface ReplicaId {
  readonly nodeId: number;
  /** ASCII text of at most 255 characters, normally a UUID. */
  readonly incarnation: string;
}

/** The kinds of entry that Raft itself makes and reads; it carries every other kind without looking. */
export const RaftEntryKind = { noop: 1, membership: 2 } as const;
export type RaftEntryKind = (typeof RaftEntryKind)[keyof typeof RaftEntryKind];

/** One entry of the log. The host's type may say more (offsets, timestamps). Never changed once made. */
export interface Entry {
  /** 1 is the first entry ever: the bootstrap membership. */
  readonly index: number;
  readonly term: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** What a replica must remember before any promise leaves it (the paper, figure 2). */
export interface HardState {
  readonly term: number;
  /** Node that got our vote in `term`, -1 for none. */
  readonly votedFor: number;
  /** Incarnation of that node, '' for none. */
  readonly votedForIncarnation: string;
}

/** The configuration of a group. Joint while `outgoing` is not empty: decisions then need both majorities. */
export interface Membership {
  readonly voters: readonly ReplicaId[];
  /** Voters of the configuration that is being left. */
  readonly outgoing: readonly ReplicaId[];
  /** Replicas that are sent the log and have no say. */
  readonly learners: readonly ReplicaId[];
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: readonly ReplicaId[];
}

/** A membership and the index of the entry that brought it. */
export interface MembershipAt {
  readonly index: number;
  readonly membership: Membership;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What `createNode` reads, once, of the log as recovered. The storage's log object fits. */
export interface StableLog {
  /** First index present; `lastIndex === firstIndex - 1` when empty. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly durableIndex: number;
  /** Where each term that has entries begins, ascending. */
  readonly epochs: readonly { readonly epoch: number; readonly startIndex: number }[];
  /** Asked for `firstIndex - 1` only; undefined when that term is not known. */
  termAt(index: number): number | undefined;
}

/** Limits and times. A tick is whatever the host makes it; the thesis asks for heartbeat much less than election. */
export interface RaftConfig {
  /** Silence after which a follower asks for an election; the real wait is uniform in [n, 2n). */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Soft limit of one append message; its first entry goes whatever its size. */
  readonly appendSizeBytesMax: number;
  /** Append messages on their way to one follower that are not answered yet. */
  readonly inflightMessagesMax: number;
  /** Bytes of proposals that may wait for their commit; beyond it proposals are refused (trap T20). */
  readonly uncommittedSizeBytesMax: number;
  /** Recent entries kept in memory for followers; older ones are asked from the host. None with one replica. */
  readonly tailSizeBytesMax: number;
}

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly term: number;
}

/** `term` of a pre-vote and of its grant is the term the sender would campaign in; nobody moves to it. */
export interface PreVote extends Envelope {
  readonly kind: 'pre-vote';
  readonly lastIndex: number;
  readonly lastTerm: number;
}
export interface PreVoteResponse extends Envelope {
  readonly kind: 'pre-vote-response';
  readonly granted: boolean;
}
export interface Vote extends Envelope {
  readonly kind: 'vote';
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader asked for this election, so having heard from it is no reason to refuse (thesis 3.10). */
  readonly transfer: boolean;
}
export interface VoteResponse extends Envelope {
  readonly kind: 'vote-response';
  readonly granted: boolean;
}
export interface Append<E extends Entry> extends Envelope {
  readonly kind: 'append';
  readonly previousIndex: number;
  readonly previousTerm: number;
  readonly entries: readonly E[];
  readonly commitIndex: number;
}
/** The sender's log is the leader's up to `matchIndex`, and durable. */
export interface AppendAccepted extends Envelope {
  readonly kind: 'append-accepted';
  readonly matchIndex: number;
}
/** The logs part at or before `rejectedIndex`; they can agree at `hintIndex` (of `hintTerm`) at the latest. */
export interface AppendRejected extends Envelope {
  readonly kind: 'append-rejected';
  readonly rejectedIndex: number;
  readonly hintIndex: number;
  readonly hintTerm: number;
}
export interface Heartbeat extends Envelope {
  readonly kind: 'heartbeat';
  /** Never beyond what the follower is known to hold (trap T15). */
  readonly commitIndex: number;
  readonly readSequence: number;
}
export interface HeartbeatResponse extends Envelope {
  readonly kind: 'heartbeat-response';
  readonly readSequence: number;
}
/** Answer to a leader whose term has passed: the only way it can learn of ours (trap T6). */
export interface TermNotice extends Envelope {
  readonly kind: 'term-notice';
}
export interface TimeoutNow extends Envelope {
  readonly kind: 'timeout-now';
}

export type Message<E extends Entry> =
  | PreVote
  | PreVoteResponse
  | Vote
  | VoteResponse
  | Append<E>
  | AppendAccepted
  | AppendRejected
  | Heartbeat
  | HeartbeatResponse
  | TermNotice
  | TimeoutNow;

/** Answer to `readIndex`: serve the read once everything up to `index` is applied; -1 when leadership was lost. */
export interface ReadState {
  readonly context: number;
  readonly index: number;
}

export interface Leadership {
  readonly role: Role;
  readonly term: number;
  readonly leader: ReplicaId | null;
}

/** Entries wanted for a follower that lie below the tail in memory: answer with `entriesRead`. */
export interface EntryRead {
  readonly to: ReplicaId;
  readonly fromIndex: number;
  readonly sizeBytesMax: number;
}

/**
 * What the host has to do, in this order: save `hardState`, truncate, append `entries` (all three synchronously, then
 * flush and report through `hardStateStored` and `stored`), send `messages`, apply up to `commitIndex`.
 *
 * Messages that promise something about the disk are not here: the node keeps them until the reports have come, and
 * hands them out with a later Ready. So whatever is in `messages` may leave at once.
 */
export interface Ready<E extends Entry> {
  readonly hardState: HardState | null;
  /** Remove the entries from this index on, before `entries` are appended. */
  readonly truncateFrom: number | null;
  /** Follow the log as it is after `truncateFrom`. */
  readonly entries: readonly E[];
  readonly messages: readonly Message<E>[];
  /** Never decreases. */
  readonly commitIndex: number;
  readonly readStates: readonly ReadState[];
  /** Present when role, term or leader changed since the last Ready. */
  readonly leadership: Leadership | null;
  readonly entryReads: readonly EntryRead[];
  /** Followers that need what lies below the start of the log: answer with `snapshotSent`. */
  readonly snapshotsWanted: readonly ReplicaId[];
}

export type ProposalRefusal = 'not-leader' | 'leadership-transfer' | 'uncommitted-limit';
export type MembershipRefusal =
  | 'not-leader'
  | 'leadership-transfer'
  | 'change-in-progress'
  | 'term-not-committed'
  | 'invalid';
