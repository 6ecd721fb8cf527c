/**
 * What storage may ask of a disk. Everything is submitted and completes through a call, never through a promise:
 * the simulator replays a run only if nothing outside its event queue decides the order of completions.
 * `done` is never called before the submitting call has returned.
 *
 * Paths are relative to the data directory and use `/`.
 */

export type DiskErrorCode =
  | 'ENOENT'
  | 'EEXIST'
  | 'ENOSPC'
  | 'EIO'
  | 'EROFS'
  | 'EACCES'
  | 'EINVAL'
  | 'EMFILE'
  | 'ENOTDIR'
  | 'EOTHER';

/** A fault of the world: names the operation, the path and the system's code. */
export class DiskError extends Error {
  override readonly name = 'DiskError';

  constructor(
    readonly code: DiskErrorCode,
    readonly operation: string,
    readonly path: string,
    detail = '',
  ) {
    super(`${operation} ${path}: ${code}${detail === '' ? '' : ` (${detail})`}`);
  }
}

/** Called once. Exactly one of the arguments is meaningful. */
export type Done<T = void> = (error: DiskError | null, value: T) => void;

export interface OpenOptions {
  /** `never`: ENOENT if missing. `if-missing`: created when absent. `exclusive`: EEXIST if present. */
  readonly create: 'never' | 'if-missing' | 'exclusive';
  /**
   * `direct`: writes bypass the page cache and are durable (size included) when they complete: O_DIRECT | O_DSYNC.
   * Position, length and memory of every write must then be multiples of `Disk.alignmentBytes`. A disk that
   * refuses it opens the file buffered instead and syncs each write before it completes: the promise is the same.
   */
  readonly direct?: boolean;
}

export interface DiskFile {
  readonly path: string;
  /** Fills `into` from `position`; `bytesRead` is short only at the end of the file. `into` is lent until `done`. */
  read(position: number, into: Uint8Array, done: Done<number>): void;
  /** Writes all of `buffers` from `position` on, or fails. They are lent until `done`. Not durable unless `direct`. */
  write(position: number, buffers: readonly Uint8Array[], done: Done): void;
  /** Makes all completed writes of this file durable (fdatasync). After an error the file must not be trusted again. */
  sync(done: Done): void;
  truncate(sizeBytes: number, done: Done): void;
  size(done: Done<number>): void;
  close(done: Done): void;
}

/** In bytes, -1 where nobody can say. */
export interface DiskSpace {
  readonly totalBytes: number;
  /** What this process may still write. */
  readonly usableBytes: number;
}

export interface Disk {
  readonly alignmentBytes: number;
  /** Where the data directory is, for people. */
  readonly location: string;
  /** Of the volume that holds the data directory. */
  space(done: Done<DiskSpace>): void;
  /** Memory fit for `direct` writes; zeroed; not from a pool. */
  allocateAligned(sizeBytes: number): Buffer;
  /** The same, of a kind that may be slower to use, and that the system has again after `giveBack`. */
  borrowAligned?(sizeBytes: number): Buffer;
  /** Nobody uses it any more: neither memory nor views of it. */
  giveBack?(memory: Buffer): void;
  /** Memory that the process may use altogether; not given when there is no telling. */
  readonly memorySizeBytes?: number;
  open(path: string, options: OpenOptions, done: Done<DiskFile>): void;
  /** Creates missing parents too; no error if it exists. */
  makeDirectory(path: string, done: Done): void;
  /** Names, sorted; never used to decide which files are live. */
  list(path: string, done: Done<string[]>): void;
  rename(from: string, to: string, done: Done): void;
  remove(path: string, done: Done): void;
  /** Makes created, renamed and removed entries of a directory durable. */
  syncDirectory(path: string, done: Done): void;
}
