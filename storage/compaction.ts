/**
 * One round of compaction of one log: the offsets of its newer keys are noted, then its segments are written again
 * without what later records made void, group by group, and each group takes the place of its segments by a record of
 * the journal. A crash leaves old segments or new ones, never both: files that nothing names are removed by the next
 * open, files that were replaced go when the record is durable.
 */
import assert from 'node:assert/strict';
import { isControl, maxTimestampOf, recordCountOf } from './batch';
import { CompactFilter, noteKeys } from './compact-filter';
import { CompactOutput } from './compact-output';
import { CompactTransactions } from './compact-transactions';
import type { Disk } from './disk';
import { CompactionEndedError } from './errors';
import type { FilePool } from './file-pool';
import type { Log } from './log';
import { OffsetMap } from './offset-map';
import { RecordCursor } from './records';
import type { Segment } from './segment';
import {
  type CompactionRequest,
  type CompactionResult,
  EntryKind,
  type LogDone,
  type LogEntry,
} from './types';

/** Others wait no longer than for so long, or for one compressed batch. */
const SLICE_MS = 4;
/** A group does not span more offsets: segments stay as Kafka's tools expect them. */
const OFFSETS_MAX = 0x7fff_ffff;
/** Buffers that one call of the system takes. */
const WRITE_SIZE_BYTES = 1 << 20;

export interface CompactionHost {
  readonly disk: Disk;
  readonly files: FilePool;
  readonly timers: { nowMs(): number; after(delayMs: number, run: () => void): { cancel(): void } };
  nextGeneration(): number;
  /** Calls `run` when a manifest has everything as it is now; never after a failure. */
  checkpointThen(run: () => void): void;
  /** A log has something for the next group. */
  replaced(): void;
  /** Nothing more is begun. */
  readonly isClosing: boolean;
}

export class Compaction {
  readonly log: Log;
  readonly request: CompactionRequest;
  readonly #host: CompactionHost;
  readonly #done: LogDone<CompactionResult>;
  /** Offset where the round ends, and below which all keys are in the map; 0 before they are known. */
  endOffset = 0;
  mapEndOffset = 0;
  /** Of the first segment that is written again. */
  firstIndex = 0;
  #endIndex = 0;
  #map: OffsetMap | null = null;
  #filter: CompactFilter | null = null;
  #transactions = new CompactTransactions([]);
  #output: CompactOutput | null = null;
  #hasChanged = false;
  #readSizeBytes = 0;
  #writtenSizeBytes = 0;
  #timer: { cancel(): void } | null = null;
  /** Bytes that moved since the clock was last asked to wait for them. */
  #unpaidSizeBytes = 0;
  #isOver = false;

  constructor(log: Log, request: CompactionRequest, host: CompactionHost, done: LogDone<CompactionResult>) {
    assert(log.compaction === null, 'one compaction of a log at a time');
    this.log = log;
    this.request = request;
    this.#host = host;
    this.#done = done;
    log.compaction = this;
  }

  start(): void {
    if (this.#hasEnded()) return;
    const isCovered = this.#segments().length === this.#wanted().length;
    if (isCovered && !this.request.isStateNew) return this.#begin();
    this.#host.checkpointThen(() => {
      if (!this.#isOver && !this.#hasEnded()) this.#begin();
    });
  }

  /** The store is about to close: gives up, and is over when its files are. */
  stop(): void {
    if (this.#isOver) return;
    this.#timer?.cancel();
    // What is under way comes back, and finds that nothing goes on.
    if (this.#timer !== null || this.#map === null) this.#fail(new CompactionEndedError('the store closes'));
  }

  /** Segments of the request; the last of a log is never one. */
  #wanted(): readonly Segment[] {
    const { segments } = this.log;
    const { endOffset } = this.request;
    const end = segments.findIndex((each, at) => at === segments.length - 1 || each.nextOffset > endOffset);
    return segments.slice(0, Math.max(0, end));
  }

  /** Those of them that a state in the manifest speaks for: what producers did there need not be read again. */
  #segments(): readonly Segment[] {
    const { checkpointedIndex, durableIndex } = this.log;
    const wanted = this.#wanted();
    const isCovered = (each: Segment): boolean =>
      each.nextIndex - 1 <= Math.min(checkpointedIndex, durableIndex) && each.isSealed && !each.isUnsettled;
    const end = wanted.findIndex((each) => !isCovered(each));
    return end < 0 ? wanted : wanted.slice(0, end);
  }

  #begin(): void {
    const { firstDirtyOffset, limits } = this.request;
    const segments = this.#segments();
    const last = segments[segments.length - 1];
    const dirty = segments.find((each) => each.nextOffset > firstDirtyOffset);
    if (last === undefined || dirty === undefined) return this.#finish(false);
    this.endOffset = last.nextOffset;
    this.#endIndex = last.nextIndex;
    const keysMax = last.nextOffset - Math.max(dirty.baseOffset, firstDirtyOffset);
    this.#map = new OffsetMap(limits.mapSizeBytesMax, limits.mapLoadMax, Math.max(1, keysMax));
    this.#noteKeys(dirty);
  }

  // The keys

  #noteKeys(from: Segment): void {
    const transactions = this.#transactionsFrom(from);
    const cursor = new RecordCursor();
    const endIndex = this.#endIndex;
    const finished = (mapEndOffset: number): void => {
      const first = this.#firstSegment();
      this.mapEndOffset = mapEndOffset;
      if (first !== undefined) this.#transactions = this.#transactionsFrom(first);
      this.#filter = new CompactFilter(this.request, {
        map: this.#map!,
        transactions: this.#transactions,
        mapEndOffset,
        endOffset: this.endOffset,
      });
      this.firstIndex = first?.firstIndex ?? 0;
      this.#nextGroup(first);
    };
    const next = (index: number): void => {
      this.#read(index, endIndex, (entries, nextIndex) => {
        if (entries.length === 0) return finished(this.endOffset);
        this.#run(this.#noteEntries(entries, transactions, cursor), (fullAt) => {
          if (fullAt >= 0) return finished(fullAt);
          next(nextIndex);
        });
      });
    };
    next(from.firstIndex);
  }

  *#noteEntries(
    entries: readonly LogEntry[],
    transactions: CompactTransactions,
    cursor: RecordCursor,
  ): Generator<void, number> {
    const { firstDirtyOffset } = this.request;
    for (const { kind, bytes, nextOffset } of entries) {
      if (kind !== EntryKind.batch) continue;
      const { isDiscardable } = transactions.visit(bytes, 0);
      const isMarker = isControl(bytes, 0);
      if (isDiscardable || isMarker || nextOffset <= firstDirtyOffset) continue;
      const fullAt = yield* noteKeys(this.#map!, bytes, firstDirtyOffset, cursor);
      if (fullAt >= 0) return fullAt;
      yield;
    }
    return -1;
  }

  // The segments

  /** The markers of transactions that ended before are not met: their producers would be taken to abort for ever. */
  #transactionsFrom(first: Segment): CompactTransactions {
    const { aborted } = this.request;
    return new CompactTransactions(aborted.filter((each) => each.lastOffset >= first.baseOffset));
  }

  /** What lies below the start of the log goes anyway. */
  #firstSegment(): Segment | undefined {
    return this.log.segments.find((each) => each.nextOffset > this.log.startOffset);
  }

  /** The segments from `first` on that become one. */
  #groupFrom(first: Segment): readonly Segment[] {
    const { segments } = this.log;
    const group: Segment[] = [];
    let sizeBytes = 0;
    for (let at = segments.indexOf(first); at >= 0 && at < segments.length; at++) {
      const each = segments[at]!;
      if (each.nextIndex > this.#endIndex || each.baseOffset >= this.mapEndOffset) break;
      sizeBytes += each.sizeBytes;
      const isFull = sizeBytes > this.request.segmentSizeBytesMax;
      if (group.length > 0 && (isFull || each.nextOffset - 1 - first.baseOffset > OFFSETS_MAX)) break;
      group.push(each);
    }
    return group;
  }

  #nextGroup(first: Segment | undefined): void {
    const group = first === undefined ? [] : this.#groupFrom(first);
    const last = group[group.length - 1];
    if (last === undefined) return this.#cleaned();
    const output = new CompactOutput(this.#host.disk, this.#host.files, first!, this.#host.nextGeneration());
    this.#output = output;
    this.#hasChanged = group.length > 1;
    output.create((error) => {
      if (error !== null) return this.#fail(error);
      if (!this.#hasEnded()) this.#writeGroup(group, first!.firstIndex);
    });
  }

  #writeGroup(group: readonly Segment[], index: number): void {
    const last = group[group.length - 1]!;
    this.#read(index, last.nextIndex, (entries, nextIndex) => {
      if (entries.length === 0) return this.#write(() => this.#endGroup(group));
      this.#run(this.#filterEntries(entries), () => {
        const next = (): void => this.#writeGroup(group, nextIndex);
        if (this.#output!.pendingSizeBytes < WRITE_SIZE_BYTES) next();
        else this.#write(next);
      });
    });
  }

  *#filterEntries(entries: readonly LogEntry[]): Generator<void, void> {
    for (const entry of entries) {
      if (entry.kind !== EntryKind.batch) {
        this.#output!.add(entry);
        continue;
      }
      const kept = yield* this.#filter!.filter(entry.bytes);
      if (kept !== entry.bytes) this.#hasChanged = true;
      if (kept !== null) this.#output!.add({ ...entry, bytes: kept, maxTimestamp: timestampOf(kept) });
      yield;
    }
  }

  #write(next: () => void): void {
    const output = this.#output!;
    const sizeBytes = output.pendingSizeBytes;
    output.write((error) => {
      if (error !== null) return this.#fail(error);
      this.#writtenSizeBytes += sizeBytes;
      this.#unpaidSizeBytes += sizeBytes;
      if (!this.#hasEnded()) next();
    });
  }

  #endGroup(group: readonly Segment[]): void {
    const output = this.#output!;
    const last = group[group.length - 1]!;
    const isClean = last.nextOffset <= this.mapEndOffset;
    if (!this.#hasChanged) {
      this.#output = null;
      last.isClean = isClean;
      return output.discard(() => this.#groupDone(last));
    }
    output.finish(last, (error) => {
      if (error !== null) return this.#fail(error);
      if (this.#hasEnded()) return;
      const { segments } = this.log;
      const from = segments.indexOf(group[0]!);
      if (from < 0 || segments[from + group.length - 1] !== last || from + group.length === segments.length) {
        return this.#fail(new CompactionEndedError('its segments went meanwhile'));
      }
      this.#output = null;
      output.segment.isClean = isClean;
      this.log.replaceSegments(group, output.segment);
      this.#host.replaced();
      this.#groupDone(output.segment);
    });
  }

  #groupDone(last: Segment): void {
    if (this.#hasEnded()) return;
    const { segments } = this.log;
    const at = segments.indexOf(last);
    if (at < 0) return this.#fail(new CompactionEndedError('its segments went meanwhile'));
    this.#nextGroup(segments[at + 1]);
  }

  #cleaned(): void {
    this.log.partlyCleanedTo = this.mapEndOffset;
    this.#finish(true);
  }

  // Steps

  /** Entries of [index, endIndex), some of them and at least one; none at the end. Answers with where the next begin. */
  #read(
    index: number,
    endIndex: number,
    done: (entries: readonly LogEntry[], nextIndex: number) => void,
  ): void {
    if (index >= endIndex) return done([], index);
    this.log.readEntries(index, this.request.limits.readSizeBytes, (error, entries) => {
      if (error !== null) return this.#fail(error);
      if (this.#hasEnded()) return;
      const last = entries[entries.length - 1];
      assert(last !== undefined);
      const within = last.index < endIndex ? entries : entries.filter((each) => each.index < endIndex);
      for (const { bytes } of within) this.#readSizeBytes += bytes.length;
      for (const { bytes } of within) this.#unpaidSizeBytes += bytes.length;
      done(within, last.index + 1);
    });
  }

  /** Runs `steps` in slices; then what moved meanwhile is waited for, if there is a bound. */
  #run<T>(steps: Generator<void, T>, done: (value: T) => void): void {
    const { timers } = this.#host;
    const slice = (): void => {
      this.#timer = null;
      if (this.#hasEnded()) return;
      const startedMs = timers.nowMs();
      for (;;) {
        let step: IteratorResult<void, T>;
        try {
          step = steps.next();
        } catch (error) {
          return this.#fail(error as Error);
        }
        if (step.done === true) return this.#pay(() => done(step.value as T));
        if (timers.nowMs() - startedMs >= SLICE_MS) break;
      }
      this.#timer = timers.after(0, slice);
    };
    slice();
  }

  /** Never calls `done` from within: chains of answers from memory would not end. */
  #pay(done: () => void): void {
    const delayMs = (this.#unpaidSizeBytes / this.request.limits.bytesPerSecondMax) * 1000;
    this.#unpaidSizeBytes = 0;
    this.#timer = this.#host.timers.after(delayMs >= 1 ? delayMs : 0, () => {
      this.#timer = null;
      if (!this.#hasEnded()) done();
    });
  }

  /** Gives up when the log or the store is not what it was. */
  #hasEnded(): boolean {
    if (this.#isOver) return true;
    const { isDeleted, failure, quarantine } = this.log;
    if (!isDeleted && failure === null && quarantine === null && !this.#host.isClosing) return false;
    this.#fail(new CompactionEndedError(isDeleted ? 'the log was deleted' : 'the log takes no more writes'));
    return true;
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const output = this.#output;
    this.#output = null;
    const end = (): void => this.#end(error, false);
    if (output === null) end();
    else output.discard(end);
  }

  #finish(hasCleaned: boolean): void {
    this.#isOver = true;
    this.#end(null, hasCleaned);
  }

  #end(error: Error | null, hasCleaned: boolean): void {
    this.log.compaction = null;
    const keyCount = this.#map?.count ?? 0;
    this.#map = null;
    this.#done(error, {
      hasCleaned,
      readSizeBytes: this.#readSizeBytes,
      writtenSizeBytes: this.#writtenSizeBytes,
      keyCount,
      emptied: hasCleaned ? this.#transactions.emptied : [],
    });
  }
}

/** Searches by time are for records: a batch without any is not found. */
const timestampOf = (batch: Buffer): number =>
  recordCountOf(batch, 0) === 0 ? -1 : maxTimestampOf(batch, 0);
