/** A disk in memory, for brokers with `storage: 'memory'` and for tests. It forgets nothing and loses nothing. */
import { type Disk, DiskError, type DiskErrorCode, type DiskFile, type Done, type OpenOptions } from './disk';

const ALIGNMENT_BYTES = 4096;
const PAGE_SIZE_BYTES = 65_536;

/** Pages never written are null and read as zeros. */
class MemoryImage {
  readonly pages: (Buffer | null)[] = [];
  sizeBytes = 0;

  write(position: number, bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const at = position + from;
      const number = Math.floor(at / PAGE_SIZE_BYTES);
      const inPage = at - number * PAGE_SIZE_BYTES;
      const count = Math.min(PAGE_SIZE_BYTES - inPage, bytes.length - from);
      while (this.pages.length <= number) this.pages.push(null);
      const page = this.pages[number] ?? Buffer.alloc(PAGE_SIZE_BYTES);
      this.pages[number] = page;
      page.set(bytes.subarray(from, from + count), inPage);
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
      if (page === null) into.fill(0, from, from + count);
      else into.set(page.subarray(inPage, inPage + count), from);
      from += count;
    }
    return total;
  }

  truncate(sizeBytes: number): void {
    const keep = Math.ceil(sizeBytes / PAGE_SIZE_BYTES);
    if (this.pages.length > keep) this.pages.length = keep;
    const inPage = sizeBytes % PAGE_SIZE_BYTES;
    if (inPage > 0) this.pages[keep - 1]?.fill(0, inPage);
    this.sizeBytes = sizeBytes;
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
  readonly #schedule: (run: () => void) => void;
  /** A directory is null. */
  readonly #nodes = new Map<string, MemoryImage | null>([['', null]]);

  /** @param schedule  Runs a completion later, in the order of submission (setImmediate, or a simulated queue). */
  constructor(schedule: (run: () => void) => void) {
    this.#schedule = schedule;
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
      const image = known ?? new MemoryImage();
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
      this.#nodes.set(normal(to), image);
      return undefined;
    });
  }

  remove(path: string, done: Done): void {
    this.#run('remove', path, done, () => {
      const name = normal(path);
      if (!this.#nodes.has(name)) return 'ENOENT';
      for (const each of this.#nodes.keys()) if (each !== '' && parentOf(each) === name) return 'EOTHER';
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
    const image = new MemoryImage();
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
      const twin = new MemoryImage();
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
