import type { Disk } from '../../storage/disk';
import { MemoryDisk } from '../../storage/disk-memory';
import { openLogStore } from '../../storage/log-store';
import { buildBatch } from '../../storage/record-build';
import {
  EntryKind,
  type JournalConfig,
  type LogEntry,
  type LogStore,
  type LogStoreOptions,
  type StoredLog,
} from '../../storage/types';

/** Everything that happens runs from this queue; nothing happens by itself. */
export class Queue {
  readonly #ready: (() => void)[] = [];
  readonly #timers: { at: number; run: () => void; isCancelled: boolean }[] = [];
  nowMs = 0;

  readonly schedule = (run: () => void): void => {
    this.#ready.push(run);
  };

  readonly after = (delayMs: number, run: () => void): { cancel(): void } => {
    const timer = { at: this.nowMs + delayMs, run, isCancelled: false };
    this.#timers.push(timer);
    return {
      cancel: () => {
        timer.isCancelled = true;
      },
    };
  };

  /** Runs until nothing is ready; timers stay. */
  settle(): void {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) next();
  }

  /** The process died: what it was waiting for never comes. */
  clear(): void {
    this.#ready.length = this.#timers.length = 0;
  }

  /** Runs at most `count` completions. */
  step(count: number): void {
    for (let number = 0; number < count; number++) this.#ready.shift()?.();
  }

  /** Lets time pass, timers included. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    this.settle();
    for (;;) {
      const next = this.#timers
        .filter((each) => !each.isCancelled && each.at <= until)
        .sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.nowMs = next.at;
      next.run();
      this.settle();
    }
    this.nowMs = until;
  }
}

export const TOPIC = '6f1c2f6e-5f0d-4f6c-9a54-1b0f8c1d2e3f';

export const JOURNAL: JournalConfig = {
  fileSizeBytes: 1 << 20,
  bypassSizeBytesMin: 100_000,
  lazySizeBytesMax: 4 << 20,
};

export const LOG_CONFIG = { segmentSizeBytesMax: 1 << 30, segmentAgeMsMax: 7 * 86_400_000 };

export interface Events {
  readonly lines: string[];
}

/** Options whose callbacks write what they hear into `events`. */
export function storeOptions(
  queue: Queue,
  events: Events,
  changes: Partial<LogStoreOptions> = {},
): LogStoreOptions {
  const nameOf = (log: StoredLog | null): string => (log === null ? 'all' : `p${log.key.partition}`);
  return {
    identityIfNew: { clusterId: 'cluster-1', nodeId: 1, incarnation: '3d0c4c8a-0000-4000-8000-000000000001' },
    timers: { nowMs: () => queue.nowMs, after: queue.after },
    journal: JOURNAL,
    onStored: (log, index, term) => events.lines.push(`stored ${nameOf(log)} ${index} term ${term}`),
    onHardStateStored: (log, state) => events.lines.push(`hard state ${nameOf(log)} term ${state.term}`),
    onStorageFailed: (log, error) => events.lines.push(`failed ${nameOf(log)} ${error.code}`),
    onStorageHealed: () => events.lines.push('healed'),
    snapshotState: () => null,
    onNotice: (level, message) => events.lines.push(`${level}: ${message}`),
    ...changes,
  };
}

export interface Opened {
  readonly store: LogStore;
  readonly events: Events;
}

/** Opens a store; throws what opening reports. */
export function openStore(disk: Disk, queue: Queue, changes: Partial<LogStoreOptions> = {}): Opened {
  const events: Events = { lines: [] };
  let opened: LogStore | null = null;
  let failure: Error | null = null;
  openLogStore(disk, storeOptions(queue, events, changes), (error, store) => {
    failure = error;
    opened = store;
  });
  queue.settle();
  if (failure !== null) throw failure;
  if (opened === null) throw new Error('the store did not open');
  return { store: opened, events };
}

export function memoryDisk(): { disk: MemoryDisk; queue: Queue } {
  const queue = new Queue();
  return { disk: new MemoryDisk(queue.schedule), queue };
}

/** The batch that follows what `log` holds: `count` records, each value of `valueSizeBytes` bytes. */
export function batchEntry(
  log: Pick<StoredLog, 'lastIndex' | 'endOffset' | 'lastTerm'>,
  options: { count?: number; term?: number; timestamp?: number; valueSizeBytes?: number; fill?: string } = {},
): LogEntry {
  const {
    count = 1,
    term = Math.max(1, log.lastTerm),
    timestamp = 1_000,
    valueSizeBytes = 10,
    fill = 'v',
  } = options;
  const records = Array.from({ length: count }, (_, number) => ({
    timestamp,
    key: null,
    value: Buffer.alloc(valueSizeBytes, fill + String(number)),
  }));
  return {
    index: log.lastIndex + 1,
    term,
    kind: EntryKind.batch,
    baseOffset: log.endOffset,
    nextOffset: log.endOffset + count,
    maxTimestamp: timestamp,
    bytes: buildBatch({ records, baseOffset: log.endOffset, leaderEpoch: term }),
  };
}

export function payloadEntry(
  log: Pick<StoredLog, 'lastIndex' | 'endOffset' | 'lastTerm'>,
  kind: EntryKind,
  bytes: Buffer,
  term = Math.max(1, log.lastTerm),
): LogEntry {
  return {
    index: log.lastIndex + 1,
    term,
    kind,
    baseOffset: log.endOffset,
    nextOffset: log.endOffset,
    maxTimestamp: -1,
    bytes,
  };
}

/** Bytes from `offset` to the end of the log, in as many reads as it takes. */
export function readAll(
  log: StoredLog,
  queue: Queue,
  offset = log.startOffset,
  sizeBytesMax = 1 << 20,
): Buffer {
  const parts: Buffer[] = [];
  let at = offset;
  while (at < log.endOffset) {
    let next = at;
    log.read({ offset: at, endOffset: log.endOffset, sizeBytesMax, atLeastOne: true }, (error, result) => {
      if (error !== null) throw error;
      for (const buffer of result.buffers) {
        parts.push(Buffer.from(buffer));
        for (let position = 0; position < buffer.length; position += 12 + buffer.readInt32BE(position + 8)) {
          next = Number(buffer.readBigInt64BE(position)) + buffer.readInt32BE(position + 23) + 1;
        }
      }
      result.release();
    });
    queue.settle();
    if (next === at) throw new Error(`nothing was read at offset ${at}`);
    at = next;
  }
  return Buffer.concat(parts);
}

export function entriesOf(
  log: StoredLog,
  queue: Queue,
  fromIndex = log.firstIndex,
  sizeBytesMax = 1 << 20,
): LogEntry[] {
  const all: LogEntry[] = [];
  for (let next = fromIndex; next <= log.lastIndex; ) {
    const before = all.length;
    log.readEntries(next, sizeBytesMax, (error, entries) => {
      if (error !== null) throw error;
      all.push(...entries);
    });
    queue.settle();
    if (all.length === before) throw new Error(`nothing was read at index ${next}`);
    // Compaction leaves holes.
    next = all[all.length - 1]!.index + 1;
  }
  return all;
}

/** Closes in order. */
export function closeStore(store: LogStore, queue: Queue): void {
  let isClosed = false;
  store.close((error) => {
    if (error !== null) throw error;
    isClosed = true;
  });
  queue.settle();
  if (!isClosed) throw new Error('the store did not close');
}
