/** Reads of one store's logs: from memory where the bytes still are there, otherwise with one read of the data file. */
import assert from 'node:assert/strict';
import type { Slab } from './arena';
import { baseOffsetOf } from './batch';
import { batchDamage, walkBatches } from './batch-walk';
import { CorruptEntryError, OffsetOutOfRangeError, readFailure } from './errors';
import { copyFromExtents } from './extents';
import type { FilePool } from './file-pool';
import { HeadReader } from './head-read';
import type { Log } from './log';
import type { ReadBuffers } from './read-buffers';
import { entriesOf, payloadDamage, rangeOf } from './row-entries';
import { RowFiles } from './row-file';
import { ROW_SIZE_BYTES, rowBaseOffset, rowPosition, slotsOf } from './rows';
import type { Segment } from './segment';
import type { TailEntry } from './tail-entry';
import { findBatchOfMaxTimestamp, findByTimestamp } from './time-lookup';
import { EntryKind, type LogDone, type LogEntry, type ReadResult } from './types';

/** Bytes a read may begin too early rather than ask the row file where exactly. */
const SLACK_SIZE_BYTES = 131_072;
const READ_SIZE_BYTES_MIN = 4096;
const ENTRIES_SLOTS = 512;

export interface ReadRequest {
  readonly offset: number;
  readonly endOffset: number;
  readonly sizeBytesMax: number;
  readonly atLeastOne: boolean;
}

export interface LogReaderHost {
  holdSlab(slab: Slab): void;
  releaseSlab(slab: Slab): void;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Damage was found at `offset`: nothing from there on is served. */
  damaged(log: Log, offset: number, error: CorruptEntryError): void;
}

const NO_BYTES = Buffer.alloc(0);
const nothing = (): void => {};
const EMPTY: ReadResult = { buffers: [], sizeBytes: 0, release: nothing };

export class LogReader {
  readonly files: FilePool;
  readonly rows: RowFiles;
  readonly #heads: HeadReader;
  readonly #buffers: ReadBuffers;
  readonly #host: LogReaderHost;

  constructor(files: FilePool, buffers: ReadBuffers, host: LogReaderHost) {
    this.files = files;
    this.rows = new RowFiles(files);
    this.#heads = new HeadReader({
      rows: this.rows,
      readBytes: (segment, position, into, done) => this.#readBytes(segment, position, into, done),
      damaged: (log, offset, error) => host.damaged(log, offset, error),
    });
    this.#buffers = buffers;
    this.#host = host;
  }

  read(log: Log, request: ReadRequest, done: LogDone<ReadResult>): void {
    const { offset } = request;
    if (offset < log.startOffset || offset > log.endOffset || log.isDeleted) {
      return done(new OffsetOutOfRangeError(offset, log.startOffset, log.endOffset), EMPTY);
    }
    const endOffset = Math.min(request.endOffset, log.endOffset, log.quarantine?.offset ?? Infinity);
    if (offset >= endOffset) return done(quarantineError(log, offset, request.endOffset), EMPTY);
    const bounded = { ...request, endOffset };
    const head = log.tail[log.tailHead];
    if (head === undefined || offset < head.baseOffset) return this.#readFile(log, bounded, done);
    const at = tailAtOffset(log, offset);
    if (log.tail[at]!.isInFileOnly) return this.#readBypassed(log, at, bounded, done);
    done(null, this.#readMemory(log, bounded, at));
  }

  /** Entries that stand in the file although some before them do not yet. */
  #readBypassed(log: Log, at: number, request: ReadRequest, done: LogDone<ReadResult>): void {
    const { segment, baseOffset, position } = log.tail[at]!;
    let endOffset = baseOffset;
    let end = position;
    for (let next = at; next < log.tail.length; next++) {
      const entry = log.tail[next]!;
      // Nothing is known of bytes that stand for an entry of the journal.
      if (!entry.isInFileOnly || entry.segment !== segment) break;
      endOffset = entry.nextOffset;
      if (entry.kind === EntryKind.batch) end = entry.position + entry.length;
    }
    const bounded = { ...request, endOffset: Math.min(endOffset, request.endOffset) };
    this.#readData(log, segment, { offset: baseOffset, position, end }, 0, bounded, done);
  }

  readEntries(log: Log, fromIndex: number, sizeBytesMax: number, done: LogDone<readonly LogEntry[]>): void {
    if (fromIndex < log.firstIndex || log.isDeleted) {
      return done(new OffsetOutOfRangeError(fromIndex, log.firstIndex, log.lastIndex + 1), []);
    }
    if (fromIndex > log.lastIndex) return done(null, []);
    const inTail = log.tailAt(fromIndex);
    if (inTail !== undefined && !inTail.isInFileOnly)
      return done(...tailEntries(log, fromIndex, sizeBytesMax));
    const segment = log.segments[log.segmentOfIndex(fromIndex)]!;
    const again = (index: number): void => this.readEntries(log, index, sizeBytesMax, done);
    const settle = unlessGone(log, segment, fromIndex, again, done);
    if (inTail !== undefined) return this.#readBypassedEntry(log, inTail, settle);
    const at = segment.backlogAtIndex(fromIndex);
    if (at >= 0) {
      const end = segment.backlogSlots * ROW_SIZE_BYTES;
      return this.#readRows(log, segment, segment.backlog.subarray(at, end), sizeBytesMax, settle);
    }
    this.#readRowsFromFile(log, segment, fromIndex, sizeBytesMax, again, settle);
  }

  readHeads(log: Log, fromIndex: number, done: LogDone<readonly LogEntry[]>): void {
    if (fromIndex < log.firstIndex || fromIndex > log.lastIndex || log.isDeleted) {
      return done(new OffsetOutOfRangeError(fromIndex, log.firstIndex, log.lastIndex + 1), []);
    }
    const segment = log.segments[log.segmentOfIndex(fromIndex)]!;
    const again = (index: number): void => this.readHeads(log, index, done);
    this.#heads.read(log, fromIndex, again, unlessGone(log, segment, fromIndex, again, done));
  }

  #readBypassedEntry(log: Log, inTail: TailEntry, done: LogDone<readonly LogEntry[]>): void {
    const { index, term, kind, baseOffset, nextOffset, maxTimestamp, position, length, segment } = inTail;
    const bytes = Buffer.allocUnsafeSlow(length);
    this.#readBytes(segment, position, bytes, (error) => {
      if (error !== null) return done(error, []);
      const entry: LogEntry = { index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes };
      const damage = entryDamage(entry);
      if (damage === null) return done(null, [entry]);
      const corrupt = new CorruptEntryError(segment.dataPath, position, damage);
      this.#host.damaged(log, baseOffset, corrupt);
      done(corrupt, []);
    });
  }

  #readRowsFromFile(
    log: Log,
    segment: Segment,
    fromIndex: number,
    sizeBytesMax: number,
    again: (index: number) => void,
    done: LogDone<readonly LogEntry[]>,
  ): void {
    this.rows.readFromIndex(segment, fromIndex, ENTRIES_SLOTS, (error, rows) => {
      if (error !== null) return done(error, []);
      if (rows.length > 0) return this.#readRows(log, segment, rows, sizeBytesMax, done);
      // The wanted row may have moved on under a truncation; what is there no longer counts then.
      if (segment.isCompacted && segment.nextIndex <= log.lastIndex) again(segment.nextIndex);
      else done(null, []);
    });
  }

  /** Where the row of `index` stands, which is in the row file. */
  findRow(
    _log: Log,
    segment: Segment,
    index: number,
    done: LogDone<{ readonly position: number; readonly slot: number; readonly offset: number }>,
  ): void {
    this.rows.findIndex(segment, index, (error, row) => {
      if (error === null && row.index !== index) {
        const reason = `holds entry ${row.index} where ${index} belongs`;
        return done(new CorruptEntryError(segment.rowsPath, row.slot * ROW_SIZE_BYTES, reason), row);
      }
      done(error, row);
    });
  }

  batchByTimestamp(
    log: Log,
    timestamp: number,
    fromOffset: number,
    endOffset: number,
    done: LogDone<Buffer | null>,
  ): void {
    findByTimestamp(log, this.rows, timestamp, fromOffset, endOffset, (error, offset) => {
      const again = (): void => this.batchByTimestamp(log, timestamp, fromOffset, endOffset, done);
      this.#readFound(log, error, offset, again, done);
    });
  }

  batchOfMaxTimestamp(log: Log, endOffset: number, done: LogDone<Buffer | null>): void {
    findBatchOfMaxTimestamp(log, this.rows, endOffset, (error, offset) => {
      const again = (): void => this.batchOfMaxTimestamp(log, endOffset, done);
      this.#readFound(log, error, offset, again, done);
    });
  }

  #readFound(
    log: Log,
    error: Error | null,
    offset: number,
    again: () => void,
    done: LogDone<Buffer | null>,
  ): void {
    if (error !== null || offset < 0) return done(error, null);
    const request = {
      offset: Math.max(offset, log.startOffset),
      endOffset: log.endOffset,
      sizeBytesMax: 0,
      atLeastOne: true,
    };
    this.read(log, request, (readError, result) => {
      if (readError !== null) return done(readError, null);
      const bytes = result.sizeBytes === 0 ? null : Buffer.concat(result.buffers);
      result.release();
      // A compaction took it meanwhile.
      if (bytes !== null && baseOffsetOf(bytes, 0) > request.offset) return again();
      done(null, bytes);
    });
  }

  /** The tail, without a copy: views of the groups' memory, which stays until `release`. */
  #readMemory(log: Log, request: ReadRequest, from: number): ReadResult {
    const buffers: Buffer[] = [];
    const slabs: Slab[] = [];
    let sizeBytes = 0;
    for (let at = from; at < log.tail.length; at++) {
      const entry = log.tail[at]!;
      if (entry.isInFileOnly) break;
      if (entry.kind !== EntryKind.batch || entry.nextOffset <= request.offset) continue;
      if (entry.nextOffset > request.endOffset) break;
      const isFree = buffers.length === 0 && request.atLeastOne;
      if (!isFree && sizeBytes + entry.length > request.sizeBytesMax) break;
      sizeBytes += entry.length;
      if (entry.slab === null) {
        // The submitter takes its memory back as soon as the entry is stored.
        buffers.push(Buffer.from(entry.bytes!));
        continue;
      }
      buffers.push(entry.view(ROW_SIZE_BYTES));
      if (slabs[slabs.length - 1] === entry.slab) continue;
      slabs.push(entry.slab);
      this.#host.holdSlab(entry.slab);
    }
    const release = once(() => {
      for (const slab of slabs) this.#host.releaseSlab(slab);
    });
    return { buffers, sizeBytes, release: slabs.length === 0 ? nothing : release };
  }

  #readFile(log: Log, request: ReadRequest, done: LogDone<ReadResult>): void {
    const { offset } = request;
    const segment = log.segments[log.segmentOfOffset(offset)]!;
    const cursor = segment.cursors.find((each) => each.offset === offset);
    if (cursor !== undefined) return this.#readData(log, segment, cursor, 0, request, done);
    const number = segment.sparse.lastAtOffset(offset);
    const point = segment.sparse.at(number) ?? { offset: segment.baseOffset, position: 0 };
    const next = segment.sparse.at(number + 1)?.position ?? readableSizeBytes(log, segment);
    const slackSizeBytes = point.offset === offset ? 0 : next - point.position;
    const first = segment.backlogTo > segment.backlogFrom ? rowBaseOffset(segment.backlog, 0) : Infinity;
    if (slackSizeBytes <= SLACK_SIZE_BYTES || offset >= first) {
      return this.#readData(
        log,
        segment,
        point,
        Math.min(slackSizeBytes, 4 * SLACK_SIZE_BYTES),
        request,
        done,
      );
    }
    this.rows.findOffset(segment, offset, (error, row) => {
      if (error !== null) return this.#failed(log, segment, request, error, done);
      this.#readData(log, segment, row, 0, request, done);
    });
  }

  /** Reads from `from`, a border between batches at or before the wanted offset, up to `end` or what retired entries left. */
  #readData(
    log: Log,
    segment: Segment,
    from: { readonly offset: number; readonly position: number; readonly end?: number },
    slackSizeBytes: number,
    request: ReadRequest,
    done: LogDone<ReadResult>,
  ): void {
    const end = from.end ?? readableSizeBytes(log, segment);
    const left = end - from.position;
    const sizeBytes = Math.min(left, Math.max(READ_SIZE_BYTES_MIN, request.sizeBytesMax + slackSizeBytes));
    if (sizeBytes <= 0) return this.#readNext(log, segment, request, done);
    const buffer = this.#buffers.take(sizeBytes);
    const bytes = buffer.subarray(0, sizeBytes);
    this.#readBytes(segment, from.position, bytes, (error, isFromMemory) => {
      if (error !== null) {
        this.#buffers.give(buffer);
        return this.#failed(log, segment, request, error, done);
      }
      const nowMs = this.#host.nowMs();
      if (!isFromMemory) log.fileReadMs = nowMs;
      const isChecked = isFromMemory || segment.checked.has(from.position, from.position + sizeBytes, nowMs);
      const { offset, endOffset, sizeBytesMax, atLeastOne } = request;
      const wanted = { offset, endOffset, sizeBytesMax, atLeastOne, isChecked };
      const walk = walkBatches(bytes, sizeBytes, from.offset, wanted);
      if (
        walk.neededSizeBytes > 0 ||
        (walk.to === walk.from && walk.from === sizeBytes && sizeBytes < left)
      ) {
        // The buffer ends before the first wanted batch does: once more, from where it begins.
        this.#buffers.give(buffer);
        if (walk.neededSizeBytes > left - walk.from) {
          const damage = new CorruptEntryError(
            segment.dataPath,
            from.position + walk.from,
            'the batch has an impossible length',
          );
          return this.#failed(log, segment, request, damage, done);
        }
        const again = { offset: walk.nextOffset, position: from.position + walk.from, end };
        return this.#readData(log, segment, again, walk.neededSizeBytes, request, done);
      }
      if (walk.damage !== null) {
        const damage = new CorruptEntryError(segment.dataPath, from.position + walk.damagedAt, walk.damage);
        this.#host.damaged(log, Math.max(walk.nextOffset, request.offset), damage);
        if (walk.to === walk.from) {
          this.#buffers.give(buffer);
          return done(damage, EMPTY);
        }
      }
      if (walk.to === walk.from) {
        this.#buffers.give(buffer);
        const isAtEnd = walk.from === sizeBytes;
        return isAtEnd ? this.#readNext(log, segment, request, done) : this.#nothing(log, request, done);
      }
      if (!isChecked) segment.checked.add(from.position + walk.from, from.position + walk.to, nowMs);
      segment.addCursor(walk.nextOffset, from.position + walk.to);
      const release = once(() => this.#buffers.give(buffer));
      done(null, { buffers: [bytes.subarray(walk.from, walk.to)], sizeBytes: walk.to - walk.from, release });
    });
  }

  /** Compaction left nothing at the end of `segment`: what is wanted begins in the next one. */
  #readNext(log: Log, segment: Segment, request: ReadRequest, done: LogDone<ReadResult>): void {
    const offset = segment.nextOffset;
    if (!segment.isCompacted || offset <= request.offset || offset >= request.endOffset)
      return this.#nothing(log, request, done);
    this.read(log, { ...request, offset }, done);
  }

  /** No batch up to the end of the request. Where damage follows, whoever asks again would not get anything either. */
  #nothing(log: Log, request: ReadRequest, done: LogDone<ReadResult>): void {
    const { quarantine } = log;
    const isBeforeDamage = request.atLeastOne && request.endOffset === quarantine?.offset;
    done(isBeforeDamage ? quarantineError(log, request.endOffset, Infinity) : null, EMPTY);
  }

  #readBytes(
    segment: Segment,
    position: number,
    into: Buffer,
    done: (error: Error | null, isFromMemory: boolean) => void,
  ): void {
    if (copyFromExtents(segment, position, into)) return done(null, true);
    this.files.use(segment.dataPath, false, (openError, file) => {
      if (openError !== null) return done(readFailure(openError), false);
      file.read(position, into, (error, sizeBytes) => {
        const isShort = error === null && sizeBytes < into.length;
        done(
          isShort ? new CorruptEntryError(segment.dataPath, position + sizeBytes, 'the file ends') : error,
          false,
        );
        // After the answer, which may ask for more: closing waits for the whole of it.
        this.files.done(segment.dataPath);
      });
    });
  }

  #failed(log: Log, segment: Segment, request: ReadRequest, error: Error, done: LogDone<ReadResult>): void {
    const { offset } = request;
    if (segment.isReplaced && !log.isDeleted) return this.read(log, request, done);
    // Retention, a truncation or deletion may have taken the file between question and answer: that is no damage.
    const isOutside = offset < log.startOffset || offset > log.endOffset;
    if (isOutside || segment.isDropped || log.isDeleted) {
      return done(new OffsetOutOfRangeError(offset, log.startOffset, log.endOffset), EMPTY);
    }
    if (error instanceof CorruptEntryError) this.#host.damaged(log, offset, error);
    done(error, EMPTY);
  }

  /** Entries of `rows`, which begin with a row, with their bytes. */
  #readRows(
    log: Log,
    segment: Segment,
    rows: Buffer,
    sizeBytesMax: number,
    done: LogDone<readonly LogEntry[]>,
  ): void {
    const { end, from, to } = rangeOf(rows, sizeBytesMax);
    if (to === from) return this.#checkEntries(log, segment, rows, entriesOf(rows, end, NO_BYTES, 0), done);
    const bytes = Buffer.allocUnsafeSlow(to - from);
    this.#readBytes(segment, from, bytes, (error) => {
      if (error !== null) return done(error, []);
      this.#checkEntries(log, segment, rows, entriesOf(rows, end, bytes, from), done);
    });
  }

  /** Answers with the entries of `rows` up to the first damaged one. */
  #checkEntries(
    log: Log,
    segment: Segment,
    rows: Buffer,
    entries: readonly LogEntry[],
    done: LogDone<readonly LogEntry[]>,
  ): void {
    let at = 0;
    for (const entry of entries) {
      const isBatch = entry.kind === EntryKind.batch;
      const damage = isBatch ? entryDamage(entry) : payloadDamage(rows, at, entry.bytes);
      if (damage !== null) {
        const path = isBatch ? segment.dataPath : segment.rowsPath;
        const corrupt = new CorruptEntryError(path, rowPosition(rows, at), `entry ${entry.index}: ${damage}`);
        this.#host.damaged(log, entry.baseOffset, corrupt);
        const good = entries.slice(0, entries.indexOf(entry));
        return good.length > 0 ? done(null, good) : done(corrupt, []);
      }
      at += slotsOf(entry.kind, entry.bytes.length) * ROW_SIZE_BYTES;
    }
    done(null, entries);
  }
}

/** Bytes of the data file below what only memory has. */
function readableSizeBytes(log: Log, segment: Segment): number {
  const head = log.tail[log.tailHead];
  if (head === undefined || head.segment !== segment) return segment.writtenSizeBytes;
  return Math.min(segment.writtenSizeBytes, head.position);
}

function quarantineError(log: Log, offset: number, endOffset: number): Error | null {
  const { quarantine } = log;
  if (quarantine === null || offset < quarantine.offset || offset >= Math.min(endOffset, log.endOffset))
    return null;
  return new CorruptEntryError(log.directory, offset, quarantine.reason);
}

/**
 * Retention or a truncation may take the file of `segment` between question and answer: that is no damage. After a
 * compaction the question is asked again.
 */
function unlessGone(
  log: Log,
  segment: Segment,
  fromIndex: number,
  again: (index: number) => void,
  done: LogDone<readonly LogEntry[]>,
): LogDone<readonly LogEntry[]> {
  return (error, entries) => {
    if (error !== null && segment.isReplaced && !log.isDeleted) return again(fromIndex);
    const isGone = segment.isDropped || log.isDeleted;
    if (error === null || !isGone) return done(error, entries);
    done(new OffsetOutOfRangeError(fromIndex, log.firstIndex, log.lastIndex + 1), []);
  };
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    assert(!isDone, 'released twice');
    isDone = true;
    run();
  };
}

/** Place in `log.tail` of the first entry that may hold `offset`. */
function tailAtOffset(log: Log, offset: number): number {
  let low = log.tailHead;
  let high = log.tail.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (log.tail[middle]!.nextOffset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function tailEntries(log: Log, fromIndex: number, sizeBytesMax: number): [Error | null, LogEntry[]] {
  const entries: LogEntry[] = [];
  let sizeBytes = 0;
  for (let index = fromIndex; index <= log.lastIndex; index++) {
    const entry: TailEntry = log.tailAt(index)!;
    if (entry.isInFileOnly) break;
    if (isQuarantined(log, entry)) {
      return entries.length > 0 ? [null, entries] : [quarantineError(log, entry.baseOffset, Infinity), []];
    }
    if (entries.length > 0 && sizeBytes + entry.length > sizeBytesMax) break;
    sizeBytes += entry.length;
    const { term, kind, baseOffset, nextOffset, maxTimestamp } = entry;
    const bytes = Buffer.from(entry.view(ROW_SIZE_BYTES));
    const damage = tailPayloadDamage(log, entry, bytes);
    if (damage !== null) {
      const corrupt = new CorruptEntryError(log.directory, baseOffset, `entry ${index}: ${damage}`);
      return entries.length > 0 ? [null, entries] : [corrupt, []];
    }
    entries.push({ index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes });
  }
  return [null, entries];
}

/** What replay read damaged stands in memory as it was read. */
function tailPayloadDamage(log: Log, entry: TailEntry, payload: Buffer): string | null {
  if (log.quarantine === null || entry.kind === EntryKind.batch || entry.slab === null) return null;
  return payloadDamage(entry.slab.memory, entry.rowAt, payload);
}

const isQuarantined = (log: Log, entry: { readonly nextOffset: number; readonly kind: number }): boolean =>
  log.quarantine !== null && entry.kind === EntryKind.batch && entry.nextOffset > log.quarantine.offset;

function entryDamage(entry: LogEntry): string | null {
  if (entry.kind !== EntryKind.batch) return null;
  return batchDamage(entry.bytes, 0, entry.bytes.length, entry.baseOffset, entry.term);
}
