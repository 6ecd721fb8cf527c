/**
 * A disk as one who must not change it sees it. What recovery writes again to be sure of its durability counts as
 * written: the bytes are those that stand there.
 */
import type { Disk, DiskFile, Done, OpenOptions } from './disk';
import { DiskError } from './disk';

/** Every open is of what is there, for reading; every write completes and does nothing. */
export function readOnlyDisk(disk: Disk): Disk {
  // Completions come after the call, as the contract of a disk says; a listing is something that completes.
  const refused = (operation: string, path: string, done: Done): void =>
    disk.list('', () => done(new DiskError('EROFS', operation, path)));
  return {
    alignmentBytes: disk.alignmentBytes,
    location: disk.location,
    space: (done) => disk.space(done),
    allocateAligned: (sizeBytes) => disk.allocateAligned(sizeBytes),
    open: (path: string, _options: OpenOptions, done: Done<DiskFile>) =>
      disk.open(path, { create: 'never' }, (error, file) => {
        done(error, error === null ? new ReadOnlyFile(file) : file);
      }),
    makeDirectory: (path, done) => refused('makeDirectory', path, done),
    list: (path, done) => disk.list(path, done),
    rename: (from, _to, done) => refused('rename', from, done),
    remove: (path, done) => refused('remove', path, done),
    syncDirectory: (path, done) => disk.list(path, () => done(null)),
  };
}

class ReadOnlyFile implements DiskFile {
  readonly path: string;
  readonly #file: DiskFile;

  constructor(file: DiskFile) {
    this.path = file.path;
    this.#file = file;
  }

  read(position: number, into: Uint8Array, done: Done<number>): void {
    this.#file.read(position, into, done);
  }

  write(_position: number, _buffers: readonly Uint8Array[], done: Done): void {
    this.#later(done);
  }

  sync(done: Done): void {
    this.#later(done);
  }

  truncate(_sizeBytes: number, done: Done): void {
    this.#file.size(() => done(new DiskError('EROFS', 'truncate', this.path)));
  }

  size(done: Done<number>): void {
    this.#file.size(done);
  }

  close(done: Done): void {
    this.#file.close(done);
  }

  #later(done: Done): void {
    this.#file.size(() => done(null));
  }
}
