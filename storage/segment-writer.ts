/**
 * Writes entries from memory into the files of their segments and makes them durable there. Used in two ways: for
 * entries that are durable in the journal (lazily), and for bypassed ones before their group is acknowledged.
 */
import assert from 'node:assert/strict';
import type { Disk, DiskError } from './disk';
import type { Extents } from './extents';
import type { FilePool, Use } from './file-pool';
import type { Log } from './log';
import { ROW_SIZE_BYTES, slotsOf, writeOverflow, writeRow } from './rows';
import type { Segment } from './segment';
import type { TailEntry } from './tail-entry';
import { EntryKind } from './types';

const PIECE_SIZE_BYTES = 1 << 20;
const PIECE_BUFFERS_MAX = 512;
/** Smaller batches are copied together: one buffer each would cost more than the copy. */
const COPY_SIZE_BYTES_MAX = 1024;
/** Bytes of a log whose file was read go through the page cache for so long. */
const BUFFERED_AFTER_READ_MS = 10_000;

export interface SegmentWriterHost {
  /** A write or sync failed for good: nothing more of this log is written. */
  logFailed(log: Log, error: DiskError): void;
  /**
   * The same in a file that is not wanted any more: `done` goes on as if it had not. Unless the group in flight relies
   * on the log: then nothing more of it is written.
   */
  droppedFailed(log: Log, error: DiskError, done: () => void): void;
  /** The disk is full; `retry` when it may have space again. */
  diskFull(error: DiskError, retry: () => void): void;
  diskHealed(): void;
  /** An entry's bytes and row are in the segment's keeping; its memory goes. */
  retired(log: Log, entry: TailEntry): void;
  holdSlab(entry: TailEntry): void;
  letSlabGo(entry: TailEntry): void;
  readonly durableSequence: number;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

/** Never called after a failure: the log has been reported as failed then. */
type Written = () => void;

export class SegmentWriter {
  readonly #disk: Disk;
  readonly #files: FilePool;
  readonly #extents: Extents;
  readonly #host: SegmentWriterHost;
  readonly #directories = new Set<string>();

  constructor(disk: Disk, parts: { files: FilePool; extents: Extents }, host: SegmentWriterHost) {
    this.#disk = disk;
    this.#files = parts.files;
    this.#extents = parts.extents;
    this.#host = host;
  }

  /**
   * Writes the entries of `log` in memory that are in groups up to `sequence` into their files; `done` when the system
   * has them all, which does not make them durable. The caller holds `log.isWriting`.
   */
  write(log: Log, sequence: number, done: Written): void {
    const entries = this.unwritten(log, sequence, PIECE_BUFFERS_MAX);
    if (entries.length === 0) {
      // Nothing to write does not mean nothing to retire: replay leaves entries that are in their files already.
      this.retire(log);
      return done();
    }
    this.writeEntries(log, entries, () => this.write(log, sequence, done));
  }

  /**
   * The first entries in memory, `countMax` at most, that no file has and that are in groups up to `sequence`. Their
   * memory is held until they are given to `writeEntries`.
   */
  unwritten(log: Log, sequence: number, countMax: number): TailEntry[] {
    const entries: TailEntry[] = [];
    for (let at = log.tailHead; at < log.tail.length && entries.length < countMax; at++) {
      const entry = log.tail[at]!;
      // What was appended after a truncation may have the index of what the group holds, but is in no group yet.
      if (entry.sequence === 0 || entry.sequence > sequence) break;
      if (entry.isWritten) continue;
      this.#host.holdSlab(entry);
      entry.segment.submittedIndex = Math.max(entry.segment.submittedIndex, entry.index);
      entries.push(entry);
    }
    return entries;
  }

  /** The same for entries below `index` whose bytes are in any group. */
  unwrittenBefore(log: Log, index: number): TailEntry[] {
    const entries: TailEntry[] = [];
    for (let at = log.tailHead; at < log.tail.length; at++) {
      const entry = log.tail[at]!;
      if (entry.index >= index) break;
      if (entry.isWritten || entry.isBypassed || entry.sequence === 0) continue;
      this.#host.holdSlab(entry);
      entry.segment.submittedIndex = Math.max(entry.segment.submittedIndex, entry.index);
      entries.push(entry);
    }
    return entries;
  }

  /** Writes entries that `unwritten` gave, those too that were truncated since. The caller holds `log.isWriting`. */
  writeEntries(log: Log, entries: readonly TailEntry[], done: Written): void {
    assert(log.isWriting);
    const next = (from: number): void => {
      while (entries[from]?.isWritten === true) this.#host.letSlabGo(entries[from++]!);
      if (from === entries.length) {
        this.retire(log);
        return done();
      }
      const piece = takePiece(entries, from);
      this.create(log, piece.segment, () => {
        this.#writeData(log, piece, () => {
          for (const entry of piece.entries) {
            this.#host.letSlabGo(entry);
            entry.isWritten = true;
          }
          next(from + piece.entries.length);
        });
      });
    };
    next(0);
  }

  /** Moves entries whose bytes are in the data file and whose group is durable from memory to the backlog of rows. */
  retire(log: Log): void {
    while (log.tailCount > 0) {
      const entry = log.tail[log.tailHead]!;
      const isDurable = entry.sequence > 0 && entry.sequence <= this.#host.durableSequence;
      if (!entry.isWritten || !isDurable) return;
      addToBacklog(entry);
      log.shiftTail();
      this.#host.retired(log, entry);
    }
  }

  /** Writes the backlog of rows of a segment. The caller holds `log.isWriting`. */
  writeRows(log: Log, segment: Segment, done: Written): void {
    const to = Math.min(segment.backlogTo, segment.slots);
    const count = to - segment.backlogFrom;
    if (count <= 0) return done();
    const position = segment.backlogFrom * ROW_SIZE_BYTES;
    const rows = segment.backlog.subarray(0, count * ROW_SIZE_BYTES);
    segment.isUnsynced = segment.hasUnsyncedRows = true;
    const write = { path: segment.rowsPath, position, buffers: [rows], isDirect: false };
    this.#put(log, segment, write, () => {
      segment.dropBacklog(to);
      done();
    });
  }

  /** Makes what was written of a segment durable. */
  sync(log: Log, segment: Segment, done: Written): void {
    const syncRows = (): void => {
      if (!segment.hasUnsyncedRows) return finish();
      segment.hasUnsyncedRows = false;
      this.#sync(log, segment, segment.rowsPath, finish);
    };
    const finish = (): void => {
      segment.isUnsynced = segment.hasUnsyncedRows || segment.unsyncedSizeBytes > 0;
      done();
    };
    this.syncData(log, segment, syncRows);
  }

  syncData(log: Log, segment: Segment, done: Written): void {
    if (segment.unsyncedSizeBytes === 0) return done();
    segment.unsyncedSizeBytes = 0;
    this.#sync(log, segment, segment.dataPath, done);
  }

  #sync(log: Log, segment: Segment, path: string, done: Written): void {
    this.#files.use(path, false, (openError, file) => {
      if (openError !== null) return this.#failed(log, segment, openError, done);
      file.sync((error) => {
        this.#files.done(path);
        // After a failed sync the system may call the lost pages clean: asking again proves nothing.
        if (error !== null) return this.#failed(log, segment, error, done);
        done();
      });
    });
  }

  /**
   * What fails for a file that is not wanted any more does not matter, unless a group in flight says that it holds
   * bytes: then the log cannot go on behind them.
   */
  #failed(log: Log, segment: Segment, error: DiskError, done: Written): void {
    // Files go only when no group needs them any more.
    if (segment.isDropped && error.code === 'ENOENT') return done();
    const isUnwanted = log.isDeleted || (segment.isDropped && !log.isBypassing);
    if (isUnwanted) return this.#host.droppedFailed(log, error, done);
    // Pages that a failed sync lost are read from the medium the next time.
    segment.checked.forget();
    this.#host.logFailed(log, error);
  }

  #writeData(log: Log, piece: Piece, done: Written): void {
    const { sizeBytes } = piece;
    if (sizeBytes === 0) return done();
    const isExtent = piece.isBypassed && sizeBytes <= this.#extents.sizeBytesMax;
    if (isExtent) return this.#writeExtent(log, piece, done);
    this.#writeBuffered(log, piece, buffersOf(piece), done);
  }

  /** Writes whole blocks at once, past the page cache, where that is possible. */
  #writeExtent(log: Log, piece: Piece, done: Written): void {
    const { segment, entries, position, sizeBytes } = piece;
    const extent = this.#extents.build(segment, entries, position, sizeBytes);
    const keep = (): void => {
      this.#extents.keep(extent);
      done();
    };
    if (extent.isWhole && this.#isDirect(log)) {
      const { blocksFrom, blocks } = extent;
      const write = { path: segment.dataPath, position: blocksFrom, buffers: [blocks], isDirect: true };
      return this.#put(log, segment, write, () => {
        segment.checked.cut(blocksFrom);
        keep();
      });
    }
    const { blocksFrom, from, to } = extent;
    this.#writeBuffered(log, piece, [extent.blocks.subarray(from - blocksFrom, to - blocksFrom)], keep);
  }

  /** Somebody who reads what is no longer in our memory is served better by the page cache. */
  #isDirect(log: Log): boolean {
    return log.fileReadMs < 0 || this.#host.nowMs() - log.fileReadMs > BUFFERED_AFTER_READ_MS;
  }

  #writeBuffered(log: Log, piece: Piece, buffers: readonly Buffer[], done: Written): void {
    const { segment, position, sizeBytes } = piece;
    segment.isUnsynced = true;
    segment.unsyncedSizeBytes += sizeBytes;
    const write = { path: segment.dataPath, position, buffers, isDirect: false };
    this.#put(log, segment, write, () => {
      segment.checked.add(position, position + sizeBytes, this.#host.nowMs());
      done();
    });
  }

  #put(log: Log, segment: Segment, write: FileWrite, done: Written): void {
    const { path, position, buffers, isDirect } = write;
    const put: Use = (openError, file) => {
      if (openError !== null) return this.#failed(log, segment, openError, done);
      file.write(position, buffers, (error) => {
        if (isDirect) this.#files.doneDirect(path);
        else this.#files.done(path);
        if (error === null) {
          this.#host.diskHealed();
          return done();
        }
        if (error.code !== 'ENOSPC') return this.#failed(log, segment, error, done);
        this.#host.diskFull(error, () => this.#put(log, segment, write, done));
      });
    };
    if (isDirect) this.#files.useDirect(path, put);
    else this.#files.use(path, false, put);
  }

  /** Creates both files of a segment, and the directory before the first, and makes the names durable. */
  create(log: Log, segment: Segment, done: Written): void {
    if (segment.isCreated) return done();
    const retry = (error: DiskError): void => {
      if (error.code !== 'ENOSPC') return this.#failed(log, segment, error, done);
      this.#host.diskFull(error, () => this.create(log, segment, done));
    };
    this.#createDirectory(segment.directory, retry, () => {
      this.#createFile(segment.dataPath, retry, () => {
        this.#createFile(segment.rowsPath, retry, () => {
          this.#disk.syncDirectory(segment.directory, (error) => {
            if (error !== null) return retry(error);
            segment.isCreated = true;
            done();
          });
        });
      });
    });
  }

  #createDirectory(directory: string, retry: (error: DiskError) => void, done: Written): void {
    if (this.#directories.has(directory)) return done();
    this.#disk.makeDirectory(directory, (error) => {
      if (error !== null) return retry(error);
      this.#disk.syncDirectory('logs', (syncError) => {
        if (syncError !== null) return retry(syncError);
        this.#directories.add(directory);
        done();
      });
    });
  }

  #createFile(path: string, retry: (error: DiskError) => void, done: Written): void {
    this.#files.use(path, true, (error) => {
      if (error !== null) return retry(error);
      this.#files.done(path);
      done();
    });
  }
}

interface FileWrite {
  readonly path: string;
  readonly position: number;
  readonly buffers: readonly Buffer[];
  /** Past the page cache, durable when it completes. */
  readonly isDirect: boolean;
}

/** Entries of one segment that follow each other, to be written with one call. */
interface Piece {
  readonly segment: Segment;
  readonly entries: TailEntry[];
  /** The bytes are in no group: all of them or none. */
  isBypassed: boolean;
  /** Of the first batch; meaningless when there is none. */
  position: number;
  sizeBytes: number;
}

function takePiece(entries: readonly TailEntry[], from: number): Piece {
  const { segment } = entries[from]!;
  const piece: Piece = { segment, entries: [], position: -1, sizeBytes: 0, isBypassed: false };
  for (let at = from; at < entries.length && piece.entries.length < PIECE_BUFFERS_MAX; at++) {
    const entry = entries[at]!;
    if (entry.segment !== segment || entry.isWritten || piece.sizeBytes >= PIECE_SIZE_BYTES) break;
    const isBatch = entry.kind === EntryKind.batch;
    const isFirst = piece.position < 0;
    const isNext =
      entry.position === piece.position + piece.sizeBytes && entry.isBypassed === piece.isBypassed;
    if (isBatch && !isFirst && !isNext) break;
    piece.entries.push(entry);
    if (!isBatch) continue;
    if (isFirst) {
      piece.position = entry.position;
      piece.isBypassed = entry.isBypassed;
    }
    piece.sizeBytes += entry.length;
  }
  return piece;
}

function buffersOf(piece: Piece): Buffer[] {
  const { entries, sizeBytes } = piece;
  if (sizeBytes > entries.length * COPY_SIZE_BYTES_MAX) {
    const buffers: Buffer[] = [];
    for (const entry of entries) if (entry.kind === EntryKind.batch) buffers.push(entry.view(ROW_SIZE_BYTES));
    return buffers;
  }
  const joined = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const entry of entries) {
    if (entry.kind !== EntryKind.batch) continue;
    if (entry.slab === null) at += entry.bytes!.copy(joined, at);
    else {
      const from = entry.rowAt + ROW_SIZE_BYTES;
      at += entry.slab.memory.copy(joined, at, from, from + entry.length);
    }
  }
  return [joined];
}

/** Puts the row of an entry whose bytes are in the data file behind those that wait for the row file. */
function addToBacklog(entry: TailEntry): void {
  const { segment } = entry;
  const slots = slotsOf(entry.kind, entry.length);
  assert(segment.backlogTo === entry.slot);
  const { buffer, at } = segment.reserveBacklog(slots);
  if (entry.slab !== null) {
    entry.slab.memory.copy(buffer, at, entry.rowAt, entry.rowAt + ROW_SIZE_BYTES);
  } else {
    // Only batches are bypassed, and their rows need no bytes.
    writeRow(buffer, at, entry, entry.maxTimestamp);
  }
  if (slots > 1)
    writeOverflow(buffer, at + ROW_SIZE_BYTES, entry.index, entry.generation, entry.view(ROW_SIZE_BYTES));
  if (entry.kind === EntryKind.batch) {
    segment.writtenSizeBytes = Math.max(segment.writtenSizeBytes, entry.position + entry.length);
  }
  segment.addPoint(buffer, at, entry.slot);
  segment.pointMaxTimestamp = Math.max(segment.pointMaxTimestamp, entry.maxTimestamp);
}
