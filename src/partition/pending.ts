import assert from 'node:assert/strict';
import type { EntryKind, LogEntry } from '../../storage';
import { Deadline } from './deadlines';
import type { AppendOutcome, Lease } from './types';

/** Why a pending append has not answered: what its answer waits for. */
export const Awaiting = { nothing: 0, stored: 1, committed: 2 } as const;
export type Awaiting = (typeof Awaiting)[keyof typeof Awaiting];

/** What the partition does when the patience of an append ends. */
export interface PatienceEnd {
  onAppendTimeout(pending: PendingEntry): void;
}

/**
 * An entry of the log between its proposal and the moment when it is stored here and applied, with the answer that
 * somebody waits for. It is the entry itself, so an append costs one object.
 */
export class PendingEntry extends Deadline implements LogEntry {
  awaiting: Awaiting = Awaiting.nothing;
  lease: Lease | null = null;
  done: ((outcome: AppendOutcome) => void) | null = null;
  logAppendTimeMs = -1;
  /** Exact re-sends of this batch that wait for the same entry; rare. */
  duplicates: DuplicateWaiter[] | null = null;
  owner: PatienceEnd | null = null;

  constructor(
    readonly index: number,
    readonly term: number,
    readonly kind: EntryKind,
    readonly baseOffset: number,
    readonly nextOffset: number,
    readonly maxTimestamp: number,
    readonly bytes: Buffer,
  ) {
    super();
  }

  override onDeadline(): void {
    this.owner?.onAppendTimeout(this);
  }
}

/** An exact re-send of a batch that has not reached its promise yet (behaviour 34). */
export class DuplicateWaiter extends Deadline {
  constructor(
    readonly awaiting: Awaiting,
    readonly baseOffset: number,
    readonly logAppendTimeMs: number,
    public done: ((outcome: AppendOutcome) => void) | null,
    readonly onTimeout: (waiter: DuplicateWaiter) => void,
  ) {
    super();
  }

  override onDeadline(): void {
    this.onTimeout(this);
  }
}

/** The newest entries of one log, found by index in constant time. Indexes in it are without a hole. */
export class PendingEntries {
  #entries: (PendingEntry | undefined)[] = [];
  #head = 0;
  /** Index of the first one; meaningless while empty. */
  #firstIndex = 1;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get lastIndex(): number {
    return this.#firstIndex + this.length - 1;
  }

  get(index: number): PendingEntry | undefined {
    return index < this.#firstIndex ? undefined : this.#entries[this.#head + index - this.#firstIndex];
  }

  push(entry: PendingEntry): void {
    if (this.length === 0) this.#firstIndex = entry.index;
    assert(entry.index === this.#firstIndex + this.length);
    this.#entries.push(entry);
  }

  /** Lets go of everything up to `index`. */
  dropTo(index: number): void {
    while (this.#firstIndex <= index && this.#head < this.#entries.length) {
      this.#entries[this.#head++] = undefined;
      this.#firstIndex++;
    }
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes the entries from `index` on out of the log's end. */
  truncate(index: number): PendingEntry[] {
    const keep = Math.max(0, Math.min(this.length, index - this.#firstIndex));
    return this.#entries.splice(this.#head + keep) as PendingEntry[];
  }

  /** The entry whose offsets hold `offset`, or undefined. */
  byOffset(offset: number): PendingEntry | undefined {
    let low = this.#head;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.nextOffset <= offset) low = middle + 1;
      else high = middle;
    }
    const found = this.#entries[low];
    return found !== undefined && found.baseOffset <= offset && offset < found.nextOffset ? found : undefined;
  }
}
