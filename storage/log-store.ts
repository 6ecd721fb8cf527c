import { CLEAN_PATH, decodeCleanMark } from './clean-mark';
import type { Disk, DiskError } from './disk';
import { DamagedStoreError } from './errors';
import { decodeIdentity, encodeIdentity, IDENTITY_NEW_PATH, IDENTITY_PATH, saltOf } from './identity';
import { journalPath } from './journal';
import { decodeJournalCount, JOURNAL_COUNT_PATH, writeJournalCount } from './journal-count';
import {
  decodeManifest,
  encodeLogs,
  encodeManifest,
  MANIFEST_NEW_PATH,
  MANIFEST_PATH,
  type Manifest,
} from './manifest';
import { removeOrphans } from './orphans';
import { type Recovered, recover } from './recovery';
import { readSmallFile, removeSmallFile, replaceSmallFile } from './small-file';
import { Store } from './store';
import type { LogStore, LogStoreOptions, StoreIdentity } from './types';

/** A process that crashed may have used generations that nothing durable names; they are skipped, for each of them. */
const SKIPPED_GENERATIONS = 4096;

export type LogStoreDone = (error: Error | null, store: LogStore) => void;

/**
 * Opens the data directory behind `disk`; an empty one is made. When `done` is called everything found is durable,
 * and the directory belongs to this process. Nothing is written before damage or a newer format is refused.
 *
 * Errors: NewerFormatError, DamagedStoreError, DiskError.
 */
export function openLogStore(disk: Disk, options: LogStoreOptions, done: LogStoreDone): void {
  new Opening(disk, options, done).start();
}

interface Found extends Recovered {
  readonly manifest: Manifest;
}

class Opening {
  readonly #disk: Disk;
  readonly #options: LogStoreOptions;
  readonly #done: LogStoreDone;
  #isNew = false;

  constructor(disk: Disk, options: LogStoreOptions, done: LogStoreDone) {
    this.#disk = disk;
    this.#options = options;
    this.#done = done;
  }

  start(): void {
    readSmallFile(this.#disk, IDENTITY_PATH, (error, bytes) => {
      if (error?.code === 'ENOENT') return this.#checkEmpty();
      if (error !== null) return this.#fail(error);
      const identity = this.#try(() => decodeIdentity(bytes));
      if (identity !== null) this.#readManifest(identity);
    });
  }

  /** Without an identity the directory must not hold what a process stored. */
  #checkEmpty(): void {
    this.#disk.open(journalPath(0), { create: 'never' }, (error, file) => {
      if (error?.code === 'ENOENT') return this.#checkNoManifest();
      if (error !== null) return this.#fail(error);
      file.close(() => this.#fail(new DamagedStoreError(IDENTITY_PATH, 0, 'the file is missing')));
    });
  }

  /** A first start that was cut short leaves the manifest of an empty directory; any other speaks of logs. */
  #checkNoManifest(): void {
    readSmallFile(this.#disk, MANIFEST_PATH, (error, bytes) => {
      if (error?.code === 'ENOENT') return this.#initialise();
      if (error !== null) return this.#fail(error);
      const manifest = this.#try(() => decodeManifest(bytes));
      if (manifest === null) return;
      if (manifest.sequence === 0) return this.#initialise();
      this.#fail(new DamagedStoreError(IDENTITY_PATH, 0, 'the file is missing'));
    });
  }

  #initialise(): void {
    this.#isNew = true;
    const identity = this.#options.identityIfNew;
    const place = { number: 0, generation: 1, position: 0, sequence: 0 };
    const head = {
      sequence: 0,
      place,
      boot: 0,
      nextJournalGeneration: 2,
      nextLogNumber: 1,
      nextSegmentGeneration: 1,
    };
    this.#disk.makeDirectory('logs', (error) => {
      if (error !== null) return this.#fail(error);
      const manifest = encodeManifest(head, encodeLogs([]));
      this.#replace(MANIFEST_PATH, MANIFEST_NEW_PATH, manifest, () => {
        writeJournalCount(this.#disk, 0, (countError) => {
          if (countError !== null) return this.#fail(countError);
          // Last: with it the directory is whole.
          this.#replace(IDENTITY_PATH, IDENTITY_NEW_PATH, encodeIdentity(identity), () =>
            this.#readManifest(identity),
          );
        });
      });
    });
  }

  #replace(path: string, temporaryPath: string, bytes: Buffer, done: () => void): void {
    replaceSmallFile(this.#disk, { path, temporaryPath }, bytes, (error) =>
      error === null ? done() : this.#fail(error),
    );
  }

  #readManifest(identity: StoreIdentity): void {
    this.#readNeeded(MANIFEST_PATH, decodeManifest, (manifest) => {
      this.#readNeeded(JOURNAL_COUNT_PATH, decodeJournalCount, (journalCount) =>
        this.#readCleanMark(identity, manifest, journalCount),
      );
    });
  }

  /** A small file that every directory with an identity has. */
  #readNeeded<T>(path: string, decode: (bytes: Buffer) => T, done: (value: T) => void): void {
    readSmallFile(this.#disk, path, (error, bytes) => {
      if (error?.code === 'ENOENT') return this.#fail(new DamagedStoreError(path, 0, 'the file is missing'));
      if (error !== null) return this.#fail(error);
      const value = this.#try(() => decode(bytes));
      if (value !== null) done(value);
    });
  }

  #readCleanMark(identity: StoreIdentity, manifest: Manifest, journalCount: number): void {
    readSmallFile(this.#disk, CLEAN_PATH, (error, bytes) => {
      if (error !== null && error.code !== 'ENOENT') return this.#fail(error);
      const hasMark = error === null;
      const isClean = hasMark && decodeCleanMark(bytes) === manifest.sequence;
      if (isClean) return this.#recover(identity, { manifest, journalCount, isClean, hasMark });
      // The process that made the directory may have died before the names in it were durable: a journal must not
      // outlive the identity that it belongs to.
      this.#disk.syncDirectory('', (syncError) => {
        if (syncError !== null) return this.#fail(syncError);
        this.#recover(identity, { manifest, journalCount, isClean, hasMark });
      });
    });
  }

  #recover(
    identity: StoreIdentity,
    {
      manifest,
      journalCount,
      isClean,
      hasMark,
    }: { manifest: Manifest; journalCount: number; isClean: boolean; hasMark: boolean },
  ): void {
    const options = { manifest, journalCount, salt: saltOf(identity), isClean };
    recover(this.#disk, options, (recoverError, recovered) => {
      if (recoverError !== null) return this.#fail(recoverError);
      const found = { ...recovered, manifest };
      const build = (): void => this.#build(identity, found, isClean);
      if (!hasMark) return build();
      // Before anything is written: the mark must not outlive what it says.
      removeSmallFile(this.#disk, CLEAN_PATH, (removeError) =>
        removeError === null ? build() : this.#fail(removeError),
      );
    });
  }

  #build(identity: StoreIdentity, found: Found, wasClean: boolean): void {
    const { manifest, replay, place, files, nextGeneration } = found;
    const boot = found.boot + 1;
    const store = new Store(this.#disk, this.#options, {
      identity,
      isNew: this.#isNew,
      wasClean,
      manifestSequence: manifest.sequence,
      nextLogNumber: replay.nextLogNumber,
      nextSegmentGeneration:
        replay.nextSegmentGeneration +
        (wasClean || this.#isNew ? 0 : SKIPPED_GENERATIONS * (boot - manifest.boot)),
      journal: { salt: saltOf(identity), boot, place, nextGeneration, files },
    });
    let quarantined = 0;
    for (const log of replay.logs.values()) {
      log.host = store;
      log.durableIndex = log.formedIndex = log.lastIndex;
      store.restore(log);
      if (log.quarantine === null) continue;
      quarantined++;
      const { offset, reason } = log.quarantine;
      this.#options.onNotice(
        'error',
        `${log.directory}: nothing from offset ${offset} on is served: ${reason}`,
      );
    }
    if (!this.#isNew && !wasClean) {
      const logs = `${replay.logs.size} logs, ${quarantined} of them damaged`;
      this.#options.onNotice('info', `replayed ${found.groupCount} groups of the journal: ${logs}`);
    }
    store.begin(() => {
      if (!wasClean && !this.#isNew) removeOrphans(this.#disk, store);
      this.#done(null, store);
    });
  }

  #try<T>(decode: () => T): T | null {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#fail(error);
      return null;
    }
  }

  #fail(error: Error | DiskError): void {
    this.#done(error, undefined as unknown as LogStore);
  }
}
