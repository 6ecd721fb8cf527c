/**
 * Walks all entries of one log in the order of their indexes, from its segments and then from what only the journal
 * has, and goes on behind damage. Memory is bounded: a window of rows and a piece of the data file at a time.
 */
import { batchDamage } from './batch-walk';
import type { Disk, DiskError, DiskFile } from './disk';
import { type FindPlace, reasonOf } from './inspect-damage';
import { type FoundEntry, slotsAt, slotsIn } from './inspect-slots';
import type { Log } from './log';
import { payloadDamage } from './row-entries';
import { ROW_SIZE_BYTES } from './rows';
import type { Segment } from './segment';
import type { TailEntry } from './tail-entry';
import { EntryKind, type LogEntry } from './types';

const WINDOW_SLOTS = 512;
const PIECE_SIZE_BYTES = 4 << 20;

export interface WalkedEntry {
  readonly kind: 'entry';
  readonly entry: LogEntry;
  /** Where the batch or payload stands. */
  readonly file: string;
  readonly position: number;
}

/** Entries that are not there any more: bounds are inclusive and exclusive. */
export interface WalkedDamage {
  readonly kind: 'damage';
  readonly file: string;
  readonly position: number;
  readonly reason: string;
  readonly fromIndex: number;
  endIndex: number;
  readonly fromOffset: number;
  endOffset: number;
}

export type Walked = WalkedEntry | WalkedDamage;

export interface WalkOptions {
  readonly placeOf: FindPlace;
  /** Entries that end at or below it are passed over, their batches unread. */
  readonly fromOffset?: number;
}

/** What a segment has in its own files. */
interface Bounds {
  readonly slots: number;
  readonly nextIndex: number;
  readonly nextOffset: number;
  readonly sizeBytes: number;
}

interface Opened {
  readonly file: DiskFile | null;
  readonly error: DiskError | null;
}

interface Run {
  readonly slot: number;
  readonly index: number;
  readonly offset: number;
  readonly reason: string;
}

/** An entry of the window that is to be read, or damage that comes before the next one. */
type Planned = FoundEntry | WalkedDamage;

export class LogWalk {
  readonly #disk: Disk;
  readonly #log: Log;
  readonly #placeOf: FindPlace;
  readonly #fromOffset: number;
  readonly #opened = new Map<string, Opened>();
  #segmentAt = 0;
  #slot = 0;
  #tailAt: number;
  #index: number;
  #offset: number;
  #position = 0;
  /** Slots without a row, up to here. */
  #run: Run | null = null;
  /** The next one may go on with it. */
  #pending: WalkedDamage | null = null;
  #items: Walked[] = [];

  constructor(disk: Disk, log: Log, options: WalkOptions) {
    this.#disk = disk;
    this.#log = log;
    this.#placeOf = options.placeOf;
    this.#fromOffset = options.fromOffset ?? -1;
    this.#tailAt = log.tailHead;
    this.#segmentAt =
      options.fromOffset === undefined ? 0 : Math.max(0, log.segmentOfOffset(options.fromOffset));
    const segment = log.segments[this.#segmentAt];
    this.#index = segment?.firstIndex ?? log.firstIndex;
    this.#offset = segment?.baseOffset ?? log.endOffset;
  }

  /** What comes next, at least one; null at the end. The bytes are the caller's. One call at a time. */
  next(done: (items: readonly Walked[] | null) => void): void {
    this.#items = [];
    repeatedly((again) => {
      if (this.#items.length > 0) return done(this.#items);
      this.#step((isOver) => {
        if (!isOver) return again();
        this.#flushPending();
        done(this.#items.length > 0 ? this.#items : null);
      });
    });
  }

  /** Ends it early. */
  close(done: () => void): void {
    const [path, opened] = [...this.#opened][0] ?? [];
    if (path === undefined) return done();
    this.#opened.delete(path);
    if (opened!.file === null) return this.close(done);
    opened!.file.close(() => this.close(done));
  }

  #step(then: (isOver: boolean) => void): void {
    const segment = this.#log.segments[this.#segmentAt];
    if (segment === undefined) return this.#tailStep(then);
    const bounds = fileBounds(this.#log, segment);
    if (this.#slot < bounds.slots) return this.#window(segment, bounds, WINDOW_SLOTS, () => then(false));
    this.#endSegment(segment, bounds);
    this.close(() => then(false));
  }

  #endSegment(segment: Segment, bounds: Bounds): void {
    if (this.#run !== null) this.#endRun(segment, bounds.nextIndex, bounds.nextOffset);
    else if (this.#isShort(segment, bounds)) {
      const reason = `the rows end before entry ${this.#index}, the segment before entry ${bounds.nextIndex}`;
      this.#lost(segment.rowsPath, this.#slot * ROW_SIZE_BYTES, reason, bounds);
    }
    this.#segmentAt++;
    this.#slot = this.#position = 0;
    const next = this.#log.segments[this.#segmentAt];
    this.#index = next?.firstIndex ?? bounds.nextIndex;
    this.#offset = next?.baseOffset ?? bounds.nextOffset;
  }

  /** Compaction leaves holes at the end too. */
  #isShort({ isCompacted }: Segment, { nextIndex, nextOffset }: Bounds): boolean {
    return (
      (!isCompacted && this.#index !== nextIndex) || this.#index > nextIndex || this.#offset > nextOffset
    );
  }

  /** All that is left of the segment is lost. */
  #lost(file: string, position: number, reason: string, bounds: Bounds): void {
    this.#damage({ file, position, reason, endIndex: bounds.nextIndex, endOffset: bounds.nextOffset });
    this.#slot = bounds.slots;
    this.#index = bounds.nextIndex;
    this.#offset = bounds.nextOffset;
    this.#run = null;
  }

  #window(segment: Segment, bounds: Bounds, slotsMax: number, then: () => void): void {
    const path = segment.rowsPath;
    const count = Math.min(slotsMax, bounds.slots - this.#slot);
    const position = this.#slot * ROW_SIZE_BYTES;
    const rows = Buffer.allocUnsafe(count * ROW_SIZE_BYTES);
    this.#read(path, position, rows, (error, sizeBytes) => {
      if (error !== null) {
        this.#lost(path, position, reasonOf(error), bounds);
        return then();
      }
      const whole = sizeBytes - (sizeBytes % ROW_SIZE_BYTES);
      const found = slotsIn(rows.subarray(0, whole), this.#slot, bounds.slots, segment.generation);
      if (found.length > 0) return this.#entries(segment, this.#plan(segment, bounds, found), then);
      if (whole === rows.length) {
        return this.#window(segment, bounds, slotsAt(rows, 0, segment.generation), then);
      }
      this.#lost(path, position + sizeBytes, 'the file ends', bounds);
      then();
    });
  }

  /** As much as one piece of the data file has; moves on behind it. */
  #plan(segment: Segment, bounds: Bounds, found: ReturnType<typeof slotsIn>): Planned[] {
    const planned: Planned[] = [];
    let from = -1;
    for (const each of found) {
      const reason = each.entry === null ? 'the row fails its checksum' : this.#misfit(each, bounds);
      if (each.entry === null || reason !== null) {
        const { slot } = each;
        this.#run ??= { slot, index: this.#index, offset: this.#offset, reason: reason! };
        this.#slot = slot + each.slots;
        continue;
      }
      const { entry, slot, slots, position, length } = each;
      const isBatch = entry.kind === EntryKind.batch;
      if (isBatch && from >= 0 && position + length - from > PIECE_SIZE_BYTES) break;
      if (this.#run !== null)
        planned.push(this.#runDamage(segment, this.#run, entry.index, entry.baseOffset));
      this.#run = null;
      if (isBatch) {
        if (from < 0) from = position;
        this.#position = position + length;
      }
      this.#slot = slot + slots;
      this.#index = entry.index + 1;
      this.#offset = entry.nextOffset;
      planned.push(each);
    }
    return planned;
  }

  /** Why the row, which is whole, cannot stand where it does; null when it can. */
  #misfit({ entry, slot, position, length }: FoundEntry, bounds: Bounds): string | null {
    const run = this.#run;
    const isCompacted = this.#log.segments[this.#segmentAt]?.isCompacted === true;
    const dense = run === null ? this.#index : run.index + (slot - run.slot);
    const latest = isCompacted ? bounds.nextIndex - 1 : dense;
    if (entry.index < this.#index || entry.index > latest) {
      return `the row is of entry ${entry.index}, entry ${this.#index} belongs there`;
    }
    if (entry.kind > EntryKind.producerExpiry) return `entries of kind ${entry.kind} are unknown`;
    if (entry.baseOffset < this.#offset || entry.nextOffset > bounds.nextOffset) {
      return `the row says offsets ${entry.baseOffset} to ${entry.nextOffset}, offset ${this.#offset} belongs there`;
    }
    if (entry.kind !== EntryKind.batch) return null;
    const isPlaced = run === null ? position === this.#position : position >= this.#position;
    if (isPlaced && position + length <= bounds.sizeBytes) return null;
    return `the row says byte ${position} of the data file, byte ${this.#position} belongs there`;
  }

  #runDamage(segment: Segment, run: Run, endIndex: number, endOffset: number): WalkedDamage {
    const { slot, index, offset, reason } = run;
    return {
      kind: 'damage',
      file: segment.rowsPath,
      position: slot * ROW_SIZE_BYTES,
      reason,
      fromIndex: index,
      endIndex,
      fromOffset: offset,
      endOffset,
    };
  }

  #endRun(segment: Segment, endIndex: number, endOffset: number): void {
    this.#add(this.#runDamage(segment, this.#run!, endIndex, endOffset));
    this.#run = null;
  }

  #isWanted(entry: LogEntry): boolean {
    return entry.nextOffset > this.#fromOffset;
  }

  /** Reads the batches of what was planned, which stand in one piece. */
  #entries(segment: Segment, planned: readonly Planned[], then: () => void): void {
    const batches = planned.filter(
      (each): each is FoundEntry =>
        'slot' in each && each.entry.kind === EntryKind.batch && this.#isWanted(each.entry),
    );
    const first = batches[0];
    const last = batches[batches.length - 1];
    if (first === undefined || last === undefined) {
      this.#addPlanned(segment, planned, Buffer.alloc(0), 0, null);
      return then();
    }
    const bytes = Buffer.allocUnsafeSlow(last.position + last.length - first.position);
    this.#read(segment.dataPath, first.position, bytes, (error, sizeBytes) => {
      this.#addPlanned(segment, planned, bytes.subarray(0, sizeBytes), first.position, error);
      then();
    });
  }

  #addPlanned(
    segment: Segment,
    planned: readonly Planned[],
    bytes: Buffer,
    from: number,
    error: DiskError | null,
  ): void {
    for (const each of planned) {
      if (!('slot' in each)) {
        this.#add(each);
        continue;
      }
      const { entry, position, length, slot } = each;
      if (!this.#isWanted(entry)) continue;
      if (entry.kind !== EntryKind.batch) {
        this.#addEntry(entry, segment.rowsPath, slot * ROW_SIZE_BYTES, each.damage);
        continue;
      }
      const at = position - from;
      let damage = error === null ? null : reasonOf(error);
      if (damage === null && at + length > bytes.length) damage = 'the file ends';
      damage ??= batchDamage(bytes, at, length, entry.baseOffset, entry.term);
      const whole = damage === null ? { ...entry, bytes: bytes.subarray(at, at + length) } : entry;
      this.#addEntry(whole, segment.dataPath, position, damage);
    }
  }

  #tailStep(then: (isOver: boolean) => void): void {
    const { tail } = this.#log;
    for (let count = 0; count < WINDOW_SLOTS; count++) {
      const one = tail[this.#tailAt];
      if (one === undefined) return this.close(() => then(true));
      this.#tailAt++;
      if (one.nextOffset <= this.#fromOffset) continue;
      if (one.isInFileOnly) return this.#bypassed(one, () => then(false));
      this.#inMemory(one);
    }
    then(false);
  }

  /** A batch that only its row is of in the journal. */
  #bypassed(one: TailEntry, then: () => void): void {
    const { segment, position, length } = one;
    const bytes = Buffer.allocUnsafeSlow(length);
    this.#read(segment.dataPath, position, bytes, (error, sizeBytes) => {
      let damage = error === null ? null : reasonOf(error);
      if (damage === null && sizeBytes < length) damage = 'the file ends';
      damage ??= batchDamage(bytes, 0, length, one.baseOffset, one.term);
      this.#addEntry(entryOf(one, bytes), segment.dataPath, position, damage);
      then();
    });
  }

  #inMemory(one: TailEntry): void {
    const bytes = one.view(ROW_SIZE_BYTES);
    const isBatch = one.kind === EntryKind.batch;
    if (one.slab === null) {
      // Recovery has read and checked it.
      return this.#addEntry(entryOf(one, bytes), one.segment.dataPath, one.position, null);
    }
    const damage = isBatch
      ? batchDamage(bytes, 0, one.length, one.baseOffset, one.term)
      : payloadDamage(one.slab.memory, one.rowAt, bytes);
    const { file, position } = this.#placeOf(one.slab, one.rowAt + ROW_SIZE_BYTES);
    this.#addEntry(entryOf(one, bytes), file, position, damage);
  }

  #addEntry(entry: LogEntry, file: string, position: number, reason: string | null): void {
    if (reason === null) {
      this.#flushPending();
      this.#items.push({ kind: 'entry', entry, file, position });
      return;
    }
    this.#add({
      kind: 'damage',
      file,
      position,
      reason,
      fromIndex: entry.index,
      endIndex: entry.index + 1,
      fromOffset: entry.baseOffset,
      endOffset: entry.nextOffset,
    });
  }

  #damage(what: {
    readonly file: string;
    readonly position: number;
    readonly reason: string;
    readonly endIndex: number;
    readonly endOffset: number;
  }): void {
    const fromIndex = this.#run?.index ?? this.#index;
    const fromOffset = this.#run?.offset ?? this.#offset;
    this.#add({ kind: 'damage', fromIndex, fromOffset, ...what });
  }

  /** Neighbours that suffer from the same are one. */
  #add(damage: WalkedDamage): void {
    const pending = this.#pending;
    const isSame = pending !== null && pending.file === damage.file && pending.reason === damage.reason;
    if (isSame && pending.endIndex === damage.fromIndex) {
      pending.endIndex = damage.endIndex;
      pending.endOffset = damage.endOffset;
      return;
    }
    this.#flushPending();
    this.#pending = damage;
  }

  #flushPending(): void {
    if (this.#pending !== null) this.#items.push(this.#pending);
    this.#pending = null;
  }

  #read(
    path: string,
    position: number,
    into: Buffer,
    done: (error: DiskError | null, sizeBytes: number) => void,
  ): void {
    this.#use(path, ({ file, error }) => {
      if (file === null) return done(error, 0);
      file.read(position, into, (readError, sizeBytes) =>
        done(readError, readError === null ? sizeBytes : 0),
      );
    });
  }

  #use(path: string, use: (opened: Opened) => void): void {
    const known = this.#opened.get(path);
    if (known !== undefined) return use(known);
    this.#disk.open(path, { create: 'never' }, (error, file) => {
      const opened = { file: error === null ? file : null, error };
      this.#opened.set(path, opened);
      use(opened);
    });
  }
}

function entryOf(one: TailEntry, bytes: Buffer): LogEntry {
  const { index, term, kind, baseOffset, nextOffset, maxTimestamp } = one;
  return { index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes };
}

/** The newest entries may be in the journal only. */
function fileBounds(log: Log, segment: Segment): Bounds {
  const slots = segment.writtenSlots;
  const first = log.tail[log.tailHead];
  if (first === undefined || first.index >= segment.nextIndex) {
    const { nextIndex, nextOffset, sizeBytes } = segment;
    return { slots, nextIndex, nextOffset, sizeBytes };
  }
  if (first.segment === segment) {
    return { slots, nextIndex: first.index, nextOffset: first.baseOffset, sizeBytes: first.position };
  }
  const { firstIndex, baseOffset } = segment;
  return { slots, nextIndex: firstIndex, nextOffset: baseOffset, sizeBytes: 0 };
}

/** Runs `step` again whenever it says so; in a loop where it says so before it returns. */
export function repeatedly(step: (again: () => void) => void): void {
  let isRunning = false;
  let isDue = false;
  const again = (): void => {
    isDue = true;
    if (isRunning) return;
    isRunning = true;
    while (isDue) {
      isDue = false;
      step(again);
    }
    isRunning = false;
  };
  again();
}
