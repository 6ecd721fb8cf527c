/**
 * How many journal files there are. A file is counted durably before a group may stand in it: where the groups before
 * it end cleanly, the count alone says that a file is gone rather than not made yet.
 *
 *   uint32 magic "PYJC", uint32 format version, uint32 number of files, uint32 CRC-32C
 */
import { crc32c } from './crc32c';
import type { Disk, Done } from './disk';
import { DamagedStoreError, NewerFormatError } from './errors';
import { FieldReader, FieldWriter } from './fields';
import { replaceSmallFile } from './small-file';

export const JOURNAL_COUNT_PATH = 'journals';
const JOURNAL_COUNT_NEW_PATH = 'journals.new';
const MAGIC = 0x434a_5950;
const VERSION = 1;
const SIZE_BYTES = 16;

export function encodeJournalCount(count: number): Buffer {
  const fields = new FieldWriter(SIZE_BYTES);
  fields.uint32(MAGIC);
  fields.uint32(VERSION);
  fields.uint32(count);
  fields.uint32(crc32c(fields.view()));
  return fields.view();
}

/** Replaces the count, durably. */
export function writeJournalCount(disk: Disk, count: number, done: Done): void {
  const paths = { path: JOURNAL_COUNT_PATH, temporaryPath: JOURNAL_COUNT_NEW_PATH };
  replaceSmallFile(disk, paths, encodeJournalCount(count), done);
}

/** Throws NewerFormatError or DamagedStoreError. */
export function decodeJournalCount(bytes: Buffer): number {
  const fields = new FieldReader(bytes);
  if (bytes.length < SIZE_BYTES || fields.uint32() !== MAGIC) {
    throw new DamagedStoreError(JOURNAL_COUNT_PATH, 0, 'it does not begin like a count of journal files');
  }
  const version = fields.uint32();
  if (version > VERSION) throw new NewerFormatError(JOURNAL_COUNT_PATH, version, VERSION);
  if (
    bytes.length !== SIZE_BYTES ||
    crc32c(bytes, 0, SIZE_BYTES - 4) !== bytes.readUInt32LE(SIZE_BYTES - 4)
  ) {
    throw new DamagedStoreError(JOURNAL_COUNT_PATH, 0, 'it fails its checksum');
  }
  return fields.uint32();
}
