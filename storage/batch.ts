/**
 * The header of a record batch of magic 2, read and written in place: `(buffer, at)` with `at` the position of the
 * batch in the buffer. Getters check nothing; the caller knows that HEADER_SIZE_BYTES bytes are there.
 *
 *      0 int64  base offset                    35 int64  max timestamp
 *      8 int32  length of what follows         43 int64  producer id
 *     12 int32  partition leader epoch         51 int16  producer epoch
 *     16 int8   magic                          53 int32  base sequence
 *     17 uint32 CRC-32C of all that follows    57 int32  number of records
 *     21 int16  attributes                     61        records, compressed as a whole
 *     23 int32  last offset delta
 *     27 int64  base timestamp
 *
 * 64-bit fields come as numbers, inexact beyond 2^53: exact for every value that the broker itself assigns.
 */
import { crc32c } from './crc32c';

export const HEADER_SIZE_BYTES = 61;
/** Base offset and length: what must be there to know where the batch ends. */
export const LOG_OVERHEAD_BYTES = 12;

export const Attribute = {
  compressionMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** Codec numbers as they stand in the attributes. */
export const CompressionCode = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type CompressionCode = (typeof CompressionCode)[keyof typeof CompressionCode];

const CRC_AT = 17;
const CRC_FROM = 21;
const TWO_POW_32 = 4294967296;

/** Two 32-bit reads take a quarter of the time of a BigInt read and its conversion. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_POW_32 + buffer.readUInt32BE(at + 4);
}

/** `value` must be a whole number; beyond 2^53 its nearest double is written, beyond 63 bits the nearest int64. */
export function writeInt64(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_POW_32);
  if (high > 0x7fff_ffff || high < -0x8000_0000) {
    buffer.writeInt32BE(high > 0 ? 0x7fff_ffff : -0x8000_0000, at);
    buffer.writeUInt32BE(high > 0 ? 0xffff_ffff : 0, at + 4);
    return;
  }
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * TWO_POW_32, at + 4);
}

export const baseOffsetOf = (buffer: Buffer, at: number): number => readInt64(buffer, at);
/** Whole batch, its first twelve bytes included. */
export const sizeBytesOf = (buffer: Buffer, at: number): number =>
  LOG_OVERHEAD_BYTES + buffer.readInt32BE(at + 8);
export const leaderEpochOf = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 12);
export const magicOf = (buffer: Buffer, at: number): number => buffer.readInt8(at + 16);
export const crcOf = (buffer: Buffer, at: number): number => buffer.readUInt32BE(at + CRC_AT);
export const attributesOf = (buffer: Buffer, at: number): number => buffer.readInt16BE(at + 21);
export const lastOffsetDeltaOf = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 23);
/** The delete horizon instead, when `hasDeleteHorizon`. */
export const baseTimestampOf = (buffer: Buffer, at: number): number => readInt64(buffer, at + 27);
export const maxTimestampOf = (buffer: Buffer, at: number): number => readInt64(buffer, at + 35);
/** -1: not idempotent. */
export const producerIdOf = (buffer: Buffer, at: number): number => readInt64(buffer, at + 43);
export const producerEpochOf = (buffer: Buffer, at: number): number => buffer.readInt16BE(at + 51);
/** -1: none. */
export const baseSequenceOf = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 53);
export const recordCountOf = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 57);

/** Offset after the last one of the batch. */
export const nextOffsetOf = (buffer: Buffer, at: number): number =>
  baseOffsetOf(buffer, at) + lastOffsetDeltaOf(buffer, at) + 1;

/** A number of 0 to 7; those above 4 name no codec. */
export const compressionOf = (buffer: Buffer, at: number): number =>
  attributesOf(buffer, at) & Attribute.compressionMask;
export const isLogAppendTime = (buffer: Buffer, at: number): boolean =>
  (attributesOf(buffer, at) & Attribute.logAppendTime) !== 0;
export const isTransactional = (buffer: Buffer, at: number): boolean =>
  (attributesOf(buffer, at) & Attribute.transactional) !== 0;
export const isControl = (buffer: Buffer, at: number): boolean =>
  (attributesOf(buffer, at) & Attribute.control) !== 0;
export const hasDeleteHorizon = (buffer: Buffer, at: number): boolean =>
  (attributesOf(buffer, at) & Attribute.deleteHorizon) !== 0;

/** Sequence of the last record: sequences wrap from 2^31 - 1 to 0. -1 when there is no base sequence. */
export function lastSequenceOf(buffer: Buffer, at: number): number {
  const base = baseSequenceOf(buffer, at);
  return base < 0 ? -1 : (base + lastOffsetDeltaOf(buffer, at)) % 0x8000_0000;
}

/** The checksum does not cover it: stamping costs no second walk over the bytes. */
export const setBaseOffset = (buffer: Buffer, at: number, offset: number): void =>
  writeInt64(buffer, at, offset);
/** The checksum does not cover it. */
export const setLeaderEpoch = (buffer: Buffer, at: number, epoch: number): void => {
  buffer.writeInt32BE(epoch, at + 12);
};
// The checksum covers everything set below: `stampCrc` must follow.
export const setAttributes = (buffer: Buffer, at: number, attributes: number): void => {
  buffer.writeInt16BE(attributes, at + 21);
};
export const setLastOffsetDelta = (buffer: Buffer, at: number, delta: number): void => {
  buffer.writeInt32BE(delta, at + 23);
};
export const setMaxTimestamp = (buffer: Buffer, at: number, timestamp: number): void =>
  writeInt64(buffer, at + 35, timestamp);
export const setProducer = (
  buffer: Buffer,
  at: number,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
): void => {
  writeInt64(buffer, at + 43, producerId);
  buffer.writeInt16BE(producerEpoch, at + 51);
  buffer.writeInt32BE(baseSequence, at + 53);
};

/** What the leader assigns to every batch. Leaves the checksum valid. */
export function stampBatch(buffer: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  setBaseOffset(buffer, at, baseOffset);
  setLeaderEpoch(buffer, at, leaderEpoch);
}

/** `message.timestamp.type=LogAppendTime`: all records of the batch take `timestampMs`. Renews the checksum. */
export function stampLogAppendTime(buffer: Buffer, at: number, timestampMs: number): void {
  setAttributes(buffer, at, attributesOf(buffer, at) | Attribute.logAppendTime);
  setMaxTimestamp(buffer, at, timestampMs);
  stampCrc(buffer, at);
}

export const computeCrc = (buffer: Buffer, at: number): number =>
  crc32c(buffer, at + CRC_FROM, at + sizeBytesOf(buffer, at));

export const stampCrc = (buffer: Buffer, at: number): void => {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC_AT);
};

/** Requires the whole batch to be in the buffer. */
export const isCrcValid = (buffer: Buffer, at: number): boolean =>
  crcOf(buffer, at) === computeCrc(buffer, at);

/**
 * End of the whole batch of magic 2 at `at`, or -1 when none stands there: cut off at `end`, impossible length, other
 * magic. The way to walk a buffer: `for (let at = 0, next; (next = batchEnd(b, at, b.length)) > 0; at = next)`.
 */
export function batchEnd(buffer: Buffer, at: number, end: number = buffer.length): number {
  if (end - at < HEADER_SIZE_BYTES) return -1;
  const sizeBytes = sizeBytesOf(buffer, at);
  if (sizeBytes < HEADER_SIZE_BYTES || sizeBytes > end - at || magicOf(buffer, at) !== 2) return -1;
  return at + sizeBytes;
}

/** Positions of the whole batches of a buffer, in order; what is cut off at the end is left out. */
export function* batchPositions(buffer: Buffer): Generator<number> {
  let at = 0;
  for (let next = batchEnd(buffer, at); next > 0; next = batchEnd(buffer, at)) {
    yield at;
    at = next;
  }
}
