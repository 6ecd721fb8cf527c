/** What a partition remembers of one producer, and the rules for its next batch (KIP-98, KIP-890). */
import {
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  lastSequenceOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from './batch';
import { readEndMarker } from './record-build';
import { AppendErrorCode } from './validate-errors';

/** Kafka's number: an idempotent producer has at most five requests in flight. */
const REMEMBERED_BATCHES_MAX = 5;
const SEQUENCE_MAX = 0x7fff_ffff;

export interface MarkerFacts {
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
  /** 2 and above: the marker carries an epoch of its own (KIP-890), so one that is not newer is a repetition. */
  readonly transactionVersion: number;
}

/** What of a batch concerns its producer. */
export interface BatchFacts {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 in what coordinators write: no order to check. */
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly isTransactional: boolean;
  readonly marker: MarkerFacts | null;
}

/** Null for a batch that concerns no producer. Offsets are those stamped into it. */
export function factsOf(batch: Buffer, at: number, transactionVersion = 0): BatchFacts | null {
  const producerId = producerIdOf(batch, at);
  if (producerId < 0) return null;
  const firstOffset = baseOffsetOf(batch, at);
  const marker = readEndMarker(batch, at);
  // The cleaner took its record: the whole transaction is gone from the log.
  if (marker === null && isControl(batch, at)) return null;
  return {
    producerId,
    producerEpoch: producerEpochOf(batch, at),
    baseSequence: baseSequenceOf(batch, at),
    lastSequence: lastSequenceOf(batch, at),
    firstOffset,
    lastOffset: firstOffset + lastOffsetDeltaOf(batch, at),
    maxTimestamp: maxTimestampOf(batch, at),
    isTransactional: isTransactional(batch, at),
    marker: marker === null ? null : { ...marker, transactionVersion },
  };
}

export interface RememberedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  /** -1 for a producer that was never met. */
  producerEpoch: number;
  /** Of the coordinator that wrote the last marker; -1 for none. */
  coordinatorEpoch: number;
  lastTimestamp: number;
  /** First offset of the open transaction; -1 for none. */
  transactionFirstOffset: number;
  /** Of the current epoch, oldest first, at most five. */
  batches: RememberedBatch[];
}

export function newEntry(producerId: number): ProducerEntry {
  return {
    producerId,
    producerEpoch: -1,
    coordinatorEpoch: -1,
    lastTimestamp: -1,
    transactionFirstOffset: -1,
    batches: [],
  };
}

export const copyEntry = (entry: ProducerEntry): ProducerEntry => ({
  ...entry,
  batches: entry.batches.slice(),
});

export type ProducerVerdict =
  | { readonly kind: 'append' }
  /** It is in the log already: success with these offsets. `timestamp` is the largest one of that batch. */
  | {
      readonly kind: 'duplicate';
      readonly firstOffset: number;
      readonly lastOffset: number;
      readonly timestamp: number;
    }
  | { readonly kind: 'refused'; readonly errorCode: AppendErrorCode; readonly errorMessage: string };

const APPEND: ProducerVerdict = { kind: 'append' };

function refused(errorCode: AppendErrorCode, errorMessage: string): ProducerVerdict {
  return { kind: 'refused', errorCode, errorMessage };
}

function checkMarker(entry: ProducerEntry, facts: BatchFacts, marker: MarkerFacts): ProducerVerdict {
  const { producerId, producerEpoch } = facts;
  const isTooOld =
    marker.transactionVersion >= 2
      ? producerEpoch <= entry.producerEpoch
      : producerEpoch < entry.producerEpoch;
  if (isTooOld) {
    return refused(
      AppendErrorCode.INVALID_PRODUCER_EPOCH,
      `the marker of producer ${producerId} has epoch ${producerEpoch}, the log epoch ${entry.producerEpoch}`,
    );
  }
  if (marker.coordinatorEpoch < entry.coordinatorEpoch) {
    return refused(
      AppendErrorCode.TRANSACTION_COORDINATOR_FENCED,
      `the marker of producer ${producerId} comes from coordinator epoch ${marker.coordinatorEpoch}, ` +
        `the log knows ${entry.coordinatorEpoch}`,
    );
  }
  return APPEND;
}

function outOfOrder(facts: BatchFacts, reason: string): ProducerVerdict {
  return refused(
    AppendErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${facts.producerId}, sequence ${facts.baseSequence}: ${reason}`,
  );
}

function checkSequence(entry: ProducerEntry, facts: BatchFacts): ProducerVerdict {
  const { baseSequence } = facts;
  // Nothing is known of it, perhaps because retention took its records: any sequence may come.
  if (entry.producerEpoch < 0) return APPEND;
  if (facts.producerEpoch !== entry.producerEpoch) {
    return baseSequence === 0 ? APPEND : outOfOrder(facts, 'a new epoch begins with 0');
  }
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  const isNext = baseSequence === last + 1 || (baseSequence === 0 && last === SEQUENCE_MAX);
  return isNext ? APPEND : outOfOrder(facts, `the last one was ${last}`);
}

/** May this batch follow what `entry` says? */
export function checkFacts(entry: ProducerEntry, facts: BatchFacts): ProducerVerdict {
  if (facts.marker !== null) return checkMarker(entry, facts, facts.marker);
  if (facts.producerEpoch === entry.producerEpoch && facts.baseSequence >= 0) {
    for (const { baseSequence, lastSequence, firstOffset, lastOffset, timestamp } of entry.batches) {
      if (baseSequence === facts.baseSequence && lastSequence === facts.lastSequence) {
        return { kind: 'duplicate', firstOffset, lastOffset, timestamp };
      }
    }
  }
  if (facts.producerEpoch < entry.producerEpoch) {
    return refused(
      AppendErrorCode.INVALID_PRODUCER_EPOCH,
      `producer ${facts.producerId} has epoch ${facts.producerEpoch}, the log epoch ${entry.producerEpoch}`,
    );
  }
  if (facts.baseSequence >= 0) {
    const verdict = checkSequence(entry, facts);
    if (verdict !== APPEND) return verdict;
  }
  if (entry.transactionFirstOffset >= 0 && !facts.isTransactional) {
    return refused(
      AppendErrorCode.INVALID_TXN_STATE,
      `producer ${facts.producerId} has an open transaction and wrote outside of it`,
    );
  }
  return APPEND;
}

/** Brings `entry` to the state after this batch. What is in the log is not judged again. */
export function noteFacts(entry: ProducerEntry, facts: BatchFacts): void {
  if (facts.producerEpoch !== entry.producerEpoch) {
    entry.producerEpoch = facts.producerEpoch;
    entry.batches = [];
  }
  entry.lastTimestamp = facts.maxTimestamp;
  if (facts.marker !== null) {
    entry.coordinatorEpoch = facts.marker.coordinatorEpoch;
    entry.transactionFirstOffset = -1;
    return;
  }
  if (facts.isTransactional && entry.transactionFirstOffset < 0) {
    entry.transactionFirstOffset = facts.firstOffset;
  }
  if (facts.baseSequence < 0) return;
  if (entry.batches.length === REMEMBERED_BATCHES_MAX) entry.batches.shift();
  entry.batches.push({
    baseSequence: facts.baseSequence,
    lastSequence: facts.lastSequence,
    firstOffset: facts.firstOffset,
    lastOffset: facts.lastOffset,
    timestamp: facts.maxTimestamp,
  });
}
