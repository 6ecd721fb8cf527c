/**
 * Bytes of a journal file: groups, one behind the other, each a header and records, padded to the disk's alignment.
 * docs/storage-format.md shows a group byte by byte.
 *
 * Group header, little-endian:
 *      0 uint32 magic "PYJG"            36 uint32 mark: generation of the file of the previous group
 *      4 uint16 format version          40 uint32 mark: end of the previous group in that file
 *      6 uint16 flags                   44 uint32 salt of this directory
 *      8 uint32 generation of the file  48 12 zero bytes
 *     12 uint32 boot                    60 uint32 CRC-32C of the 60 bytes before
 *     16 int64  sequence
 *     24 uint32 size with padding
 *     28 uint32 size without padding
 *     32 uint32 records
 *
 * Record: uint8 type, 3 zero bytes, uint32 size of the body, uint32 log number, uint32 stamp; the body; padding to 8.
 * The stamp is made of sequence and boot: a record left over from another group does not carry it. An entry's body is
 * its row, then the batch or payload; any other body ends with a CRC-32C of record header and body.
 */

import { crc32c } from './crc32c';
import { readInt64LittleEndian, writeInt64LittleEndian } from './int64';

export const JOURNAL_VERSION = 1;
export const GROUP_HEADER_SIZE_BYTES = 64;
export const RECORD_HEADER_SIZE_BYTES = 16;
const GROUP_MAGIC = 0x474a_5950;
const CHECKSUM_AT = 60;

export const GroupFlag = {
  none: 0,
  /** The first group a process writes: tells its own groups from what an earlier one left half written. */
  boot: 1,
  /** Holds nothing but the mark. */
  mark: 2,
} as const;

/** On disk as one byte; an unknown type refuses to open. */
export const RecordType = {
  /** Row and bytes. */
  entry: 1,
  /** Row alone: the bytes stand in the segment. */
  bypassedEntry: 2,
  createLog: 3,
  createSegment: 4,
  truncate: 5,
  hardState: 6,
  start: 7,
  deleteLog: 8,
  configure: 9,
  /** The bypassed entries of this log in the group before are not in its segment: writing them failed. */
  abandon: 10,
  /** Some segments of a log that follow each other gave way to one that was written by compaction. */
  replace: 11,
} as const;

export interface GroupHeader {
  readonly flags: number;
  readonly fileGeneration: number;
  readonly boot: number;
  readonly sequence: number;
  readonly sizeBytes: number;
  readonly usedSizeBytes: number;
  readonly recordCount: number;
  readonly previousGeneration: number;
  readonly previousEnd: number;
}

export function writeGroupHeader(into: Buffer, at: number, header: GroupHeader, salt: number): void {
  into.fill(0, at, at + GROUP_HEADER_SIZE_BYTES);
  into.writeUInt32LE(GROUP_MAGIC, at);
  into.writeUInt16LE(JOURNAL_VERSION, at + 4);
  into.writeUInt16LE(header.flags, at + 6);
  into.writeUInt32LE(header.fileGeneration, at + 8);
  into.writeUInt32LE(header.boot, at + 12);
  writeInt64LittleEndian(into, at + 16, header.sequence);
  into.writeUInt32LE(header.sizeBytes, at + 24);
  into.writeUInt32LE(header.usedSizeBytes, at + 28);
  into.writeUInt32LE(header.recordCount, at + 32);
  into.writeUInt32LE(header.previousGeneration, at + 36);
  into.writeUInt32LE(header.previousEnd, at + 40);
  into.writeUInt32LE(salt, at + 44);
  into.writeUInt32LE(crc32c(into, at, at + CHECKSUM_AT), at + CHECKSUM_AT);
}

/** The header at `at`, or null when no whole header of this directory stands there. */
export function readGroupHeader(from: Buffer, at: number, salt: number): GroupHeader | null {
  if (from.length - at < GROUP_HEADER_SIZE_BYTES || from.readUInt32LE(at) !== GROUP_MAGIC) return null;
  if (from.readUInt32LE(at + CHECKSUM_AT) !== crc32c(from, at, at + CHECKSUM_AT)) return null;
  if (from.readUInt32LE(at + 44) !== salt) return null;
  return {
    flags: from.readUInt16LE(at + 6),
    fileGeneration: from.readUInt32LE(at + 8),
    boot: from.readUInt32LE(at + 12),
    sequence: readInt64LittleEndian(from, at + 16),
    sizeBytes: from.readUInt32LE(at + 24),
    usedSizeBytes: from.readUInt32LE(at + 28),
    recordCount: from.readUInt32LE(at + 32),
    previousGeneration: from.readUInt32LE(at + 36),
    previousEnd: from.readUInt32LE(at + 40),
  };
}

export const stampOf = (sequence: number, boot: number): number =>
  (Math.imul(sequence % 0x1_0000_0000, 0x9e37_79b1) ^ Math.imul(boot, 0x85eb_ca6b)) >>> 0;

export function writeRecordHeader(
  into: Buffer,
  at: number,
  type: number,
  bodySizeBytes: number,
  logNumber: number,
  stamp: number,
): void {
  into.writeUInt32LE(type, at);
  into.writeUInt32LE(bodySizeBytes, at + 4);
  into.writeUInt32LE(logNumber, at + 8);
  into.writeUInt32LE(stamp, at + 12);
}

export const recordType = (from: Buffer, at: number): number => from.readUInt32LE(at);
export const recordBodySizeBytes = (from: Buffer, at: number): number => from.readUInt32LE(at + 4);
export const recordLogNumber = (from: Buffer, at: number): number => from.readUInt32LE(at + 8);
export const recordStamp = (from: Buffer, at: number): number => from.readUInt32LE(at + 12);

/** What a record with this body takes in its group. A damaged size of up to 2^32 is to come out large, not negative. */
export function recordSizeBytes(bodySizeBytes: number): number {
  const most = RECORD_HEADER_SIZE_BYTES + bodySizeBytes + 7;
  return most - (most % 8);
}
