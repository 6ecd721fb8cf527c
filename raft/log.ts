import assert from 'node:assert/strict';
import type { Entry, StableLog } from './types';

/**
 * What Raft knows of the log: where terms begin, what is committed, what is durable, and the newest entries. The bytes
 * are the host's; the node looks at `StableLog` once, when it is created, and keeps its own account afterwards.
 */
export class RaftLog<E extends Entry> {
  /** First index present; `lastIndex === firstIndex - 1` when empty. */
  firstIndex: number;
  lastIndex: number;
  lastTerm: number;
  commitIndex: number;
  /** Everything up to here is on this replica's stable storage. */
  durableIndex: number;
  /** Entries above this have not been handed to the host yet. */
  handedIndex: number;
  /** The host must cut its log here before it appends; null for no cut. */
  truncateFrom: number | null = null;
  /** Keep entries in memory after they were handed over, for followers. */
  keepsTail = false;

  /** Runs of entries of one term: where each starts, ascending in both. */
  readonly #runStarts: number[] = [];
  readonly #runTerms: number[] = [];
  /** Term of the entry before `firstIndex`; undefined when not known. */
  #baseTerm: number | undefined;
  #tail: E[] = [];
  #tailFirstIndex: number;
  #tailSizeBytes = 0;
  readonly #tailSizeBytesMax: number;

  constructor(stable: StableLog, commitIndex: number, tailSizeBytesMax: number) {
    this.firstIndex = stable.firstIndex;
    this.lastIndex = stable.lastIndex;
    this.durableIndex = stable.durableIndex;
    this.handedIndex = stable.lastIndex;
    this.#tailFirstIndex = stable.lastIndex + 1;
    this.#tailSizeBytesMax = tailSizeBytesMax;
    this.#baseTerm = stable.firstIndex === 1 ? 0 : stable.termAt(stable.firstIndex - 1);
    for (const { epoch, startIndex } of stable.epochs) {
      if (startIndex > stable.lastIndex) break;
      this.#runStarts.push(startIndex);
      this.#runTerms.push(epoch);
    }
    this.lastTerm = this.#runTerms[this.#runTerms.length - 1] ?? this.#baseTerm ?? 0;
    assert(this.durableIndex <= this.lastIndex);
    // The last term of a log that lost its whole prefix still decides elections (trap T3).
    assert(this.lastIndex >= this.firstIndex || this.#baseTerm !== undefined, 'last term unknown');
    assert(commitIndex <= this.lastIndex, 'what was committed is missing from the recovered log');
    this.commitIndex = Math.max(commitIndex, this.firstIndex - 1);
  }

  /** Term of an entry; 0 for index 0; undefined when it is not present. */
  termAt(index: number): number | undefined {
    if (index === this.lastIndex) return this.lastTerm;
    if (index > this.lastIndex || index < this.firstIndex - 1) return undefined;
    if (index === this.firstIndex - 1) return this.#baseTerm;
    for (let run = this.#runStarts.length - 1; run >= 0; run--) {
      if (this.#runStarts[run]! <= index) return this.#runTerms[run];
    }
    return undefined;
  }

  /** Is a log that ends in (lastIndex, lastTerm) at least as complete as ours (the paper, 5.4.1)? */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /**
   * Largest index at or below `index` whose term is at most `term`: the two logs cannot agree anywhere above it. With
   * one such step on each side, a probe skips a whole term (trap T19).
   */
  lastIndexBelowTerm(index: number, term: number): number {
    let at = Math.min(index, this.lastIndex);
    for (let run = this.#runStarts.length - 1; run >= 0 && at >= this.firstIndex; run--) {
      const start = this.#runStarts[run]!;
      if (start > at) continue;
      if (this.#runTerms[run]! <= term) return at;
      at = start - 1;
    }
    return at;
  }

  append(entry: E): void {
    assert(entry.index === this.lastIndex + 1);
    assert(entry.term >= this.lastTerm);
    if (entry.term !== this.lastTerm || this.#runStarts.length === 0) {
      this.#runStarts.push(entry.index);
      this.#runTerms.push(entry.term);
    }
    this.lastIndex = entry.index;
    this.lastTerm = entry.term;
    this.#tail.push(entry);
    this.#tailSizeBytes += entry.bytes.byteLength;
  }

  /** Removes the entries from `index` on. Nothing committed is ever removed (trap T18). */
  truncate(index: number): void {
    assert(index > this.commitIndex, 'a committed entry would be truncated');
    assert(index >= this.firstIndex && index <= this.lastIndex);
    while (this.#tail.length > 0 && this.#tail[this.#tail.length - 1]!.index >= index) {
      this.#tailSizeBytes -= this.#tail.pop()!.bytes.byteLength;
    }
    this.#tailFirstIndex = Math.min(this.#tailFirstIndex, index);
    if (index <= this.handedIndex) {
      this.truncateFrom = Math.min(index, this.truncateFrom ?? index);
      this.handedIndex = index - 1;
    }
    while (this.#runStarts.length > 0 && this.#runStarts[this.#runStarts.length - 1]! >= index) {
      this.#runStarts.pop();
      this.#runTerms.pop();
    }
    this.lastIndex = index - 1;
    this.lastTerm = this.#runTerms[this.#runTerms.length - 1] ?? this.#baseTerm ?? 0;
    this.durableIndex = Math.min(this.durableIndex, this.lastIndex);
  }

  /**
   * The host reports the entry (index, term) durable, and with it everything before. False when the log has another
   * entry there by now: the report is about bytes that were truncated (trap T17).
   */
  stored(index: number, term: number): boolean {
    if (index <= this.durableIndex || index > this.handedIndex || this.termAt(index) !== term) return false;
    this.durableIndex = index;
    return true;
  }

  /** True when it moved. */
  commitTo(index: number): boolean {
    if (index <= this.commitIndex) return false;
    assert(index <= this.lastIndex, 'commit beyond the end of the log');
    this.commitIndex = index;
    return true;
  }

  get hasPending(): boolean {
    return this.handedIndex < this.lastIndex || this.truncateFrom !== null;
  }

  /** Entries that the host has not seen yet; they count as handed over from now on. The array is the caller's. */
  takePending(): E[] {
    const skip = this.handedIndex + 1 - this.#tailFirstIndex;
    this.handedIndex = this.lastIndex;
    this.truncateFrom = null;
    if (!this.keepsTail) {
      const entries = skip === 0 ? this.#tail : this.#tail.slice(skip);
      this.#tail = [];
      this.#tailSizeBytes = 0;
      this.#tailFirstIndex = this.lastIndex + 1;
      return entries;
    }
    const entries = this.#tail.slice(skip);
    this.#trimTail();
    return entries;
  }

  /** Entries in memory from `fromIndex` on, at least one, up to about `sizeBytesMax`; null when they must be read. */
  tailFrom(fromIndex: number, sizeBytesMax: number): E[] | null {
    if (fromIndex < this.#tailFirstIndex) return null;
    const entries: E[] = [];
    let sizeBytes = 0;
    for (let at = fromIndex - this.#tailFirstIndex; at < this.#tail.length; at++) {
      const entry = this.#tail[at]!;
      sizeBytes += entry.bytes.byteLength;
      if (entries.length > 0 && sizeBytes > sizeBytesMax) break;
      entries.push(entry);
    }
    return entries;
  }

  /** The host dropped everything below `firstIndex` (retention). Only what is committed can go. */
  startMovedTo(firstIndex: number): void {
    if (firstIndex <= this.firstIndex) return;
    assert(firstIndex <= this.commitIndex + 1);
    this.#baseTerm = this.termAt(firstIndex - 1);
    this.firstIndex = firstIndex;
    while (this.#runStarts.length > 0 && (this.#runStarts[1] ?? this.lastIndex + 1) <= firstIndex) {
      this.#runStarts.shift();
      this.#runTerms.shift();
    }
    if (this.#runStarts.length > 0 && this.#runStarts[0]! < firstIndex) this.#runStarts[0] = firstIndex;
  }

  /** The host replaced the whole log by a snapshot that ends in (index, term). */
  resetTo(index: number, term: number): void {
    assert(index > this.commitIndex);
    this.#runStarts.length = 0;
    this.#runTerms.length = 0;
    this.#tail = [];
    this.#tailSizeBytes = 0;
    this.#tailFirstIndex = index + 1;
    this.#baseTerm = term;
    this.firstIndex = index + 1;
    this.lastIndex = index;
    this.lastTerm = term;
    this.commitIndex = index;
    this.durableIndex = index;
    this.handedIndex = index;
    this.truncateFrom = null;
  }

  #trimTail(): void {
    if (this.#tailSizeBytes <= this.#tailSizeBytesMax) return;
    let drop = 0;
    while (drop < this.#tail.length - 1 && this.#tailSizeBytes > this.#tailSizeBytesMax / 2) {
      this.#tailSizeBytes -= this.#tail[drop]!.bytes.byteLength;
      drop++;
    }
    this.#tail = this.#tail.slice(drop);
    this.#tailFirstIndex += drop;
  }
}
