import type { Slab } from './arena';
import type { Segment } from './segment';
import type { EntryKind, LogEntry } from './types';

/**
 * An entry whose bytes are not in its segment's file yet. Its memory is the submitter's until the entry is put into a
 * group, then the group's; a bypassed entry stays in the submitter's memory until it is stored.
 */
export class TailEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly maxTimestamp: number;
  readonly length: number;
  readonly segment: Segment;
  readonly generation: number;
  readonly position: number;
  readonly slot: number;
  bytes: Buffer | null;
  slab: Slab | null = null;
  /** Where the row stands in `slab`; the bytes follow it. */
  rowAt = 0;
  /** Group that carries it; 0 before it is in one. */
  sequence = 0;
  isBypassed = false;
  /** A bypassed one's bytes are on stable storage in the data file. */
  isSynced = false;
  /** The data file has its bytes. */
  isWritten = false;
  /** Truncated away, or its log deleted: whatever is still under way with it no longer counts. */
  isDropped = false;

  constructor(entry: LogEntry, segment: Segment, length: number) {
    this.index = entry.index;
    this.term = entry.term;
    this.kind = entry.kind;
    this.baseOffset = entry.baseOffset;
    this.nextOffset = entry.nextOffset;
    this.maxTimestamp = entry.maxTimestamp;
    this.length = length;
    this.bytes = entry.bytes;
    this.segment = segment;
    this.generation = segment.generation;
    this.position = segment.sizeBytes;
    this.slot = segment.slots;
  }

  /** A bypassed entry of a replayed journal: its bytes are in the file alone, while some before it are not yet. */
  get isInFileOnly(): boolean {
    return this.slab === null && this.bytes === null;
  }

  /** Bytes of the batch or payload, where they stand now. */
  view(rowSizeBytes: number): Buffer {
    if (this.slab === null) return this.bytes!;
    const at = this.rowAt + rowSizeBytes;
    return this.slab.memory.subarray(at, at + this.length);
  }
}
