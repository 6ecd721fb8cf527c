/** Makes record batches: metadata records, state of coordinators, transaction markers, re-compressed batches, tests. */
import assert from 'node:assert/strict';
import {
  Attribute,
  baseOffsetOf,
  CompressionCode,
  compressionOf,
  HEADER_SIZE_BYTES,
  isControl,
  isLogAppendTime,
  isTransactional,
  LOG_OVERHEAD_BYTES,
  lastOffsetDeltaOf,
  leaderEpochOf,
  maxTimestampOf,
  recordCountOf,
  setProducer,
  stampCrc,
  writeInt64,
} from './batch';
import { compress } from './compression';
import { sizeOfVarint, sizeOfVarlong, VarintReader, writeVarint, writeVarlong } from './record-varint';
import { RecordCursor } from './records';

/** Producer id, epoch and base sequence. */
const PRODUCER_AT = 43;
const PRODUCER_SIZE_BYTES = 14;

export interface NewHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface NewRecord {
  /** Unix milliseconds; -1 for none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly NewHeader[];
  /** Place in the batch when it has gaps, as compacted ones do; else the position in the list. */
  readonly offsetDelta?: number;
}

/** What stands in the header besides what the records say. */
export interface BatchShape {
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly compression?: CompressionCode;
  /** Null or absent: the codec's default. */
  readonly compressionLevel?: number | null;
  /** Present: the batch has this timestamp for all of its records. */
  readonly logAppendTimeMs?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Present: when markers and tombstones of a cleaned batch may go. Timestamps are then relative to it. */
  readonly deleteHorizonMs?: number;
  /** For batches that end in a gap or have no records. */
  readonly lastOffsetDelta?: number;
}

export interface NewBatch extends BatchShape {
  readonly records: readonly NewRecord[];
}

const sizeOfBytes = (bytes: Buffer | null): number =>
  bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;

function writeBytes(into: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(into, at, -1);
  const position = writeVarint(into, at, bytes.length);
  return position + bytes.copy(into, position);
}

function bodySizeOf(record: NewRecord, timestampDelta: number, offsetDelta: number): number {
  const headers = record.headers ?? [];
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta);
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value) + sizeOfVarint(headers.length);
  for (const header of headers) {
    const keySize = Buffer.byteLength(header.key);
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value);
  }
  return size;
}

function writeRecord(
  into: Buffer,
  at: number,
  record: NewRecord,
  bodySize: number,
  timestampDelta: number,
  offsetDelta: number,
): number {
  let position = writeVarint(into, at, bodySize);
  into[position++] = 0;
  position = writeVarlong(into, position, timestampDelta);
  position = writeVarint(into, position, offsetDelta);
  position = writeBytes(into, position, record.key);
  position = writeBytes(into, position, record.value);
  const headers = record.headers ?? [];
  position = writeVarint(into, position, headers.length);
  for (const header of headers) {
    position = writeBytes(into, position, Buffer.from(header.key));
    position = writeBytes(into, position, header.value);
  }
  return position;
}

interface Summary {
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly lastOffsetDelta: number;
  readonly recordCount: number;
}

function writeHeader(batch: Buffer, shape: BatchShape, summary: Summary): void {
  let attributes: number = shape.compression ?? CompressionCode.none;
  if (shape.logAppendTimeMs !== undefined) attributes |= Attribute.logAppendTime;
  if (shape.isTransactional === true) attributes |= Attribute.transactional;
  if (shape.isControl === true) attributes |= Attribute.control;
  if (shape.deleteHorizonMs !== undefined) attributes |= Attribute.deleteHorizon;
  writeInt64(batch, 0, shape.baseOffset ?? 0);
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, 8);
  batch.writeInt32BE(shape.leaderEpoch ?? -1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(attributes, 21);
  batch.writeInt32BE(summary.lastOffsetDelta, 23);
  writeInt64(batch, 27, summary.baseTimestamp);
  writeInt64(batch, 35, shape.logAppendTimeMs ?? summary.maxTimestamp);
  setProducer(batch, 0, shape.producerId ?? -1, shape.producerEpoch ?? -1, shape.baseSequence ?? -1);
  batch.writeInt32BE(summary.recordCount, 57);
  stampCrc(batch, 0);
}

/** A batch around record bytes that stand at HEADER_SIZE_BYTES of `plain`; compresses them when the shape says so. */
function finish(plain: Buffer, shape: BatchShape, summary: Summary): Buffer {
  const code = shape.compression ?? CompressionCode.none;
  let batch = plain;
  if (code !== CompressionCode.none) {
    const payload = compress(code, shape.compressionLevel ?? null, plain.subarray(HEADER_SIZE_BYTES));
    batch = Buffer.allocUnsafe(HEADER_SIZE_BYTES + payload.length);
    payload.copy(batch, HEADER_SIZE_BYTES);
  }
  writeHeader(batch, shape, summary);
  return batch;
}

/** A whole record batch of magic 2 in new memory. */
export function buildBatch(input: NewBatch): Buffer {
  const { records } = input;
  const baseTimestamp = input.deleteHorizonMs ?? records[0]?.timestamp ?? -1;
  let sizeBytes = HEADER_SIZE_BYTES;
  let maxTimestamp = -1;
  let lastOffsetDelta = -1;
  const bodySizes: number[] = [];
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    const offsetDelta = record.offsetDelta ?? index;
    assert(offsetDelta > lastOffsetDelta);
    lastOffsetDelta = offsetDelta;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    const bodySize = bodySizeOf(record, record.timestamp - baseTimestamp, offsetDelta);
    bodySizes.push(bodySize);
    sizeBytes += sizeOfVarint(bodySize) + bodySize;
  }
  const plain = Buffer.allocUnsafe(sizeBytes);
  let at = HEADER_SIZE_BYTES;
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    const timestampDelta = record.timestamp - baseTimestamp;
    at = writeRecord(plain, at, record, bodySizes[index]!, timestampDelta, record.offsetDelta ?? index);
  }
  assert(at === sizeBytes);
  lastOffsetDelta = input.lastOffsetDelta ?? lastOffsetDelta;
  return finish(plain, input, { baseTimestamp, maxTimestamp, lastOffsetDelta, recordCount: records.length });
}

/** A key, a value or a part of a header, with the shortest length; all negative lengths mean null and become -1. */
function copyField(into: Buffer, at: number, from: Buffer, fieldAt: number, length: number): number {
  if (length < 0) return writeVarint(into, at, -1);
  const position = writeVarint(into, at, length);
  return position + from.copy(into, position, fieldAt, fieldAt + length);
}

/** Key, value and headers of the record that `cursor` stands on. */
function copyTail(into: Buffer, at: number, cursor: RecordCursor, reader: VarintReader): number {
  const { bytes } = cursor;
  let position = copyField(into, at, bytes, cursor.keyAt, cursor.keyLength);
  position = copyField(into, position, bytes, cursor.valueAt, cursor.valueLength);
  position = writeVarint(into, position, cursor.headerCount);
  reader.bytes = bytes;
  reader.at = cursor.headersAt;
  for (let left = cursor.headerCount * 2; left > 0; left--) {
    const length = reader.int32();
    position = copyField(into, position, bytes, reader.at, length);
    if (length > 0) reader.at += length;
  }
  return position;
}

/**
 * A batch with the records of `source`, in another compression: what a topic's `compression.type` asks for. Offsets
 * become dense, timestamps relative to the first record, encodings the shortest, as Kafka's builder does. The producer
 * stays as it is to the bit.
 *
 * @param cursor  Not yet advanced, on `source`, whose records are known to be whole and at least one.
 */
export function rebuildBatch(cursor: RecordCursor, source: Buffer, shape: BatchShape): Buffer {
  const recordCount = recordCountOf(source, 0);
  // A record grows at most by longer deltas. The length in front of its tail is known once that is written.
  const plain = Buffer.allocUnsafe(HEADER_SIZE_BYTES + cursor.remainingSizeBytes + recordCount * 20);
  const tail = Buffer.allocUnsafe(cursor.remainingSizeBytes + 16);
  const reader = new VarintReader();
  let at = HEADER_SIZE_BYTES;
  let baseTimestamp = -1;
  let maxTimestamp = -1;
  for (let index = 0; index < recordCount; index++) {
    assert(cursor.next());
    if (index === 0) baseTimestamp = cursor.timestamp;
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp;
    const timestampDelta = cursor.timestamp - baseTimestamp;
    const tailSize = copyTail(tail, 0, cursor, reader);
    at = writeVarint(plain, at, 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(index) + tailSize);
    plain[at++] = 0;
    at = writeVarlong(plain, at, timestampDelta);
    at = writeVarint(plain, at, index);
    at += tail.copy(plain, at, 0, tailSize);
  }
  const summary = { baseTimestamp, maxTimestamp, lastOffsetDelta: recordCount - 1, recordCount };
  const batch = finish(plain.subarray(0, at), shape, summary);
  return withProducerOf(source, batch);
}

/**
 * The records of `source` that `isKept` says, in order, with their offsets and times: a batch of the same span, codec
 * and producer. The codec's level is its default, encodings are the shortest.
 *
 * @param cursor  Not yet advanced, on `source`.
 * @param deleteHorizonMs  Negative for none. Timestamps are relative to it.
 * @param isKept  One byte for each record.
 */
export function thinBatch(
  cursor: RecordCursor,
  source: Buffer,
  isKept: Uint8Array,
  deleteHorizonMs: number,
): Buffer {
  const recordCount = recordCountOf(source, 0);
  const plain = Buffer.allocUnsafe(HEADER_SIZE_BYTES + cursor.remainingSizeBytes + recordCount * 20);
  const tail = Buffer.allocUnsafe(cursor.remainingSizeBytes + 16);
  const reader = new VarintReader();
  let at = HEADER_SIZE_BYTES;
  let baseTimestamp = deleteHorizonMs < 0 ? null : deleteHorizonMs;
  let maxTimestamp = -1;
  let keptCount = 0;
  for (let index = 0; index < recordCount; index++) {
    assert(cursor.next());
    if (isKept[index] === 0) continue;
    keptCount++;
    baseTimestamp ??= cursor.timestamp;
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp;
    const timestampDelta = cursor.timestamp - baseTimestamp;
    const tailSize = copyTail(tail, 0, cursor, reader);
    const sizes = sizeOfVarlong(timestampDelta) + sizeOfVarint(cursor.offsetDelta);
    at = writeVarint(plain, at, 1 + sizes + tailSize);
    plain[at++] = 0;
    at = writeVarlong(plain, at, timestampDelta);
    at = writeVarint(plain, at, cursor.offsetDelta);
    at += tail.copy(plain, at, 0, tailSize);
  }
  const shape = {
    ...shapeOf(source),
    compression: compressionOf(source, 0) as CompressionCode,
    ...(deleteHorizonMs < 0 ? {} : { deleteHorizonMs }),
  };
  const lastOffsetDelta = lastOffsetDeltaOf(source, 0);
  const summary = {
    baseTimestamp: baseTimestamp ?? -1,
    maxTimestamp,
    lastOffsetDelta,
    recordCount: keptCount,
  };
  return withProducerOf(source, finish(plain.subarray(0, at), shape, summary));
}

/** A batch without records that takes the place of `source`: its span, producer and largest timestamp. */
export function emptyBatch(source: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(HEADER_SIZE_BYTES);
  const lastOffsetDelta = lastOffsetDeltaOf(source, 0);
  const summary = {
    baseTimestamp: -1,
    maxTimestamp: maxTimestampOf(source, 0),
    lastOffsetDelta,
    recordCount: 0,
  };
  writeHeader(batch, shapeOf(source), summary);
  return withProducerOf(source, batch);
}

function shapeOf(source: Buffer): BatchShape {
  return {
    baseOffset: baseOffsetOf(source, 0),
    leaderEpoch: leaderEpochOf(source, 0),
    isTransactional: isTransactional(source, 0),
    isControl: isControl(source, 0),
    ...(isLogAppendTime(source, 0) ? { logAppendTimeMs: maxTimestampOf(source, 0) } : {}),
  };
}

/** Numbers do not carry every 64-bit id. */
function withProducerOf(source: Buffer, batch: Buffer): Buffer {
  source.copy(batch, PRODUCER_AT, PRODUCER_AT, PRODUCER_AT + PRODUCER_SIZE_BYTES);
  stampCrc(batch, 0);
  return batch;
}

export interface EndMarker {
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
}

export interface NewEndMarker extends EndMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timestampMs: number;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
}

/** The control batch that ends a transaction in one partition: key version and type, value version and coordinator epoch. */
export function buildEndMarker(marker: NewEndMarker): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(marker.isCommit ? 1 : 0, 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  return buildBatch({
    ...marker,
    isTransactional: true,
    isControl: true,
    records: [{ timestamp: marker.timestampMs, key, value }],
  });
}

/** What a control batch says about the end of a transaction; null for batches and control records of other kinds. */
export function readEndMarker(batch: Buffer, at: number): EndMarker | null {
  if (!isControl(batch, at)) return null;
  const cursor = new RecordCursor();
  cursor.open(batch, at, 1024);
  // The cleaner leaves control batches without records.
  if (!cursor.next() || cursor.keyLength < 4 || cursor.valueLength < 6) return null;
  const type = cursor.bytes.readInt16BE(cursor.keyAt + 2);
  if (type !== 0 && type !== 1) return null;
  return { isCommit: type === 1, coordinatorEpoch: cursor.bytes.readInt32BE(cursor.valueAt + 2) };
}
