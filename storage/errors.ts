/**
 * Faults of the world that storage reports. Each carries what an operator needs: which file, where, what is wrong.
 */
import type { DiskError } from './disk';

/** Stored bytes fail their checks: what lies there is not served. Never repaired by cutting (raft-and-durability D7). */
export class CorruptEntryError extends Error {
  override readonly name = 'CorruptEntryError';
  readonly code = 'CORRUPT_ENTRY';

  constructor(
    readonly file: string,
    readonly position: number,
    readonly reason: string,
  ) {
    super(`${file} at byte ${position}: ${reason}`);
  }
}

/** What a read of a file that should be there failed with: a missing file is damage, anything else is the disk's. */
export function readFailure(error: DiskError): Error {
  return error.code === 'ENOENT' ? new CorruptEntryError(error.path, 0, 'the file is missing') : error;
}

/** The offset is outside [startOffset, endOffset]: retention or truncation moved the log. */
export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError';
  readonly code = 'OFFSET_OUT_OF_RANGE';

  constructor(
    readonly offset: number,
    readonly startOffset: number,
    readonly endOffset: number,
  ) {
    super(`offset ${offset} is outside [${startOffset}, ${endOffset}]`);
  }
}

/** Appends are refused until space returns; reads go on. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
  readonly code = 'DISK_FULL';

  constructor(readonly diskError: DiskError) {
    super(`the disk is full: ${diskError.message}`);
  }
}

/** Appends are refused for good: a write or sync failed, and what it covered can no longer be trusted. */
export class StorageFailedError extends Error {
  override readonly name = 'StorageFailedError';
  readonly code = 'STORAGE_FAILED';
}

/** A compaction cannot go on: its log or the store ended, or other hands took its segments. Nothing is half done. */
export class CompactionEndedError extends Error {
  override readonly name = 'CompactionEndedError';
  readonly code = 'COMPACTION_ENDED';
}

/** The directory was written by a newer program. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError';
  readonly code = 'NEWER_FORMAT';

  constructor(
    readonly file: string,
    readonly version: number,
    readonly versionKnown: number,
  ) {
    super(
      `${file} has format version ${version}, this program knows versions up to ${versionKnown}: ` +
        'start the version that wrote it, or a newer one',
    );
  }
}

/** Damage that leaves no undamaged prefix to serve: identity, manifest, or the journal's own structure. */
export class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';
  readonly code = 'DAMAGED_STORE';

  constructor(
    readonly file: string,
    readonly position: number,
    readonly reason: string,
  ) {
    super(
      `${file} at byte ${position}: ${reason}. Nothing was changed. Restore the directory from a copy, ` +
        'or start with an empty one and let the other replicas fill it',
    );
  }
}
