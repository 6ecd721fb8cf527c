import assert from 'node:assert/strict';
import { Arena, type Slab } from './arena';
import { Bypass, readyIndex } from './bypass';
import { Checkpointer } from './checkpoint';
import { CLEAN_PATH, encodeCleanMark } from './clean-mark';
import { Committer } from './commit';
import { Compaction } from './compaction';
import type { Disk, DiskError } from './disk';
import { type CorruptEntryError, DiskFullError, StorageFailedError } from './errors';
import { Extents } from './extents';
import { FilePool } from './file-pool';
import {
  type Group,
  GroupBuilder,
  type GroupOptions,
  inlineSizeBytesMax,
  pendingRecordsSizeBytes,
} from './group';
import { Journal, type JournalOptions } from './journal';
import { GroupFlag, recordSizeBytes } from './journal-format';
import { LazyWriter } from './lazy-writer';
import { Log, type LogHost } from './log';
import { LogReader } from './log-read';
import { ReadBuffers } from './read-buffers';
import { ROW_SIZE_BYTES } from './rows';
import type { Segment } from './segment';
import { SegmentWriter } from './segment-writer';
import { replaceSmallFile } from './small-file';
import { SpaceWatch } from './space-watch';
import type { TailEntry } from './tail-entry';
import {
  type CompactionRequest,
  type CompactionResult,
  EntryKind,
  type LogConfig,
  type LogDone,
  type LogEntry,
  type LogKey,
  type LogStore,
  type LogStoreOptions,
  type StoredLog,
  type StoreIdentity,
} from './types';

/** As many journal files' worth of entries are looked at again by the start after a crash, at most. */
const REPLAYED_FILES = 16;
const SLAB_SIZE_BYTES_MAX = 4 << 20;
const OPEN_FILES_MAX = 256;
/** An orderly close writes into the segments for so long; what is left then, the next open replays from the journal. */
export const CLOSE_SETTLE_MS_MAX = 300;
const READ_BUFFERS_SIZE_BYTES_MAX = 8 << 20;
/** Larger payloads of entries that are no batches are refused: they would not fit in a window of the row file. */
const PAYLOAD_SIZE_BYTES_MAX = 8192;

/** What opening found, or made. */
export interface StoreStart {
  readonly identity: StoreIdentity;
  readonly isNew: boolean;
  readonly wasClean: boolean;
  readonly manifestSequence: number;
  readonly nextLogNumber: number;
  readonly nextSegmentGeneration: number;
  readonly journal: Pick<JournalOptions, 'salt' | 'boot' | 'place' | 'nextGeneration' | 'files'>;
}

/** A log, and how far the next group takes its entries. */
interface Taken {
  readonly log: Log;
  readonly lastIndex: number;
}

export class Store implements LogStore, LogHost {
  readonly identity: StoreIdentity;
  readonly isNew: boolean;
  readonly wasClean: boolean;
  readonly reader: LogReader;
  readonly files: FilePool;
  readonly arena: Arena;
  pendingSizeBytes = 0;
  /** Last group that is on stable storage, with all that bypassed it. */
  durableSequence: number;
  nextLogNumber: number;
  nextSegmentGeneration: number;
  readonly #disk: Disk;
  readonly #options: LogStoreOptions;
  readonly #logs = new Map<string, Log>();
  readonly #journal: Journal;
  readonly #writer: SegmentWriter;
  readonly #lazyWriter: LazyWriter;
  readonly #bypass: Bypass;
  readonly #checkpointer: Checkpointer;
  readonly #committer: Committer;
  readonly #space: SpaceWatch;
  readonly #extents: Extents;
  readonly #compactions = new Set<Compaction>();
  /** Called with a manifest: the next one, and the one that is being made. */
  #whenCheckpointed: (() => void)[] = [];
  #whenCheckpointing: (() => void)[] = [];
  readonly #groupOptions: GroupOptions;
  #lazySizeBytes = 0;
  /** Groups are formed below it. Above `lazySizeBytesMax` while what the journal brought at the start is being written. */
  #lazySizeBytesCap = 0;

  // What the next group takes.
  #dirty: Log[] = [];
  #deleted: Log[] = [];
  /** Logs with many bytes appended since the last flush. */
  #large: Log[] = [];
  #toRemove: { readonly log: Log; readonly segment: Segment }[] = [];
  /** Logs whose segments wait for a manifest: for the next one, and for the one that is being made. */
  readonly #toFree = new Set<Log>();
  readonly #freeing = new Set<Log>();

  /** Files that the groups in flight drop. */
  #removals: { readonly log: Log; readonly segment: Segment }[] = [];
  #whenBegun: (() => void) | null = null;

  #failure: DiskError | null = null;
  #closing: ((error: Error | null) => void) | null = null;
  #isClosed = false;
  #closeTimer: { cancel(): void } | null = null;
  /** The close took too long to write everything into the segments. */
  #isHurried = false;

  constructor(disk: Disk, options: LogStoreOptions, start: StoreStart) {
    this.#disk = disk;
    this.#options = options;
    this.#space = new SpaceWatch(options);
    this.identity = start.identity;
    this.isNew = start.isNew;
    this.wasClean = start.wasClean;
    this.nextLogNumber = start.nextLogNumber;
    this.nextSegmentGeneration = start.nextSegmentGeneration;
    this.durableSequence = start.journal.place.sequence;
    this.files = new FilePool(disk, OPEN_FILES_MAX);
    this.#journal = new Journal(disk, {
      ...start.journal,
      fileSizeBytes: options.journal.fileSizeBytes,
      onFailed: (error) => this.storeFailed(error),
      onFull: (error, retry) => this.diskFull(error, retry),
      onHealed: () => this.diskHealed(),
      onCheckpointDue: () => this.#checkpointer.want(),
      onStuck: () => this.#isRoomComing(),
    });
    const groupSizeBytesMax = this.#journal.groupSizeBytesMax;
    const slabSizeBytes = Math.min(SLAB_SIZE_BYTES_MAX, 2 * groupSizeBytesMax);
    this.arena = new Arena(disk, { slabSizeBytes, freeSizeBytesMax: options.journal.lazySizeBytesMax });
    this.#groupOptions = {
      arena: this.arena,
      alignmentBytes: disk.alignmentBytes,
      groupSizeBytesMax: Math.min(groupSizeBytesMax, slabSizeBytes),
      boot: start.journal.boot,
    };
    this.reader = new LogReader(this.files, new ReadBuffers(READ_BUFFERS_SIZE_BYTES_MAX), this);
    this.#extents = new Extents(disk, slabSizeBytes, options);
    this.#writer = new SegmentWriter(disk, { files: this.files, extents: this.#extents }, this);
    this.#lazyWriter = new LazyWriter(this.#writer, this);
    const { bypassSizeBytesMin } = options.journal;
    this.#bypass = new Bypass(
      this.#writer,
      { bypassSizeBytesMin, inlineSizeBytesMax: inlineSizeBytesMax(this.#groupOptions.groupSizeBytesMax) },
      this,
    );
    const { arena } = this;
    this.#committer = new Committer(
      { arena, journal: this.#journal, bypass: this.#bypass, groupOptions: this.#groupOptions },
      this,
    );
    const { manifestSequence } = start;
    this.#checkpointer = new Checkpointer(
      disk,
      {
        journal: this.#journal,
        lazyWriter: this.#lazyWriter,
        manifestSequence,
        replayedSizeBytesMax: REPLAYED_FILES * options.journal.fileSizeBytes,
      },
      this,
    );
  }

  // LogStore

  logs(): Iterable<StoredLog> {
    return this.#logs.values();
  }

  log(key: LogKey): Log | undefined {
    return this.#logs.get(nameOf(key));
  }

  create(key: LogKey, config: LogConfig): Log {
    assert(!this.#logs.has(nameOf(key)), 'the log exists');
    const log = new Log(key, this.nextLogNumber++, config, this);
    this.#logs.set(nameOf(key), log);
    return log;
  }

  delete(key: LogKey): void {
    const log = this.#logs.get(nameOf(key));
    if (log === undefined) return;
    this.#toFree.delete(log);
    this.#freeing.delete(log);
    this.#logs.delete(nameOf(key));
    const tail = log.tail.slice(log.tailHead);
    log.tail.length = log.tailHead = 0;
    for (const entry of tail) entry.isDropped = true;
    this.dropped(log, tail);
    this.segmentsDropped(log, log.segments);
    log.isDeleted = true;
    if (log.isRecorded) this.#deleted.push(log);
  }

  configure(log: StoredLog, config: LogConfig): void {
    const own = this.#logs.get(nameOf(log.key));
    assert(own === log);
    own.config = config;
    if (!own.isRecorded) return;
    own.isConfigDirty = true;
    this.markDirty(own);
  }

  flush(): void {
    if (this.#closing !== null) return;
    for (const log of this.#large.splice(0)) {
      log.isInLargeList = false;
      if (!log.isDeleted && this.#failure === null) this.#bypass.claim(log);
    }
    if (!this.#committer.isBusy) this.#form();
  }

  close(done: (error: Error | null) => void): void {
    assert(this.#closing === null && !this.#isClosed);
    this.#closing = done;
    this.#committer.stopMark();
    this.#checkpointer.want();
    for (const compaction of this.#compactions) compaction.stop();
    this.#closeTimer = this.#options.timers.after(CLOSE_SETTLE_MS_MAX, () => this.#hurryClosing());
    this.#continueClosing();
  }

  // Compaction

  compact(log: Log, request: CompactionRequest, done: LogDone<CompactionResult>): void {
    assert(this.#closing === null && !this.#isClosed && !log.isDeleted);
    const compaction: Compaction = new Compaction(log, request, this, (error, result) => {
      this.#compactions.delete(compaction);
      done(error, result);
      if (this.#closing !== null) this.#continueClosing();
    });
    this.#compactions.add(compaction);
    compaction.start();
  }

  get disk(): Disk {
    return this.#disk;
  }

  get isClosing(): boolean {
    return this.#closing !== null || this.#isClosed || this.#failure !== null;
  }

  replaced(): void {
    this.lazyProgress();
  }

  checkpointThen(run: () => void): void {
    this.#whenCheckpointed.push(run);
    this.#checkpointer.want();
    this.lazyProgress();
  }

  // Opening

  /** Adds a log that the directory holds. */
  restore(log: Log): void {
    this.#logs.set(nameOf(log.key), log);
    for (let at = log.tailHead; at < log.tail.length; at++) this.#countLazy(log.tail[at]!, log);
    this.#writer.retire(log);
    if (log.lazySizeBytes > 0) this.#lazyWriter.add(log);
  }

  /** Writes the first group of this process, which tells its groups from those of the ones before. */
  begin(done: () => void): void {
    this.#whenBegun = done;
    this.#lazySizeBytesCap = Number.POSITIVE_INFINITY;
    this.#lowerLazyCap();
    this.#committer.submitBare(GroupFlag.boot);
  }

  // LogHost

  admit(log: Log, entries: readonly LogEntry[]): void {
    assert(this.#closing === null && !this.#isClosed && !log.isDeleted);
    const failure = log.failure ?? this.#failure;
    if (failure !== null) throw new StorageFailedError(failure.message);
    if (log.quarantine !== null) throw new StorageFailedError(log.quarantine.reason);
    const { error } = this.#space;
    if (error !== null && entries.some((entry) => entry.kind === EntryKind.batch)) {
      throw new DiskFullError(error);
    }
    for (const entry of entries) {
      assert(entry.kind === EntryKind.batch || entry.bytes.length <= PAYLOAD_SIZE_BYTES_MAX);
    }
  }

  markDirty(log: Log): void {
    if (log.isDirty || log.isDeleted) return;
    log.isDirty = true;
    this.#dirty.push(log);
  }

  appended(log: Log, sizeBytes: number): void {
    this.pendingSizeBytes += sizeBytes;
    log.unclaimedSizeBytes += sizeBytes;
    if (log.unclaimedSizeBytes < this.#options.journal.bypassSizeBytesMin || log.isInLargeList) return;
    log.isInLargeList = true;
    this.#large.push(log);
  }

  nextGeneration(): number {
    return this.nextSegmentGeneration++;
  }

  rolled(log: Log): void {
    const state = this.#options.snapshotState(log);
    if (state !== null) log.saveState(state.index, state.bytes);
  }

  dropped(log: Log, entries: readonly TailEntry[]): void {
    let wasFormed = false;
    for (const entry of entries) {
      if (entry.sequence === 0) this.pendingSizeBytes -= entry.length;
      else wasFormed = true;
      this.#uncountLazy(entry, log);
    }
    if (wasFormed) this.#checkpointer.abort();
  }

  freeLater(log: Log): void {
    this.#toFree.add(log);
    this.#checkpointer.want();
  }

  unsettledCut(): void {
    this.#checkpointer.abort();
  }

  segmentsDropped(log: Log, segments: readonly Segment[]): void {
    for (const segment of segments) {
      segment.isDropped = true;
      if (segment.isUnsettled) this.#checkpointer.abort();
      // Bytes may go to a segment before a group names it.
      const hasFiles = segment.isRecorded || segment.submittedIndex >= segment.firstIndex;
      if (hasFiles) this.#toRemove.push({ log, segment });
    }
  }

  holdSlab(slab: Slab): void;
  holdSlab(entry: TailEntry): void;
  holdSlab(holder: Slab | TailEntry): void {
    const slab = 'memory' in holder ? holder : holder.slab;
    if (slab !== null) slab.uses++;
  }

  letSlabGo(entry: TailEntry): void {
    if (entry.slab !== null) this.arena.release(entry.slab);
  }

  releaseSlab(slab: Slab): void {
    this.arena.release(slab);
  }

  // Reads

  damaged(log: Log, offset: number, error: CorruptEntryError): void {
    if (log.quarantine !== null && log.quarantine.offset <= offset) return;
    log.quarantine = { reason: error.message, offset };
    this.#options.onNotice(
      'error',
      `${log.directory}: nothing from offset ${offset} on is served: ${error.message}`,
    );
  }

  // Segments

  logFailed(log: Log, error: DiskError): void {
    const isFirst = log.failure === null;
    log.failure = error;
    this.#checkpointer.abort();
    for (let index = log.formedIndex + 1; index <= log.lastIndex; index++) {
      const entry = log.tailAt(index);
      if (entry === undefined || entry.sequence !== 0) continue;
      // No group will ever take it.
      entry.sequence = Number.POSITIVE_INFINITY;
      this.pendingSizeBytes -= entry.length;
    }
    if (isFirst) this.#options.onStorageFailed(log, error);
    this.#endWriting(log);
    this.#failIfStuck();
  }

  droppedFailed(log: Log, error: DiskError, done: () => void): void {
    if (!log.isBypassing) return done();
    log.failure = error;
    this.#endWriting(log);
  }

  /** A write that failed never ends: whoever began it, or waits for it, goes on from here. */
  #endWriting(log: Log): void {
    this.#bypass.logFailed(log);
    this.#committer.logFailed(log);
    log.endWriting();
    this.#lazyWriter.abandon(log);
  }

  retired(log: Log, entry: TailEntry): void {
    this.#uncountLazy(entry, log);
    entry.bytes = null;
  }

  get isPressed(): boolean {
    const half = this.#options.journal.lazySizeBytesMax / 2;
    return this.#lazySizeBytes > half || this.arena.usedSizeBytes > half + this.arena.slabSizeBytes;
  }

  bypassed(log: Log): void {
    if (this.#closing !== null) this.#continueClosing();
    else if (log.isDirty && !this.#committer.isBusy) this.#form();
  }

  lazyProgress(): void {
    if (!this.#committer.isBusy && this.#closing === null) this.#form();
  }

  // Checkpoints

  liveLogs(): Log[] {
    const logs: Log[] = [];
    for (const log of this.#logs.values()) if (log.isRecorded) logs.push(log);
    return logs;
  }

  get nextJournalGeneration(): number {
    return this.#journal.nextGeneration;
  }

  askForStates(): void {
    for (const log of this.liveLogs()) this.rolled(log);
    for (const log of this.#toFree) this.#freeing.add(log);
    this.#toFree.clear();
    this.#whenCheckpointing.push(...this.#whenCheckpointed.splice(0));
  }

  checkpointDone(): void {
    for (const log of this.#logs.values()) {
      log.checkpointedIndex = Math.max(log.checkpointedIndex, log.capturedIndex);
    }
    // After the last manifest of an orderly close the journal gets no group that would have to be read.
    if (this.#closing !== null) return this.#continueClosing();
    for (const log of this.#freeing) if (!log.isDeleted && log.failure === null) log.dropBelowStart();
    this.#freeing.clear();
    for (const run of this.#whenCheckpointing.splice(0)) run();
    this.lazyProgress();
  }

  // Faults

  storeFailed(error: DiskError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#options.onStorageFailed(null, error);
    if (this.#closing !== null) this.#continueClosing();
  }

  /** Without the bytes of a failed log there is no checkpoint, and without one no room in the journal. */
  #failIfStuck(): void {
    const failed = this.liveLogs().find((log) => log.failure !== null);
    if (failed !== undefined && this.#journal.isStuck) this.storeFailed(failed.failure!);
  }

  #isRoomComing(): boolean {
    this.#failIfStuck();
    // A picture is taken when a group is formed: one that waits for a file cannot wait for the next picture too.
    return this.#failure !== null || this.#checkpointer.isSettling;
  }

  diskFull(error: DiskError, retry: () => void): void {
    this.#space.full(error, retry);
  }

  diskHealed(): void {
    this.#space.healed();
  }

  // Groups

  get #wantsGroup(): boolean {
    return this.#dirty.length > 0 || this.#deleted.length > 0 || this.#checkpointer.isWanted;
  }

  /** Makes groups of everything that is pending and begins to write them. */
  #form(): void {
    if (!this.#wantsGroup || this.#failure !== null || this.#isClosed) return;
    if (this.#lazySizeBytes >= this.#lazySizeBytesCap && this.#closing === null)
      return this.#lazyWriter.kick();
    const groups = this.#takePending();
    // Memory is now what the journal says once these groups are written.
    this.#checkpointer.capture();
    if (groups.length > 0) return this.#committer.submit(groups);
    this.#removeFiles();
    this.#checkpointer.groupsDone(this.#journal.place);
  }

  #takePending(): readonly Group[] {
    // What was not stored when a log failed never will be.
    const dirty = this.#dirty.filter((log) => !log.isDeleted && log.failure === null);
    const deleted = this.#deleted;
    this.#dirty = [];
    this.#deleted = [];
    for (const { log, segment } of this.#toRemove) {
      // No group will say that a failed log dropped it.
      if (log.failure === null || log.isDeleted) this.#removals.push({ log, segment });
    }
    this.#toRemove = [];
    const taken = this.#choose(dirty, deleted.length > 0);
    if (taken.length === 0 && deleted.length === 0) return [];
    let hintBytes = 64 * deleted.length;
    for (const { log, lastIndex } of taken) hintBytes += pendingRecordsSizeBytes(log, lastIndex);
    const builder = new GroupBuilder(this.#groupOptions, this.#journal.nextSequence, hintBytes);
    for (const log of deleted) builder.addDeleted(log);
    for (const { log, lastIndex } of taken) {
      const from = log.formedIndex + 1;
      builder.addLog(log, lastIndex);
      for (let index = from; index <= lastIndex; index++) this.#countLazy(log.tailAt(index)!, log);
      if (lastIndex < log.lastIndex) this.markDirty(log);
    }
    return builder.finish();
  }

  /**
   * What the next group has of the logs that have something. It does not wait for bytes that are on their way to a
   * segment if there is anything else for it; a picture of memory needs everything.
   */
  #choose(dirty: readonly Log[], hasOther: boolean): readonly Taken[] {
    const all: Taken[] = [];
    const ready: Taken[] = [];
    const isWhole = this.#checkpointer.isWanted || this.#closing !== null;
    for (const log of dirty) {
      this.#bypass.claim(log);
      all.push({ log, lastIndex: log.lastIndex });
      const lastIndex = isWhole || log.hasControls ? log.lastIndex : readyIndex(log);
      if (lastIndex > log.formedIndex || log.hasControls) ready.push({ log, lastIndex });
    }
    if (isWhole || (ready.length === 0 && !hasOther)) return all;
    const taken = new Set(ready.map(({ log }) => log));
    for (const log of dirty) if (!taken.has(log)) this.#dirty.push(log);
    return ready;
  }

  // CommitHost

  get timers(): LogStoreOptions['timers'] {
    return this.#options.timers;
  }

  nowMs(): number {
    return this.#options.timers.nowMs();
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#closing !== null;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  groupDone(group: Group): void {
    this.durableSequence = group.sequence;
    this.#checkpointer.stored(group.pendingSizeBytes);
    this.pendingSizeBytes -= group.pendingSizeBytes;
    for (const part of group.parts) {
      const { log } = part;
      if (log.isDeleted || log.failure !== null) continue;
      // A truncation since then took the end of what this group holds: it is not stored (trap T17).
      log.durableIndex = Math.max(log.durableIndex, Math.min(part.index, log.formedIndex));
      this.#writer.retire(log);
      if (log.lazySizeBytes > 0) this.#lazyWriter.add(log);
    }
    for (const { log, hardState, hasEntries } of group.parts) {
      if (log.isDeleted || log.failure !== null) continue;
      if (hardState !== null) this.#options.onHardStateStored(log, hardState);
      if (hasEntries) this.#options.onStored(log, log.durableIndex, log.termAt(log.durableIndex) ?? 0);
    }
  }

  allDone(): void {
    const whenBegun = this.#whenBegun;
    this.#whenBegun = null;
    whenBegun?.();
    this.#removeFiles();
    this.#checkpointer.groupsDone(this.#journal.place);
    this.#lazyWriter.kick();
    if (this.#committer.isBusy) return;
    if (this.#closing !== null) this.#continueClosing();
    else this.#form();
  }

  /** The groups that drop these files are durable. */
  #removeFiles(): void {
    for (const { log, segment } of this.#removals.splice(0)) {
      const remove = (): void => {
        if (this.#isClosed) return;
        for (const path of [segment.dataPath, segment.rowsPath]) {
          this.files.forget(path);
          // A file that stays is an orphan, removed at a later open.
          this.#disk.remove(path, () => {});
        }
      };
      // Bytes that nobody wants any more may be on their way to it: its files would be made afterwards.
      if (log.isWriting && !segment.isCreated) log.whenWritten.push(remove);
      else remove();
    }
  }

  #continueClosing(): void {
    if (this.#isClosed || this.#committer.isBusy) return;
    if (this.#bypass.isBusy && !this.#isHurried) return;
    if (this.#compactions.size > 0) return;
    if (this.#failure !== null) return this.#finishClosing(new StorageFailedError(this.#failure.message));
    if (this.#wantsGroup && !this.#checkpointer.isRunning) {
      const failed = this.liveLogs().find((log) => log.failure !== null);
      if (failed === undefined) return this.#form();
      if (this.#dirty.length > 0 || this.#deleted.length > 0) return this.#form();
      return this.#finishClosing(new StorageFailedError(failed.failure!.message));
    }
    if (this.#checkpointer.isRunning) return;
    if (this.#isHurried) return this.#lazyWriter.stop(() => this.#finishClosing(null));
    this.#isClosed = true;
    const paths = { path: CLEAN_PATH, temporaryPath: `${CLEAN_PATH}.new` };
    replaceSmallFile(this.#disk, paths, encodeCleanMark(this.#checkpointer.manifestSequence), (error) => {
      this.#finishClosing(error === null ? null : new StorageFailedError(error.message));
    });
  }

  /** What memory holds beside the segments is in the journal: the next open replays it instead of finding a mark. */
  #hurryClosing(): void {
    if (this.#isClosed) return;
    if (this.#committer.isBusy) {
      // It may wait for the very files that the checkpoint will free.
      this.#closeTimer = this.#options.timers.after(CLOSE_SETTLE_MS_MAX / 10, () => this.#hurryClosing());
      return;
    }
    if (!this.#checkpointer.giveUp()) return;
    this.#isHurried = true;
    this.#continueClosing();
  }

  #finishClosing(error: Error | null): void {
    this.#isClosed = true;
    this.#closeTimer?.cancel();
    this.#committer.stop();
    this.#space.stop();
    this.#extents.stop();
    const done = this.#closing!;
    this.files.closeAll(() => this.#journal.close(() => done(error)));
  }

  #countLazy(entry: TailEntry, log: Log): void {
    if (entry.slab === null) return;
    const sizeBytes = recordSizeBytes(ROW_SIZE_BYTES + entry.length);
    this.#lazySizeBytes += sizeBytes;
    log.lazySizeBytes += sizeBytes;
  }

  /** A start need not wait until what it replayed is in the segments; what comes after it must not add to that. */
  #lowerLazyCap(): void {
    const { lazySizeBytesMax } = this.#options.journal;
    if (this.#lazySizeBytesCap <= lazySizeBytesMax) return;
    const cap = Math.min(this.#lazySizeBytesCap, this.#lazySizeBytes + lazySizeBytesMax / 2);
    this.#lazySizeBytesCap = Math.max(cap, lazySizeBytesMax);
  }

  /** The entry needs its place in the group's memory no longer. */
  #uncountLazy(entry: TailEntry, log: Log): void {
    if (entry.slab === null) return;
    const sizeBytes = recordSizeBytes(ROW_SIZE_BYTES + entry.length);
    this.#lazySizeBytes -= sizeBytes;
    log.lazySizeBytes -= sizeBytes;
    this.#lowerLazyCap();
    this.arena.release(entry.slab);
  }
}

const nameOf = (key: LogKey): string => `${key.topicId}-${key.partition}`;
