/**
 * One segment: a data file with the batches as clients see them, contiguous, and a row file with a row per entry.
 * Both only grow, a position is never written twice with other bytes, and the generation in their names never
 * repeats. How far they are valid is known here (and in manifest and journal), never from the size of the files.
 */
import { CheckedRanges } from './checked-ranges';
import type { Extent } from './extents';
import type { FieldReader, FieldWriter } from './fields';
import { ROW_SIZE_BYTES, rowBaseOffset, rowIndex, rowPosition } from './rows';
import { SparseIndex } from './sparse-index';

export interface SegmentBounds {
  readonly generation: number;
  readonly firstIndex: number;
  readonly baseOffset: number;
  /** Exclusive. */
  nextIndex: number;
  nextOffset: number;
  sizeBytes: number;
  /** Slots of the row file in use. */
  slots: number;
  /** Timestamp of the first batch; -1 before there is one. */
  firstTimestamp: number;
  maxTimestamp: number;
  /** Base offset of the first batch that has `maxTimestamp`; -1 when a truncation took it and a scan must tell. */
  maxTimestampOffset: number;
  /** Takes no more entries: rolled, or cut below bytes that are in the file already. */
  isSealed: boolean;
  /** Written by compaction: rows are missing in it, at its ends too. */
  isCompacted: boolean;
  /** All of it lies below where compaction begins to look for keys. */
  isClean: boolean;
}

export class Segment implements SegmentBounds {
  readonly generation: number;
  readonly firstIndex: number;
  readonly baseOffset: number;
  readonly directory: string;
  nextIndex: number;
  nextOffset: number;
  sizeBytes = 0;
  slots = 0;
  firstTimestamp = -1;
  maxTimestamp = -1;
  maxTimestampOffset = -1;

  isSealed = false;
  isCompacted = false;
  isClean = false;
  /** A group that was formed names it. */
  isRecorded = false;
  /** Files and their directory entries are durable. */
  isCreated = false;
  /** Last index whose bytes were handed to the file. */
  submittedIndex: number;
  /** Bytes of the data file that a read may take from it. */
  writtenSizeBytes = 0;
  unsyncedSizeBytes = 0;
  hasUnsyncedRows = false;
  /** Whether the two files must be synced before a manifest may speak of them. */
  isUnsynced = false;
  /** No longer part of the log: its files go. */
  isDropped = false;
  /** No longer part of the log because others hold what is left of it: whoever was reading it asks the log again. */
  isReplaced = false;

  /** Rows whose bytes are in the data file and that are not in the row file yet: slots [backlogFrom, backlogTo). */
  backlog: Buffer = EMPTY;
  backlogFrom = 0;
  backlogTo = 0;
  readonly sparse = new SparseIndex();
  /** Bytes of the data file that are in memory still, ascending. */
  extents: Extent[] = [];
  /** Bytes of the data file that a read need not check. */
  readonly checked = new CheckedRanges();
  /** Largest timestamp of the rows that were offered to `sparse`; Infinity when some were not. */
  pointMaxTimestamp = -1;
  /** Where reads ended: the next one of the same consumer begins there. */
  readonly cursors: { readonly offset: number; readonly position: number }[] = [];

  constructor(directory: string, generation: number, firstIndex: number, baseOffset: number) {
    this.directory = directory;
    this.generation = generation;
    this.firstIndex = firstIndex;
    this.baseOffset = baseOffset;
    this.nextIndex = firstIndex;
    this.nextOffset = baseOffset;
    this.submittedIndex = firstIndex - 1;
  }

  get dataPath(): string {
    return `${this.directory}/${this.#name}.data`;
  }

  get rowsPath(): string {
    return `${this.directory}/${this.#name}.rows`;
  }

  get #name(): string {
    return String(this.generation).padStart(10, '0');
  }

  /** Slots that stand in the row file. */
  get writtenSlots(): number {
    return Math.min(this.backlogFrom, this.slots);
  }

  /** Rows that only memory and the journal have. */
  get backlogSlots(): number {
    return Math.max(0, Math.min(this.backlogTo, this.slots) - this.backlogFrom);
  }

  /** A manifest may not speak of all of it yet. */
  get isUnsettled(): boolean {
    return this.isUnsynced || this.backlogSlots > 0;
  }

  /** Takes over what a manifest says: all of it is in the files. */
  restore(bounds: SegmentBounds): void {
    this.nextIndex = bounds.nextIndex;
    this.nextOffset = bounds.nextOffset;
    this.sizeBytes = this.writtenSizeBytes = bounds.sizeBytes;
    this.slots = this.backlogFrom = this.backlogTo = bounds.slots;
    this.firstTimestamp = bounds.firstTimestamp;
    this.maxTimestamp = bounds.maxTimestamp;
    this.maxTimestampOffset = bounds.maxTimestampOffset;
    this.isSealed = bounds.isSealed;
    this.isCompacted = bounds.isCompacted;
    this.isClean = bounds.isClean;
    this.submittedIndex = bounds.nextIndex - 1;
    this.isRecorded = true;
    // One that lost all its entries may never have had files.
    this.isCreated = bounds.nextIndex > bounds.firstIndex;
    this.pointMaxTimestamp = Number.POSITIVE_INFINITY;
  }

  /** Cuts to what lies before the entry with this index, base offset, position and slot. */
  cut(index: number, offset: number, position: number, slot: number): void {
    if (this.maxTimestampOffset >= offset) this.maxTimestampOffset = -1;
    if (position === 0) this.firstTimestamp = this.maxTimestamp = -1;
    this.nextIndex = index;
    this.nextOffset = offset;
    this.sizeBytes = position;
    this.slots = slot;
    this.backlogTo = Math.min(this.backlogTo, Math.max(slot, this.backlogFrom));
    this.writtenSizeBytes = Math.min(this.writtenSizeBytes, position);
    this.sparse.truncate(slot);
    this.cursors.length = 0;
    this.extents = this.extents.filter((extent) => extent.to <= position);
    // A position that was handed to the file is never written again with other bytes: the next entry starts a file.
    if (index <= this.submittedIndex) this.isSealed = true;
  }

  /** Notes that a read ended at the border `offset`, which stands at `position`. */
  addCursor(offset: number, position: number): void {
    if (this.cursors.length === CURSORS_MAX) this.cursors.shift();
    this.cursors.push({ offset, position });
  }

  /** Room for `slots` more rows at the end of the backlog: buffer and byte position. */
  reserveBacklog(slots: number): { buffer: Buffer; at: number } {
    const at = (this.backlogTo - this.backlogFrom) * ROW_SIZE_BYTES;
    const needed = at + slots * ROW_SIZE_BYTES;
    if (needed > this.backlog.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.backlog.length * 2, 8 * ROW_SIZE_BYTES));
      this.backlog.copy(grown, 0, 0, at);
      this.backlog = grown;
    }
    this.backlogTo += slots;
    return { buffer: this.backlog, at };
  }

  /** The row file now holds every slot below `slot`. */
  dropBacklog(slot: number): void {
    const count = Math.min(slot, this.backlogTo) - this.backlogFrom;
    if (count <= 0) return;
    const rest = this.backlog.subarray(
      count * ROW_SIZE_BYTES,
      (this.backlogTo - this.backlogFrom) * ROW_SIZE_BYTES,
    );
    this.backlog = rest.length === 0 ? EMPTY : Buffer.from(rest);
    this.backlogFrom += count;
  }

  /** Byte position in the backlog of the row of `index`, or -1 when it is not there. */
  backlogAtIndex(index: number): number {
    const end = (Math.min(this.backlogTo, this.slots) - this.backlogFrom) * ROW_SIZE_BYTES;
    if (end <= 0 || index < rowIndex(this.backlog, 0)) return -1;
    let low = 0;
    let high = end / ROW_SIZE_BYTES - 1;
    // Overflow slots carry the index of their row and stand behind it: the first slot with the index is the row.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rowIndex(this.backlog, middle * ROW_SIZE_BYTES) < index) low = middle + 1;
      else high = middle;
    }
    return rowIndex(this.backlog, low * ROW_SIZE_BYTES) === index ? low * ROW_SIZE_BYTES : -1;
  }

  /** Notes where the row at `at` of `buffer` stands, for later searches. */
  addPoint(buffer: Buffer, at: number, slot: number): void {
    const { sparse, pointMaxTimestamp } = this;
    sparse.add(
      slot,
      rowIndex(buffer, at),
      rowBaseOffset(buffer, at),
      rowPosition(buffer, at),
      pointMaxTimestamp,
    );
  }
}

const Flag = { sealed: 1, compacted: 2, clean: 4 } as const;

export function encodeSegment(fields: FieldWriter, bounds: SegmentBounds): void {
  fields.uint32(bounds.generation);
  fields.int64(bounds.firstIndex);
  fields.int64(bounds.baseOffset);
  fields.int64(bounds.nextIndex);
  fields.int64(bounds.nextOffset);
  fields.int64(bounds.sizeBytes);
  fields.uint32(bounds.slots);
  fields.int64(bounds.firstTimestamp);
  fields.int64(bounds.maxTimestamp);
  fields.int64(bounds.maxTimestampOffset);
  const compacted = (bounds.isCompacted ? Flag.compacted : 0) | (bounds.isClean ? Flag.clean : 0);
  fields.uint8((bounds.isSealed ? Flag.sealed : 0) | compacted);
}

export function decodeSegment(fields: FieldReader): SegmentBounds {
  const bounds = {
    generation: fields.uint32(),
    firstIndex: fields.int64(),
    baseOffset: fields.int64(),
    nextIndex: fields.int64(),
    nextOffset: fields.int64(),
    sizeBytes: fields.int64(),
    slots: fields.uint32(),
    firstTimestamp: fields.int64(),
    maxTimestamp: fields.int64(),
    maxTimestampOffset: fields.int64(),
  };
  const flags = fields.uint8();
  return {
    ...bounds,
    isSealed: (flags & Flag.sealed) !== 0,
    isCompacted: (flags & Flag.compacted) !== 0,
    isClean: (flags & Flag.clean) !== 0,
  };
}

const EMPTY = Buffer.alloc(0);
const CURSORS_MAX = 4;
