/**
 * Checkpoints bound what is replayed and let journal files be reused. The state is encoded at one moment, when memory
 * is exactly what the last group says; then what it speaks of is made durable in the segments; then the manifest.
 */
import type { Disk, DiskError } from './disk';
import type { Journal, JournalPlace } from './journal';
import type { LazyWriter } from './lazy-writer';
import type { Log } from './log';
import { encodeLogs, encodeManifest, MANIFEST_NEW_PATH, MANIFEST_PATH } from './manifest';
import { replaceSmallFile } from './small-file';

export interface CheckpointHost {
  /** All logs that exist, in memory now. */
  liveLogs(): Log[];
  readonly nextLogNumber: number;
  readonly nextSegmentGeneration: number;
  readonly nextJournalGeneration: number;
  askForStates(): void;
  diskFull(error: DiskError, retry: () => void): void;
  diskHealed(): void;
  storeFailed(error: DiskError): void;
  checkpointDone(): void;
}

interface Image {
  readonly logs: Buffer;
  readonly nextLogNumber: number;
  readonly nextSegmentGeneration: number;
}

export class Checkpointer {
  readonly #disk: Disk;
  readonly #journal: Journal;
  readonly #lazyWriter: LazyWriter;
  readonly #host: CheckpointHost;
  readonly #replayedSizeBytesMax: number;
  #manifestSequence: number;
  #isWanted = false;
  /** Bytes of entries that became durable since the last picture. */
  #sizeBytesSince = 0;
  #image: Image | null = null;
  #phase: 'idle' | 'captured' | 'settling' | 'writing' = 'idle';

  constructor(
    disk: Disk,
    parts: {
      journal: Journal;
      lazyWriter: LazyWriter;
      manifestSequence: number;
      /** A checkpoint is due when entries of this many bytes came since the last. */
      replayedSizeBytesMax: number;
    },
    host: CheckpointHost,
  ) {
    this.#disk = disk;
    this.#journal = parts.journal;
    this.#lazyWriter = parts.lazyWriter;
    this.#manifestSequence = parts.manifestSequence;
    this.#replayedSizeBytesMax = parts.replayedSizeBytesMax;
    this.#host = host;
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  get isRunning(): boolean {
    return this.#phase !== 'idle';
  }

  /** It needs no group any more to come to an end. */
  get isSettling(): boolean {
    return this.#phase === 'settling' || this.#phase === 'writing';
  }

  get manifestSequence(): number {
    return this.#manifestSequence;
  }

  want(): void {
    this.#isWanted = true;
  }

  /** Entries of so many bytes became durable. What bypassed the journal does not fill it, and is replayed all the same. */
  stored(sizeBytes: number): void {
    this.#sizeBytesSince += sizeBytes;
    if (this.#sizeBytesSince >= this.#replayedSizeBytesMax) this.#isWanted = true;
  }

  /** Takes the picture. Nothing may be pending: memory is what the journal says once the groups formed are written. */
  capture(): void {
    if (!this.#isWanted || this.isRunning) return;
    if (this.#host.liveLogs().some((log) => log.failure !== null)) return;
    this.#isWanted = false;
    this.#sizeBytesSince = 0;
    this.#host.askForStates();
    const { nextLogNumber, nextSegmentGeneration } = this.#host;
    const logs = this.#host.liveLogs();
    for (const log of logs) log.capturedIndex = log.savedState?.index ?? 0;
    this.#image = { logs: encodeLogs(logs), nextLogNumber, nextSegmentGeneration };
    this.#phase = 'captured';
  }

  /** The groups formed before the picture are durable up to `place`. */
  groupsDone(place: JournalPlace): void {
    if (this.#phase !== 'captured') return;
    this.#phase = 'settling';
    const logs = this.#host
      .liveLogs()
      .filter((log) => log.tailCount > 0 || log.segments.some((segment) => segment.isUnsettled));
    this.#lazyWriter.settle(logs, () => {
      this.#phase = 'writing';
      this.#writeManifest(place);
    });
  }

  /** Something that the picture speaks of left memory before it was in the segments: it is taken anew later. */
  abort(): void {
    if (this.#phase !== 'captured' && this.#phase !== 'settling') return;
    this.#lazyWriter.abandonSettling();
    this.#phase = 'idle';
    this.#image = null;
    this.#isWanted = true;
    this.#journal.reconsider();
  }

  /** Takes no picture any more. False when the last one is being written and will be there in a moment. */
  giveUp(): boolean {
    if (this.#phase === 'writing') return false;
    this.#lazyWriter.abandonSettling();
    this.#phase = 'idle';
    this.#image = null;
    this.#isWanted = false;
    return true;
  }

  #writeManifest(place: JournalPlace): void {
    const { logs, nextLogNumber, nextSegmentGeneration } = this.#image!;
    const sequence = this.#manifestSequence + 1;
    const { nextJournalGeneration } = this.#host;
    const bytes = encodeManifest(
      {
        sequence,
        place,
        boot: this.#journal.boot,
        nextJournalGeneration,
        nextLogNumber,
        nextSegmentGeneration,
      },
      logs,
    );
    const paths = { path: MANIFEST_PATH, temporaryPath: MANIFEST_NEW_PATH };
    replaceSmallFile(this.#disk, paths, bytes, (error) => {
      if (error === null) return this.#finish(sequence, place);
      if (error.code !== 'ENOSPC') return this.#host.storeFailed(error);
      this.#host.diskFull(error, () => this.#writeManifest(place));
    });
  }

  #finish(sequence: number, place: JournalPlace): void {
    this.#manifestSequence = sequence;
    this.#image = null;
    this.#phase = 'idle';
    this.#host.diskHealed();
    this.#journal.release(place.sequence);
    this.#host.checkpointDone();
  }
}
