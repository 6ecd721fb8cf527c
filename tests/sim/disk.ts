/**
 * A disk that forgets. Completed writes are visible to readers at once and survive a power cut only as far as a sync
 * (or a direct write) covered them; the rest is lost by sector, in any subset and any order. Names survive only after
 * a sync of their directory. Operations complete out of order, each at its own simulated latency, and what is in
 * flight at a crash has happened wholly, partly or not at all.
 */
import assert from 'node:assert/strict';
import {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskSpace,
  type Done,
  type OpenOptions,
} from '../../storage/disk';
import { Directory, type DiskNode, filesUnder, renameNode } from './disk-directory';
import {
  type DiskFaults,
  type DiskOperation,
  type DiskStatistics,
  LATENCY_FACTOR,
  noDiskFaults,
  noDiskStatistics,
  OPERATION_NUMBER,
} from './disk-faults';
import { FileImage, PAGE_SIZE_BYTES, SECTOR_SIZE_BYTES } from './disk-image';
import type { SeededRandom } from './random';
import { Lifetime, type Scheduler } from './scheduler';

export interface SimulatedDiskOptions {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  /** Ends with the process that uses the disk. */
  readonly lifetime?: Lifetime;
  readonly faults?: DiskFaults;
  readonly statistics?: DiskStatistics;
  readonly alignmentBytes?: number;
}

interface Submission<T> {
  readonly operation: DiskOperation;
  readonly path: string;
  readonly done: Done<T>;
  /** Runs at completion; returns the value, or the code of the error that the state of the disk makes of it. */
  readonly effect: () => T | DiskErrorCode;
  /** What a drawn fault leaves behind; nothing by default. */
  readonly failed?: () => void;
  readonly isDirectWrite?: boolean;
  /** What a crash in the middle leaves behind; the whole effect or none by default. */
  readonly interrupted?: () => void;
}

/** An operation between its submission and its completion. */
interface InFlight {
  readonly isDirectWrite: boolean;
  /** Gives the operation the effect that a crash in the middle leaves. */
  interrupt(): void;
}

export class SimulatedDisk implements Disk {
  readonly alignmentBytes: number;
  readonly location = '/simulated';
  readonly faults: DiskFaults;
  readonly statistics: DiskStatistics;
  readonly lifetime: Lifetime;
  /** Handles not closed yet. */
  openHandleCount = 0;
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #root: Directory;
  readonly #inFlight = new Set<InFlight>();
  #isProcessDeath = false;
  readonly #alignedMemory = new WeakSet<ArrayBufferLike>();

  constructor(options: SimulatedDiskOptions, root = new Directory()) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#root = root;
    this.lifetime = options.lifetime ?? new Lifetime();
    this.faults = options.faults ?? noDiskFaults();
    this.statistics = options.statistics ?? noDiskStatistics();
    this.alignmentBytes = options.alignmentBytes ?? PAGE_SIZE_BYTES;
  }

  space(done: Done<DiskSpace>): void {
    const effect = (): DiskSpace => {
      const { spaceSizeBytes } = this.faults;
      if (!Number.isFinite(spaceSizeBytes)) return { totalBytes: -1, usableBytes: -1 };
      return { totalBytes: spaceSizeBytes, usableBytes: Math.max(0, spaceSizeBytes - this.usedSizeBytes()) };
    };
    this.submit({ operation: 'size', path: '.', done, effect });
  }

  allocateAligned(sizeBytes: number): Buffer {
    const memory = new ArrayBuffer(sizeBytes);
    this.#alignedMemory.add(memory);
    return Buffer.from(memory);
  }

  /**
   * Ends the process that used this disk and returns what the next one finds. A power cut loses what was not synced;
   * the death of the process alone loses nothing that had reached the page cache, and makes nothing durable either.
   */
  crash(kind: 'power' | 'process', lifetime = new Lifetime()): SimulatedDisk {
    this.lifetime.end();
    this.#isProcessDeath = kind === 'process';
    for (const operation of this.#inFlight) operation.interrupt();
    this.#inFlight.clear();
    if (kind === 'power') this.statistics.powerCuts++;
    else this.statistics.processDeaths++;
    const root =
      kind === 'power'
        ? this.#root.afterPowerCut(this.#random, this.statistics)
        : this.#root.afterProcessDeath();
    return new SimulatedDisk(
      {
        scheduler: this.#scheduler,
        random: this.#random,
        lifetime,
        faults: this.faults,
        statistics: this.statistics,
        alignmentBytes: this.alignmentBytes,
      },
      root,
    );
  }

  /** Paths and files as a process sees them now. */
  files(): [string, FileImage][] {
    return [...filesUnder(this.#root)];
  }

  /** Silent damage to the medium; false when the file has no such byte. */
  flipBit(path: string, position: number, bit: number): boolean {
    const node = this.#find(path);
    if (!(node instanceof FileImage) || !node.flipBit(position, bit)) return false;
    this.statistics.flippedBits++;
    return true;
  }

  /** Silent damage to the medium: a sector that reads as zeros, as after a write that was lost. */
  zeroSector(path: string, sector: number): void {
    const node = this.#find(path);
    assert(node instanceof FileImage);
    node.zeroSector(sector);
    this.statistics.zeroedSectors++;
  }

  /** Silent damage to the medium: the file is gone. */
  loseFile(path: string): void {
    const { directory, name } = this.#parentOf(path);
    assert(directory !== undefined);
    directory.set(name, null);
    directory.commit(directory.mark());
    this.statistics.lostFiles++;
  }

  /** The bytes of a file as a process sees them now. */
  contents(path: string): Buffer | undefined {
    const node = this.#find(path);
    if (!(node instanceof FileImage)) return undefined;
    const bytes = Buffer.alloc(node.sizeBytes);
    node.read(0, bytes);
    return bytes;
  }

  usedSizeBytes(): number {
    let used = 0;
    for (const [, file] of filesUnder(this.#root)) used += file.allocatedSizeBytes;
    return used;
  }

  open(path: string, options: OpenOptions, done: Done<DiskFile>): void {
    this.submit({
      operation: 'open',
      path,
      done,
      effect: () => {
        const { directory, name } = this.#parentOf(path);
        if (directory === undefined) return 'ENOENT';
        const node = directory.names.get(name);
        if (node instanceof Directory) return 'EINVAL';
        if (node === undefined && options.create === 'never') return 'ENOENT';
        if (node !== undefined && options.create === 'exclusive') return 'EEXIST';
        const image = node ?? new FileImage();
        if (node === undefined) directory.set(name, image);
        return new SimulatedFile(this, path, image, options.direct === true);
      },
    });
  }

  makeDirectory(path: string, done: Done): void {
    this.submit({
      operation: 'makeDirectory',
      path,
      done,
      effect: () => {
        let directory = this.#root;
        for (const name of path.split('/')) {
          const node = directory.names.get(name);
          if (node instanceof FileImage) return 'ENOTDIR';
          const child = node ?? new Directory();
          if (node === undefined) directory.set(name, child);
          directory = child;
        }
        return undefined;
      },
    });
  }

  list(path: string, done: Done<string[]>): void {
    this.submit({
      operation: 'list',
      path,
      done,
      effect: () => {
        const node = this.#find(path);
        if (node === undefined) return 'ENOENT';
        return node instanceof Directory ? [...node.names.keys()].sort() : 'ENOTDIR';
      },
    });
  }

  rename(from: string, to: string, done: Done): void {
    this.submit({
      operation: 'rename',
      path: from,
      done,
      effect: () => {
        const source = this.#parentOf(from);
        const target = this.#parentOf(to);
        if (source.directory === undefined || target.directory === undefined) return 'ENOENT';
        return renameNode(source.directory, source.name, target.directory, target.name)
          ? undefined
          : 'ENOENT';
      },
    });
  }

  remove(path: string, done: Done): void {
    this.submit({
      operation: 'remove',
      path,
      done,
      effect: () => {
        const { directory, name } = this.#parentOf(path);
        const node = directory?.names.get(name);
        if (directory === undefined || node === undefined) return 'ENOENT';
        if (node instanceof Directory && node.names.size > 0) return 'EOTHER';
        directory.set(name, null);
        return undefined;
      },
    });
  }

  syncDirectory(path: string, done: Done): void {
    this.statistics.directorySyncs++;
    const node = this.#find(path);
    const mark = node instanceof Directory ? node.mark() : 0;
    const effect = (): undefined | DiskErrorCode => {
      if (!(node instanceof Directory)) return 'ENOENT';
      node.commit(mark);
      return undefined;
    };
    this.submit({ operation: 'syncDirectory', path, done, effect });
  }

  /** Schedules an operation: it fails, if it was drawn to, or has its effect and completes. */
  submit<T>(submission: Submission<T>): void {
    const { operation, path, done, effect, failed, interrupted } = submission;
    assert(this.lifetime.alive, `${operation} ${path}: the process is dead`);
    this.#scheduler.trace(OPERATION_NUMBER.get(operation)!);
    const pending: InFlight = {
      isDirectWrite: submission.isDirectWrite === true,
      interrupt: () => {
        if (interrupted !== undefined) interrupted();
        else if (this.#random.chance(0.5)) effect();
      },
    };
    this.#inFlight.add(pending);
    this.#scheduler.after(this.#latencyMs(operation), this.lifetime, () => {
      this.#inFlight.delete(pending);
      const failure = this.#drawFailure(operation, path);
      if (failure !== undefined) failed?.();
      const result = failure ?? effect();
      if (isErrorCode(result)) {
        this.#scheduler.traceText(result);
        done(new DiskError(result, operation, path, 'simulated'), undefined as T);
      } else done(null, result);
    });
  }

  /** A power cut now would tear a direct write. */
  get isWritingDirectly(): boolean {
    for (const { isDirectWrite } of this.#inFlight) if (isDirectWrite) return true;
    return false;
  }

  get isSpaceUnbounded(): boolean {
    return this.faults.spaceSizeBytes === Number.POSITIVE_INFINITY;
  }

  /**
   * Whether what a direct write leaves behind is on the medium. At a power cut there is no other place; when only the
   * process died, it may also stand in the drive's cache, to be seen now and lost later.
   */
  settlesInFlight(): boolean {
    return !this.#isProcessDeath || this.#random.chance(0.5);
  }

  /** Space left for a write that needs `growth` more bytes: all of it, or what there is. */
  roomFor(growth: number): number {
    if (this.isSpaceUnbounded) return growth;
    return Math.max(0, Math.min(growth, this.faults.spaceSizeBytes - this.usedSizeBytes()));
  }

  assertAligned(position: number, buffers: readonly Uint8Array[]): void {
    assert(position % this.alignmentBytes === 0, 'direct write at an unaligned position');
    for (const buffer of buffers) {
      assert(buffer.length % this.alignmentBytes === 0, 'direct write of an unaligned length');
      assert(buffer.byteOffset % this.alignmentBytes === 0, 'direct write from unaligned memory');
      assert(this.#alignedMemory.has(buffer.buffer), 'direct write from memory of another kind');
    }
  }

  get random(): SeededRandom {
    return this.#random;
  }

  trace(word: number): void {
    this.#scheduler.trace(word);
  }

  #latencyMs(operation: DiskOperation): number {
    const mean = this.faults.latencyMs * LATENCY_FACTOR[operation];
    if (this.faults.slowRate > 0 && this.#random.chance(this.faults.slowRate)) {
      this.statistics.slowOperations++;
      return this.#random.exponential(mean * 100);
    }
    return this.#random.exponential(mean);
  }

  #drawFailure(operation: DiskOperation, path: string): DiskErrorCode | undefined {
    const { faults, statistics } = this;
    const at = faults.failNext.findIndex((fault) => fault.operation === operation && fault.path.test(path));
    const scripted = at < 0 ? undefined : faults.failNext.splice(at, 1)[0]!.code;
    const isRead = operation === 'read';
    const isSync = operation === 'sync' || operation === 'syncDirectory';
    const isWrite = operation === 'write';
    const rate = isRead
      ? faults.readErrorRate
      : isSync
        ? faults.syncErrorRate
        : isWrite
          ? faults.writeErrorRate
          : 0;
    const failure = scripted ?? (rate > 0 && this.#random.chance(rate) ? 'EIO' : undefined);
    if (failure === undefined) return undefined;
    if (isRead) statistics.readErrors++;
    else if (isSync) statistics.syncErrors++;
    else if (isWrite) statistics.writeErrors++;
    return failure;
  }

  #find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (let at = 0; at < path.length; ) {
      const slash = path.indexOf('/', at);
      const end = slash < 0 ? path.length : slash;
      if (!(node instanceof Directory)) return undefined;
      node = node.names.get(path.slice(at, end));
      at = end + 1;
    }
    return node;
  }

  #parentOf(path: string): { readonly directory: Directory | undefined; readonly name: string } {
    assert(path !== '', 'the data directory itself is not a name');
    const slash = path.lastIndexOf('/');
    const node = slash < 0 ? this.#root : this.#find(path.slice(0, slash));
    return { directory: node instanceof Directory ? node : undefined, name: path.slice(slash + 1) };
  }
}

class SimulatedFile implements DiskFile {
  #isOpen = true;

  constructor(
    readonly disk: SimulatedDisk,
    readonly path: string,
    readonly image: FileImage,
    readonly isDirect: boolean,
  ) {
    disk.openHandleCount++;
  }

  read(position: number, into: Uint8Array, done: Done<number>): void {
    this.#assertOpen();
    this.disk.statistics.reads++;
    const effect = (): number => this.image.read(position, into);
    this.disk.submit({ operation: 'read', path: this.path, done, effect, interrupted: () => {} });
  }

  write(position: number, buffers: readonly Uint8Array[], done: Done): void {
    this.#assertOpen();
    const { disk, image, path } = this;
    if (this.isDirect) {
      disk.assertAligned(position, buffers);
      disk.statistics.directWrites++;
    } else disk.statistics.writes++;
    // The system may copy the bytes at any time before completion; who changes lent memory is found out.
    const early = disk.random.chance(0.5) ? Buffer.concat(buffers) : null;
    if (early !== null && !this.isDirect && disk.isSpaceUnbounded && disk.random.chance(0.5)) {
      image.write(position, early, false, true);
      disk.submit<void>({ operation: 'write', path, done, effect: () => {}, interrupted: () => {} });
      return;
    }
    const bytesNow = (): Buffer =>
      early ?? (buffers.length === 1 ? viewOf(buffers[0]!) : Buffer.concat(buffers));
    const applyPart = (): void => this.#applyPart(position, bytesNow());
    const effect = (): undefined | DiskErrorCode => this.#complete(position, bytesNow());
    const parts = { failed: applyPart, interrupted: applyPart, isDirectWrite: this.isDirect };
    disk.submit<void>({ operation: 'write', path, done, effect, ...parts });
  }

  sync(done: Done): void {
    this.#assertOpen();
    const { disk, image, path } = this;
    disk.statistics.syncs++;
    const mark = image.mark();
    const effect = (): void => image.commit(mark);
    const failed = (): void => image.forget(mark, disk.random, disk.statistics);
    disk.submit<void>({ operation: 'sync', path, done, effect, failed, interrupted: () => {} });
  }

  truncate(sizeBytes: number, done: Done): void {
    this.#assertOpen();
    const effect = (): void => this.image.truncate(sizeBytes);
    this.disk.submit<void>({ operation: 'truncate', path: this.path, done, effect });
  }

  size(done: Done<number>): void {
    this.#assertOpen();
    const effect = (): number => this.image.sizeBytes;
    this.disk.submit({ operation: 'size', path: this.path, done, effect });
  }

  close(done: Done): void {
    this.#assertOpen();
    this.#isOpen = false;
    this.disk.openHandleCount--;
    this.disk.submit<void>({ operation: 'close', path: this.path, done, effect: () => {} });
  }

  #complete(position: number, bytes: Buffer): DiskErrorCode | undefined {
    const growth = this.image.growthOf(position, bytes.length);
    const room = this.disk.roomFor(growth);
    if (room < growth) {
      this.disk.statistics.fullErrors++;
      const fitting = Math.max(0, Math.min(bytes.length, bytes.length - (growth - room)));
      this.image.write(position, bytes.subarray(0, fitting), this.isDirect);
      return 'ENOSPC';
    }
    this.disk.trace(position ^ bytes.length ^ (bytes[bytes.length >> 1] ?? 0));
    this.image.write(position, bytes, this.isDirect);
    return undefined;
  }

  /** A write that did not end: nothing, a prefix, everything, or (direct, on the medium) any subset of sectors. */
  #applyPart(position: number, bytes: Buffer): void {
    const { random, statistics } = this.disk;
    const sectorCount = Math.ceil(bytes.length / SECTOR_SIZE_BYTES);
    const kind = random.pick(['none', 'all', 'prefix', 'hole', 'subset'] as const);
    if (kind === 'none') return;
    const isDurable = this.isDirect && this.disk.settlesInFlight();
    if (kind === 'all') {
      this.image.write(position, bytes, isDurable);
      return;
    }
    statistics.tornInFlight++;
    if (kind === 'prefix' || !this.isDirect) {
      const sizeBytes = Math.min(bytes.length, random.between(0, sectorCount) * SECTOR_SIZE_BYTES);
      this.image.write(position, bytes.subarray(0, sizeBytes), isDurable);
      return;
    }
    // A hole: the header reached the medium and speaks for all the others, of which one did not.
    const hole = kind === 'hole' ? random.between(1, Math.max(1, sectorCount - 1)) : -1;
    for (let sector = 0; sector < sectorCount; sector++) {
      if (hole > 0 ? sector === hole : random.chance(0.5)) continue;
      const start = sector * SECTOR_SIZE_BYTES;
      const piece = bytes.subarray(start, Math.min(bytes.length, start + SECTOR_SIZE_BYTES));
      this.image.write(position + start, piece, isDurable);
    }
  }

  #assertOpen(): void {
    assert(this.#isOpen, `${this.path}: used after close`);
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isErrorCode(result: unknown): result is DiskErrorCode {
  return typeof result === 'string';
}
