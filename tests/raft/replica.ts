import assert from 'node:assert/strict';
import {
  type Entry,
  type HardState,
  type Membership,
  type MembershipAt,
  Node,
  noteMembership,
  type RaftConfig,
  type Ready,
  type ReplicaId,
} from '../../raft/index';

/** What one Ready asked the disk for; applied in order, durable when `complete` says so. */
interface Write {
  readonly hardState: HardState | null;
  readonly truncateFrom: number | null;
  readonly entries: readonly Entry[];
}

export const BLANK: HardState = { term: 0, votedFor: -1, votedForIncarnation: '' };

/**
 * A node with a host that does what Ready says and a disk that forgets: what was not completed is lost by a crash.
 * Nothing happens by itself; the test decides when the disk completes and which messages arrive.
 */
export class Replica {
  node: Node<Entry> | null = null;
  /** The log as the host reads it: everything that was appended. Entry `i` stands at `i - 1`. */
  log: Entry[] = [];
  durableLog: Entry[] = [];
  durableHardState: HardState = BLANK;
  readonly writes: Write[] = [];
  /** Entries up to here were dropped; they stay in the arrays for the checkers, and no node sees them. */
  startIndex = 0;

  constructor(
    readonly id: ReplicaId,
    readonly config: RaftConfig,
    readonly random: (bound: number) => number,
  ) {}

  /** Starts from what is durable. `bootstrap` matters to an empty log only. */
  start(bootstrap: Membership | null): void {
    assert(this.node === null);
    this.log = this.durableLog.slice();
    const memberships: MembershipAt[] = [];
    for (const entry of this.log) noteMembership(memberships, entry);
    this.node = new Node<Entry>({
      self: this.id,
      hardState: this.durableHardState,
      log: stableLog(this.log, this.startIndex),
      memberships,
      bootstrap,
      commitIndex: 0,
      config: this.config,
      internalEntry: (index, term, kind, bytes) => ({ index, term, kind, bytes }),
      random: this.random,
    });
  }

  /** Retention: whatever is committed and durable here may go. */
  dropBelow(index: number): void {
    const { node } = this;
    if (node === null) return;
    this.startIndex = Math.max(this.startIndex, Math.min(index, node.commitIndex, this.durableLog.length));
    node.startMovedTo(this.startIndex + 1);
  }

  /** Takes the committed log of `leader` as a snapshot. True when this replica has all of it now. */
  install(leader: Replica): number | null {
    if (this.node === null || leader.node === null) return null;
    const index = leader.node.commitIndex;
    const memberships = leader.node.memberships.filter((at) => at.index <= index);
    const last = leader.log[index - 1];
    if (last === undefined) return null;
    if (this.node.snapshotInstalled(index, last.term, memberships)) {
      this.log = leader.log.slice(0, index);
      this.durableLog = this.log.slice();
      this.startIndex = index;
      const hardStates = this.writes.filter((write) => write.hardState !== null);
      this.writes.length = 0;
      for (const { hardState } of hardStates)
        this.writes.push({ hardState, truncateFrom: null, entries: [] });
    }
    return index;
  }

  /** The process dies. The oldest `survivingWrites` had reached the disk though nobody was told. */
  crash(survivingWrites: number): void {
    this.node = null;
    for (let i = 0; i < survivingWrites && this.writes.length > 0; i++) this.#apply(this.writes.shift()!);
    this.writes.length = 0;
    this.log = [];
  }

  /** Does the disk's part of a Ready. */
  save(ready: Ready<Entry>): void {
    const { hardState, truncateFrom, entries } = ready;
    if (truncateFrom !== null) {
      assert(truncateFrom <= this.log.length);
      this.log.length = truncateFrom - 1;
    }
    for (const entry of entries) {
      assert(entry.index === this.log.length + 1);
      this.log.push(entry);
    }
    if (hardState === null && truncateFrom === null && entries.length === 0) return;
    this.writes.push({ hardState, truncateFrom, entries });
  }

  /**
   * The oldest `count` writes become durable, as one group of the journal would, and the node is told once. A report
   * about an entry that a later write cuts is made all the same, as by a store that does not look ahead; only the case
   * that Node.stored leaves to the host is kept back.
   */
  complete(count: number): void {
    let hardState: HardState | null = null;
    let last: Entry | undefined;
    for (let i = 0; i < count && this.writes.length > 0; i++) {
      const write = this.writes.shift()!;
      this.#apply(write);
      hardState = write.hardState ?? hardState;
      last = write.entries[write.entries.length - 1] ?? last;
    }
    if (hardState !== null) this.node?.hardStateStored(hardState);
    if (last === undefined) return;
    const { index, term } = last;
    const isCutLater = this.writes.some(
      (write) => write.truncateFrom !== null && write.truncateFrom <= index,
    );
    if (isCutLater && this.log[index - 1]?.term === term) return;
    this.node?.stored(index, term);
  }

  #apply(write: Write): void {
    this.durableHardState = write.hardState ?? this.durableHardState;
    if (write.truncateFrom !== null) this.durableLog.length = write.truncateFrom - 1;
    for (const entry of write.entries) {
      assert(entry.index === this.durableLog.length + 1);
      this.durableLog.push(entry);
    }
  }
}

function stableLog(log: readonly Entry[], startIndex: number) {
  const epochs: { epoch: number; startIndex: number }[] = [];
  for (const { index, term } of log.slice(startIndex)) {
    if (epochs[epochs.length - 1]?.epoch !== term) epochs.push({ epoch: term, startIndex: index });
  }
  return {
    firstIndex: startIndex + 1,
    lastIndex: log.length,
    durableIndex: log.length,
    epochs,
    termAt: (index: number) => (index === 0 ? 0 : log[index - 1]?.term),
  };
}
