/** A bounded number of open files: ten thousand logs need no more descriptors than ten. */
import assert from 'node:assert/strict';
import type { Disk, DiskError, DiskFile, OpenOptions } from './disk';

interface PooledFile {
  readonly key: string;
  file: DiskFile | null;
  users: number;
  waiting: Use[];
  /** Closed as soon as the last user is done. */
  isForgotten: boolean;
}

/** No path has this form. */
const directKey = (path: string): string => `${path}/direct`;

export type Use = (error: DiskError | null, file: DiskFile) => void;

export class FilePool {
  readonly #disk: Disk;
  readonly #openCountMax: number;
  /** In order of last use, the oldest first. */
  readonly #files = new Map<string, PooledFile>();
  #closing = 0;
  #whenClosed: (() => void) | null = null;

  constructor(disk: Disk, openCountMax: number) {
    this.#disk = disk;
    this.#openCountMax = openCountMax;
  }

  /**
   * Opens `path`, creating it if missing when `create`, and keeps it open until `done(path)`. `use` is called at once
   * when the file is open already.
   */
  use(path: string, create: boolean, use: Use): void {
    this.#use(path, path, { create: create ? 'if-missing' : 'never' }, use);
  }

  /** The same for direct writes, until `doneDirect`. The file must be there. */
  useDirect(path: string, use: Use): void {
    this.#use(directKey(path), path, { create: 'never', direct: true }, use);
  }

  #use(key: string, path: string, options: OpenOptions, use: Use): void {
    const known = this.#files.get(key);
    if (known !== undefined) {
      this.#files.delete(key);
      this.#files.set(key, known);
      known.users++;
      if (known.file !== null) use(null, known.file);
      else known.waiting.push(use);
      return;
    }
    const isForgotten = this.#whenClosed !== null;
    const pooled: PooledFile = { key, file: null, users: 1, waiting: [use], isForgotten };
    this.#files.set(key, pooled);
    this.#disk.open(path, options, (error, file) => {
      const waiting = pooled.waiting;
      pooled.waiting = [];
      if (error !== null) {
        if (this.#files.get(key) === pooled) this.#files.delete(key);
        for (const each of waiting) each(error, file);
        return this.#checkClosed();
      }
      pooled.file = file;
      for (const each of waiting) each(null, file);
    });
    this.#evict();
  }

  /** Ends one use. Never called for a use that got an error. */
  done(path: string): void {
    this.#done(path);
  }

  doneDirect(path: string): void {
    this.#done(directKey(path));
  }

  #done(key: string): void {
    const pooled = this.#files.get(key);
    assert(pooled !== undefined && pooled.users > 0);
    pooled.users--;
    if (pooled.users > 0) return;
    if (pooled.isForgotten) this.#close(pooled);
    else if (this.#files.size > this.#openCountMax) this.#evict();
  }

  /** Closes `path` now or when its last user is done. */
  forget(path: string): void {
    this.#forget(path);
    this.#forget(directKey(path));
  }

  #forget(key: string): void {
    const pooled = this.#files.get(key);
    if (pooled === undefined) return;
    pooled.isForgotten = true;
    if (pooled.users === 0) this.#close(pooled);
  }

  /** Closes everything, each file when its last user is done. */
  closeAll(done: () => void): void {
    this.#whenClosed = done;
    for (const pooled of [...this.#files.values()]) this.#forget(pooled.key);
    this.#checkClosed();
  }

  #checkClosed(): void {
    if (this.#closing > 0 || this.#files.size > 0) return;
    const whenClosed = this.#whenClosed;
    this.#whenClosed = null;
    whenClosed?.();
  }

  #evict(): void {
    if (this.#files.size <= this.#openCountMax) return;
    for (const pooled of this.#files.values()) {
      if (pooled.users > 0 || pooled.file === null) continue;
      this.#close(pooled);
      if (this.#files.size <= this.#openCountMax) return;
    }
  }

  #close(pooled: PooledFile): void {
    this.#files.delete(pooled.key);
    const file = pooled.file;
    if (file === null) return;
    this.#closing++;
    // Everything that had to be durable was synced before: an error here loses nothing.
    file.close(() => {
      this.#closing--;
      this.#checkClosed();
    });
  }
}
