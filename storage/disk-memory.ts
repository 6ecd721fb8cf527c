/**
 * A disk in memory, for brokers with `storage: 'memory'` and for tests. It loses nothing while the process lives, and is
 * full at its limit as any disk.
 */
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskSpace,
  type Done,
  type OpenOptions,
} from './disk';

const ALIGNMENT_BYTES = 4096;
const PAGE_SIZE_BYTES = 65_536;

/** What all files of a disk share. */
interface Room {
  leftBytes: number;
}

/** The least that a page takes; it doubles as it is written to, so that ten thousand small files cost little. */
const PAGE_SIZE_BYTES_MIN = 256;

function pageSizeFor(sizeBytes: number): number {
  let pageSizeBytes = PAGE_SIZE_BYTES_MIN;
  while (pageSizeBytes < sizeBytes) pageSizeBytes *= 2;
  return pageSizeBytes;
}

/** Pages never written are null; they, and what lies beyond a page that is not whole, read as zeros. */
class MemoryImage {
  readonly pages: (Buffer | null)[] = [];
  sizeBytes = 0;

  constructor(private room: Room) {}

  /** Whether what a write would add finds room. */
  fits(position: number, sizeBytes: number): boolean {
    let added = 0;
    for (let at = position; at < position + sizeBytes; ) {
      const number = Math.floor(at / PAGE_SIZE_BYTES);
      const end = Math.min(position + sizeBytes, (number + 1) * PAGE_SIZE_BYTES);
      const has = this.pages[number]?.length ?? 0;
      added += Math.max(0, pageSizeFor(end - number * PAGE_SIZE_BYTES) - has);
      at = end;
    }
    return added <= this.room.leftBytes;
  }

  write(position: number, bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const at = position + from;
      const number = Math.floor(at / PAGE_SIZE_BYTES);
      const inPage = at - number * PAGE_SIZE_BYTES;
      const count = Math.min(PAGE_SIZE_BYTES - inPage, bytes.length - from);
      while (this.pages.length <= number) this.pages.push(null);
      this.#pageOf(number, inPage + count).set(bytes.subarray(from, from + count), inPage);
      from += count;
    }
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length);
  }

  read(position: number, into: Uint8Array): number {
    const total = Math.max(0, Math.min(into.length, this.sizeBytes - position));
    let from = 0;
    while (from < total) {
      const at = position + from;
      const number = Math.floor(at / PAGE_SIZE_BYTES);
      const inPage = at - number * PAGE_SIZE_BYTES;
      const count = Math.min(PAGE_SIZE_BYTES - inPage, total - from);
      const page = this.pages[number] ?? null;
      const there = page === null ? 0 : Math.max(0, Math.min(count, page.length - inPage));
      if (there > 0) into.set(page!.subarray(inPage, inPage + there), from);
      into.fill(0, from + there, from + count);
      from += count;
    }
    return total;
  }

  truncate(sizeBytes: number): void {
    const keep = Math.ceil(sizeBytes / PAGE_SIZE_BYTES);
    for (const page of this.pages.splice(keep)) this.room.leftBytes += page?.length ?? 0;
    const inPage = sizeBytes % PAGE_SIZE_BYTES;
    const last = this.pages[keep - 1] ?? null;
    if (last !== null && inPage > 0 && inPage < last.length) last.fill(0, inPage);
    this.sizeBytes = sizeBytes;
  }

  /** Its name is gone: who has it open still reads it, and it counts no more. */
  leave(): void {
    for (const page of this.pages) this.room.leftBytes += page?.length ?? 0;
    this.room = { leftBytes: Number.POSITIVE_INFINITY };
  }

  #pageOf(number: number, sizeBytes: number): Buffer {
    const page = this.pages[number] ?? null;
    if (page !== null && page.length >= sizeBytes) return page;
    const larger = Buffer.alloc(pageSizeFor(sizeBytes));
    this.room.leftBytes -= larger.length - (page?.length ?? 0);
    page?.copy(larger);
    this.pages[number] = larger;
    return larger;
  }
}

class MemoryFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly image: MemoryImage,
    private readonly schedule: (run: () => void) => void,
  ) {}

  read(position: number, into: Uint8Array, done: Done<number>): void {
    this.schedule(() => done(null, this.image.read(position, into)));
  }

  write(position: number, buffers: readonly Uint8Array[], done: Done): void {
    this.schedule(() => {
      const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
      if (!this.image.fits(position, sizeBytes)) {
        done(new DiskError('ENOSPC', 'write', this.path));
        return;
      }
      let at = position;
      for (const buffer of buffers) {
        this.image.write(at, buffer);
        at += buffer.length;
      }
      done(null);
    });
  }

  sync(done: Done): void {
    this.schedule(() => done(null));
  }

  truncate(sizeBytes: number, done: Done): void {
    this.schedule(() => {
      this.image.truncate(sizeBytes);
      done(null);
    });
  }

  size(done: Done<number>): void {
    this.schedule(() => done(null, this.image.sizeBytes));
  }

  close(done: Done): void {
    this.schedule(() => done(null));
  }
}

export class MemoryDisk implements Disk {
  readonly alignmentBytes = ALIGNMENT_BYTES;
  readonly location = 'memory';
  readonly #schedule: (run: () => void) => void;
  readonly #room: Room;
  readonly #sizeBytesMax: number;
  /** A directory is null. */
  readonly #nodes = new Map<string, MemoryImage | null>([['', null]]);

  /**
   * @param schedule      Runs a completion later, in the order of submission (setImmediate, or a simulated queue).
   * @param sizeBytesMax  What all files may take, in pages of 256 bytes to 64 KiB; a write beyond it is ENOSPC and writes
   *                      nothing.
   */
  constructor(schedule: (run: () => void) => void, sizeBytesMax = Number.POSITIVE_INFINITY) {
    this.#schedule = schedule;
    this.#room = { leftBytes: sizeBytesMax };
    this.#sizeBytesMax = sizeBytesMax;
  }

  space(done: Done<DiskSpace>): void {
    this.#schedule(() => {
      const isBounded = Number.isFinite(this.#sizeBytesMax);
      const totalBytes = isBounded ? this.#sizeBytesMax : -1;
      done(null, { totalBytes, usableBytes: isBounded ? this.#room.leftBytes : -1 });
    });
  }

  /** From now on there is room: for a broker that must come to its end. */
  liftLimit(): void {
    this.#room.leftBytes = Number.POSITIVE_INFINITY;
  }

  allocateAligned(sizeBytes: number): Buffer {
    return Buffer.alloc(sizeBytes);
  }

  open(path: string, options: OpenOptions, done: Done<DiskFile>): void {
    this.#run('open', path, done, () => {
      const name = normal(path);
      const known = this.#nodes.get(name);
      if (known === null) return 'EINVAL';
      if (known !== undefined && options.create === 'exclusive') return 'EEXIST';
      if (known === undefined && options.create === 'never') return 'ENOENT';
      if (this.#nodes.get(parentOf(name)) !== null) return 'ENOENT';
      const image = known ?? new MemoryImage(this.#room);
      this.#nodes.set(name, image);
      return new MemoryFile(path, image, this.#schedule);
    });
  }

  makeDirectory(path: string, done: Done): void {
    this.#run('makeDirectory', path, done, () => {
      const parts = normal(path).split('/');
      for (let count = 1; count <= parts.length; count++) {
        const name = parts.slice(0, count).join('/');
        if (this.#nodes.get(name) instanceof MemoryImage) return 'ENOTDIR';
        this.#nodes.set(name, null);
      }
      return undefined;
    });
  }

  list(path: string, done: Done<string[]>): void {
    this.#run('list', path, done, () => {
      const name = normal(path);
      if (this.#nodes.get(name) !== null) return 'ENOENT';
      const children = [...this.#nodes.keys()].filter((each) => each !== '' && parentOf(each) === name);
      return children.map((each) => each.slice(name === '' ? 0 : name.length + 1)).sort();
    });
  }

  rename(from: string, to: string, done: Done): void {
    this.#run('rename', from, done, () => {
      const image = this.#nodes.get(normal(from));
      if (!(image instanceof MemoryImage)) return 'ENOENT';
      this.#nodes.delete(normal(from));
      this.#nodes.get(normal(to))?.leave();
      this.#nodes.set(normal(to), image);
      return undefined;
    });
  }

  remove(path: string, done: Done): void {
    this.#run('remove', path, done, () => {
      const name = normal(path);
      if (!this.#nodes.has(name)) return 'ENOENT';
      for (const each of this.#nodes.keys()) if (each !== '' && parentOf(each) === name) return 'EOTHER';
      this.#nodes.get(name)?.leave();
      this.#nodes.delete(name);
      return undefined;
    });
  }

  syncDirectory(path: string, done: Done): void {
    this.#run('syncDirectory', path, done, () =>
      this.#nodes.get(normal(path)) === null ? undefined : 'ENOENT',
    );
  }

  /** The bytes of a file, for tests; undefined when there is none. */
  contents(path: string): Buffer | undefined {
    const image = this.#nodes.get(normal(path));
    if (!(image instanceof MemoryImage)) return undefined;
    const bytes = Buffer.alloc(image.sizeBytes);
    image.read(0, bytes);
    return bytes;
  }

  /** Overwrites bytes of a file, for tests of damage. */
  damage(path: string, position: number, bytes: Uint8Array): void {
    const image = this.#nodes.get(normal(path));
    if (image instanceof MemoryImage) image.write(position, bytes);
  }

  /** Places a file, with the directories above it, as another process left it. */
  put(path: string, bytes: Uint8Array): void {
    const name = normal(path);
    for (let parent = parentOf(name); parent !== ''; parent = parentOf(parent)) this.#nodes.set(parent, null);
    const image = new MemoryImage(this.#room);
    image.write(0, bytes);
    this.#nodes.set(name, image);
  }

  /** Paths of all files, sorted. */
  paths(): string[] {
    return [...this.#nodes]
      .filter(([, image]) => image !== null)
      .map(([path]) => path)
      .sort();
  }

  /** What another process would find now: an independent copy. */
  copy(schedule = this.#schedule): MemoryDisk {
    const copy = new MemoryDisk(schedule);
    for (const [path, image] of this.#nodes) {
      if (image === null) {
        copy.#nodes.set(path, null);
        continue;
      }
      const twin = new MemoryImage(copy.#room);
      twin.pages.push(...image.pages.map((page) => (page === null ? null : Buffer.from(page))));
      twin.sizeBytes = image.sizeBytes;
      copy.#nodes.set(path, twin);
    }
    return copy;
  }

  #run<T>(operation: string, path: string, done: Done<T>, effect: () => T | DiskErrorCode): void {
    this.#schedule(() => {
      const result = effect();
      if (typeof result === 'string')
        done(new DiskError(result as DiskErrorCode, operation, path), undefined as T);
      else done(null, result);
    });
  }
}

const normal = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
