/** The files that a compaction writes: a segment that nobody knows of before both are whole and durable. */

import { crc32c } from './crc32c';
import type { Disk, DiskError } from './disk';
import type { FilePool } from './file-pool';
import { ROW_SIZE_BYTES, slotsOf, writeOverflow, writeRow } from './rows';
import { Segment } from './segment';
import { EntryKind, type LogEntry } from './types';

type Written = (error: DiskError | null) => void;

export class CompactOutput {
  readonly segment: Segment;
  readonly #disk: Disk;
  readonly #files: FilePool;
  #batches: Buffer[] = [];
  #rows: Buffer[] = [];
  #batchesSizeBytes = 0;
  #slots = 0;

  /** @param first  What the new segment begins with; `generation` was never used. */
  constructor(disk: Disk, files: FilePool, first: Segment, generation: number) {
    this.#disk = disk;
    this.#files = files;
    this.segment = new Segment(first.directory, generation, first.firstIndex, first.baseOffset);
    this.segment.isCompacted = this.segment.isSealed = true;
  }

  /** Bytes that wait for `write`. */
  get pendingSizeBytes(): number {
    return this.#batchesSizeBytes + this.#slots * ROW_SIZE_BYTES;
  }

  /** `entry.bytes` are borrowed until `write` is done. */
  add(entry: LogEntry): void {
    const { segment } = this;
    const { index, kind, term, baseOffset, nextOffset, maxTimestamp, bytes } = entry;
    const isBatch = kind === EntryKind.batch;
    const slots = slotsOf(kind, bytes.length);
    const rows = Buffer.allocUnsafe(slots * ROW_SIZE_BYTES);
    const { generation } = segment;
    const position = segment.sizeBytes;
    const fields = { index, kind, term, generation, baseOffset, nextOffset, maxTimestamp, position };
    writeRow(rows, 0, { ...fields, length: bytes.length }, isBatch ? maxTimestamp : crc32c(bytes));
    if (!isBatch) writeOverflow(rows, ROW_SIZE_BYTES, index, generation, bytes);
    segment.addPoint(rows, 0, segment.slots);
    segment.slots += slots;
    this.#rows.push(rows);
    this.#slots += slots;
    if (!isBatch) return;
    if (segment.sizeBytes === 0) segment.firstTimestamp = maxTimestamp;
    if (segment.sizeBytes === 0 || maxTimestamp > segment.maxTimestamp) {
      segment.maxTimestamp = segment.pointMaxTimestamp = maxTimestamp;
      segment.maxTimestampOffset = baseOffset;
    }
    segment.sizeBytes += bytes.length;
    this.#batches.push(bytes);
    this.#batchesSizeBytes += bytes.length;
  }

  create(done: Written): void {
    const { dataPath, rowsPath, directory } = this.segment;
    this.#create(dataPath, (dataError) => {
      if (dataError !== null) return done(dataError);
      this.#create(rowsPath, (rowsError) => {
        if (rowsError !== null) return done(rowsError);
        this.#disk.syncDirectory(directory, done);
      });
    });
  }

  /** Hands to the system what was added since the last time. */
  write(done: Written): void {
    const { segment } = this;
    const batches = this.#batches;
    const rows = this.#rows;
    const position = segment.sizeBytes - this.#batchesSizeBytes;
    const slot = segment.slots - this.#slots;
    this.#batches = [];
    this.#rows = [];
    this.#batchesSizeBytes = this.#slots = 0;
    this.#write(segment.dataPath, position, batches, (error) => {
      if (error !== null) return done(error);
      this.#write(
        segment.rowsPath,
        slot * ROW_SIZE_BYTES,
        rows.length > 1 ? [Buffer.concat(rows)] : rows,
        done,
      );
    });
  }

  /** Makes everything durable; the segment is whole then and ends where `last` ended. */
  finish(last: Segment, done: Written): void {
    const { segment } = this;
    this.#sync(segment.dataPath, (dataError) => {
      if (dataError !== null) return done(dataError);
      this.#sync(segment.rowsPath, (rowsError) => {
        if (rowsError !== null) return done(rowsError);
        segment.nextIndex = last.nextIndex;
        segment.nextOffset = last.nextOffset;
        segment.writtenSizeBytes = segment.sizeBytes;
        segment.backlogFrom = segment.backlogTo = segment.slots;
        segment.submittedIndex = segment.nextIndex - 1;
        segment.isCreated = segment.isRecorded = true;
        done(null);
      });
    });
  }

  /** The files go; what stays of them is an orphan that a later open removes. */
  discard(done: () => void): void {
    const { dataPath, rowsPath } = this.segment;
    this.#files.forget(dataPath);
    this.#files.forget(rowsPath);
    this.#disk.remove(dataPath, () => this.#disk.remove(rowsPath, () => done()));
  }

  #create(path: string, done: Written): void {
    this.#files.use(path, true, (error) => {
      if (error !== null) return done(error);
      this.#files.done(path);
      done(null);
    });
  }

  #write(path: string, position: number, buffers: readonly Buffer[], done: Written): void {
    if (buffers.length === 0) return done(null);
    this.#files.use(path, false, (openError, file) => {
      if (openError !== null) return done(openError);
      file.write(position, buffers, (error) => {
        this.#files.done(path);
        done(error);
      });
    });
  }

  #sync(path: string, done: Written): void {
    this.#files.use(path, false, (openError, file) => {
      if (openError !== null) return done(openError);
      file.sync((error) => {
        this.#files.done(path);
        done(error);
      });
    });
  }
}
