/**
 * Which transactions of a partition are open, and which ranges belong to aborted ones: what readers of committed data
 * must wait for, and what they must skip.
 */
import assert from 'node:assert/strict';

export interface AbortedTransaction {
  readonly producerId: number;
  /** Offset of the first record of the transaction. */
  readonly firstOffset: number;
  /** Offset of the abort marker. */
  readonly lastOffset: number;
  /** Last stable offset of the partition once this transaction was over. */
  readonly lastStableOffset: number;
}

export class TransactionIndex {
  /** First offset to producer id, in ascending order of offsets because transactions begin in that order. */
  private readonly open = new Map<number, number>();
  /** In ascending order of `lastOffset`. */
  private aborted: AbortedTransaction[] = [];

  begin(producerId: number, firstOffset: number): void {
    assert(!this.open.has(firstOffset));
    this.open.set(firstOffset, producerId);
  }

  /** Ends the transaction that began at `firstOffset` with the marker at `markerOffset`. */
  end(firstOffset: number, markerOffset: number, isCommit: boolean): void {
    const producerId = this.open.get(firstOffset);
    assert(producerId !== undefined);
    this.open.delete(firstOffset);
    if (isCommit) return;
    const lastStableOffset = this.firstUnstableOffset() ?? markerOffset + 1;
    this.aborted.push({ producerId, firstOffset, lastOffset: markerOffset, lastStableOffset });
  }

  /** Where the oldest open transaction began, or null when none is open. */
  firstUnstableOffset(): number | null {
    for (const firstOffset of this.open.keys()) return firstOffset;
    return null;
  }

  /**
   * The aborted transactions that a reader of [fromOffset, endOffset) may meet, in ascending order of their first
   * offsets, which clients rely on.
   */
  abortedBetween(fromOffset: number, endOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let at = this.firstEndingAt(fromOffset); at < this.aborted.length; at++) {
      const transaction = this.aborted[at]!;
      if (transaction.firstOffset < endOffset) found.push(transaction);
      // All that end later began at or after this last stable offset.
      if (transaction.lastStableOffset >= endOffset) break;
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Position of the first aborted transaction whose marker stands at `offset` or behind it. */
  private firstEndingAt(offset: number): number {
    let low = 0;
    let high = this.aborted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.aborted[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets aborted transactions that end below the start of the log. */
  advanceStart(startOffset: number): void {
    const at = this.firstEndingAt(startOffset);
    if (at > 0) this.aborted = this.aborted.slice(at);
  }

  /** Nothing of these is left in the log for readers to skip. */
  forget(transactions: readonly AbortedTransaction[]): void {
    const ends = new Set(transactions.map(({ lastOffset }) => lastOffset));
    this.aborted = this.aborted.filter(({ lastOffset }) => !ends.has(lastOffset));
  }

  /** All of them, in order of their ends: for snapshots. */
  allAborted(): readonly AbortedTransaction[] {
    return this.aborted;
  }

  /** Takes over what a snapshot kept. */
  restore(
    open: readonly { readonly producerId: number; readonly firstOffset: number }[],
    aborted: readonly AbortedTransaction[],
  ): void {
    assert(this.open.size === 0 && this.aborted.length === 0);
    for (const { producerId, firstOffset } of [...open].sort((a, b) => a.firstOffset - b.firstOffset)) {
      this.begin(producerId, firstOffset);
    }
    this.aborted = [...aborted];
  }
}
