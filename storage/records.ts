/**
 * The records inside one batch: a cursor that allocates nothing per record, and plain objects for cold paths.
 *
 * A record is a varint length, then: attributes (int8, unused), varlong timestamp delta, varint offset delta, key and
 * value (varint length, -1 for null), varint number of headers, and per header a key and a value of that same form.
 */
import {
  baseOffsetOf,
  baseTimestampOf,
  compressionOf,
  HEADER_SIZE_BYTES,
  isLogAppendTime,
  maxTimestampOf,
  recordCountOf,
  sizeBytesOf,
} from './batch';
import { decompress } from './compression';
import { VarintReader } from './record-varint';

/**
 * Bytes that are no records. `INVALID_RECORD`: lengths, counts or ends that do not fit together. `ENDLESS_VARINT`: the
 * length of a record does not end, which Kafka answers as an unknown error.
 */
export class RecordFormatError extends Error {
  override readonly name = 'RecordFormatError';

  constructor(
    readonly code: 'INVALID_RECORD' | 'ENDLESS_VARINT',
    message: string,
  ) {
    super(message);
  }
}

const invalid = (reason: string): RecordFormatError => new RecordFormatError('INVALID_RECORD', reason);

/**
 * Bound on what one batch may decompress to. Kafka streams through a batch and bounds its records alone; here it stands
 * in memory as a whole, and a megabyte of gzip could ask for a gigabyte.
 */
export const DECOMPRESSED_SIZE_BYTES_MAX = 128 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** Walks the records of one batch after the other. Fields describe the record that `next` last stood on. */
export class RecordCursor {
  /** What the positions below refer to: the buffer of the batch, or its records decompressed. */
  bytes: Buffer = NOTHING;
  /** The length and everything behind it; `endAt` is exclusive. */
  startAt = 0;
  endAt = 0;
  attributes = 0;
  offset = 0;
  offsetDelta = 0;
  timestamp = 0;
  timestampDelta = 0;
  keyAt = 0;
  /** Negative for null, as for `valueLength`. */
  keyLength = 0;
  valueAt = 0;
  valueLength = 0;
  headersAt = 0;
  headerCount = 0;

  private readonly reader = new VarintReader();
  private recordsEnd = 0;
  private left = 0;
  private recordSizeBytesMax = 0;
  private baseOffset = 0;
  private baseTimestamp = 0;
  /** The timestamp of every record when the batch says so, else null. */
  private logAppendTime: number | null = null;

  /**
   * Stands before the first record of the whole batch at `at`. The buffer is borrowed until the next `open` or `close`.
   *
   * @param recordSizeBytesMax  Bound on one record of a compressed batch (`max.decompressed.message.bytes`), see `next`.
   * @throws CompressionError
   */
  open(
    batch: Buffer,
    at: number,
    recordSizeBytesMax: number,
    decompressedSizeBytesMax = DECOMPRESSED_SIZE_BYTES_MAX,
  ): void {
    const end = at + sizeBytesOf(batch, at);
    const code = compressionOf(batch, at);
    if (code === 0) {
      this.bytes = batch;
      this.reader.at = at + HEADER_SIZE_BYTES;
      this.recordsEnd = end;
      this.recordSizeBytesMax = Number.POSITIVE_INFINITY;
    } else {
      this.bytes = decompress(code, batch.subarray(at + HEADER_SIZE_BYTES, end), decompressedSizeBytesMax);
      this.reader.at = 0;
      this.recordsEnd = this.bytes.length;
      this.recordSizeBytesMax = recordSizeBytesMax;
    }
    this.reader.bytes = this.bytes;
    this.reader.isOverlong = false;
    this.left = recordCountOf(batch, at);
    this.baseOffset = baseOffsetOf(batch, at);
    this.baseTimestamp = baseTimestampOf(batch, at);
    this.logAppendTime = isLogAppendTime(batch, at) ? maxTimestampOf(batch, at) : null;
  }

  /** Bytes of the records after the current one. */
  get remainingSizeBytes(): number {
    return this.recordsEnd - this.reader.at;
  }

  /** Lets go of the batch. */
  close(): void {
    this.bytes = NOTHING;
    this.reader.bytes = NOTHING;
    this.left = 0;
  }

  /**
   * Moves to the next record; false after the last one.
   *
   * @throws RecordFormatError  also when bytes are left over behind the last record.
   */
  next(): boolean {
    const reader = this.reader;
    const recordsEnd = this.recordsEnd;
    if (this.left <= 0) {
      if (this.left < 0) throw invalid('negative number of records');
      if (reader.at !== recordsEnd) throw invalid('bytes behind the last record');
      return false;
    }
    this.left--;

    this.startAt = reader.at;
    if (reader.at >= recordsEnd) throw invalid('fewer records than announced');
    const sizeBytes = reader.int32();
    if (reader.isOverlong)
      throw new RecordFormatError('ENDLESS_VARINT', 'the length of a record does not end');
    const bodyAt = reader.at;
    if (sizeBytes > recordsEnd - bodyAt) throw invalid('record is cut off');
    if (sizeBytes > this.recordSizeBytesMax) throw invalid('record is larger than allowed');
    this.endAt = bodyAt + sizeBytes;

    this.attributes = this.bytes[reader.at++] as number;
    this.timestampDelta = reader.int64();
    this.timestamp = this.logAppendTime ?? this.baseTimestamp + this.timestampDelta;
    this.offsetDelta = reader.int32();
    this.offset = this.baseOffset + this.offsetDelta;
    this.keyLength = reader.int32();
    this.keyAt = reader.at;
    if (this.keyLength > 0) reader.at += this.keyLength;
    this.valueLength = reader.int32();
    this.valueAt = reader.at;
    if (this.valueLength > 0) reader.at += this.valueLength;
    this.headerCount = reader.int32();
    this.headersAt = reader.at;
    if (reader.at > recordsEnd || reader.isOverlong) throw invalid('broken record');
    if (this.headerCount !== 0) this.skipHeaders();
    if (reader.at !== this.endAt) throw invalid('length of a record and what it holds differ');
    return true;
  }

  private skipHeaders(): void {
    const { reader, recordsEnd } = this;
    if (this.headerCount < 0 || this.headerCount > recordsEnd - reader.at) {
      throw invalid('impossible number of headers');
    }
    for (let left = this.headerCount; left > 0; left--) {
      const keyLength = reader.int32();
      if (keyLength < 0) throw invalid('header without a key');
      reader.at += keyLength;
      const valueLength = reader.int32();
      if (valueLength > 0) reader.at += valueLength;
      if (reader.at > recordsEnd || reader.isOverlong) throw invalid('broken header');
    }
  }
}

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Key, value and header values are views of the batch, or of what it decompressed to. */
export interface PlainRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

const NO_HEADERS: readonly RecordHeader[] = [];

function viewOrNull(bytes: Buffer, at: number, length: number): Buffer | null {
  return length < 0 ? null : bytes.subarray(at, at + length);
}

/** Headers of the record that `cursor` stands on. */
export function headersOf(cursor: RecordCursor): readonly RecordHeader[] {
  if (cursor.headerCount === 0) return NO_HEADERS;
  const reader = new VarintReader();
  reader.bytes = cursor.bytes;
  reader.at = cursor.headersAt;
  const headers: RecordHeader[] = [];
  for (let left = cursor.headerCount; left > 0; left--) {
    const keyLength = reader.int32();
    const keyAt = reader.at;
    reader.at += keyLength;
    const valueLength = reader.int32();
    headers.push({
      key: cursor.bytes.toString('utf8', keyAt, keyAt + keyLength),
      value: viewOrNull(cursor.bytes, reader.at, valueLength),
    });
    if (valueLength > 0) reader.at += valueLength;
  }
  return headers;
}

/**
 * The records of the batch at `at` as objects: replay, tests, tools.
 *
 * @throws CompressionError, RecordFormatError
 */
export function* recordsOf(
  batch: Buffer,
  at = 0,
  recordSizeBytesMax = Number.POSITIVE_INFINITY,
): Generator<PlainRecord> {
  const cursor = new RecordCursor();
  cursor.open(batch, at, recordSizeBytesMax);
  while (cursor.next()) {
    yield {
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: viewOrNull(cursor.bytes, cursor.keyAt, cursor.keyLength),
      value: viewOrNull(cursor.bytes, cursor.valueAt, cursor.valueLength),
      headers: headersOf(cursor),
    };
  }
}

export interface RecordPosition {
  readonly offset: number;
  readonly timestamp: number;
}

/**
 * The first record of the batch at or after `fromOffset` with a timestamp at or after `timestamp`, or null. Records are in offset order, not in
 * time order, so all before it are looked at.
 *
 * @throws CompressionError, RecordFormatError
 */
export function firstRecordAtOrAfter(
  batch: Buffer,
  at: number,
  timestamp: number,
  fromOffset = 0,
  recordSizeBytesMax = Number.POSITIVE_INFINITY,
): RecordPosition | null {
  const cursor = new RecordCursor();
  cursor.open(batch, at, recordSizeBytesMax);
  while (cursor.next()) {
    if (cursor.timestamp >= timestamp && cursor.offset >= fromOffset)
      return { offset: cursor.offset, timestamp: cursor.timestamp };
  }
  return null;
}

/**
 * The first record that has the largest timestamp of the batch, or null when the batch has no records.
 *
 * @throws CompressionError, RecordFormatError
 */
export function recordOfMaxTimestamp(
  batch: Buffer,
  at: number,
  recordSizeBytesMax = Number.POSITIVE_INFINITY,
): RecordPosition | null {
  const cursor = new RecordCursor();
  cursor.open(batch, at, recordSizeBytesMax);
  let found: RecordPosition | null = null;
  while (cursor.next()) {
    if (found === null || cursor.timestamp > found.timestamp) {
      found = { offset: cursor.offset, timestamp: cursor.timestamp };
    }
  }
  return found;
}
