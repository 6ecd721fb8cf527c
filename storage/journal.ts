/**
 * The files of the group-commit journal: which one is written, where the next group goes, which ones are free again.
 * Zeros are written once through a new file, so that later groups change no metadata; after that files are reused,
 * each time under another generation.
 */
import assert from 'node:assert/strict';
import type { Disk, DiskError, DiskFile } from './disk';
import { writeJournalCount } from './journal-count';
import { writeGroupHeader } from './journal-format';

const FILL_SIZE_BYTES = 1 << 20;
/** Also the distance within which recovery looks for a group behind a damaged one. */
export const GROUP_SIZE_BYTES_MAX = 4 << 20;
/** With so many files in use a group waits for the checkpoint under way rather than for one more. */
export const JOURNAL_FILES_MAX = 8;
/** With so many in use a checkpoint begins: often enough to bound replay, seldom enough to be cheap. */
const CHECKPOINT_FILES = 4;

export const journalPath = (number: number): string => `journal-${number}`;

interface JournalFile {
  readonly number: number;
  file: DiskFile | null;
  generation: number;
  /** Its name and the count that includes it are durable: groups may go into it. */
  isCounted: boolean;
  /** Written once: groups go below this. */
  filledSizeBytes: number;
  /** Last group in it; 0 when nothing in it is needed. */
  lastSequence: number;
}

/** A place in the journal: after the group `sequence`, at `position` of file `number` under `generation`. */
export interface JournalPlace {
  readonly number: number;
  readonly generation: number;
  readonly position: number;
  readonly sequence: number;
}

export interface GroupToWrite {
  /** Aligned; the header's place at the beginning is free, what follows `usedSizeBytes` is padding. */
  readonly memory: Buffer;
  readonly usedSizeBytes: number;
  readonly recordCount: number;
  readonly flags: number;
}

export interface JournalOptions {
  readonly fileSizeBytes: number;
  readonly salt: number;
  readonly boot: number;
  /** Last group found, and where it ends. */
  readonly place: JournalPlace;
  readonly nextGeneration: number;
  /** Known files: for each its size, whether the count includes it, and the last sequence in it that is needed. */
  readonly files: readonly {
    readonly number: number;
    readonly sizeBytes: number;
    readonly isCounted: boolean;
    readonly lastSequence: number;
  }[];
  /** A failed write: final. A full disk is reported too, and the journal tries again when told so. */
  onFailed(error: DiskError): void;
  onFull(error: DiskError, retry: () => void): void;
  onHealed(): void;
  /** Many files are in use: time for a checkpoint. */
  onCheckpointDue(): void;
  /** All files are in use: whether a checkpoint is coming that makes room. Without one another file is added. */
  onStuck(): boolean;
}

export class Journal {
  readonly groupSizeBytesMax: number;
  readonly #disk: Disk;
  readonly #options: JournalOptions;
  readonly #fileSizeBytes: number;
  readonly #files: JournalFile[] = [];
  #current: JournalFile;
  #position: number;
  #sequence: number;
  #nextGeneration: number;
  #previous: { generation: number; end: number };
  #countStored: number;
  #waiting: (() => void) | null = null;
  #isFilling = false;
  /** What is being filled waits for space. */
  #isParked = false;
  #whenFilled: (() => void) | null = null;
  #zeros: Buffer | null = null;
  #hasFailed = false;

  constructor(disk: Disk, options: JournalOptions) {
    this.#disk = disk;
    this.#options = options;
    const align = disk.alignmentBytes;
    this.#fileSizeBytes = Math.max(4 * align, Math.ceil(options.fileSizeBytes / align) * align);
    this.groupSizeBytesMax = Math.min(
      GROUP_SIZE_BYTES_MAX,
      Math.floor(this.#fileSizeBytes / 2 / align) * align,
    );
    for (const { number, sizeBytes, lastSequence } of options.files) {
      this.#files.push({
        number,
        file: null,
        generation: 0,
        isCounted: false,
        filledSizeBytes: floorTo(sizeBytes, align),
        lastSequence,
      });
    }
    const { place } = options;
    const current = this.#files[place.number];
    assert(current !== undefined);
    current.generation = place.generation;
    current.lastSequence = place.sequence;
    this.#current = current;
    this.#position = place.position;
    this.#sequence = place.sequence;
    this.#nextGeneration = options.nextGeneration;
    this.#countStored = options.files.filter((each) => each.isCounted).length;
    this.#previous = { generation: place.generation, end: place.position };
  }

  /** After the last group that was submitted. */
  get place(): JournalPlace {
    const { number, generation } = this.#current;
    return { number, generation, position: this.#position, sequence: this.#sequence };
  }

  get nextSequence(): number {
    return this.#sequence + 1;
  }

  /** Generation that the next file gets. */
  get nextGeneration(): number {
    return this.#nextGeneration;
  }

  get boot(): number {
    return this.#options.boot;
  }

  /** All files are in use and the next group finds no place: only a checkpoint helps. */
  get isStuck(): boolean {
    return this.#waiting !== null && this.#files.length >= JOURNAL_FILES_MAX;
  }

  /**
   * Writes one group. `done` is called when it is on stable storage, never after a failure. One at a time.
   */
  write(group: GroupToWrite, done: () => void): void {
    assert(this.#waiting === null);
    const sizeBytes = group.memory.length;
    assert(sizeBytes <= this.groupSizeBytesMax);
    if (this.#position + sizeBytes > this.#fileSizeBytes && !this.#switch()) {
      this.#waiting = () => this.write(group, done);
      this.#prepare();
      return;
    }
    if (this.#position + sizeBytes > this.#current.filledSizeBytes || !this.#current.isCounted) {
      this.#waiting = () => this.write(group, done);
      this.#prepare();
      return;
    }
    this.#sequence++;
    writeGroupHeader(
      group.memory,
      0,
      {
        flags: group.flags,
        fileGeneration: this.#current.generation,
        boot: this.#options.boot,
        sequence: this.#sequence,
        sizeBytes,
        usedSizeBytes: group.usedSizeBytes,
        recordCount: group.recordCount,
        previousGeneration: this.#previous.generation,
        previousEnd: this.#previous.end,
      },
      this.#options.salt,
    );
    this.#put(this.#current.file!, this.#position, group.memory, done);
    this.#position += sizeBytes;
    this.#previous = { generation: this.#current.generation, end: this.#position };
    this.#current.lastSequence = this.#sequence;
    if (this.#position * 2 > this.#fileSizeBytes && !this.#hasFree()) this.#prepare();
    else if (this.#current.filledSizeBytes < this.#fileSizeBytes) this.#prepare();
  }

  /** Nothing up to `sequence` is needed any more. */
  release(sequence: number): void {
    for (const file of this.#files) {
      if (file !== this.#current && file.lastSequence <= sequence) file.lastSequence = 0;
    }
    this.#wake();
  }

  /** A checkpoint that was awaited does not come. */
  reconsider(): void {
    if (this.#waiting !== null) this.#prepare();
  }

  /** Nothing is written any more; a file that is being made ready is waited for. */
  close(done: () => void): void {
    if (this.#isFilling && !this.#isParked) {
      this.#whenFilled = () => this.close(done);
      return;
    }
    const open = this.#files.filter((each) => each.file !== null);
    let left = open.length;
    if (left === 0) return done();
    for (const each of open) {
      each.file!.close(() => {
        left--;
        if (left === 0) done();
      });
      each.file = null;
    }
  }

  #put(file: DiskFile, position: number, memory: Buffer, done: () => void): void {
    file.write(position, [memory], (error) => {
      if (error === null) return done();
      if (error.code === 'ENOSPC') {
        this.#options.onFull(error, () => this.#put(file, position, memory, () => this.#healed(done)));
        return;
      }
      this.#fail(error);
    });
  }

  #healed(done: () => void): void {
    this.#options.onHealed();
    done();
  }

  #fail(error: DiskError): void {
    this.#hasFailed = true;
    this.#waiting = null;
    this.#options.onFailed(error);
  }

  #hasFree(): boolean {
    return this.#files.some((each) => this.#isFree(each));
  }

  #isFree(file: JournalFile): boolean {
    return file !== this.#current && file.lastSequence === 0 && file.isCounted && file.filledSizeBytes > 0;
  }

  /** Goes on at the beginning of a free file, if there is one. */
  #switch(): boolean {
    const next = this.#files.find((each) => this.#isFree(each));
    if (next === undefined) return false;
    next.generation = this.#nextGeneration++;
    this.#current = next;
    this.#position = 0;
    const inUse = this.#files.filter((each) => each === next || each.lastSequence > 0).length;
    if (inUse >= CHECKPOINT_FILES) this.#options.onCheckpointDue();
    return true;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  /** Makes the next thing ready: the current file open and filled ahead, and a free file behind it. */
  #prepare(): void {
    if (this.#isFilling || this.#hasFailed) return;
    const unready = this.#files.find(
      (each) =>
        (each === this.#current || each.lastSequence === 0) &&
        (!each.isCounted || each.filledSizeBytes < this.#fileSizeBytes),
    );
    if (unready !== undefined) {
      this.#isFilling = true;
      this.#makeReady(unready);
      return;
    }
    const wantsMore = this.#position * 2 > this.#fileSizeBytes || this.#waiting !== null;
    if (!wantsMore || this.#hasFree()) return;
    if (this.#files.length >= JOURNAL_FILES_MAX && (this.#waiting === null || this.#options.onStuck()))
      return;
    this.#isFilling = true;
    this.#makeReady({
      number: this.#files.length,
      file: null,
      generation: 0,
      isCounted: false,
      filledSizeBytes: 0,
      lastSequence: 0,
    });
  }

  #makeReady(target: JournalFile): void {
    const again = (error: DiskError): void => {
      if (error.code !== 'ENOSPC') return this.#fillFailed(error);
      this.#isParked = true;
      this.#options.onFull(error, () => {
        this.#isParked = false;
        this.#makeReady(target);
      });
      this.#endFilling();
    };
    if (target.file === null) {
      this.#disk.open(journalPath(target.number), { create: 'if-missing', direct: true }, (error, file) => {
        if (error !== null) return again(error);
        target.file = file;
        if (this.#files[target.number] === undefined) this.#files.push(target);
        // A group in a file that the directory does not name after a crash would be lost.
        this.#disk.syncDirectory('', (syncError) => {
          if (syncError !== null) return this.#fillFailed(syncError);
          this.#count(target, again);
        });
      });
      return;
    }
    if (!target.isCounted) return this.#count(target, again);
    const from = target.filledSizeBytes;
    const sizeBytes = Math.min(FILL_SIZE_BYTES, this.#fileSizeBytes - from);
    this.#zeros ??= this.#disk.allocateAligned(Math.min(FILL_SIZE_BYTES, this.#fileSizeBytes));
    target.file.write(from, [this.#zeros.subarray(0, sizeBytes)], (error) => {
      if (error !== null) return again(error);
      target.filledSizeBytes += sizeBytes;
      this.#options.onHealed();
      this.#madeReady();
    });
  }

  /** A file that is lost later must be missed, even when nothing in the files before it speaks of it. */
  #count(target: JournalFile, failed: (error: DiskError) => void): void {
    const counted = (): void => {
      target.isCounted = true;
      this.#madeReady();
    };
    if (target.number < this.#countStored) return counted();
    writeJournalCount(this.#disk, target.number + 1, (error) => {
      if (error !== null) return failed(error);
      this.#countStored = target.number + 1;
      this.#options.onHealed();
      counted();
    });
  }

  #madeReady(): void {
    this.#isFilling = false;
    if (this.#endFilling() || this.#hasFailed) return;
    this.#wake();
    this.#prepare();
  }

  #fillFailed(error: DiskError): void {
    this.#isFilling = false;
    this.#fail(error);
    this.#endFilling();
  }

  /** True when the journal is being closed and waited for this. */
  #endFilling(): boolean {
    const whenFilled = this.#whenFilled;
    this.#whenFilled = null;
    whenFilled?.();
    return whenFilled !== null;
  }
}

const floorTo = (value: number, multiple: number): number => Math.floor(value / multiple) * multiple;
