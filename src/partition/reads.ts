/** What a partition answers about its log: fetches, offsets by time, ends of epochs. Changes nothing. */
import { ErrorCode } from '../../protocol';
import type { ProducerState, StoredLog } from '../../storage';
import {
  baseOffsetOf,
  batchEnd,
  firstRecordAtOrAfter,
  leaderEpochOf,
  nextOffsetOf,
  recordOfMaxTimestamp,
} from '../../storage';
import { storageErrorCode } from '../errors';
import type {
  AbortedTransaction,
  FetchOutcome,
  FetchRequest,
  Isolation,
  OffsetOutcome,
  Partition,
} from './types';

/** The sides of a replica that reads need. */
export interface ReadSide extends Partition {
  readonly log: StoredLog;
  readonly producers: ProducerState;
  readonly decompressedSizeBytesMax: number;
  /** The log is damaged: nothing is known of what lies behind its undamaged prefix. */
  readonly isQuarantined: boolean;
  /** `done(true)` once this replica has proved that it still led when it was asked (ReadIndex, thesis 6.4). */
  confirmLeadership(done: (isConfirmed: boolean) => void): void;
}

export const Timestamp = {
  latest: -1,
  earliest: -2,
  max: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const;

const NO_BUFFERS: readonly Buffer[] = [];
const NO_ABORTED: readonly AbortedTransaction[] = [];
const keep = () => {};

/** Exclusive end of what a reader of `isolation` may see. */
export function readableEnd(side: ReadSide, isolation: Isolation): number {
  return isolation === 'read_committed' ? side.lastStableOffset : side.highWatermark;
}

function refusedFetch(side: ReadSide, errorCode: ErrorCode): FetchOutcome {
  side.traffic.failedFetchRequests++;
  return {
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    divergingEpoch: null,
    buffers: NO_BUFFERS,
    sizeBytes: 0,
    release: keep,
  };
}

function emptyFetch(
  side: ReadSide,
  isolation: Isolation,
  diverging: FetchOutcome['divergingEpoch'],
): FetchOutcome {
  return {
    errorCode: ErrorCode.NONE,
    highWatermark: side.highWatermark,
    lastStableOffset: side.lastStableOffset,
    logStartOffset: side.startOffset,
    abortedTransactions: isolation === 'read_committed' ? NO_ABORTED : null,
    divergingEpoch: diverging,
    buffers: NO_BUFFERS,
    sizeBytes: 0,
    release: keep,
  };
}

/** See `Partition.fetch`. */
export function fetchBatches(
  side: ReadSide,
  request: FetchRequest,
  done: (outcome: FetchOutcome) => void,
): void {
  const { offset, isolation } = request;
  const fenced = side.checkLeader(request.currentLeaderEpoch);
  if (fenced !== ErrorCode.NONE) {
    done(refusedFetch(side, fenced));
    return;
  }
  if (offset < side.startOffset) {
    done(refusedFetch(side, ErrorCode.OFFSET_OUT_OF_RANGE));
    return;
  }
  if (request.lastFetchedEpoch >= 0) {
    const known = side.endOffsetForEpoch(request.lastFetchedEpoch);
    if (known.epoch < 0) {
      done(refusedFetch(side, ErrorCode.OFFSET_OUT_OF_RANGE));
      return;
    }
    if (known.epoch < request.lastFetchedEpoch || known.endOffset < offset) {
      done(emptyFetch(side, isolation, known));
      return;
    }
  }
  const damageOffset = side.log.quarantine?.offset ?? Number.POSITIVE_INFINITY;
  if (offset >= damageOffset) {
    done(refusedFetch(side, ErrorCode.KAFKA_STORAGE_ERROR));
    return;
  }
  if (offset > side.endOffset) {
    done(refusedFetch(side, ErrorCode.OFFSET_OUT_OF_RANGE));
    return;
  }
  const endOffset = Math.min(readableEnd(side, isolation), damageOffset);
  if (offset >= endOffset || (request.sizeBytesMax <= 0 && !request.atLeastOne)) {
    done(emptyFetch(side, isolation, null));
    return;
  }

  const { sizeBytesMax, atLeastOne } = request;
  // The bounds of the moment of the read: what is answered must never be newer than the bytes that go with it.
  const { highWatermark, lastStableOffset, startOffset } = side;
  side.log.read({ offset, endOffset, sizeBytesMax, atLeastOne }, (error, result) => {
    if (error !== null) return done(refusedFetch(side, storageErrorCode(error)));
    done({
      errorCode: ErrorCode.NONE,
      highWatermark,
      lastStableOffset,
      logStartOffset: startOffset,
      abortedTransactions: isolation === 'read_committed' ? abortedIn(side, offset, result.buffers) : null,
      divergingEpoch: null,
      buffers: result.buffers,
      sizeBytes: result.sizeBytes,
      release: () => result.release(),
    });
  });
}

/** Aborted transactions that touch what was read, by first offset (behaviour 48). */
function abortedIn(
  side: ReadSide,
  offset: number,
  buffers: readonly Buffer[],
): readonly AbortedTransaction[] {
  const last = buffers[buffers.length - 1];
  if (last === undefined) return NO_ABORTED;
  const possible = side.producers.abortedBetween(offset, side.lastStableOffset);
  if (possible.length === 0) return NO_ABORTED;
  let endOffset = offset;
  for (let at = 0, next = batchEnd(last, 0); next > 0; at = next, next = batchEnd(last, at)) {
    endOffset = nextOffsetOf(last, at);
  }
  return side.producers.abortedBetween(offset, endOffset);
}

/**
 * See `Partition.endOffsetForEpoch`. An epoch without a record is as if it had never been (trap T44): clients hold no
 * record of it, and Kafka drops it as soon as the next one begins.
 */
export function endOffsetForEpoch(side: ReadSide, epoch: number): { epoch: number; endOffset: number } {
  const undefinedEnd = { epoch: -1, endOffset: -1 };
  if (epoch < 0) return undefinedEnd;
  if (epoch === side.leaderEpoch) return { epoch, endOffset: side.endOffset };
  if (epoch > side.leaderEpoch) return undefinedEnd;
  const { epochs } = side.log;
  let nextStart = side.endOffset;
  for (let i = epochs.length - 1; i >= 0; i--) {
    const at = epochs[i]!;
    const startOffset = Math.max(at.startOffset, side.startOffset);
    if (at.epoch <= epoch && startOffset < nextStart) return { epoch: at.epoch, endOffset: nextStart };
    nextStart = Math.min(nextStart, startOffset);
  }
  // Older than everything that is left: Kafka answers with the question and the start of the log.
  return { epoch, endOffset: nextStart };
}

function offsetOutcome(errorCode: ErrorCode, offset = -1, timestamp = -1, leaderEpoch = -1): OffsetOutcome {
  return { errorCode, offset, timestamp, leaderEpoch };
}

/** See `Partition.listOffset`; which timestamps a request version may ask for is the handler's to know. */
export function listOffset(
  side: ReadSide,
  request: { readonly timestamp: number; readonly isolation: Isolation; readonly currentLeaderEpoch: number },
  done: (outcome: OffsetOutcome) => void,
): void {
  const fenced = side.checkLeader(request.currentLeaderEpoch);
  if (fenced !== ErrorCode.NONE) {
    done(offsetOutcome(fenced));
    return;
  }
  switch (request.timestamp) {
    case Timestamp.earliest:
    case Timestamp.earliestLocal:
      done(offsetOutcome(ErrorCode.NONE, side.startOffset, -1, epochAtStart(side)));
      return;
    case Timestamp.latestTiered:
    case Timestamp.earliestPendingUpload:
      done(offsetOutcome(ErrorCode.NONE));
      return;
    default:
  }
  if (!side.isSettled) {
    done(offsetOutcome(ErrorCode.OFFSET_NOT_AVAILABLE));
    return;
  }
  if (request.timestamp === Timestamp.latest) {
    latestOffset(side, request.isolation, done);
    return;
  }

  const endOffset = readableEnd(side, request.isolation);
  const isMax = request.timestamp === Timestamp.max;
  const { startOffset } = side;
  const found = (error: Error | null, batch: Buffer | null) => {
    if (error !== null) return done(offsetOutcome(storageErrorCode(error)));
    if (batch === null) {
      return done(offsetOutcome(side.isQuarantined ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE));
    }
    const outcome = recordIn(side, batch, isMax ? null : request.timestamp, startOffset);
    // In the batch that the log begins in the middle of, only deleted records may be late enough.
    if (!isMax && isNone(outcome) && baseOffsetOf(batch, 0) < startOffset) {
      return side.log.batchByTimestamp(request.timestamp, nextOffsetOf(batch, 0), endOffset, found);
    }
    done(outcome);
  };
  if (isMax) side.log.batchOfMaxTimestamp(endOffset, found);
  else side.log.batchByTimestamp(request.timestamp, startOffset, endOffset, found);
}

function isNone({ errorCode, offset }: OffsetOutcome): boolean {
  return errorCode === ErrorCode.NONE && offset < 0;
}

function latestOffset(side: ReadSide, isolation: Isolation, done: (outcome: OffsetOutcome) => void): void {
  if (side.isQuarantined) {
    done(offsetOutcome(ErrorCode.KAFKA_STORAGE_ERROR));
    return;
  }
  side.confirmLeadership((isConfirmed) => {
    if (!isConfirmed) return done(offsetOutcome(ErrorCode.NOT_LEADER_OR_FOLLOWER));
    done(offsetOutcome(ErrorCode.NONE, readableEnd(side, isolation), -1, side.leaderEpoch));
  });
}

/**
 * First record at or after `timestamp` and `startOffset` (null: the first with the largest timestamp) of a batch; an offset
 * of -1 when there is none.
 */
function recordIn(
  side: ReadSide,
  batch: Buffer,
  timestamp: number | null,
  startOffset: number,
): OffsetOutcome {
  const limit = side.decompressedSizeBytesMax;
  try {
    const record =
      timestamp === null
        ? recordOfMaxTimestamp(batch, 0, limit)
        : firstRecordAtOrAfter(batch, 0, timestamp, startOffset, limit);
    if (record === null) return offsetOutcome(ErrorCode.NONE);
    return offsetOutcome(ErrorCode.NONE, record.offset, record.timestamp, leaderEpochOf(batch, 0));
  } catch (error) {
    return offsetOutcome(storageErrorCode(error as Error));
  }
}

function epochAtStart(side: ReadSide): number {
  const { epochs } = side.log;
  for (let i = epochs.length - 1; i >= 0; i--) {
    if (epochs[i]!.startOffset <= side.startOffset) return epochs[i]!.epoch;
  }
  return epochs[0]?.epoch ?? -1;
}
