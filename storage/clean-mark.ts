/**
 * The mark of an orderly close: it names the manifest that holds everything. Removed durably before a process that
 * found it writes anything (trap T69).
 *
 *   uint32 magic "PYCL", uint32 format version, int64 sequence of the manifest, uint32 CRC-32C
 */
import { crc32c } from './crc32c';
import { FieldReader, FieldWriter } from './fields';

export const CLEAN_PATH = 'clean';
const MAGIC = 0x4c43_5950;
const VERSION = 1;
const SIZE_BYTES = 20;

export function encodeCleanMark(manifestSequence: number): Buffer {
  const fields = new FieldWriter();
  fields.uint32(MAGIC);
  fields.uint32(VERSION);
  fields.int64(manifestSequence);
  fields.uint32(crc32c(fields.view()));
  return fields.view();
}

/** Sequence of the manifest, or -1 when the mark says nothing: then the journal is scanned, which is always right. */
export function decodeCleanMark(bytes: Buffer): number {
  if (bytes.length !== SIZE_BYTES || crc32c(bytes, 0, SIZE_BYTES - 4) !== bytes.readUInt32LE(SIZE_BYTES - 4))
    return -1;
  const fields = new FieldReader(bytes);
  return fields.uint32() === MAGIC && fields.uint32() === VERSION ? fields.int64() : -1;
}
