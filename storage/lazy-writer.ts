/**
 * Decides which log's bytes go from memory to their segment next: one log at a time, in large pieces, the oldest
 * first under pressure, and all of them for a checkpoint.
 */
import type { Log } from './log';
import type { Segment } from './segment';
import type { SegmentWriter } from './segment-writer';

const PIECE_SIZE_BYTES_MIN = 262_144;
const BACKLOG_SLOTS_MAX = 256;
const UNSYNCED_SIZE_BYTES_MAX = 4 << 20;

export interface LazyWriterHost {
  readonly durableSequence: number;
  /** Bytes in memory are getting many: do not wait for large pieces. */
  readonly isPressed: boolean;
  /** Something was written: memory is free again. */
  lazyProgress(): void;
}

export class LazyWriter {
  readonly #writer: SegmentWriter;
  readonly #host: LazyWriterHost;
  /** Logs with entries in memory, in the order in which the first of them came. */
  #queue: Log[] = [];
  #queueHead = 0;
  readonly #large: Log[] = [];
  #settling: { readonly logs: Log[]; readonly done: () => void } | null = null;
  #active: Log | null = null;
  #isStopped = false;
  #whenStopped: (() => void) | null = null;

  constructor(writer: SegmentWriter, host: LazyWriterHost) {
    this.#writer = writer;
    this.#host = host;
  }

  /** The log has entries that are durable in the journal and not in its segment. */
  add(log: Log): void {
    if (!log.isInLazyQueue) {
      log.isInLazyQueue = true;
      this.#queue.push(log);
    }
    if (log.lazySizeBytes >= PIECE_SIZE_BYTES_MIN && !log.isInLargeQueue) {
      log.isInLargeQueue = true;
      this.#large.push(log);
    }
  }

  /**
   * Writes everything of `logs` that is durable into the segments, rows included, and syncs them. `done` is not called
   * when one of them fails.
   */
  settle(logs: readonly Log[], done: () => void): void {
    this.#settling = { logs: [...logs], done };
    this.kick();
  }

  abandonSettling(): void {
    this.#settling = null;
  }

  /** Nothing more is begun, what is left stays in the journal; `done` when what is under way has ended. */
  stop(done: () => void): void {
    this.#settling = null;
    this.#isStopped = true;
    this.#whenStopped = done;
    this.kick();
  }

  kick(): void {
    if (this.#active !== null) return;
    if (this.#isStopped) {
      const whenStopped = this.#whenStopped;
      this.#whenStopped = null;
      whenStopped?.();
      return;
    }
    const log = this.#next();
    if (log === null) return;
    this.#active = log;
    if (!log.isWriting) return this.#process(log);
    // A bypassed write is under way; its log comes next.
    log.whenWritten.push(() => this.#process(log));
  }

  #next(): Log | null {
    const settling = this.#settling;
    if (settling !== null) {
      const log = settling.logs[settling.logs.length - 1];
      if (log !== undefined) return log;
      this.#settling = null;
      settling.done();
    }
    const large = this.#large.shift();
    if (large !== undefined) {
      large.isInLargeQueue = false;
      if (isWritable(large)) return large;
      return this.#next();
    }
    if (!this.#host.isPressed) return null;
    while (this.#queueHead < this.#queue.length) {
      const log = this.#queue[this.#queueHead++]!;
      log.isInLazyQueue = false;
      if (this.#queueHead > 64 && this.#queueHead * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#queueHead);
        this.#queueHead = 0;
      }
      if (isWritable(log)) return log;
    }
    return null;
  }

  #process(log: Log): void {
    const settling = this.#settling;
    const isSettling = settling !== null && settling.logs[settling.logs.length - 1] === log;
    if (log.failure !== null || log.isDeleted || this.#isStopped) {
      if (isSettling) settling.logs.pop();
      return this.#finish(log, false);
    }
    log.isWriting = true;
    this.#writer.write(log, this.#host.durableSequence, () => {
      this.#host.lazyProgress();
      const segments = log.segments.filter((each) => (isSettling ? each.isUnsettled : isDue(each)));
      this.#finishSegments(log, segments, () => {
        if (isSettling && this.#settling === settling) settling.logs.pop();
        this.#finish(log, true);
      });
    });
  }

  /** Rows and syncs: all when settling, otherwise where enough has gathered. */
  #finishSegments(log: Log, segments: Segment[], done: () => void): void {
    const segment = segments.pop();
    if (segment === undefined) return done();
    const next = (): void => this.#finishSegments(log, segments, done);
    this.#writer.writeRows(log, segment, () => this.#writer.sync(log, segment, next));
  }

  #finish(log: Log, wasWriting: boolean): void {
    this.#active = null;
    if (wasWriting) log.writingDone();
    this.kick();
  }

  /** Nothing more of this log is written; goes on with the others. */
  abandon(log: Log): void {
    if (this.#active !== log) return;
    this.#active = null;
    this.kick();
  }
}

const isWritable = (log: Log): boolean => log.failure === null && !log.isDeleted && log.lazySizeBytes > 0;

const isDue = (segment: Segment): boolean =>
  segment.unsyncedSizeBytes >= UNSYNCED_SIZE_BYTES_MAX || segment.backlogSlots >= BACKLOG_SLOTS_MAX;
