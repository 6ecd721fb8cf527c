/**
 * The fixed row that stands for one entry, in the journal and in the segment's row file.
 *
 *      0 uint48 index                 24 int64  max timestamp; checksum of the payload for kinds other than batch
 *      6 uint8  kind                  32 uint32 next offset - base offset
 *      7 uint8  0                     36 uint32 position in the data file
 *      8 int32  term                  40 uint32 length of batch or payload
 *     12 uint32 segment generation    44 uint32 CRC-32C of the 44 bytes before
 *     16 int64  base offset
 *
 * Little-endian. The generation belongs to one segment of one log and never repeats, so a row found anywhere else, or
 * left over in recycled blocks, does not pass. A payload follows its row in overflow slots of the same size:
 *
 *      0 uint48 index of its row       8 36 bytes of payload
 *      6 uint8  255                   44 uint32 CRC-32C of the 44 bytes before, continued from the generation
 *      7 uint8  bytes used
 */

import { crc32c } from './crc32c';
import { readInt64LittleEndian, writeInt64LittleEndian } from './int64';

export const ROW_SIZE_BYTES = 48;
const CHECKSUM_AT = 44;
const OVERFLOW_KIND = 255;
const OVERFLOW_AT = 8;
const OVERFLOW_SIZE_BYTES = CHECKSUM_AT - OVERFLOW_AT;

/** What a row says. `entry.length` is the size of the batch or payload. */
export interface RowFields {
  readonly index: number;
  readonly kind: number;
  readonly term: number;
  readonly generation: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly maxTimestamp: number;
  readonly position: number;
  readonly length: number;
}

export function writeRow(into: Buffer, at: number, row: RowFields, timestampOrChecksum: number): void {
  into.writeUInt32LE(row.index >>> 0, at);
  into.writeUInt16LE(Math.floor(row.index / 0x1_0000_0000), at + 4);
  into.writeUInt16LE(row.kind, at + 6);
  into.writeInt32LE(row.term, at + 8);
  into.writeUInt32LE(row.generation, at + 12);
  writeInt64LittleEndian(into, at + 16, row.baseOffset);
  writeInt64LittleEndian(into, at + 24, timestampOrChecksum);
  into.writeUInt32LE(row.nextOffset - row.baseOffset, at + 32);
  into.writeUInt32LE(row.position, at + 36);
  into.writeUInt32LE(row.length, at + 40);
  into.writeUInt32LE(crc32c(into, at, at + CHECKSUM_AT), at + CHECKSUM_AT);
}

export const rowIndex = (from: Buffer, at: number): number =>
  from.readUInt16LE(at + 4) * 0x1_0000_0000 + from.readUInt32LE(at);
export const rowKind = (from: Buffer, at: number): number => from.readUInt8(at + 6);
export const rowTerm = (from: Buffer, at: number): number => from.readInt32LE(at + 8);
export const rowGeneration = (from: Buffer, at: number): number => from.readUInt32LE(at + 12);
export const rowBaseOffset = (from: Buffer, at: number): number => readInt64LittleEndian(from, at + 16);
/** Only for batches; -1 for other kinds. */
export const rowMaxTimestamp = (from: Buffer, at: number): number =>
  rowKind(from, at) === 0 ? readInt64LittleEndian(from, at + 24) : -1;
export const rowPayloadChecksum = (from: Buffer, at: number): number => from.readUInt32LE(at + 24);
export const rowNextOffset = (from: Buffer, at: number): number =>
  rowBaseOffset(from, at) + from.readUInt32LE(at + 32);
export const rowPosition = (from: Buffer, at: number): number => from.readUInt32LE(at + 36);
export const rowLength = (from: Buffer, at: number): number => from.readUInt32LE(at + 40);
export const isOverflowSlot = (from: Buffer, at: number): boolean => rowKind(from, at) === OVERFLOW_KIND;

/** Whether the slot holds a row of this generation, whole. */
export const isRowValid = (from: Buffer, at: number, generation: number): boolean =>
  rowGeneration(from, at) === generation &&
  from.readUInt32LE(at + CHECKSUM_AT) === crc32c(from, at, at + CHECKSUM_AT);

export const isOverflowValid = (from: Buffer, at: number, generation: number): boolean =>
  from.readUInt32LE(at + CHECKSUM_AT) === crc32c(from, at, at + CHECKSUM_AT, generation);

/** Slots that an entry takes in the row file: its row, and its payload unless it is a batch. */
export const slotsOf = (kind: number, length: number): number =>
  kind === 0 ? 1 : 1 + Math.ceil(length / OVERFLOW_SIZE_BYTES);

/** Writes `payload` behind its row; `at` is the first slot after the row. */
export function writeOverflow(
  into: Buffer,
  at: number,
  index: number,
  generation: number,
  payload: Buffer,
): void {
  let slot = at;
  for (let from = 0; from < payload.length; from += OVERFLOW_SIZE_BYTES) {
    const used = Math.min(OVERFLOW_SIZE_BYTES, payload.length - from);
    into.fill(0, slot, slot + ROW_SIZE_BYTES);
    into.writeUInt32LE(index >>> 0, slot);
    into.writeUInt16LE(Math.floor(index / 0x1_0000_0000), slot + 4);
    into.writeUInt8(OVERFLOW_KIND, slot + 6);
    into.writeUInt8(used, slot + 7);
    payload.copy(into, slot + OVERFLOW_AT, from, from + used);
    into.writeUInt32LE(crc32c(into, slot, slot + CHECKSUM_AT, generation), slot + CHECKSUM_AT);
    slot += ROW_SIZE_BYTES;
  }
}

/** Joins the payload of `length` bytes that begins in the slot at `at`. The slots were checked before. */
export function readOverflow(from: Buffer, at: number, length: number): Buffer {
  const payload = Buffer.alloc(length);
  let slot = at;
  for (let done = 0; done < length; done += OVERFLOW_SIZE_BYTES) {
    from.copy(
      payload,
      done,
      slot + OVERFLOW_AT,
      slot + OVERFLOW_AT + Math.min(OVERFLOW_SIZE_BYTES, length - done),
    );
    slot += ROW_SIZE_BYTES;
  }
  return payload;
}
