import assert from 'node:assert/strict';
import type { Slab } from './arena';
import type { DiskError } from './disk';
import { appendEpoch, epochAtIndex, type LeaderEpoch, trimEpochs, truncateEpochs } from './leader-epochs';
import type { LogReader } from './log-read';
import { ROW_SIZE_BYTES, rowBaseOffset, rowPosition, slotsOf } from './rows';
import { Segment } from './segment';
import { TailEntry } from './tail-entry';
import {
  type CompactionRequest,
  type CompactionResult,
  EntryKind,
  type HardState,
  type LogConfig,
  type LogDone,
  type LogEntry,
  type LogKey,
  type ReadResult,
  type StoredLog,
} from './types';

/** What a log needs of the store it belongs to. */
export interface LogHost {
  readonly reader: LogReader;
  /** Throws when appends are refused. Called before anything changes. */
  admit(log: Log, entries: readonly LogEntry[]): void;
  /** The log has something for the next group. */
  markDirty(log: Log): void;
  appended(log: Log, sizeBytes: number): void;
  nextGeneration(): number;
  /** A segment is full: the partition's state may be saved. */
  rolled(log: Log): void;
  /** Segments could be dropped once a state that covers them is in a manifest. */
  freeLater(log: Log): void;
  compact(log: Log, request: CompactionRequest, done: LogDone<CompactionResult>): void;
  /** Entries left memory without having been written: frees them, and a checkpoint that counts on them starts over. */
  dropped(log: Log, entries: readonly TailEntry[]): void;
  /** A segment is cut whose rows are not all in its file: a checkpoint that counts on them starts over. */
  unsettledCut(): void;
  /** These files go once the group that says so is durable. */
  segmentsDropped(log: Log, segments: readonly Segment[]): void;
  releaseSlab(slab: Slab): void;
}

/** The cut that the next group records: what is left of the log in its files. */
export interface PendingTruncation {
  readonly index: number;
  /** Last segment that stays; 0 for none. */
  readonly generation: number;
  readonly sizeBytes: number;
  readonly slots: number;
  readonly nextOffset: number;
}

/** What the next group says of a compaction. */
export interface PendingReplacement {
  readonly firstGeneration: number;
  readonly lastGeneration: number;
  readonly segment: Segment;
}

export interface SavedState {
  readonly index: number;
  readonly bytes: Buffer;
}

const NO_HARD_STATE: HardState = { term: 0, votedFor: -1, votedForIncarnation: '' };

export class Log implements StoredLog {
  readonly key: LogKey;
  /** Short name of the log in the journal; never used again. */
  readonly number: number;
  host: LogHost;
  config: LogConfig;
  hardState = NO_HARD_STATE;
  firstIndex = 1;
  lastIndex = 0;
  /** Term of the entry before the first one. */
  previousTerm = 0;
  durableIndex = 0;
  startOffset = 0;
  endOffset = 0;
  sizeBytes = 0;
  quarantine: { readonly reason: string; readonly offset: number } | null = null;
  readonly epochs: LeaderEpoch[] = [];
  readonly segments: Segment[] = [];
  /** At most two, ascending: a truncation may take the newer one. */
  readonly states: SavedState[] = [];
  /** Index of the newest state that the manifest on disk has, 0 for none: what lies above it must not go. */
  checkpointedIndex = 0;
  /** The same of the manifest that is being made. */
  capturedIndex = 0;

  /** Entries whose bytes are not in the data file yet, ascending and without gaps; live ones begin at `tailHead`. */
  readonly tail: TailEntry[] = [];
  tailHead = 0;
  /** Last index that is in a group. */
  formedIndex = 0;

  // What the next group takes.
  isDirty = false;
  isRecorded = false;
  isConfigDirty = false;
  isHardStateDirty = false;
  isStartDirty = false;
  pendingTruncation: PendingTruncation | null = null;
  readonly pendingReplacements: PendingReplacement[] = [];

  /** The compaction of this log that is under way. */
  compaction: { readonly log: Log } | null = null;
  /** How far keys were looked for in a segment that compaction has not come to the end of; lost with the process. */
  partlyCleanedTo = 0;

  isDeleted = false;
  failure: DiskError | null = null;
  /** One write to the files of a log at a time. */
  isWriting = false;
  /** The group in flight waits for a bypassed entry. */
  isBypassing = false;
  awaited: { readonly entry: TailEntry; readonly done: () => void } | null = null;
  /** Entries that go to their segments without a group, ascending, until they are there for good. */
  bypassing: TailEntry[] = [];
  /** Last of them ever. */
  bypassIndex = 0;
  isBypassRunning = false;
  /** Bytes of entries that are in no group and do not bypass the journal; more after a truncation. */
  unclaimedSizeBytes = 0;
  isInLargeList = false;
  whenWritten: (() => void)[] = [];
  isInLazyQueue = false;
  isInLargeQueue = false;
  lazySizeBytes = 0;
  /** When a fetch last needed a data file, on the monotonic clock; -1 for never. */
  fileReadMs = -1;

  constructor(key: LogKey, number: number, config: LogConfig, host: LogHost) {
    this.key = key;
    this.number = number;
    this.config = config;
    this.host = host;
  }

  get directory(): string {
    return `logs/${this.key.topicId}-${this.key.partition}`;
  }

  get lastTerm(): number {
    return this.epochs[this.epochs.length - 1]?.epoch ?? this.previousTerm;
  }

  get savedState(): SavedState | null {
    return this.states[this.states.length - 1] ?? null;
  }

  get tailCount(): number {
    return this.tail.length - this.tailHead;
  }

  /** First index that is still in memory; `lastIndex + 1` when none is. */
  get tailIndex(): number {
    return this.tail[this.tailHead]?.index ?? this.lastIndex + 1;
  }

  /** Something besides entries waits for the next group: then all of it goes into one. */
  get hasControls(): boolean {
    const isFlagged = this.isConfigDirty || this.isHardStateDirty || this.isStartDirty;
    return isFlagged || this.pendingTruncation !== null || this.pendingReplacements.length > 0;
  }

  tailAt(index: number): TailEntry | undefined {
    const first = this.tail[this.tailHead];
    return first === undefined || index < first.index
      ? undefined
      : this.tail[this.tailHead + index - first.index];
  }

  termAt(index: number): number | undefined {
    if (index === 0) return 0;
    if (index === this.firstIndex - 1) return this.previousTerm;
    if (index < this.firstIndex || index > this.lastIndex) return undefined;
    return epochAtIndex(this.epochs, index);
  }

  append(entries: readonly LogEntry[]): void {
    this.host.admit(this, entries);
    let sizeBytes = 0;
    for (const entry of entries) {
      this.#appendOne(entry);
      sizeBytes += entry.bytes.length;
    }
    this.host.appended(this, sizeBytes);
    this.host.markDirty(this);
  }

  saveHardState(state: HardState): void {
    assert(state.term >= this.hardState.term);
    this.hardState = state;
    this.isHardStateDirty = true;
    this.host.markDirty(this);
  }

  saveState(index: number, bytes: Buffer): void {
    assert(index <= this.lastIndex);
    while (this.states.length > 0 && this.states[this.states.length - 1]!.index >= index) this.states.pop();
    if (this.states.length === 2) this.states.shift();
    this.states.push({ index, bytes });
  }

  truncateSuffix(index: number, done: (error: Error | null) => void = raise): void {
    assert(index >= this.firstIndex && !this.isDeleted);
    if (index > this.lastIndex) return done(null);
    const segment = this.segments[this.segmentOfIndex(index)]!;
    const entry = this.tailAt(index);
    const at = entry === undefined ? segment.backlogAtIndex(index) : -1;
    if (entry !== undefined) {
      this.cut({ index, segment, position: entry.position, slot: entry.slot, offset: entry.baseOffset });
    } else if (index === segment.firstIndex) {
      this.cut({ index, segment, position: 0, slot: 0, offset: segment.baseOffset });
    } else if (at >= 0) {
      const position = rowPosition(segment.backlog, at);
      const slot = segment.backlogFrom + at / ROW_SIZE_BYTES;
      this.cut({ index, segment, position, slot, offset: rowBaseOffset(segment.backlog, at) });
    } else {
      this.host.reader.findRow(this, segment, index, (error, row) => {
        if (error === null) this.cut({ index, segment, ...row });
        done(error);
      });
      return;
    }
    done(null);
  }

  advanceStart(startOffset: number): void {
    assert(startOffset <= this.endOffset);
    if (startOffset <= this.startOffset) return;
    this.startOffset = startOffset;
    this.isStartDirty = true;
    this.host.markDirty(this);
  }

  freeBelowStart(): void {
    this.dropBelowStart();
    const first = this.segments[0];
    if (first !== undefined && this.segments.length > 1 && this.#isBelowStart(first))
      this.host.freeLater(this);
  }

  roll(): void {
    const last = this.segments[this.segments.length - 1];
    if (last === undefined || last.isSealed || last.sizeBytes === 0) return;
    last.isSealed = true;
    this.host.rolled(this);
  }

  get cleanedOffset(): number {
    let offset = 0;
    for (const { isClean, baseOffset, nextOffset } of this.segments) {
      if (nextOffset <= this.startOffset) continue;
      if (!isClean) return Math.max(baseOffset, Math.min(this.partlyCleanedTo, nextOffset));
      offset = nextOffset;
    }
    return offset;
  }

  compact(request: CompactionRequest, done: LogDone<CompactionResult>): void {
    this.host.compact(this, request, done);
  }

  read(
    request: {
      readonly offset: number;
      readonly endOffset: number;
      readonly sizeBytesMax: number;
      readonly atLeastOne: boolean;
    },
    done: LogDone<ReadResult>,
  ): void {
    this.host.reader.read(this, request, done);
  }

  readEntries(fromIndex: number, sizeBytesMax: number, done: LogDone<readonly LogEntry[]>): void {
    this.host.reader.readEntries(this, fromIndex, sizeBytesMax, done);
  }

  readHeads(fromIndex: number, done: LogDone<readonly LogEntry[]>): void {
    this.host.reader.readHeads(this, fromIndex, done);
  }

  batchByTimestamp(
    timestamp: number,
    fromOffset: number,
    endOffset: number,
    done: LogDone<Buffer | null>,
  ): void {
    this.host.reader.batchByTimestamp(this, timestamp, fromOffset, endOffset, done);
  }

  batchOfMaxTimestamp(endOffset: number, done: LogDone<Buffer | null>): void {
    this.host.reader.batchOfMaxTimestamp(this, endOffset, done);
  }

  /** Number of the segment that holds `index`; the last one whose first index is not above it. */
  segmentOfIndex(index: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.segments[middle]!.firstIndex <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Number of the last segment whose base offset is not above `offset`. */
  segmentOfOffset(offset: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Adds an entry to memory as the journal says it: its `length` bytes stand elsewhere. */
  pushReplayed(entry: LogEntry, segment: Segment, length: number): TailEntry {
    const added = new TailEntry(entry, segment, length);
    added.bytes = null;
    this.tail.push(added);
    this.account(added, length);
    return added;
  }

  /** What the log knows of an entry besides its bytes. `added` stands at the end of its segment. */
  account(
    entry: Pick<LogEntry, 'index' | 'term' | 'kind' | 'baseOffset' | 'nextOffset' | 'maxTimestamp'> & {
      readonly segment: Segment;
    },
    length: number,
  ): void {
    const { segment } = entry;
    segment.slots += slotsOf(entry.kind, length);
    if (entry.kind === EntryKind.batch) {
      if (segment.sizeBytes === 0) segment.firstTimestamp = entry.maxTimestamp;
      // -1 says that the place of the maximum is unknown: it stays so, and is an upper bound.
      if (entry.maxTimestamp > segment.maxTimestamp || segment.sizeBytes === 0) {
        segment.maxTimestamp = entry.maxTimestamp;
        segment.maxTimestampOffset = entry.baseOffset;
      }
      segment.sizeBytes += length;
      this.sizeBytes += length;
    }
    segment.nextIndex = entry.index + 1;
    segment.nextOffset = entry.nextOffset;
    appendEpoch(this.epochs, entry.term, entry.baseOffset, entry.index);
    this.lastIndex = entry.index;
    this.endOffset = entry.nextOffset;
  }

  /** Starts a segment behind the last entry. */
  addSegment(generation: number): Segment {
    const segment = new Segment(this.directory, generation, this.lastIndex + 1, this.endOffset);
    const last = this.segments[this.segments.length - 1];
    if (last !== undefined) last.isSealed = true;
    this.segments.push(segment);
    return segment;
  }

  /** Removes everything from `index` on; `segment` holds it, at `position` and `slot`, with base offset `offset`. */
  cut(at: { index: number; segment: Segment; position: number; slot: number; offset: number }): void {
    const { index, segment } = at;
    this.#dropTail(index);
    const gone: Segment[] = [];
    while (this.segments.length > 0 && this.segments[this.segments.length - 1]!.firstIndex >= index) {
      gone.push(this.segments.pop()!);
    }
    const kept = this.segments[this.segments.length - 1];
    if (kept === segment) {
      if (kept.isUnsettled) this.host.unsettledCut();
      kept.cut(index, at.offset, at.position, at.slot);
    }
    this.lastIndex = index - 1;
    this.endOffset = at.offset;
    this.sizeBytes = this.segments.reduce((sum, each) => sum + each.sizeBytes, 0);
    truncateEpochs(this.epochs, index);
    while (this.states.length > 0 && this.states[this.states.length - 1]!.index >= index) this.states.pop();
    if (this.quarantine !== null && this.quarantine.offset >= this.endOffset) this.quarantine = null;
    if (this.startOffset > this.endOffset) this.startOffset = this.endOffset;
    this.durableIndex = Math.min(this.durableIndex, index - 1);
    this.bypassIndex = Math.min(this.bypassIndex, index - 1);
    this.checkpointedIndex = Math.min(this.checkpointedIndex, this.savedState?.index ?? 0);
    this.capturedIndex = 0;
    if (index <= this.formedIndex) {
      this.pendingTruncation = {
        index,
        generation: kept?.generation ?? 0,
        sizeBytes: kept?.sizeBytes ?? 0,
        slots: kept?.slots ?? 0,
        nextOffset: at.offset,
      };
      this.formedIndex = index - 1;
    }
    this.host.segmentsDropped(this, gone);
    this.host.markDirty(this);
  }

  /**
   * Drops whole segments that lie below the start, are durable, and whose entries a state in the manifest speaks for:
   * without it producers and memberships would be forgotten with them. The last one always stays.
   */
  dropBelowStart(): void {
    const gone: Segment[] = [];
    for (let first = this.segments[0]!; this.segments.length > 1; first = this.segments[0]!) {
      if (!this.#isBelowStart(first) || first.nextIndex - 1 > this.checkpointedIndex) break;
      gone.push(this.segments.shift()!);
    }
    if (gone.length === 0) return;
    this.dropSegments(gone);
    this.isStartDirty = true;
    this.host.markDirty(this);
  }

  #isBelowStart(segment: Segment): boolean {
    return segment.nextOffset <= this.startOffset && segment.nextIndex - 1 <= this.durableIndex;
  }

  /** Compaction wrote what is left of `old`, some segments that follow each other, into one that takes their place. */
  replaceSegments(old: readonly Segment[], segment: Segment): void {
    const firstGeneration = old[0]!.generation;
    const lastGeneration = old[old.length - 1]!.generation;
    this.pendingReplacements.push({ firstGeneration, lastGeneration, segment });
    for (const each of old) each.isReplaced = true;
    this.exchange(old, segment);
    this.host.segmentsDropped(this, old);
    this.host.markDirty(this);
  }

  /** In memory alone. */
  exchange(old: readonly Segment[], segment: Segment): void {
    const from = this.segments.indexOf(old[0]!);
    assert(from >= 0 && this.segments[from + old.length - 1] === old[old.length - 1]);
    this.segments.splice(from, old.length, segment);
    for (const each of old) this.sizeBytes -= each.sizeBytes;
    this.sizeBytes += segment.sizeBytes;
  }

  /** `gone` were the first segments. */
  dropSegments(gone: readonly Segment[]): void {
    const first = this.segments[0]!;
    this.previousTerm = epochAtIndex(this.epochs, first.firstIndex - 1) ?? this.previousTerm;
    this.firstIndex = first.firstIndex;
    for (const segment of gone) this.sizeBytes -= segment.sizeBytes;
    trimEpochs(this.epochs, first.firstIndex, first.baseOffset);
    const dropped: TailEntry[] = [];
    while (this.tailCount > 0 && this.tail[this.tailHead]!.index < this.firstIndex) {
      const entry = this.tail[this.tailHead]!;
      entry.isDropped = true;
      dropped.push(entry);
      this.shiftTail();
    }
    this.host.dropped(this, dropped);
    this.host.segmentsDropped(this, gone);
  }

  /** Nothing is left: by a truncation down to the start. */
  dropAllSegments(): void {
    this.segments.length = this.epochs.length = this.sizeBytes = 0;
    this.firstIndex = this.lastIndex + 1;
  }

  /** Forgets the oldest entry in memory. */
  shiftTail(): void {
    this.tailHead++;
    if (this.tailHead < 64 || this.tailHead * 2 < this.tail.length) return;
    this.tail.splice(0, this.tailHead);
    this.tailHead = 0;
  }

  /** Called when the write to this log's files is done. */
  writingDone(): void {
    this.isWriting = false;
    // The next one may find that there is nothing for it to write any more.
    while (!this.isWriting && this.whenWritten.length > 0) this.whenWritten.shift()!();
  }

  /** The log has failed: whoever waits to write to its files is told so. */
  endWriting(): void {
    do this.writingDone();
    while (this.whenWritten.length > 0);
  }

  #appendOne(entry: LogEntry): void {
    assert(entry.index === this.lastIndex + 1);
    assert(entry.baseOffset === this.endOffset);
    assert(entry.term >= this.lastTerm);
    assert(
      entry.kind === EntryKind.batch
        ? entry.nextOffset > entry.baseOffset
        : entry.nextOffset === entry.baseOffset,
    );
    const added = new TailEntry(entry, this.#segmentFor(entry), entry.bytes.length);
    this.tail.push(added);
    this.account(added, entry.bytes.length);
  }

  #segmentFor(entry: LogEntry): Segment {
    const last = this.segments[this.segments.length - 1];
    if (last === undefined || last.isSealed) return this.addSegment(this.host.nextGeneration());
    if (entry.kind !== EntryKind.batch || last.sizeBytes === 0) return last;
    const isFull = last.sizeBytes + entry.bytes.length > this.config.segmentSizeBytesMax;
    const isOld = entry.maxTimestamp - last.firstTimestamp > this.config.segmentAgeMsMax;
    if (!isFull && !isOld) return last;
    this.host.rolled(this);
    return this.addSegment(this.host.nextGeneration());
  }

  #dropTail(index: number): void {
    const dropped: TailEntry[] = [];
    while (this.tailCount > 0 && this.tail[this.tail.length - 1]!.index >= index) {
      const entry = this.tail.pop()!;
      entry.isDropped = true;
      dropped.push(entry);
    }
    this.host.dropped(this, dropped);
  }
}

function raise(error: Error | null): void {
  if (error !== null) throw error;
}
