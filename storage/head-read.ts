/**
 * Reads of what a replica's state needs of its entries: the header of each batch, whole payloads of the others. What is
 * durable was checked when it came, so that a start after a crash need not read all that came since the last
 * checkpoint, only look at where each batch begins.
 */
import { baseOffsetOf, HEADER_SIZE_BYTES, leaderEpochOf, magicOf, sizeBytesOf } from './batch';
import { CorruptEntryError } from './errors';
import type { Log } from './log';
import { entryAt, payloadDamage } from './row-entries';
import type { RowFiles } from './row-file';
import {
  ROW_SIZE_BYTES,
  readOverflow,
  rowBaseOffset,
  rowKind,
  rowLength,
  rowPosition,
  slotsOf,
} from './rows';
import type { Segment } from './segment';
import { EntryKind, type LogDone, type LogEntry } from './types';

/** Bytes of a batch that are read: its header and, of a control batch, its record (78 bytes in all). */
export const HEAD_SIZE_BYTES = 128;

const HEADS_MAX = 512;
/** Below this many bytes per batch one read of everything is cheaper than a read for each. */
const SPARSE_SIZE_BYTES_MIN = 16_384;
const BULK_SIZE_BYTES_MAX = 4 << 20;

export interface HeadReaderHost {
  readonly rows: RowFiles;
  readBytes(segment: Segment, position: number, into: Buffer, done: (error: Error | null) => void): void;
  damaged(log: Log, offset: number, error: CorruptEntryError): void;
}

/** An entry and where the batch that it is stands. */
interface Head {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
  /** `bytes` is the payload of an entry that is no batch. */
  readonly entry: LogEntry;
}

const NO_BYTES = Buffer.alloc(0);

export class HeadReader {
  readonly #host: HeadReaderHost;

  constructor(host: HeadReaderHost) {
    this.#host = host;
  }

  /** See `StoredLog.readHeads`. `fromIndex` is an entry of the log; `again`: asks anew from another one. */
  read(
    log: Log,
    fromIndex: number,
    again: (index: number) => void,
    done: LogDone<readonly LogEntry[]>,
  ): void {
    const inTail = log.tailAt(fromIndex);
    if (inTail !== undefined && !inTail.isInFileOnly) return done(null, memoryHeads(log, fromIndex));
    if (inTail !== undefined) return this.#readAll(log, bypassedHeads(log, fromIndex), done);
    const segment = log.segments[log.segmentOfIndex(fromIndex)]!;
    const at = segment.backlogAtIndex(fromIndex);
    if (at >= 0) {
      const end = segment.backlogSlots * ROW_SIZE_BYTES;
      return this.#readRows(log, segment, segment.backlog.subarray(at, end), done);
    }
    this.#host.rows.readFromIndex(segment, fromIndex, HEADS_MAX, (error, rows) => {
      if (error !== null) return done(error, []);
      if (rows.length > 0) return this.#readRows(log, segment, rows, done);
      if (segment.isCompacted && segment.nextIndex <= log.lastIndex) again(segment.nextIndex);
      else done(null, []);
    });
  }

  #readRows(log: Log, segment: Segment, rows: Buffer, done: LogDone<readonly LogEntry[]>): void {
    const heads: Head[] = [];
    let at = 0;
    while (at < rows.length && heads.length < HEADS_MAX) {
      const length = rowLength(rows, at);
      const kind = rowKind(rows, at) as EntryKind;
      const next = at + slotsOf(kind, length) * ROW_SIZE_BYTES;
      if (next > rows.length) break;
      const isBatch = kind === EntryKind.batch;
      const bytes = isBatch ? NO_BYTES : readOverflow(rows, at + ROW_SIZE_BYTES, length);
      const reason = isBatch ? null : payloadDamage(rows, at, bytes);
      if (reason !== null) {
        const damage = new CorruptEntryError(segment.rowsPath, rowPosition(rows, at), reason);
        this.#host.damaged(log, rowBaseOffset(rows, at), damage);
        if (heads.length === 0) return done(damage, []);
        break;
      }
      heads.push({ segment, position: rowPosition(rows, at), length, entry: entryAt(rows, at, bytes) });
      at = next;
    }
    this.#readAll(log, heads, done);
  }

  #readAll(log: Log, heads: readonly Head[], done: LogDone<readonly LogEntry[]>): void {
    const batches = heads.filter(({ entry }) => entry.kind === EntryKind.batch);
    const first = batches[0];
    if (first === undefined) {
      return done(
        null,
        heads.map(({ entry }) => entry),
      );
    }
    const bulk = bulkOf(batches);
    if (bulk.length > 1) return this.#readBulk(log, heads, bulk, done);
    this.#readEach(log, heads, batches, done);
  }

  /** One read over `bulk`, the first of the batches among `heads`, which stand close together. */
  #readBulk(
    log: Log,
    heads: readonly Head[],
    bulk: readonly Head[],
    done: LogDone<readonly LogEntry[]>,
  ): void {
    const { segment, position: from } = bulk[0]!;
    const last = bulk[bulk.length - 1]!;
    const bytes = Buffer.allocUnsafeSlow(last.position + last.length - from);
    this.#host.readBytes(segment, from, bytes, (error) => {
      if (error !== null) return done(error, []);
      const end = heads.indexOf(last) + 1;
      const viewOf = ({ position, length }: Head): Buffer =>
        bytes.subarray(position - from, position - from + Math.min(length, HEAD_SIZE_BYTES));
      this.#check(log, heads.slice(0, end), viewOf, done);
    });
  }

  #readEach(
    log: Log,
    heads: readonly Head[],
    batches: readonly Head[],
    done: LogDone<readonly LogEntry[]>,
  ): void {
    const bytes = Buffer.allocUnsafeSlow(batches.length * HEAD_SIZE_BYTES);
    const views = new Map<Head, Buffer>();
    let missing = batches.length;
    let failure: Error | null = null;
    for (const [number, batch] of batches.entries()) {
      const at = number * HEAD_SIZE_BYTES;
      const view = bytes.subarray(at, at + Math.min(batch.length, HEAD_SIZE_BYTES));
      views.set(batch, view);
      this.#host.readBytes(batch.segment, batch.position, view, (error) => {
        failure ??= error;
        missing--;
        if (missing > 0) return;
        if (failure !== null) return done(failure, []);
        this.#check(log, heads, (head) => views.get(head)!, done);
      });
    }
  }

  /** Answers with the entries up to the first whose batch is not the one that its row says. */
  #check(
    log: Log,
    heads: readonly Head[],
    viewOf: (head: Head) => Buffer,
    done: LogDone<readonly LogEntry[]>,
  ): void {
    const entries: LogEntry[] = [];
    for (const head of heads) {
      const { entry, segment, position, length } = head;
      if (entry.kind !== EntryKind.batch) {
        entries.push(entry);
        continue;
      }
      const bytes = viewOf(head);
      const damage = headDamage(bytes, length, entry);
      if (damage !== null) {
        const corrupt = new CorruptEntryError(segment.dataPath, position, `entry ${entry.index}: ${damage}`);
        this.#host.damaged(log, entry.baseOffset, corrupt);
        return entries.length > 0 ? done(null, entries) : done(corrupt, []);
      }
      entries.push({ ...entry, bytes });
    }
    done(null, entries);
  }
}

/** The first of `batches` that lie closely in one segment; at least one. */
function bulkOf(batches: readonly Head[]): readonly Head[] {
  const first = batches[0]!;
  let count = 1;
  while (count < batches.length) {
    const next = batches[count]!;
    const sizeBytes = next.position + next.length - first.position;
    if (next.segment !== first.segment || sizeBytes > BULK_SIZE_BYTES_MAX) break;
    if (sizeBytes > (count + 1) * SPARSE_SIZE_BYTES_MIN) break;
    count++;
  }
  return batches.slice(0, count);
}

/** Entries from `fromIndex` on whose bytes are in memory, as far as one follows the other. */
function memoryHeads(log: Log, fromIndex: number): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let index = fromIndex; index <= log.lastIndex && entries.length < HEADS_MAX; index++) {
    const entry = log.tailAt(index)!;
    if (entry.isInFileOnly) break;
    const { term, kind, baseOffset, nextOffset, maxTimestamp } = entry;
    const view = entry.view(ROW_SIZE_BYTES);
    const bytes = kind === EntryKind.batch ? view.subarray(0, HEAD_SIZE_BYTES) : view;
    entries.push({ index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes });
  }
  return entries;
}

function bypassedHeads(log: Log, fromIndex: number): Head[] {
  const heads: Head[] = [];
  for (let index = fromIndex; index <= log.lastIndex && heads.length < HEADS_MAX; index++) {
    const tailEntry = log.tailAt(index)!;
    if (!tailEntry.isInFileOnly) break;
    const { term, kind, baseOffset, nextOffset, maxTimestamp, segment, position, length } = tailEntry;
    const entry = { index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes: NO_BYTES };
    heads.push({ segment, position, length, entry });
  }
  return heads;
}

function headDamage(bytes: Buffer, length: number, entry: LogEntry): string | null {
  if (length < HEADER_SIZE_BYTES || sizeBytesOf(bytes, 0) !== length) return 'the batch has another length';
  if (magicOf(bytes, 0) !== 2) return 'no batch of magic 2 stands there';
  if (baseOffsetOf(bytes, 0) !== entry.baseOffset) return 'the batch has another base offset';
  return leaderEpochOf(bytes, 0) === entry.term ? null : 'the batch has another leader epoch';
}
