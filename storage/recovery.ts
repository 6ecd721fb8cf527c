/**
 * Finds the groups that follow a place in the journal and applies them, in order.
 *
 * The last group may be torn: nothing of it was acknowledged, and it is cut. Any other group was whole once, because
 * one group is in flight at a time: damage in it is corruption and is never cut (raft-and-durability D7).
 */
import type { Slab } from './arena';
import { batchDamage } from './batch-walk';
import type { Disk, DiskError, DiskFile } from './disk';
import { DamagedStoreError, NewerFormatError } from './errors';
import { GROUP_SIZE_BYTES_MAX, type JournalPlace, journalPath } from './journal';
import { JOURNAL_COUNT_PATH } from './journal-count';
import { GroupFlag, type GroupHeader, JOURNAL_VERSION, readGroupHeader } from './journal-format';
import type { Manifest } from './manifest';
import { abandonedIn, type BypassedBytes, checkGroup, type ReadGroup, Replay } from './replay';

const CHUNK_SIZE_BYTES_MIN = 1 << 18;
const CHUNK_SIZE_BYTES_MAX = 2 * GROUP_SIZE_BYTES_MAX;

interface ScannedFile {
  readonly number: number;
  readonly sizeBytes: number;
  /** The count says that it must be there. */
  readonly isCounted: boolean;
  lastSequence: number;
}

export interface Recovered {
  readonly replay: Replay;
  readonly place: JournalPlace;
  readonly boot: number;
  readonly nextGeneration: number;
  readonly files: readonly ScannedFile[];
  readonly groupCount: number;
}

export type RecoveredDone = (error: Error | null, recovered: Recovered) => void;

/** Hears what is found, for those who look at a directory rather than use it. */
export interface RecoveryObserver {
  /** A group that counts; entries in it may be damaged. */
  group(group: ReadGroup): void;
  /** One that was begun and not completed: nothing of it counts, although it may have been heard as a group before. */
  torn(group: ReadGroup): void;
}

export interface RecoveryOptions {
  readonly manifest: Manifest;
  /** Journal files that there must be. */
  readonly journalCount: number;
  readonly salt: number;
  /** The manifest holds everything: nothing is read. */
  readonly isClean: boolean;
  readonly observer?: RecoveryObserver;
}

export function recover(disk: Disk, options: RecoveryOptions, done: RecoveredDone): void {
  new Recovery(disk, options, done).start();
}

class Recovery {
  readonly #disk: Disk;
  readonly #journalCount: number;
  readonly #salt: number;
  readonly #isClean: boolean;
  readonly #observer: RecoveryObserver | undefined;
  readonly #done: RecoveredDone;
  readonly #replay: Replay;
  readonly #files: ScannedFile[] = [];
  readonly #handles: DiskFile[] = [];
  /** After the last group that was found. */
  #place: JournalPlace;
  /** Where the last group begins. */
  #beforeLast: JournalPlace;
  #boot: number;
  #nextGeneration: number;
  #groupCount = 0;
  /** Found and not applied: nobody knows yet whether another one follows. */
  #last: ReadGroup | null = null;
  #chunk: { slab: Slab; number: number; position: number } | null = null;
  #chunkSizeBytes = CHUNK_SIZE_BYTES_MIN;
  #isSearching = false;
  #isNextDue = false;

  constructor(disk: Disk, options: RecoveryOptions, done: RecoveredDone) {
    this.#disk = disk;
    this.#journalCount = options.journalCount;
    this.#salt = options.salt;
    this.#isClean = options.isClean;
    this.#observer = options.observer;
    this.#done = done;
    this.#replay = new Replay(options.manifest);
    this.#place = this.#beforeLast = options.manifest.place;
    this.#boot = options.manifest.boot;
    this.#nextGeneration = options.manifest.nextJournalGeneration;
  }

  start(): void {
    this.#openFiles(0, () => {
      if (this.#files[this.#place.number] === undefined) {
        if (this.#place.sequence > 0) {
          const reason = `it counts ${this.#files.length} files, and the manifest names file ${this.#place.number}`;
          return this.#finish(new DamagedStoreError(JOURNAL_COUNT_PATH, 0, reason));
        }
        this.#files.push({ number: 0, sizeBytes: 0, isCounted: false, lastSequence: 0 });
        return this.#finish(null);
      }
      if (this.#isClean) return this.#finish(null);
      this.#next();
    });
  }

  /** Journal files are numbered without gaps and never removed. */
  #openFiles(number: number, done: () => void): void {
    this.#disk.open(journalPath(number), { create: 'never' }, (error, file) => {
      if (error?.code === 'ENOENT') {
        if (number >= this.#journalCount) return done();
        // What it held is not known, nor whose votes and entries: nothing of this directory can be vouched for.
        return this.#finish(new DamagedStoreError(journalPath(number), 0, 'the file is missing'));
      }
      if (error !== null) return this.#finish(error);
      this.#handles.push(file);
      file.size((sizeError, sizeBytes) => {
        if (sizeError !== null) return this.#finish(sizeError);
        this.#files.push({ number, sizeBytes, isCounted: number < this.#journalCount, lastSequence: 0 });
        this.#openFiles(number + 1, done);
      });
    });
  }

  /** Goes on behind the last group. Thousands of small ones stand in one chunk: a loop, each would be deeper otherwise. */
  #next(): void {
    this.#isNextDue = true;
    if (this.#isSearching) return;
    this.#isSearching = true;
    while (this.#isNextDue) {
      this.#isNextDue = false;
      this.#search();
    }
    this.#isSearching = false;
  }

  /** Looks for the group after the last one: behind it, or at the beginning of another file. */
  #search(): void {
    const { number, position } = this.#place;
    this.#readGroup(number, position, (group) => {
      if (group !== null) return this.#take(group, number);
      this.#nextFile(0);
    });
  }

  #nextFile(number: number): void {
    if (number === this.#files.length) return this.#ended(null);
    const goOn = (): void => this.#nextFile(number + 1);
    if (number === this.#place.number && this.#place.position === 0) return goOn();
    this.#readGroup(number, 0, (group) => (group === null ? goOn() : this.#take(group, number)));
  }

  /** The group at `position` if its header says that it follows the last one. */
  #readGroup(number: number, position: number, done: (group: ReadGroup | null) => void): void {
    this.#load(number, position, this.#disk.alignmentBytes, (at) => {
      const header = at < 0 ? null : readGroupHeader(this.#chunk!.slab.memory, at, this.#salt);
      if (header === null || !this.#follows(header, number, position)) return done(null);
      this.#load(number, position, header.sizeBytes, (groupAt) => {
        if (groupAt < 0) return done(null);
        const { slab } = this.#chunk!;
        done({ file: journalPath(number), position, header, slab, at: groupAt, brokenAt: -1, damaged: [] });
      });
    });
  }

  #follows(header: GroupHeader, number: number, position: number): boolean {
    const place = this.#place;
    const isSameFile = number === place.number && position === place.position;
    return (
      header.sequence === place.sequence + 1 &&
      header.previousGeneration === place.generation &&
      header.previousEnd === place.position &&
      (isSameFile ? header.fileGeneration === place.generation : header.fileGeneration > place.generation) &&
      (header.boot === this.#boot || (header.boot > this.#boot && (header.flags & GroupFlag.boot) !== 0))
    );
  }

  #take(group: ReadGroup, number: number): void {
    const version = group.slab.memory.readUInt16LE(group.at + 4);
    if (version > JOURNAL_VERSION) {
      return this.#finish(new NewerFormatError(group.file, version, JOURNAL_VERSION));
    }
    checkGroup(group);
    if (group.brokenAt < 0 && group.damaged.length === 0) return this.#accept(group, number);
    this.#findLater(group.header.sequence + 1, (exists) => {
      // Cut only above the mark: a group that another one follows was whole, and acknowledged.
      if (!exists) return this.#ended(group);
      if (group.brokenAt < 0) return this.#accept(group, number);
      this.#finish(new DamagedStoreError(group.file, group.brokenAt, 'a group that was whole is damaged'));
    });
  }

  #accept(group: ReadGroup, number: number): void {
    if (!this.#applyLast(null, abandonedIn(group))) return;
    const { header } = group;
    this.#observer?.group(group);
    this.#last = group;
    this.#boot = header.boot;
    this.#nextGeneration = Math.max(this.#nextGeneration, header.fileGeneration + 1);
    this.#beforeLast = this.#place;
    this.#place = {
      number,
      generation: header.fileGeneration,
      position: group.position + header.sizeBytes,
      sequence: header.sequence,
    };
    this.#files[number]!.lastSequence = header.sequence;
    this.#groupCount++;
    this.#next();
  }

  #applyLast(bypassed: readonly BypassedBytes[] | null, abandoned: ReadonlySet<number> = new Set()): boolean {
    const last = this.#last;
    this.#last = null;
    if (last === null) return true;
    try {
      this.#replay.apply(last, bypassed, abandoned);
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#finish(error);
      return false;
    }
  }

  /** No group follows; `torn` is one that was begun. */
  #ended(torn: ReadGroup | null): void {
    // A group was begun only after the one before it had been completed.
    if (torn !== null) {
      this.#observer?.torn(torn);
      if (this.#applyLast(null)) this.#finish(null);
      return;
    }
    const sequence = this.#place.sequence + 2;
    this.#findLater(sequence, (exists) => {
      if (exists) {
        const file = journalPath(this.#place.number);
        return this.#finish(
          new DamagedStoreError(file, this.#place.position, 'a group that was whole is damaged'),
        );
      }
      this.#settleLast();
    });
  }

  /** The last group was perhaps never acknowledged: it is whole only if what bypassed the journal is there too. */
  #settleLast(): void {
    const last = this.#last;
    if (last === null) return this.#finish(null);
    let bypassed: BypassedBytes[];
    try {
      bypassed = this.#replay.bypassedBytes(last);
    } catch (error) {
      return this.#finish(error as Error);
    }
    this.#rewriteBypassed(bypassed, 0, (isWhole, error) => {
      if (error !== null) return this.#finish(error);
      if (!isWhole) {
        this.#observer?.torn(last);
        this.#last = null;
        this.#cutLast();
        return this.#finish(null);
      }
      this.#rewriteGroup(last, (rewriteError) => {
        if (rewriteError !== null) return this.#finish(rewriteError);
        if (this.#applyLast(bypassed)) this.#finish(null);
      });
    });
  }

  #cutLast(): void {
    const { number } = this.#place;
    this.#groupCount--;
    this.#place = this.#beforeLast;
    this.#files[number]!.lastSequence = this.#place.number === number ? this.#place.sequence : 0;
  }

  /** Reads, checks, writes again and syncs: what was read may have been in the page cache only (traps T66, T67). */
  #rewriteBypassed(
    all: readonly BypassedBytes[],
    number: number,
    done: (isWhole: boolean, error: DiskError | null) => void,
  ): void {
    const one = all[number];
    if (one === undefined) return done(true, null);
    this.#disk.open(one.path, { create: 'never' }, (openError, file) => {
      if (openError !== null) return done(false, openError.code === 'ENOENT' ? null : openError);
      const finish = (isWhole: boolean, error: DiskError | null): void =>
        file.close(() => {
          if (!isWhole || error !== null) return done(isWhole, error);
          this.#rewriteBypassed(all, number + 1, done);
        });
      const bytes = Buffer.allocUnsafeSlow(one.length);
      file.read(one.position, bytes, (readError, count) => {
        if (readError !== null) return finish(false, readError);
        const isWhole =
          count === one.length && batchDamage(bytes, 0, one.length, one.baseOffset, one.term) === null;
        if (!isWhole) return finish(false, null);
        one.bytes = bytes;
        file.write(one.position, [bytes], (writeError) => {
          if (writeError !== null) return finish(true, writeError);
          file.sync((syncError) => {
            if (syncError !== null) return finish(true, syncError);
            this.#syncNames(one.path, (error) => finish(true, error));
          });
        });
      });
    });
  }

  #syncNames(path: string, done: (error: DiskError | null) => void): void {
    this.#disk.syncDirectory(path.slice(0, path.lastIndexOf('/')), (error) => {
      if (error !== null) return done(error);
      this.#disk.syncDirectory('logs', done);
    });
  }

  /** Writes the last group once more, durably this time for certain. */
  #rewriteGroup(group: ReadGroup, done: (error: DiskError | null) => void): void {
    const { sizeBytes } = group.header;
    const memory = this.#disk.allocateAligned(sizeBytes);
    group.slab.memory.copy(memory, 0, group.at, group.at + sizeBytes);
    this.#disk.open(group.file, { create: 'never', direct: true }, (openError, file) => {
      if (openError !== null) return done(openError);
      file.write(group.position, [memory], (error) => file.close(() => done(error)));
    });
  }

  /** Whether a group of this sequence or a later one stands where one could: the one before it was whole then. */
  #findLater(sequence: number, done: (exists: boolean) => void): void {
    const { number, position } = this.#place;
    const align = this.#disk.alignmentBytes;
    const reach = GROUP_SIZE_BYTES_MAX + align;
    // The next group is in another file if it did not fit here: then the ones behind it are there too.
    const isNearEnd = position + GROUP_SIZE_BYTES_MAX > this.#files[number]!.sizeBytes;
    const inFile = (other: number): void => {
      if (other === this.#files.length) return done(false);
      const end = isNearEnd && other !== number ? reach : align;
      this.#scanForLater(other, 0, end, sequence, (exists) => (exists ? done(true) : inFile(other + 1)));
    };
    this.#scanForLater(number, position, position + reach, sequence, (exists) => {
      if (exists) return done(true);
      inFile(0);
    });
  }

  #scanForLater(
    number: number,
    from: number,
    to: number,
    sequence: number,
    done: (exists: boolean) => void,
  ): void {
    const end = Math.min(to, this.#files[number]!.sizeBytes);
    if (end <= from) return done(false);
    this.#load(number, from, end - from, (at) => {
      for (let offset = 0; at >= 0 && from + offset < end; offset += this.#disk.alignmentBytes) {
        const header = readGroupHeader(this.#chunk!.slab.memory, at + offset, this.#salt);
        if (header !== null && header.sequence >= sequence && header.boot >= this.#boot) return done(true);
      }
      done(false);
    });
  }

  /** Brings [position, position + sizeBytes) of a file into the chunk; `done` gets its place there, -1 if too short. */
  #load(number: number, position: number, sizeBytes: number, done: (at: number) => void): void {
    const chunk = this.#chunk;
    if (chunk !== null && chunk.number === number && position >= chunk.position) {
      const at = position - chunk.position;
      if (at + sizeBytes <= chunk.slab.memory.length) return done(at);
    }
    const left = this.#files[number]!.sizeBytes - position;
    if (left < sizeBytes) return done(-1);
    const wanted = Math.max(sizeBytes, number === this.#place.number ? this.#chunkSizeBytes : 0);
    this.#chunkSizeBytes = Math.min(this.#chunkSizeBytes * 2, CHUNK_SIZE_BYTES_MAX);
    const memory = Buffer.allocUnsafeSlow(Math.min(left, wanted));
    this.#handles[number]!.read(position, memory, (error, count) => {
      if (error !== null) return this.#finish(error);
      if (count < sizeBytes) return done(-1);
      const slab: Slab = { memory: memory.subarray(0, count), at: 0, uses: 0, isPooled: false };
      this.#chunk = { slab, number, position };
      done(0);
    });
  }

  #finish(error: Error | null): void {
    const close = (number: number): void => {
      const handle = this.#handles[number];
      if (handle !== undefined) return handle.close(() => close(number + 1));
      this.#done(error, {
        replay: this.#replay,
        place: this.#place,
        boot: this.#boot,
        nextGeneration: this.#nextGeneration,
        files: this.#files,
        groupCount: this.#groupCount,
      });
    };
    close(0);
  }
}
