/**
 * The disk of production: node:fs by callbacks, so that every write and sync runs on libuv's thread pool and the event
 * loop never waits for a device.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Disk, DiskErrorCode, DiskFile, DiskSpace, Done, OpenOptions } from './disk';
import { DiskError } from './disk';

/** Both the size of a page and the largest logical block of today's devices. */
const ALIGNMENT_BYTES = 4096;
/** POSIX lets a system refuse more buffers in one call. */
const VECTOR_LENGTH_MAX = 1024;

const MAPPED_CODES: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  ENOSPC: 'ENOSPC',
  EDQUOT: 'ENOSPC',
  EFBIG: 'ENOSPC',
  EIO: 'EIO',
  EROFS: 'EROFS',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EINVAL: 'EINVAL',
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
  ENOTDIR: 'ENOTDIR',
};

function diskError(error: NodeJS.ErrnoException, operation: string, at: string): DiskError {
  const code = MAPPED_CODES[error.code ?? ''] ?? 'EOTHER';
  return new DiskError(code, operation, at, error.code === code ? '' : (error.code ?? error.message));
}

/** The value of a failed call means nothing, see `Done`. */
function fail<T>(done: Done<T>, error: DiskError): void {
  done(error, undefined as T);
}

function settle(done: Done, operation: string, at: string): (error: NodeJS.ErrnoException | null) => void {
  return (error) => (error === null ? done(null) : fail(done, diskError(error, operation, at)));
}

const WASM_PAGE_SIZE_BYTES = 65_536;

interface MappedMemory {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
}

type Resizable = new (sizeBytes: number, options: { maxByteLength: number }) => ArrayBuffer;

/**
 * Memory that is mapped in whole pages; ordinary array buffers come from malloc and O_DIRECT refuses them. Memory of
 * WebAssembly is as fast as any other; a resizable buffer, where there is no address space for it, takes 5 times as
 * long for a view and twice for a write.
 */
function allocateAligned(sizeBytes: number): Buffer {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: MappedMemory };
  try {
    const initial = Math.ceil(sizeBytes / WASM_PAGE_SIZE_BYTES);
    return Buffer.from(new WebAssembly.Memory({ initial, maximum: initial }).buffer, 0, sizeBytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return borrowAligned(sizeBytes);
}

/** Other memory is freed by the garbage collector, which an idle process never runs. */
function borrowAligned(sizeBytes: number): Buffer {
  const memory = new (ArrayBuffer as unknown as Resizable)(sizeBytes, { maxByteLength: sizeBytes });
  return Buffer.from(memory, 0, sizeBytes);
}

function giveBack(memory: Buffer): void {
  (memory.buffer as unknown as { resize(sizeBytes: number): void }).resize(0);
}

/** Of the machine, or of the container when that has less. */
function memorySizeBytes(): number {
  const limit = process.constrainedMemory();
  return Math.min(os.totalmem(), limit === undefined || limit === 0 ? Number.POSITIVE_INFINITY : limit);
}

function openFlags(options: OpenOptions): number {
  const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
  if (options.create === 'never') return O_RDWR;
  return options.create === 'if-missing' ? O_RDWR | O_CREAT : O_RDWR | O_CREAT | O_EXCL;
}

/** Undefined where the system has no such flag. */
function directFlags(): number | undefined {
  const { O_DIRECT, O_DSYNC } = fs.constants as { O_DIRECT?: number; O_DSYNC?: number };
  return O_DIRECT === undefined || O_DSYNC === undefined ? undefined : O_DIRECT | O_DSYNC;
}

/** How the writes of one open file reach the device. */
type WriteMode = 'buffered' | 'buffered-synced' | 'direct';

class NodeFile implements DiskFile {
  /** The reading descriptor is another one for direct files: O_DIRECT would bind reads to aligned memory as well. */
  constructor(
    readonly path: string,
    private readonly absolutePath: string,
    private writeDescriptor: number,
    private readonly readDescriptor: number,
    private mode: WriteMode,
  ) {}

  read(position: number, into: Uint8Array, done: Done<number>): void {
    this.readFrom(position, into, 0, done);
  }

  private readFrom(position: number, into: Uint8Array, filled: number, done: Done<number>): void {
    const wanted = into.length - filled;
    fs.read(this.readDescriptor, into, filled, wanted, position + filled, (error, bytesRead) => {
      if (error !== null) return fail(done, diskError(error, 'read', this.path));
      const total = filled + bytesRead;
      if (bytesRead === 0 || total === into.length) return done(null, total);
      this.readFrom(position, into, total, done);
    });
  }

  write(position: number, buffers: readonly Uint8Array[], done: Done): void {
    if (this.mode === 'direct') {
      assert(position % ALIGNMENT_BYTES === 0);
      for (const buffer of buffers) assert(buffer.length % ALIGNMENT_BYTES === 0);
    }
    if (buffers.length === 0) {
      setImmediate(() => done(null));
      return;
    }
    this.writeFrom(position, buffers, 0, 0, (error) => {
      if (error !== null || this.mode !== 'buffered-synced') return done(error);
      this.sync(done);
    });
  }

  /** Writes `buffers` from byte `skipped` of buffer `next` on; goes on after short writes and full vectors. */
  private writeFrom(
    position: number,
    buffers: readonly Uint8Array[],
    next: number,
    skipped: number,
    done: Done,
  ): void {
    const vector = buffers.slice(next, next + VECTOR_LENGTH_MAX);
    if (skipped > 0) vector[0] = vector[0]!.subarray(skipped);
    fs.writev(this.writeDescriptor, vector, position, (error, bytesWritten) => {
      if (error?.code === 'EINVAL' && this.mode === 'direct') {
        return this.leaveDirect(error, () => this.writeFrom(position, buffers, next, skipped, done), done);
      }
      if (error !== null) return fail(done, diskError(error, 'write', this.path));
      // A direct write can only go on at a block: what stands behind the last whole block is written again.
      const kept = this.mode === 'direct' ? bytesWritten - (bytesWritten % ALIGNMENT_BYTES) : bytesWritten;
      let index = next;
      let left = kept + skipped;
      while (index < buffers.length && left >= buffers[index]!.length) {
        left -= buffers[index]!.length;
        index++;
      }
      if (index === buffers.length) return done(null);
      if (kept === 0) return fail(done, new DiskError('EIO', 'write', this.path, 'nothing was written'));
      this.writeFrom(position + kept, buffers, index, left, done);
    });
  }

  /** Some file systems accept O_DIRECT at open and refuse the first write, or want larger blocks than ours. */
  private leaveDirect(refusal: NodeJS.ErrnoException, retry: () => void, done: Done): void {
    fs.open(this.absolutePath, fs.constants.O_RDWR, (error, descriptor) => {
      if (error !== null) return fail(done, diskError(refusal, 'write', this.path));
      const old = this.writeDescriptor;
      this.writeDescriptor = descriptor;
      this.mode = 'buffered-synced';
      fs.close(old, () => retry());
    });
  }

  sync(done: Done): void {
    fs.fdatasync(this.writeDescriptor, settle(done, 'sync', this.path));
  }

  truncate(sizeBytes: number, done: Done): void {
    fs.ftruncate(this.writeDescriptor, sizeBytes, settle(done, 'truncate', this.path));
  }

  size(done: Done<number>): void {
    fs.fstat(this.writeDescriptor, (error, stats) => {
      if (error !== null) return fail(done, diskError(error, 'size', this.path));
      done(null, stats.size);
    });
  }

  close(done: Done): void {
    fs.close(this.writeDescriptor, (error) => {
      if (this.readDescriptor === this.writeDescriptor)
        return settle(done, 'close', this.path)(error ?? null);
      fs.close(this.readDescriptor, (second) => settle(done, 'close', this.path)(error ?? second ?? null));
    });
  }
}

class NodeDisk implements Disk {
  readonly alignmentBytes = ALIGNMENT_BYTES;
  readonly allocateAligned = allocateAligned;
  readonly borrowAligned = borrowAligned;
  readonly giveBack = giveBack;
  readonly memorySizeBytes = memorySizeBytes();

  constructor(private readonly root: string) {}

  get location(): string {
    return this.root;
  }

  space(done: Done<DiskSpace>): void {
    fs.statfs(this.root, (error, found) => {
      if (error !== null) return fail(done, diskError(error, 'statfs', '.'));
      const { blocks, bavail, bsize } = found;
      done(null, { totalBytes: blocks * bsize, usableBytes: bavail * bsize });
    });
  }

  /** The absolute path, or null after `done` was promised the refusal of a path that would leave the directory. */
  private inside<T>(operation: string, at: string, done: Done<T>): string | null {
    const leaves =
      at.includes('\0') ||
      at.includes('\\') ||
      path.isAbsolute(at) ||
      /^[A-Za-z]:/.test(at) ||
      at.split('/').includes('..');
    if (!leaves) return path.join(this.root, at);
    // No system call stands behind this refusal, and still it must come after the submitting call returned.
    setImmediate(() => fail(done, new DiskError('EINVAL', operation, at, 'outside the data directory')));
    return null;
  }

  open(at: string, options: OpenOptions, done: Done<DiskFile>): void {
    const absolute = this.inside('open', at, done);
    if (absolute === null) return;
    const flags = openFlags(options);
    const direct = options.direct === true ? directFlags() : undefined;
    if (direct === undefined) {
      const mode = options.direct === true ? 'buffered-synced' : 'buffered';
      openOne(at, absolute, flags, mode, done);
      return;
    }
    fs.open(absolute, flags | direct, 0o644, (error, writeDescriptor) => {
      if (error?.code === 'EINVAL') {
        // An exclusive open that gets this far has created the file already; asking again would meet its own file.
        return openOne(at, absolute, flags & ~fs.constants.O_EXCL, 'buffered-synced', done);
      }
      if (error !== null) return fail(done, diskError(error, 'open', at));
      fs.open(absolute, fs.constants.O_RDONLY, (readError, readDescriptor) => {
        if (readError === null) {
          return done(null, new NodeFile(at, absolute, writeDescriptor, readDescriptor, 'direct'));
        }
        fs.close(writeDescriptor, () => fail(done, diskError(readError, 'open', at)));
      });
    });
  }

  makeDirectory(at: string, done: Done): void {
    const absolute = this.inside('makeDirectory', at, done);
    if (absolute === null) return;
    fs.mkdir(absolute, { recursive: true }, (error) => settle(done, 'makeDirectory', at)(error));
  }

  list(at: string, done: Done<string[]>): void {
    const absolute = this.inside('list', at, done);
    if (absolute === null) return;
    fs.readdir(absolute, (error, names) => {
      if (error !== null) return fail(done, diskError(error, 'list', at));
      done(null, names.sort());
    });
  }

  rename(from: string, to: string, done: Done): void {
    const source = this.inside('rename', from, done);
    if (source === null) return;
    const target = this.inside('rename', to, done);
    if (target === null) return;
    fs.rename(source, target, settle(done, 'rename', `${from} -> ${to}`));
  }

  /** A file or an empty directory. */
  remove(at: string, done: Done): void {
    const absolute = this.inside('remove', at, done);
    if (absolute === null) return;
    fs.unlink(absolute, (error) => {
      // Systems disagree about what unlink says of a directory.
      if (error?.code !== 'EISDIR' && error?.code !== 'EPERM') return settle(done, 'remove', at)(error);
      fs.rmdir(absolute, (second) => {
        settle(done, 'remove', at)(second?.code === 'ENOTDIR' ? error : second);
      });
    });
  }

  syncDirectory(at: string, done: Done): void {
    const absolute = this.inside('syncDirectory', at, done);
    if (absolute === null) return;
    // Windows has no such call and keeps directory entries in its journal.
    const refuses = process.platform === 'win32';
    fs.open(absolute, fs.constants.O_RDONLY, (error, descriptor) => {
      if (error !== null) return refuses ? done(null) : fail(done, diskError(error, 'syncDirectory', at));
      fs.fsync(descriptor, (syncError) => {
        fs.close(descriptor, () => {
          const ignored = refuses || syncError?.code === 'EINVAL';
          settle(done, 'syncDirectory', at)(ignored ? null : syncError);
        });
      });
    });
  }
}

function openOne(at: string, absolute: string, flags: number, mode: WriteMode, done: Done<DiskFile>): void {
  fs.open(absolute, flags, 0o644, (error, descriptor) => {
    if (error !== null) return fail(done, diskError(error, 'open', at));
    done(null, new NodeFile(at, absolute, descriptor, descriptor, mode));
  });
}

/**
 * The directory `rootDirectory` (which must exist) as a Disk. Paths that would leave it are refused with EINVAL. One
 * disk keeps nothing but its files open; closing them is all there is to end it.
 */
export function nodeDisk(rootDirectory: string): Disk {
  return new NodeDisk(path.resolve(rootDirectory));
}
