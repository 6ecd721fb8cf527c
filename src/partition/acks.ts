import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import type { DeadlineWheel } from './deadlines';
import { appended, notAppended } from './outcomes';
import { Awaiting, DuplicateWaiter, PendingEntries, type PendingEntry } from './pending';
import type { AppendOutcome, Lease } from './types';

/** What acknowledgements need to know of their partition. */
export interface AckSide {
  readonly startOffset: number;
  /**
   * Does a completed sync cover the entry (index, term) as far as this promise goes? Asked of the store itself, whatever
   * led to the answer: no acknowledgement leaves without it (T1, T13).
   */
  isCovered(index: number, term: number, promise: Awaiting): boolean;
  /** Bytes of entries that are not applied yet, over all partitions of the broker. */
  addUncommitted(sizeBytes: number): void;
}

/**
 * The newest entries of one replica and everybody who waits for them. An answer is given when the very entry that was
 * proposed (index and term, trap T23) has reached what its `acks` asked for, when that became impossible, or when its
 * time is up.
 */
export class Acks {
  readonly #side: AckSide;
  readonly #wheel: DeadlineWheel;
  readonly #entries = new PendingEntries();
  /** Durable here, and leases given back. */
  #storedIndex: number;
  #appliedIndex: number;
  /** Durable on min.insync.replicas, as far as answers have gone out. */
  #ackedIndex: number;
  /** Memory of truncated entries: storage may be writing it until the next report about this log. */
  #orphans: Lease[] = [];
  /** The log takes nothing more, ever: what is in it weighs on no limit. */
  #isAbandoned = false;

  constructor(side: AckSide, wheel: DeadlineWheel, storedIndex: number) {
    this.#side = side;
    this.#wheel = wheel;
    this.#storedIndex = storedIndex;
    this.#appliedIndex = storedIndex;
    this.#ackedIndex = storedIndex;
  }

  get(index: number): PendingEntry | undefined {
    return this.#entries.get(index);
  }

  /** Takes the next entry of the log. */
  add(entry: PendingEntry): void {
    this.#entries.push(entry);
    this.#weigh(entry.bytes.length);
  }

  /** Somebody waits for `entry`; `timeoutMs` -1: for ever. */
  expect(
    entry: PendingEntry,
    awaiting: Awaiting,
    timeoutMs: number,
    done: (outcome: AppendOutcome) => void,
  ): void {
    entry.awaiting = awaiting;
    entry.done = done;
    if (timeoutMs < 0) return;
    entry.owner = this;
    this.#wheel.add(entry, timeoutMs);
  }

  /**
   * An exact re-send: answers what the first one was or will be answered, and not before that one's promise holds.
   * A batch that is not among the newest entries was there before this replica led: the leader's own first entry
   * covers it, and with it the newest one does.
   */
  expectDuplicate(
    awaiting: Awaiting,
    first: { readonly offset: number; readonly timestamp: number; readonly isCommitted: boolean },
    timeoutMs: number,
    done: (outcome: AppendOutcome) => void,
  ): void {
    const own = this.#entries.byOffset(first.offset);
    const entry = own ?? this.#entries.get(this.#entries.lastIndex);
    if (awaiting === Awaiting.nothing || entry === undefined || (own === undefined && first.isCommitted)) {
      // What left the newest entries has reached everything there is to wait for.
      assert(awaiting === Awaiting.nothing || first.isCommitted);
      done(this.#success(first.offset, first.timestamp));
      return;
    }
    const reachedIndex = awaiting === Awaiting.stored ? this.#storedIndex : this.#ackedIndex;
    if (entry.index <= reachedIndex) {
      this.#assertCovered(entry, awaiting);
      done(this.#success(first.offset, first.timestamp));
      return;
    }
    const waiter = new DuplicateWaiter(awaiting, first.offset, first.timestamp, done, (late) => {
      this.#answerDuplicate(late, this.#refusal(ErrorCode.REQUEST_TIMED_OUT));
    });
    if (entry.duplicates === null) entry.duplicates = [waiter];
    else entry.duplicates.push(waiter);
    this.#wheel.add(waiter, timeoutMs);
  }

  onAppendTimeout(entry: PendingEntry): void {
    this.#answer(entry, this.#refusal(ErrorCode.REQUEST_TIMED_OUT));
  }

  /** Everything up to (index, term) is durable here. False when the log holds another entry there by now. */
  stored(index: number, term: number): boolean {
    for (const lease of this.#orphans) lease.release();
    this.#orphans.length = 0;
    const newest = this.#entries.get(index);
    if (newest !== undefined && newest.term !== term) return false;
    for (let at = this.#storedIndex + 1; at <= index; at++) {
      const entry = this.#entries.get(at);
      if (entry === undefined) continue;
      entry.lease?.release();
      entry.lease = null;
      if (entry.awaiting === Awaiting.stored) this.#succeed(entry, Awaiting.stored);
      if (entry.duplicates !== null) this.#answerDuplicates(entry, Awaiting.stored, ErrorCode.NONE);
    }
    this.#storedIndex = Math.max(this.#storedIndex, index);
    this.#forget();
    return true;
  }

  /** Entries up to `index` were applied; the partition has read what it needs of them. */
  applied(index: number): void {
    for (let at = this.#appliedIndex + 1; at <= index; at++) {
      const entry = this.#entries.get(at);
      if (entry !== undefined) this.#weigh(-entry.bytes.length);
    }
    this.#appliedIndex = Math.max(this.#appliedIndex, index);
  }

  /** Entries up to `index` are committed and have all the copies that were asked for; or `errorCode` says why not. */
  acknowledge(index: number, errorCode: ErrorCode): void {
    for (let at = this.#ackedIndex + 1; at <= index; at++) {
      const entry = this.#entries.get(at);
      if (entry === undefined) continue;
      if (entry.awaiting === Awaiting.committed) {
        if (errorCode === ErrorCode.NONE) this.#succeed(entry, Awaiting.committed);
        else this.#answer(entry, this.#refusal(errorCode));
      }
      if (entry.duplicates !== null) this.#answerDuplicates(entry, Awaiting.committed, errorCode);
    }
    this.#ackedIndex = Math.max(this.#ackedIndex, index);
    this.#forget();
  }

  /** Nobody here can keep these promises any more; the entries themselves may still be committed. */
  failAll(errorCode: ErrorCode): void {
    for (let at = this.#entries.firstIndex; at <= this.#entries.lastIndex; at++) {
      this.#fail(this.#entries.get(at)!, errorCode);
    }
  }

  /** The log was cut from `index` on. */
  truncate(index: number, errorCode: ErrorCode): void {
    for (const entry of this.#entries.truncate(index)) {
      if (entry.index > this.#appliedIndex) this.#weigh(-entry.bytes.length);
      if (entry.lease !== null) this.#orphans.push(entry.lease);
      entry.lease = null;
      this.#fail(entry, errorCode);
    }
    this.#storedIndex = Math.min(this.#storedIndex, index - 1);
    this.#appliedIndex = Math.min(this.#appliedIndex, index - 1);
    this.#ackedIndex = Math.min(this.#ackedIndex, index - 1);
  }

  /** The disk lost this log for good: nothing in it will be committed, and it must not hold others back. */
  abandon(): void {
    if (this.#isAbandoned) return;
    for (let at = this.#appliedIndex + 1; at <= this.#entries.lastIndex; at++) {
      const entry = this.#entries.get(at);
      if (entry !== undefined) this.#weigh(-entry.bytes.length);
    }
    this.#isAbandoned = true;
  }

  /**
   * The partition is gone. Leases of entries that were not stored are not given back but left to the garbage collector:
   * a write of them may be under way, the group it belongs to counts only when every byte of it is right, and other
   * partitions stand in that group. Nobody says when that write is over.
   */
  close(errorCode: ErrorCode): void {
    this.truncate(this.#entries.firstIndex, errorCode);
    this.#orphans.length = 0;
  }

  #weigh(sizeBytes: number): void {
    if (!this.#isAbandoned) this.#side.addUncommitted(sizeBytes);
  }

  #forget(): void {
    this.#entries.dropTo(Math.min(this.#storedIndex, this.#appliedIndex, this.#ackedIndex));
  }

  #success(baseOffset: number, logAppendTimeMs: number): AppendOutcome {
    return appended(baseOffset, logAppendTimeMs, this.#side.startOffset);
  }

  #refusal(errorCode: ErrorCode): AppendOutcome {
    return notAppended(errorCode, this.#side.startOffset);
  }

  #assertCovered({ index, term }: PendingEntry, promise: Awaiting): void {
    assert(this.#side.isCovered(index, term, promise), 'an acknowledgement that no completed sync covers');
  }

  #succeed(entry: PendingEntry, promise: Awaiting): void {
    this.#assertCovered(entry, promise);
    this.#answer(entry, this.#success(entry.baseOffset, entry.logAppendTimeMs));
  }

  #fail(entry: PendingEntry, errorCode: ErrorCode): void {
    if (entry.done !== null) this.#answer(entry, this.#refusal(errorCode));
    const { duplicates } = entry;
    entry.duplicates = null;
    for (const waiter of duplicates ?? []) this.#answerDuplicate(waiter, this.#refusal(errorCode));
  }

  #answer(entry: PendingEntry, outcome: AppendOutcome): void {
    const { done } = entry;
    if (done === null) return;
    entry.awaiting = Awaiting.nothing;
    entry.done = null;
    if (entry.owner !== null) this.#wheel.remove(entry);
    done(outcome);
  }

  #answerDuplicates(entry: PendingEntry, reached: Awaiting, errorCode: ErrorCode): void {
    const waiting = entry.duplicates ?? [];
    if (errorCode === ErrorCode.NONE) this.#assertCovered(entry, reached);
    entry.duplicates = waiting.filter((waiter) => waiter.awaiting !== reached);
    for (const waiter of waiting) {
      if (waiter.awaiting !== reached) continue;
      const outcome =
        errorCode === ErrorCode.NONE
          ? this.#success(waiter.baseOffset, waiter.logAppendTimeMs)
          : this.#refusal(errorCode);
      this.#answerDuplicate(waiter, outcome);
    }
  }

  #answerDuplicate(waiter: DuplicateWaiter, outcome: AppendOutcome): void {
    const { done } = waiter;
    waiter.done = null;
    this.#wheel.remove(waiter);
    done?.(outcome);
  }
}
