/** A bounded number of open files: ten thousand logs need no more descriptors than ten. */
import assert from 'node:assert/strict';
import type { Disk, DiskError, DiskFile } from './disk';

interface PooledFile {
  readonly path: string;
  file: DiskFile | null;
  users: number;
  waiting: Use[];
  /** Closed as soon as the last user is done. */
  isForgotten: boolean;
}

type Use = (error: DiskError | null, file: DiskFile) => void;

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
    const known = this.#files.get(path);
    if (known !== undefined) {
      this.#files.delete(path);
      this.#files.set(path, known);
      known.users++;
      if (known.file !== null) use(null, known.file);
      else known.waiting.push(use);
      return;
    }
    const isForgotten = this.#whenClosed !== null;
    const pooled: PooledFile = { path, file: null, users: 1, waiting: [use], isForgotten };
    this.#files.set(path, pooled);
    this.#disk.open(path, { create: create ? 'if-missing' : 'never' }, (error, file) => {
      const waiting = pooled.waiting;
      pooled.waiting = [];
      if (error !== null) {
        if (this.#files.get(path) === pooled) this.#files.delete(path);
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
    const pooled = this.#files.get(path);
    assert(pooled !== undefined && pooled.users > 0);
    pooled.users--;
    if (pooled.users > 0) return;
    if (pooled.isForgotten) this.#close(pooled);
    else if (this.#files.size > this.#openCountMax) this.#evict();
  }

  /** Closes `path` now or when its last user is done. */
  forget(path: string): void {
    const pooled = this.#files.get(path);
    if (pooled === undefined) return;
    pooled.isForgotten = true;
    if (pooled.users === 0) this.#close(pooled);
  }

  /** Closes everything, each file when its last user is done. */
  closeAll(done: () => void): void {
    this.#whenClosed = done;
    for (const pooled of [...this.#files.values()]) this.forget(pooled.path);
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
    this.#files.delete(pooled.path);
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
