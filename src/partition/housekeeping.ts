/**
 * Retention: which records are too old or too many, and when the files of what was deleted go. What is deleted is
 * decided by the leader, as a new start of the log that its replicas agree on; each replica then lets its own files go.
 */
import { ErrorCode } from '../../protocol';
import type { SegmentFacts } from '../../storage';
import type { Host, Timer } from '../host';
import { proposeLogStart } from './commands';
import type { PartitionReplica } from './partition';

export interface RetentionFacts {
  /** Oldest first. */
  readonly segments: readonly SegmentFacts[];
  readonly startOffset: number;
  readonly highWatermark: number;
  /** Of a segment whose records have no timestamps: when it was last seen to grow. */
  grownAtMs(segment: SegmentFacts): number;
}

export interface RetentionPolicy {
  /** -1: for ever. */
  readonly retentionMs: number;
  /** -1: any number. */
  readonly retentionBytes: number;
}

/**
 * Where the log should begin, or `facts.startOffset` when nothing of it has to go. Whole segments are deleted, oldest
 * first, the last one too: by size while what stays is not less than `retentionBytes`, then by age while the largest
 * timestamp of the segment is older than `retentionMs`. Nothing that is not committed goes.
 */
export function retainedFrom(facts: RetentionFacts, policy: RetentionPolicy, nowMs: number): number {
  const { segments, highWatermark } = facts;
  const { retentionBytes, retentionMs } = policy;
  let { startOffset } = facts;
  let surplusBytes = 0;
  if (retentionBytes >= 0) {
    for (const { nextOffset, sizeBytes } of segments) if (nextOffset > startOffset) surplusBytes += sizeBytes;
    surplusBytes -= retentionBytes;
  }
  let isBySize = retentionBytes >= 0;
  for (const segment of segments) {
    const { nextOffset, sizeBytes, maxTimestamp } = segment;
    // Below the start, or without records: nothing depends on it.
    if (nextOffset <= startOffset) continue;
    if (nextOffset > highWatermark) break;
    if (isBySize && surplusBytes >= sizeBytes) {
      surplusBytes -= sizeBytes;
    } else {
      isBySize = false;
      if (retentionMs < 0) break;
      const timestamp = maxTimestamp >= 0 ? maxTimestamp : facts.grownAtMs(segment);
      if (nowMs - timestamp <= retentionMs) break;
    }
    startOffset = nextOffset;
  }
  return startOffset;
}

/** Whole segments lie below the start: their files may go. */
function hasFreeable({ log }: PartitionReplica): boolean {
  const first = log.segments[0];
  return first !== undefined && log.segments.length > 1 && first.nextOffset <= log.startOffset;
}

export interface HousekeepingOptions {
  readonly host: Pick<Host, 'brokerTime' | 'endOfTurn'>;
  /** The replicas of this broker as they are now. */
  replicas(): Iterable<PartitionReplica>;
  /** Milliseconds of broker time between two looks at all of them. */
  readonly intervalMs: number;
  /** The same before the first look. */
  readonly initialDelayMs: number;
  /** Something was handed to the store. */
  schedule(): void;
}

/** Replicas that are looked at in one turn of the event loop. */
const REPLICAS_PER_TURN = 500;

/** The beat of a broker's retention, on broker time. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** When the files of a replica go, by broker time. */
  readonly #due = new Map<PartitionReplica, number>();
  /** Of segments without timestamps: how far they were when they were looked at first, and when that was. */
  readonly #grown = new WeakMap<SegmentFacts, { readonly nextOffset: number; readonly atMs: number }>();
  #beat: Timer | null = null;
  #freeing: Timer | null = null;
  #freeingAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#after(this.#options.initialDelayMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#beat?.cancel();
    this.#freeing?.cancel();
    this.#due.clear();
  }

  #after(delayMs: number): void {
    this.#beat = this.#options.host.brokerTime.after(delayMs, () =>
      this.#look(this.#options.replicas()[Symbol.iterator]()),
    );
  }

  /** A part of the replicas per turn, so that ten thousand of them hold nobody up. */
  #look(replicas: Iterator<PartitionReplica>): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.host.brokerTime.nowMs();
    for (let count = 0; count < REPLICAS_PER_TURN; count++) {
      const { done, value } = replicas.next();
      if (done === true) return this.#after(this.#options.intervalMs);
      this.#lookAt(value, nowMs);
    }
    this.#options.host.endOfTurn(() => this.#look(replicas));
  }

  #lookAt(replica: PartitionReplica, nowMs: number): void {
    if (hasFreeable(replica)) this.#freeLater(replica);
    if (!replica.isLeader || !replica.isSettled || !replica.config.cleanupPolicies.delete) return;
    const { segments, startOffset } = replica.log;
    const { highWatermark } = replica;
    const grownAtMs = (segment: SegmentFacts): number => this.#grownAt(segment, nowMs);
    const facts = { segments, startOffset, highWatermark, grownAtMs };
    const newStartOffset = retainedFrom(facts, replica.config, nowMs);
    if (newStartOffset === startOffset) return;
    // Of a log that goes as a whole the last segment goes too, as soon as another one follows it: the entry that says so.
    if (newStartOffset === replica.endOffset) replica.log.roll();
    proposeLogStart(replica, newStartOffset, {
      timeoutMs: -1,
      done: (errorCode) => {
        if (errorCode === ErrorCode.NONE && hasFreeable(replica)) this.#freeLater(replica);
      },
    });
  }

  /** Kafka takes the time when the file was last written; a start begins to count anew here. */
  #grownAt(segment: SegmentFacts, nowMs: number): number {
    const before = this.#grown.get(segment);
    if (before?.nextOffset === segment.nextOffset) return before.atMs;
    this.#grown.set(segment, { nextOffset: segment.nextOffset, atMs: nowMs });
    return nowMs;
  }

  /** `file.delete.delay.ms` from now; files that wait already go when they were to go. */
  #freeLater(replica: PartitionReplica): void {
    if (this.#isClosed || this.#due.has(replica)) return;
    const dueMs = this.#options.host.brokerTime.nowMs() + replica.config.fileDeleteDelayMs;
    this.#due.set(replica, dueMs);
    this.#arm(dueMs);
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#freeingAtMs) return;
    const { brokerTime } = this.#options.host;
    this.#freeing?.cancel();
    this.#freeingAtMs = dueMs;
    this.#freeing = brokerTime.after(Math.max(0, dueMs - brokerTime.nowMs()), () => this.#free());
  }

  #free(): void {
    const nowMs = this.#options.host.brokerTime.nowMs();
    this.#freeingAtMs = Number.POSITIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [replica, dueMs] of this.#due) {
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs);
        continue;
      }
      this.#due.delete(replica);
      replica.freeBelowStart();
    }
    this.#options.schedule();
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}
