/**
 * What stays of one batch when a log is compacted, as Kafka's cleaner has it (KIP-58, KIP-98, KIP-534): records that are
 * the last of their key; of tombstones and markers those whose time is not over. Offsets and times of records stay, and
 * the span of the batch.
 */
import {
  baseTimestampOf,
  hasDeleteHorizon,
  isControl,
  nextOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from './batch';
import type { BatchFate, CompactTransactions } from './compact-transactions';
import type { OffsetMap } from './offset-map';
import { emptyBatch, thinBatch } from './record-build';
import { RecordCursor } from './records';
import type { CompactionRequest } from './types';

/** Records that are looked at before the clock is. */
const RECORDS_PER_STEP = 256;

export type FilterRequest = Pick<CompactionRequest, 'nowMs' | 'deleteRetentionMs' | 'lastOfProducers'>;

export class CompactFilter {
  readonly #request: FilterRequest;
  readonly #map: OffsetMap;
  readonly #transactions: CompactTransactions;
  /** The map knows the keys of all records below. */
  readonly #mapEndOffset: number;
  /** End of the round: a batch that ends there stays, so that nobody takes the log to be shorter. */
  readonly #endOffset: number;
  readonly #cursor = new RecordCursor();
  #isKept = new Uint8Array(1024);
  #keptCount = 0;
  #hasTombstones = false;

  constructor(
    request: FilterRequest,
    parts: {
      readonly map: OffsetMap;
      readonly transactions: CompactTransactions;
      readonly mapEndOffset: number;
      readonly endOffset: number;
    },
  ) {
    this.#request = request;
    this.#map = parts.map;
    this.#transactions = parts.transactions;
    this.#mapEndOffset = parts.mapEndOffset;
    this.#endOffset = parts.endOffset;
  }

  /**
   * What stays of the next batch of the log: itself, another one, or null. Between steps others may go on.
   *
   * @throws CompressionError, RecordFormatError
   */
  *filter(batch: Buffer): Generator<void, Buffer | null> {
    const { nowMs, deleteRetentionMs } = this.#request;
    const fate = this.#transactions.visit(batch, 0);
    const isMarker = isControl(batch, 0);
    const horizonMs = hasDeleteHorizon(batch, 0) ? baseTimestampOf(batch, 0) : -1;
    const isDiscarded = this.#isDiscarded(batch, fate, horizonMs);
    const isKeptEmpty = this.#isLastOfProducer(batch) || nextOffsetOf(batch, 0) === this.#endOffset;
    if (isDiscarded) return isKeptEmpty ? emptyBatch(batch) : null;
    yield* this.#choose(batch, horizonMs);
    if (this.#keptCount === 0) return isKeptEmpty ? emptyBatch(batch) : null;
    const needsHorizon = horizonMs < 0 && (this.#hasTombstones || (isMarker && fate.isDiscardable));
    if (this.#keptCount === recordCountOf(batch, 0) && !needsHorizon) return batch;
    yield;
    this.#cursor.open(batch, 0, Number.POSITIVE_INFINITY);
    const newHorizonMs = needsHorizon ? nowMs + deleteRetentionMs : horizonMs;
    const thinned = thinBatch(this.#cursor, batch, this.#isKept, newHorizonMs);
    this.#cursor.close();
    return thinned;
  }

  /** Whether all records go without being looked at. */
  #isDiscarded(batch: Buffer, fate: BatchFate, horizonMs: number): boolean {
    if (!isControl(batch, 0)) return fate.isDiscardable;
    return fate.isDiscardable && !fate.isListed && horizonMs >= 0 && horizonMs <= this.#request.nowMs;
  }

  /** Where a producer stands is told by its last batch, and its epoch by its last marker if that is all there is. */
  #isLastOfProducer(batch: Buffer): boolean {
    const producerId = producerIdOf(batch, 0);
    const last = producerId < 0 ? undefined : this.#request.lastOfProducers.get(producerId);
    if (last === undefined) return false;
    if (last.lastDataOffset >= 0) return nextOffsetOf(batch, 0) - 1 === last.lastDataOffset;
    return isControl(batch, 0) && producerEpochOf(batch, 0) === last.producerEpoch;
  }

  *#choose(batch: Buffer, horizonMs: number): Generator<void, void> {
    const cursor = this.#cursor;
    const recordCount = recordCountOf(batch, 0);
    if (recordCount > this.#isKept.length) this.#isKept = new Uint8Array(2 * recordCount);
    this.#keptCount = 0;
    this.#hasTombstones = false;
    const isMarker = isControl(batch, 0);
    const keepsTombstones = horizonMs < 0 || this.#request.nowMs < horizonMs;
    cursor.open(batch, 0, Number.POSITIVE_INFINITY);
    for (let number = 0; cursor.next(); number++) {
      const isKept = isMarker || this.#isRecordKept(keepsTombstones);
      this.#isKept[number] = isKept ? 1 : 0;
      if (isKept) {
        this.#keptCount++;
        if (cursor.valueLength < 0) this.#hasTombstones = true;
      }
      if (number % RECORDS_PER_STEP === RECORDS_PER_STEP - 1) yield;
    }
    cursor.close();
  }

  #isRecordKept(keepsTombstones: boolean): boolean {
    const { bytes, offset, keyAt, keyLength, valueLength } = this.#cursor;
    if (offset >= this.#mapEndOffset) return true;
    if (keyLength < 0) return false;
    return offset >= this.#map.get(bytes, keyAt, keyLength) && (valueLength >= 0 || keepsTombstones);
  }
}

/**
 * Notes the keys of a batch, from `fromOffset` on. Returns where the map was full, or -1.
 *
 * @throws CompressionError, RecordFormatError
 */
export function* noteKeys(
  map: OffsetMap,
  batch: Buffer,
  fromOffset: number,
  cursor: RecordCursor,
): Generator<void, number> {
  cursor.open(batch, 0, Number.POSITIVE_INFINITY);
  for (let number = 0; cursor.next(); number++) {
    if (cursor.keyLength >= 0 && cursor.offset >= fromOffset) {
      if (map.isFull) return cursor.offset;
      map.put(cursor.bytes, cursor.keyAt, cursor.keyLength, cursor.offset);
    }
    if (number % RECORDS_PER_STEP === RECORDS_PER_STEP - 1) yield;
  }
  cursor.close();
  return -1;
}
