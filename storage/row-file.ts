/** Searches in the row file of a segment. What a search learns is not kept: appends fill the sparse index. */
import { CorruptEntryError, readFailure } from './errors';
import type { FilePool } from './file-pool';
import {
  isOverflowSlot,
  isOverflowValid,
  isRowValid,
  ROW_SIZE_BYTES,
  rowBaseOffset,
  rowIndex,
  rowPosition,
} from './rows';
import type { Segment } from './segment';

/** Slots read at once. A payload takes fewer, so every window behind a row holds another row, or the end. */
export const WINDOW_SLOTS = 256;

export interface FoundRow {
  readonly slot: number;
  readonly index: number;
  readonly offset: number;
  readonly position: number;
}

type Found = (error: Error | null, row: FoundRow) => void;

export class RowFiles {
  readonly #files: FilePool;

  constructor(files: FilePool) {
    this.#files = files;
  }

  /** Reads and checks slots [from, from + count), which must be in the file. */
  read(
    segment: Segment,
    from: number,
    count: number,
    done: (error: Error | null, rows: Buffer) => void,
  ): void {
    const rows = Buffer.allocUnsafe(count * ROW_SIZE_BYTES);
    this.#files.use(segment.rowsPath, false, (openError, file) => {
      if (openError !== null) return done(readFailure(openError), rows);
      file.read(from * ROW_SIZE_BYTES, rows, (error, sizeBytes) => {
        done(error ?? checkSlots(segment, rows, from, sizeBytes), rows);
        // After the answer, which may go on to the data file: closing waits for the whole of it.
        this.#files.done(segment.rowsPath);
      });
    });
  }

  /** The row of `index`, which must be in the file; in a compacted one the last before it, or else the first. */
  findIndex(segment: Segment, index: number, done: Found): void {
    const number = segment.sparse.lastAtIndex(index);
    const point = segment.sparse.at(number);
    if (segment.isCompacted) {
      const low = point?.slot ?? 0;
      // What lies before the first row finds that one.
      const high = Math.max(low + 1, segment.sparse.at(number + 1)?.slot ?? segment.writtenSlots);
      return this.#search(segment, low, high, index, rowIndex, done);
    }
    const low = Math.max(index - segment.firstIndex, point === null ? 0 : point.slot + (index - point.index));
    const high = segment.slots - (segment.nextIndex - 1 - index);
    this.#search(
      segment,
      Math.min(low, segment.writtenSlots - 1),
      Math.min(high, segment.writtenSlots),
      index,
      rowIndex,
      done,
    );
  }

  /** Rows from `index` on, `countMax` at most; none when it is not in the file, nor one behind it. */
  readFromIndex(
    segment: Segment,
    index: number,
    countMax: number,
    done: (error: Error | null, rows: Buffer) => void,
  ): void {
    if (segment.writtenSlots === 0) return done(null, NO_ROWS);
    this.findIndex(segment, index, (error, row) => {
      if (error !== null) return done(error, NO_ROWS);
      const count = Math.min(countMax, segment.writtenSlots - row.slot);
      if (count <= 0 || (row.index !== index && !segment.isCompacted)) return done(null, NO_ROWS);
      this.read(segment, row.slot, count, (readError, rows) => {
        if (readError !== null || row.index >= index) return done(readError, rows);
        const next = rowAfter(rows, 0);
        done(null, next < 0 ? NO_ROWS : rows.subarray(next));
      });
    });
  }

  /** The last row whose base offset is at most `offset`, among those in the file; in a compacted one or else the first. */
  findOffset(segment: Segment, offset: number, done: Found): void {
    const number = segment.sparse.lastAtOffset(offset);
    const low = segment.sparse.at(number)?.slot ?? 0;
    const high = Math.max(low + 1, segment.sparse.at(number + 1)?.slot ?? segment.writtenSlots);
    this.#search(segment, low, Math.min(high, segment.writtenSlots), offset, rowBaseOffset, done);
  }

  /**
   * The last row in slots [low, high) whose `key` is at most `value`; the first row at or behind `low` is one. Keys
   * ascend.
   */
  #search(
    segment: Segment,
    low: number,
    high: number,
    value: number,
    key: (rows: Buffer, at: number) => number,
    done: Found,
  ): void {
    const isLast = high - low <= WINDOW_SLOTS;
    const from = isLast ? low : (low + high) >> 1;
    const count = Math.min(WINDOW_SLOTS, high - from);
    this.read(segment, from, count, (error, rows) => {
      if (error !== null) return done(error, NO_ROW);
      const last = lastRowAtMost(rows, value, key);
      if (isLast) {
        if (last < 0 && rows.length > 0 && segment.isCompacted) return done(null, foundRow(rows, 0, from));
        if (last < 0) return done(corrupt(segment, from, 'no such row'), NO_ROW);
        return done(null, foundRow(rows, last, from));
      }
      const isInWindow = last >= 0 && rowAfter(rows, last) >= 0;
      if (isInWindow) return done(null, foundRow(rows, last, from));
      if (last >= 0) this.#search(segment, from + last / ROW_SIZE_BYTES, high, value, key, done);
      else this.#search(segment, low, from, value, key, done);
    });
  }
}

const NO_ROWS = Buffer.alloc(0);
const NO_ROW: FoundRow = { slot: 0, index: 0, offset: 0, position: 0 };

function foundRow(rows: Buffer, at: number, from: number): FoundRow {
  return {
    slot: from + at / ROW_SIZE_BYTES,
    index: rowIndex(rows, at),
    offset: rowBaseOffset(rows, at),
    position: rowPosition(rows, at),
  };
}

function lastRowAtMost(rows: Buffer, value: number, key: (rows: Buffer, at: number) => number): number {
  let last = -1;
  for (let at = 0; at < rows.length; at += ROW_SIZE_BYTES) {
    if (isOverflowSlot(rows, at)) continue;
    if (key(rows, at) > value) break;
    last = at;
  }
  return last;
}

function rowAfter(rows: Buffer, at: number): number {
  for (let next = at + ROW_SIZE_BYTES; next < rows.length; next += ROW_SIZE_BYTES) {
    if (!isOverflowSlot(rows, next)) return next;
  }
  return -1;
}

function checkSlots(
  segment: Segment,
  rows: Buffer,
  from: number,
  sizeBytes: number,
): CorruptEntryError | null {
  if (sizeBytes < rows.length)
    return corrupt(segment, from + Math.floor(sizeBytes / ROW_SIZE_BYTES), 'the file ends');
  for (let at = 0; at < rows.length; at += ROW_SIZE_BYTES) {
    const isValid = isOverflowSlot(rows, at)
      ? isOverflowValid(rows, at, segment.generation)
      : isRowValid(rows, at, segment.generation);
    if (!isValid) return corrupt(segment, from + at / ROW_SIZE_BYTES, 'the row fails its checksum');
  }
  return null;
}

const corrupt = (segment: Segment, slot: number, reason: string): CorruptEntryError =>
  new CorruptEntryError(segment.rowsPath, slot * ROW_SIZE_BYTES, reason);
