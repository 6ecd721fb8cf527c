/**
 * Large batches do not go through the journal: they go straight to their segment, from the moment they are appended,
 * and a group has no more of them than their rows. That group counts once they are on stable storage. What the log has
 * in front of them and not in its files yet goes there first.
 */
import type { Log } from './log';
import type { Segment } from './segment';
import type { SegmentWriter } from './segment-writer';
import type { TailEntry } from './tail-entry';
import { EntryKind } from './types';

export interface BypassOptions {
  /** With so many bytes that wait for a group, the entries of a log do not go through the journal. */
  readonly bypassSizeBytesMin: number;
  /** Nor do they with a larger one among them: it would not fit in a group. */
  readonly inlineSizeBytesMax: number;
}

export interface BypassHost {
  /** Entries of the log are on stable storage in their segments, perhaps before a group has their rows. */
  bypassed(log: Log): void;
}

export class Bypass {
  readonly #writer: SegmentWriter;
  readonly #options: BypassOptions;
  readonly #host: BypassHost;
  #runningCount = 0;

  constructor(writer: SegmentWriter, options: BypassOptions, host: BypassHost) {
    this.#writer = writer;
    this.#options = options;
    this.#host = host;
  }

  /** Something is being written. */
  get isBusy(): boolean {
    return this.#runningCount > 0;
  }

  /** Begins to write what was appended to `log` since the last call, unless a group may have it. */
  claim(log: Log): void {
    const { bypassSizeBytesMin, inlineSizeBytesMax } = this.#options;
    if (log.unclaimedSizeBytes < Math.min(bypassSizeBytesMin, inlineSizeBytesMax)) return;
    const from = Math.max(log.formedIndex, log.bypassIndex) + 1;
    if (log.failure !== null || !this.#isLarge(log, from)) return;
    log.unclaimedSizeBytes = 0;
    for (let index = from; index <= log.lastIndex; index++) {
      const entry = log.tailAt(index)!;
      const { segment } = entry;
      entry.isBypassed = entry.kind === EntryKind.batch;
      segment.submittedIndex = Math.max(segment.submittedIndex, index);
      log.bypassing.push(entry);
    }
    log.bypassIndex = log.lastIndex;
    this.#schedule(log);
  }

  /** Calls `done` when `entry` is in its segment for good, never after a failure of the log. One at a time for a log. */
  whenBypassed(log: Log, entry: TailEntry, done: () => void): void {
    if (entry.isSynced) return done();
    log.isBypassing = true;
    log.awaited = { entry, done };
  }

  /** Nothing of the log is written any more. */
  logFailed(log: Log): void {
    if (log.isBypassRunning) this.#runningCount--;
    log.isBypassRunning = false;
    log.bypassing.length = 0;
    log.awaited = null;
  }

  #isLarge(log: Log, from: number): boolean {
    let sizeBytes = 0;
    for (let index = from; index <= log.lastIndex; index++) {
      const entry = log.tailAt(index)!;
      if (entry.kind !== EntryKind.batch) continue;
      sizeBytes += entry.length;
      if (entry.length > this.#options.inlineSizeBytesMax) return true;
    }
    return sizeBytes >= this.#options.bypassSizeBytesMin;
  }

  #schedule(log: Log): void {
    if (log.isBypassRunning) return;
    log.isBypassRunning = true;
    this.#runningCount++;
    const run = (): void => this.#run(log);
    if (log.isWriting) log.whenWritten.push(run);
    else run();
  }

  #run(log: Log): void {
    // Whoever failed the log has done the rest.
    if (!log.isBypassRunning) return;
    const entries = log.bypassing.filter(isWanted);
    if (entries.length === 0) return this.#ran(log);
    log.isWriting = true;
    const batches = entries.filter((entry) => entry.isBypassed);
    // Groups took what was appended between two claims.
    const all = [...this.#writer.unwrittenBefore(log, entries[entries.length - 1]!.index), ...batches];
    all.sort((left, right) => left.index - right.index);
    const segments = new Set([...all, ...entries].map((entry) => entry.segment));
    this.#writer.writeEntries(log, all, () => {
      this.#settle(log, [...segments], () => {
        // Entries of other kinds have no bytes there.
        for (const entry of entries) entry.isWritten = entry.isSynced = true;
        this.#ran(log);
        log.writingDone();
      });
    });
  }

  /** Makes what was written durable. A segment without a batch needs its files too: the rows go there. */
  #settle(log: Log, segments: Segment[], done: () => void): void {
    const segment = segments.pop();
    if (segment === undefined) return done();
    const next = (): void => this.#settle(log, segments, done);
    this.#writer.create(log, segment, () => this.#writer.syncData(log, segment, next));
  }

  #ran(log: Log): void {
    log.isBypassRunning = false;
    this.#runningCount--;
    log.bypassing = log.bypassing.filter(isWanted);
    const { awaited } = log;
    if (awaited?.entry.isSynced === true) {
      log.awaited = null;
      log.isBypassing = false;
      awaited.done();
    }
    if (log.bypassing.length > 0 && !log.isBypassRunning) this.#schedule(log);
    this.#host.bypassed(log);
  }
}

/** What was truncated stays wanted when a group says that it is there. */
const isWanted = (entry: TailEntry): boolean => !entry.isSynced && !(entry.isDropped && entry.sequence === 0);

/** Last entry of `log` that a group may have without waiting for a segment. */
export function readyIndex(log: Log): number {
  for (const entry of log.bypassing) {
    if (entry.index > log.formedIndex && isWanted(entry) && !entry.isDropped) return entry.index - 1;
  }
  return log.lastIndex;
}
