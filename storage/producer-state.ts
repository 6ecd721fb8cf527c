/**
 * The producers of one partition, in two views. `appended` is everything in the log, committed or not: sequences are
 * checked against it, and truncation takes back from it. `applied` is what is committed: the last stable offset, the
 * aborted transactions and snapshots come from it. The difference is a list of what is still pending, so that nothing
 * is kept twice but the entries of producers that have something under way.
 *
 * Everything is keyed by the index of the log entry: some entries span no offsets.
 */
import assert from 'node:assert/strict';
import type { BatchFacts, ProducerEntry, ProducerVerdict } from './producer-entry';
import { checkFacts, copyEntry, newEntry, noteFacts } from './producer-entry';
import type { ProducerSnapshot } from './producer-snapshot';
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot';
import type { AbortedTransaction } from './transaction-index';
import { TransactionIndex } from './transaction-index';
import type { LastOfProducer } from './types';

type Pending =
  | { readonly index: number; readonly facts: BatchFacts }
  | { readonly index: number; readonly facts: null; readonly cutoffMs: number; producerIds: number[] };

/** A producer as the appended view has it; `entry` is null when it expired there. */
interface Appended {
  entry: ProducerEntry | null;
  /** Pending items that name it; with none left the applied view says the same. */
  pendingCount: number;
}

export interface ProducerDescription {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 for none. */
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  /** -1 for none. */
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly transactionStartOffset: number;
}

export class ProducerState {
  private readonly applied = new Map<number, ProducerEntry>();
  private readonly appended = new Map<number, Appended>();
  private readonly transactions = new TransactionIndex();
  private pending: Pending[] = [];
  /** Pending items before this position have been applied; they go in one piece now and then. */
  private pendingFrom = 0;
  private startOffset = 0;

  /** Restores what `encode` gave. @throws SnapshotFormatError */
  static decode(bytes: Buffer): ProducerState {
    const snapshot = decodeSnapshot(bytes);
    const state = new ProducerState();
    state.startOffset = snapshot.startOffset;
    const open: { producerId: number; firstOffset: number }[] = [];
    for (const entry of snapshot.entries) {
      state.applied.set(entry.producerId, entry);
      if (entry.transactionFirstOffset >= 0) {
        open.push({ producerId: entry.producerId, firstOffset: entry.transactionFirstOffset });
      }
    }
    state.transactions.restore(open, snapshot.aborted);
    return state;
  }

  /** The applied view, with version and checksum. */
  encode(): Buffer {
    const snapshot: ProducerSnapshot = {
      startOffset: this.startOffset,
      entries: [...this.applied.values()],
      aborted: this.transactions.allAborted(),
    };
    return encodeSnapshot(snapshot);
  }

  /** True when there is nothing that a snapshot would have to keep. */
  get isEmpty(): boolean {
    return this.applied.size === 0 && this.transactions.allAborted().length === 0;
  }

  private lastOf(producerId: number): ProducerEntry | null {
    const appended = this.appended.get(producerId);
    return appended === undefined ? (this.applied.get(producerId) ?? null) : appended.entry;
  }

  /** May a batch with these facts be appended at the end of the log? Changes nothing. */
  check(facts: BatchFacts): ProducerVerdict {
    return checkFacts(this.lastOf(facts.producerId) ?? newEntry(facts.producerId), facts);
  }

  /** Has this producer an open transaction in the appended view? */
  hasOpenTransaction(producerId: number): boolean {
    return (this.lastOf(producerId)?.transactionFirstOffset ?? -1) >= 0;
  }

  /** Notes a batch that the log took at `index`: on a leader after `check`, on a follower as it comes. */
  append(index: number, facts: BatchFacts): void {
    this.push({ index, facts });
  }

  /** Notes an entry that lets producers expire whose last batch is not younger than `cutoffMs` (broker time). */
  appendExpiry(index: number, cutoffMs: number): void {
    this.push({ index, facts: null, cutoffMs, producerIds: [] });
  }

  private push(pending: Pending): void {
    const last = this.pending.at(-1);
    assert(last === undefined || pending.index > last.index);
    this.pending.push(pending);
    this.advanceAppended(pending);
  }

  private advanceAppended(pending: Pending): void {
    if (pending.facts !== null) {
      const appended = this.appendedOf(pending.facts.producerId);
      appended.entry ??= newEntry(pending.facts.producerId);
      noteFacts(appended.entry, pending.facts);
      return;
    }
    pending.producerIds = this.expiredAt(pending.cutoffMs);
    for (const producerId of pending.producerIds) this.appendedOf(producerId).entry = null;
  }

  /** The appended entry of a producer, its own copy, with one more pending item. */
  private appendedOf(producerId: number): Appended {
    let appended = this.appended.get(producerId);
    if (appended === undefined) {
      const applied = this.applied.get(producerId);
      appended = { entry: applied === undefined ? null : copyEntry(applied), pendingCount: 0 };
      this.appended.set(producerId, appended);
    }
    appended.pendingCount++;
    return appended;
  }

  /** Those of the appended view that an expiry with this cutoff takes: idle, and without an open transaction. */
  private expiredAt(cutoffMs: number): number[] {
    const producerIds: number[] = [];
    const consider = (entry: ProducerEntry | null): void => {
      if (entry !== null && entry.transactionFirstOffset < 0 && entry.lastTimestamp <= cutoffMs) {
        producerIds.push(entry.producerId);
      }
    };
    for (const [producerId, entry] of this.applied) if (!this.appended.has(producerId)) consider(entry);
    for (const { entry } of this.appended.values()) consider(entry);
    return producerIds;
  }

  /** Would an expiry entry with this cutoff take any producer? */
  hasExpired(cutoffMs: number): boolean {
    return this.expiredAt(cutoffMs).length > 0;
  }

  /** Everything up to `index` is committed: it moves to the applied view. */
  applyTo(index: number): void {
    const { pending } = this;
    let at = this.pendingFrom;
    for (; at < pending.length && pending[at]!.index <= index; at++) this.apply(pending[at]!);
    this.pendingFrom = at;
    if (at === pending.length || at > 1024) {
      this.pending = pending.slice(at);
      this.pendingFrom = 0;
    }
  }

  private apply(pending: Pending): void {
    const { facts } = pending;
    if (facts === null) {
      for (const producerId of pending.producerIds) {
        this.applied.delete(producerId);
        this.settle(producerId);
      }
      return;
    }
    let entry = this.applied.get(facts.producerId);
    if (entry === undefined) {
      entry = newEntry(facts.producerId);
      this.applied.set(facts.producerId, entry);
    }
    const before = entry.transactionFirstOffset;
    noteFacts(entry, facts);
    if (facts.marker !== null) {
      if (before >= 0) this.transactions.end(before, facts.firstOffset, facts.marker.isCommit);
    } else if (before < 0 && entry.transactionFirstOffset >= 0) {
      this.transactions.begin(facts.producerId, entry.transactionFirstOffset);
    }
    this.settle(facts.producerId);
  }

  private settle(producerId: number): void {
    const appended = this.appended.get(producerId);
    assert(appended !== undefined);
    appended.pendingCount--;
    if (appended.pendingCount === 0) this.appended.delete(producerId);
  }

  /** The log lost its entries from `fromIndex` on; none of them was applied. */
  truncate(fromIndex: number): void {
    const kept: Pending[] = [];
    for (let at = this.pendingFrom; at < this.pending.length; at++) {
      const pending = this.pending[at]!;
      if (pending.index < fromIndex) kept.push(pending);
    }
    this.pending = kept;
    this.pendingFrom = 0;
    this.appended.clear();
    for (const pending of kept) this.advanceAppended(pending);
  }

  /** The end of what readers of committed data may see: below it every transaction is decided. */
  lastStableOffset(highWatermark: number): number {
    const unstable = this.transactions.firstUnstableOffset();
    if (unstable === null) return highWatermark;
    return Math.min(highWatermark, Math.max(unstable, this.startOffset));
  }

  /** Applied aborted transactions that a reader of [fromOffset, endOffset) may meet, by ascending first offset. */
  abortedBetween(fromOffset: number, endOffset: number): AbortedTransaction[] {
    return this.transactions.abortedBetween(fromOffset, endOffset);
  }

  /** Compaction has left nothing of these aborted transactions for readers to skip. */
  forgetAborted(transactions: readonly AbortedTransaction[]): void {
    this.transactions.forget(transactions);
  }

  /** What compaction keeps of each applied producer: see `LastOfProducer`. */
  lastOfProducers(): Map<number, LastOfProducer> {
    const last = new Map<number, LastOfProducer>();
    for (const { producerId, producerEpoch, batches } of this.applied.values()) {
      last.set(producerId, { producerEpoch, lastDataOffset: batches.at(-1)?.lastOffset ?? -1 });
    }
    return last;
  }

  /** The log now begins at `startOffset`. Producers stay known: their sequences go on. */
  advanceStart(startOffset: number): void {
    if (startOffset <= this.startOffset) return;
    this.startOffset = startOffset;
    this.transactions.advanceStart(startOffset);
  }

  /** Applied producers, for DescribeProducers. */
  *describe(): Generator<ProducerDescription> {
    for (const entry of this.applied.values()) {
      yield {
        producerId: entry.producerId,
        producerEpoch: entry.producerEpoch,
        lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp: entry.lastTimestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        transactionStartOffset: entry.transactionFirstOffset,
      };
    }
  }
}
