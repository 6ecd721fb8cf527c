/** Follows the transactions of a log through one pass over it: which batches were aborted, which markers end nothing. */
import { isControl, isTransactional, nextOffsetOf, producerIdOf, recordCountOf } from './batch';
import { readEndMarker } from './record-build';
import type { AbortedTransaction } from './transaction-index';

interface OpenAborted {
  readonly transaction: AbortedTransaction;
  hasBatches: boolean;
}

/** What a pass has to know of the batch it stands on. */
export interface BatchFate {
  /** Aborted records; a marker of whose transaction nothing else is left. */
  readonly isDiscardable: boolean;
  /** A marker that readers of the aborted transactions are told of still: it must not go before they are not. */
  readonly isListed: boolean;
}

const KEPT: BatchFate = { isDiscardable: false, isListed: false };
const DISCARDABLE: BatchFate = { isDiscardable: true, isListed: false };
const LISTED: BatchFate = { isDiscardable: true, isListed: true };

export class CompactTransactions {
  /** By first offset; those before `#next` have begun. */
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  readonly #openAborted = new Map<number, OpenAborted>();
  readonly #openCommitted = new Set<number>();
  /** Aborted transactions whose marker was met, and no batch. */
  readonly emptied: AbortedTransaction[] = [];

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted;
  }

  /** Notes the next batch of the log. */
  visit(batch: Buffer, at: number): BatchFate {
    this.#beginUpTo(nextOffsetOf(batch, at) - 1);
    if (isControl(batch, at)) return this.#visitMarker(batch, at);
    if (!isTransactional(batch, at)) return KEPT;
    const producerId = producerIdOf(batch, at);
    const aborted = this.#openAborted.get(producerId);
    if (aborted === undefined) {
      this.#openCommitted.add(producerId);
      return KEPT;
    }
    aborted.hasBatches = true;
    return DISCARDABLE;
  }

  #visitMarker(batch: Buffer, at: number): BatchFate {
    const producerId = producerIdOf(batch, at);
    // One without its record ended a transaction of which nothing was left.
    if (recordCountOf(batch, at) === 0) {
      this.#openAborted.delete(producerId);
      return DISCARDABLE;
    }
    const marker = readEndMarker(batch, at);
    if (marker === null) return KEPT;
    if (marker.isCommit) return this.#openCommitted.delete(producerId) ? KEPT : DISCARDABLE;
    const aborted = this.#openAborted.get(producerId);
    if (aborted === undefined) return DISCARDABLE;
    this.#openAborted.delete(producerId);
    if (aborted.hasBatches) return KEPT;
    this.emptied.push(aborted.transaction);
    return LISTED;
  }

  #beginUpTo(offset: number): void {
    for (; this.#next < this.#aborted.length; this.#next++) {
      const transaction = this.#aborted[this.#next]!;
      if (transaction.firstOffset > offset) return;
      if (this.#openAborted.has(transaction.producerId)) continue;
      this.#openAborted.set(transaction.producerId, { transaction, hasBatches: false });
    }
  }
}
