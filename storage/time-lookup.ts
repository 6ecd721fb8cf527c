/** Searches by timestamp: segments are skipped by their maximum, inside one the rows tell. */
import type { Log } from './log';
import { type RowFiles, WINDOW_SLOTS } from './row-file';
import {
  isOverflowSlot,
  ROW_SIZE_BYTES,
  rowBaseOffset,
  rowKind,
  rowMaxTimestamp,
  rowNextOffset,
} from './rows';
import type { Segment } from './segment';
import { EntryKind } from './types';

/** `offset` is -1 when nothing was found. */
type Found = (error: Error | null, offset: number) => void;

/** Returns true to stop. */
type Visit = (baseOffset: number, nextOffset: number, maxTimestamp: number) => boolean;

/**
 * Base offset of the first batch whose largest timestamp is at least `timestamp`, of those that reach beyond `fromOffset`
 * and the start of the log and end by `endOffset`.
 */
export function findByTimestamp(
  log: Log,
  rows: RowFiles,
  timestamp: number,
  fromOffset: number,
  endOffset: number,
  done: Found,
): void {
  const candidates = log.segments.filter(
    (each) =>
      each.nextOffset > Math.max(fromOffset, log.startOffset) &&
      each.baseOffset < endOffset &&
      each.maxTimestamp >= timestamp,
  );
  const next = (): void => {
    const segment = candidates.shift();
    if (segment === undefined) return done(null, -1);
    let found = -1;
    const visit: Visit = (baseOffset, nextOffset, maxTimestamp) => {
      if (nextOffset > endOffset) return true;
      if (maxTimestamp < timestamp || nextOffset <= Math.max(fromOffset, log.startOffset)) return false;
      found = baseOffset;
      return true;
    };
    const point = segment.sparse.at(segment.sparse.lastBeforeTimestamp(timestamp));
    visitBatches(log, rows, segment, point?.slot ?? 0, visit, (error) => {
      if (segment.isReplaced) return findByTimestamp(log, rows, timestamp, fromOffset, endOffset, done);
      // Retention took it meanwhile.
      if (segment.isDropped) return next();
      if (error !== null || found >= 0) return done(error, found);
      next();
    });
  };
  next();
}

/** Base offset of the first batch that holds the largest timestamp of the batches below `endOffset`. */
export function findBatchOfMaxTimestamp(log: Log, rows: RowFiles, endOffset: number, done: Found): void {
  let bestTimestamp = -1;
  let bestOffset = -1;
  const offer = (offset: number, timestamp: number): void => {
    if (bestOffset >= 0 && timestamp <= bestTimestamp) return;
    bestTimestamp = timestamp;
    bestOffset = offset;
  };
  const segments = log.segments.filter(
    (each) => each.nextOffset > log.startOffset && each.baseOffset < endOffset,
  );
  const next = (): void => {
    const segment = segments.shift();
    if (segment === undefined) return done(null, bestOffset);
    const isWhole = segment.baseOffset >= log.startOffset && segment.nextOffset <= endOffset;
    if (segment.sizeBytes === 0 || (bestOffset >= 0 && segment.maxTimestamp <= bestTimestamp)) return next();
    if (isWhole && segment.maxTimestampOffset >= 0) {
      offer(segment.maxTimestampOffset, segment.maxTimestamp);
      return next();
    }
    const visit: Visit = (baseOffset, nextOffset, maxTimestamp) => {
      if (nextOffset > endOffset) return true;
      if (nextOffset > log.startOffset) offer(baseOffset, maxTimestamp);
      return false;
    };
    visitBatches(log, rows, segment, 0, visit, (error) => {
      if (segment.isReplaced) return findBatchOfMaxTimestamp(log, rows, endOffset, done);
      if (error === null || segment.isDropped) return next();
      done(error, -1);
    });
  };
  next();
}

/** Calls `visit` for the batches of a segment from `slot` on, wherever their rows are, until it returns true. */
function visitBatches(
  log: Log,
  rows: RowFiles,
  segment: Segment,
  slot: number,
  visit: Visit,
  done: (error: Error | null) => void,
): void {
  if (slot < segment.writtenSlots) {
    const count = Math.min(4 * WINDOW_SLOTS, segment.writtenSlots - slot);
    rows.read(segment, slot, count, (error, read) => {
      if (error !== null || visitRows(read, read.length, visit)) return done(error);
      visitBatches(log, rows, segment, slot + count, visit, done);
    });
    return;
  }
  const from = (slot - segment.backlogFrom) * ROW_SIZE_BYTES;
  const end = (Math.min(segment.backlogTo, segment.slots) - segment.backlogFrom) * ROW_SIZE_BYTES;
  if (from < end && visitRows(segment.backlog.subarray(from), end - from, visit)) return done(null);
  for (let at = log.tailHead; at < log.tail.length; at++) {
    const entry = log.tail[at]!;
    if (entry.segment !== segment || entry.slot < slot || entry.kind !== EntryKind.batch) continue;
    if (visit(entry.baseOffset, entry.nextOffset, entry.maxTimestamp)) break;
  }
  done(null);
}

function visitRows(rows: Buffer, sizeBytes: number, visit: Visit): boolean {
  for (let at = 0; at < sizeBytes; at += ROW_SIZE_BYTES) {
    if (isOverflowSlot(rows, at) || rowKind(rows, at) !== EntryKind.batch) continue;
    if (visit(rowBaseOffset(rows, at), rowNextOffset(rows, at), rowMaxTimestamp(rows, at))) return true;
  }
  return false;
}
