/**
 * Opens a data directory to look at it: what `openLogStore` would find, by the same readers, and nothing is written.
 * Damage does not end the look where something is left to see; all of it is told with file and byte.
 */
import type { Slab } from './arena';
import { CLEAN_PATH, decodeCleanMark } from './clean-mark';
import type { Disk, DiskError } from './disk';
import { DamagedStoreError, NewerFormatError } from './errors';
import { decodeIdentity, IDENTITY_PATH, saltOf } from './identity';
import { type Damage, type FindPlace, MISSING } from './inspect-damage';
import { journalPath } from './journal';
import { decodeJournalCount, JOURNAL_COUNT_PATH } from './journal-count';
import { GroupFlag } from './journal-format';
import type { Log } from './log';
import { decodeManifest, MANIFEST_PATH, type Manifest } from './manifest';
import { readOnlyDisk } from './read-only-disk';
import { type Recovered, recover } from './recovery';
import { type ReadGroup, Replay } from './replay';
import { readSmallFile } from './small-file';
import type { StoreIdentity } from './types';

/** Not a data directory: nothing that this program has written, or could have. */
export class NoStoreError extends Error {
  override readonly name = 'NoStoreError';
  readonly code = 'NO_STORE';

  constructor(location: string) {
    super(`${location} is not a data directory: it has no file '${IDENTITY_PATH}'`);
  }
}

export interface InspectedJournal {
  /** How many files the count says; -1 when it cannot be read. */
  readonly countedFiles: number;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** The directory was closed in order: nothing of the journal is needed and nothing was read. */
  readonly isClean: boolean;
  /** Groups behind the manifest that count. */
  readonly groupCount: number;
  /** Of them those that hold nothing but the mark. */
  readonly markCount: number;
  readonly boot: number;
  /** Where the last group ends, under which generation of the file, and its sequence. */
  readonly place: Recovered['place'];
  /** Its end is confirmed by a group behind it, or by a clean close: what is damaged below is not cut. */
  readonly isMarked: boolean;
  /** A group that was begun and never completed; nothing in it was acknowledged. */
  readonly torn: { readonly file: string; readonly position: number; readonly sizeBytes: number } | null;
}

export interface Inspection {
  readonly disk: Disk;
  readonly identity: StoreIdentity | null;
  readonly manifest: Manifest | null;
  readonly journal: InspectedJournal | null;
  /** As manifest and readable journal say; by topic id and partition. */
  readonly logs: readonly Log[];
  readonly placeOf: FindPlace;
  readonly nextSegmentGeneration: number;
  /** Of the directory's own files; those of the logs are found by walking them. */
  readonly damages: readonly Damage[];
  /** Manifest and journal were read to their ends: the logs are what the directory holds. */
  readonly isWhole: boolean;
}

export type InspectionDone = (error: Error | null, inspection: Inspection) => void;

/** Errors, when there is nothing to look at: NoStoreError, NewerFormatError, DiskError. */
export function inspectDirectory(disk: Disk, done: InspectionDone): void {
  new Inspector(readOnlyDisk(disk), done).start();
}

const NOTHING = Buffer.alloc(0);

class Inspector {
  readonly #disk: Disk;
  readonly #done: InspectionDone;
  readonly #damages: Damage[] = [];
  readonly #chunks = new Map<Slab, { readonly file: string; readonly from: number }>();
  #identity: StoreIdentity | null = null;
  #countedFiles = -1;
  #marks = 0;
  #last: ReadGroup | null = null;
  #torn: ReadGroup | null = null;

  constructor(disk: Disk, done: InspectionDone) {
    this.#disk = disk;
    this.#done = done;
  }

  start(): void {
    this.#read(IDENTITY_PATH, 'which cluster and node this belongs to', decodeIdentity, (identity) => {
      this.#identity = identity;
      const whatGoes = 'all logs: which there are and where they begin';
      this.#read(MANIFEST_PATH, whatGoes, decodeManifest, (manifest) => {
        const isEmpty = manifest === null || manifest.logs.length === 0;
        if (identity === null && isEmpty) return this.#checkStore(manifest);
        const count = 'how many journal files there must be: no broker starts without';
        this.#read(JOURNAL_COUNT_PATH, count, decodeJournalCount, (journalCount) => {
          this.#countedFiles = journalCount ?? -1;
          if (identity === null || manifest === null) return this.#finish(manifest, null, false);
          this.#readClean(identity, manifest, journalCount ?? 0);
        });
      });
    });
  }

  /** No identity and no logs: somebody else's directory, or one that is half made, unless a journal stands there. */
  #checkStore(manifest: Manifest | null): void {
    this.#disk.open(journalPath(0), { create: 'never' }, (error, file) => {
      const isMissing = this.#damages.every(
        ({ file: path, reason }) => path !== IDENTITY_PATH || reason === MISSING,
      );
      if (error !== null && isMissing) return this.#fail(new NoStoreError(this.#disk.location));
      const finish = (): void => this.#finish(manifest, null, false);
      if (error !== null) return finish();
      file.close(finish);
    });
  }

  #readClean(identity: StoreIdentity, manifest: Manifest, journalCount: number): void {
    readSmallFile(this.#disk, CLEAN_PATH, (error, bytes) => {
      if (error !== null && error.code !== 'ENOENT') return this.#fail(error);
      const isClean = error === null && decodeCleanMark(bytes) === manifest.sequence;
      const observer = {
        group: (group: ReadGroup) => this.#heard(group),
        torn: (group: ReadGroup) => {
          this.#torn = group;
        },
      };
      const options = { manifest, journalCount, salt: saltOf(identity), isClean, observer };
      recover(this.#disk, options, (recoverError, recovered) => {
        if (recoverError === null) return this.#finish(manifest, recovered, isClean);
        if (!(recoverError instanceof DamagedStoreError)) return this.#fail(recoverError);
        const { file, position, reason } = recoverError;
        const { sequence } = recovered.place;
        const lost = `what every log got, voted and cut after group ${sequence} of the journal`;
        this.#damages.push({ file, position, reason, log: null, lost });
        this.#finish(manifest, recovered, isClean);
      });
    });
  }

  #heard(group: ReadGroup): void {
    this.#last = group;
    if ((group.header.flags & GroupFlag.mark) !== 0) this.#marks++;
    this.#chunks.set(group.slab, { file: group.file, from: group.position - group.at });
  }

  #finish(manifest: Manifest | null, recovered: Recovered | null, isClean: boolean): void {
    // Without an identity no group can be told from other bytes: the logs are as of the manifest.
    const replay = recovered?.replay ?? (manifest === null ? null : new Replay(manifest));
    const logs = replay === null ? [] : [...replay.logs.values()];
    const inspection: Omit<Inspection, 'journal'> = {
      disk: this.#disk,
      identity: this.#identity,
      manifest,
      logs: logs.sort(byKey),
      placeOf: (slab, at) => {
        const chunk = this.#chunks.get(slab);
        return chunk === undefined
          ? { file: 'journal', position: at }
          : { file: chunk.file, position: chunk.from + at };
      },
      nextSegmentGeneration: replay?.nextSegmentGeneration ?? 0,
      damages: this.#damages,
      isWhole: this.#damages.length === 0,
    };
    if (recovered === null) return this.#done(null, { ...inspection, journal: null });
    this.#done(null, { ...inspection, journal: this.#journal(recovered, isClean) });
  }

  #journal(recovered: Recovered, isClean: boolean): InspectedJournal {
    const torn = this.#torn;
    const last = this.#last;
    return {
      countedFiles: this.#countedFiles,
      files: recovered.files.map(({ number, sizeBytes }) => ({ path: journalPath(number), sizeBytes })),
      isClean,
      groupCount: recovered.groupCount,
      markCount: this.#marks,
      boot: recovered.boot,
      place: recovered.place,
      // One that was begun says as much: it never is before the one in front of it is complete.
      isMarked: isClean || torn !== null || last === null || (last.header.flags & GroupFlag.mark) !== 0,
      torn:
        torn === null ? null : { file: torn.file, position: torn.position, sizeBytes: torn.header.sizeBytes },
    };
  }

  /** A small file that every directory has. `done` gets null when it is damaged, which is noted. */
  #read<T>(path: string, lost: string, decode: (bytes: Buffer) => T, done: (value: T | null) => void): void {
    readSmallFile(this.#disk, path, (error, bytes) => {
      if (error !== null && error.code !== 'ENOENT') return this.#fail(error);
      let value: T | null = null;
      try {
        value = decode(error === null ? bytes : NOTHING);
      } catch (problem) {
        if (problem instanceof NewerFormatError) return this.#fail(problem);
        const isDamage = problem instanceof DamagedStoreError || problem instanceof RangeError;
        if (!isDamage) throw problem;
        const reason = error !== null ? MISSING : problem instanceof DamagedStoreError ? problem.reason : CUT;
        this.#damages.push({ file: path, position: 0, reason, log: null, lost });
      }
      done(value);
    });
  }

  #fail(error: Error | DiskError): void {
    this.#done(error, undefined as unknown as Inspection);
  }
}

const CUT = 'the file ends';

function byKey({ key: left }: Log, { key: right }: Log): number {
  if (left.topicId === right.topicId) return left.partition - right.partition;
  return left.topicId < right.topicId ? -1 : 1;
}
