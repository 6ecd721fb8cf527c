/**
 * The public shapes of `storage/`. The format behind them: docs/storage-format.md.
 *
 * Offsets and indexes are safe integers. `startOffset` is inclusive, `endOffset` exclusive.
 */
import type { DiskError } from './disk';

/** What an entry is. On disk as one byte; an unknown kind refuses to open. */
export const EntryKind = { batch: 0, noop: 1, membership: 2, logStart: 3, producerExpiry: 4 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/**
 * One Raft entry. `kind: batch` carries exactly one Kafka record batch (magic 2) with base offset and leader epoch
 * stamped, as clients see it; it spans [baseOffset, nextOffset). Every other kind spans no offsets
 * (`baseOffset === nextOffset`) and its `bytes` are a small payload that stands in the journal and the row file's
 * overflow, never in the data file (so a fetch is one contiguous read).
 */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly baseOffset: number;
  readonly nextOffset: number;
  /** Largest record timestamp of the batch; -1 for other kinds. */
  readonly maxTimestamp: number;
  /** Borrowed from the submitter until the entry is stored (large frames own their memory). */
  readonly bytes: Buffer;
}

/** What a replica must remember before any promise leaves it (Raft paper, figure 2). */
export interface HardState {
  readonly term: number;
  /** Node that got our vote in `term`, -1 for none. */
  readonly votedFor: number;
  /** Incarnation of that node, '' for none. */
  readonly votedForIncarnation: string;
}

/** Identity of a log. A recreated topic has another id: names on disk never repeat. */
export interface LogKey {
  /** Canonical lower-case UUID text. The metadata log uses METADATA_TOPIC_ID. */
  readonly topicId: string;
  readonly partition: number;
}

export interface LogConfig {
  readonly segmentSizeBytesMax: number;
}

/** Batches read for a fetch, in offset order and contiguous as on disk. */
export interface ReadResult {
  /** Whole batches. Empty when nothing lies between the bounds. */
  readonly buffers: readonly Buffer[];
  readonly sizeBytes: number;
  /** The memory may be reused by storage after this call; call exactly once, when the bytes have left. */
  release(): void;
}

export interface TimestampHit {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Called once. `error` is a DiskError, CorruptEntryError or OffsetOutOfRangeError (storage/errors.ts). */
export type LogDone<T = void> = (error: Error | null, value: T) => void;

/** One replica's log: the stable log of its Raft group and the Kafka partition's data at the same time. */
export interface StoredLog {
  readonly key: LogKey;
  readonly hardState: HardState;
  /** First index present; `lastIndex === firstIndex - 1` when empty. The first entry ever has index 1. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Everything up to here is on stable storage. */
  readonly durableIndex: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Bytes of batches from the start to the end of the log. */
  readonly sizeBytes: number;
  /** Term of an entry; 0 for index 0; undefined when not present. Answered from memory (terms change rarely). */
  termAt(index: number): number | undefined;
  /** (term, first offset, first index) of every term that has entries, ascending. */
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number; readonly startIndex: number }[];

  /**
   * Appends entries that follow the last one (index + 1, base offset = previous next offset, term not lower: asserted).
   * Synchronous: reads see them at once. They are handed to the journal by the next `LogStore.flush()` and reported
   * through `LogStoreOptions.onStored` when durable.
   */
  append(entries: readonly LogEntry[]): void;
  /** Removes entries from `index` on; durable with the next flush. Below `durableIndex` is allowed, that is its point. */
  truncateSuffix(index: number): void;
  /** Replaces term and vote; durable with the next flush, reported through `onHardStateStored`. */
  saveHardState(state: HardState): void;
  /** Moves the start of the log forward (retention, DeleteRecords). Drops whole segments that lie below. */
  advanceStart(startOffset: number): void;

  /**
   * Reads whole batches, beginning with the batch that contains `offset`, below `endOffset`.
   * `sizeBytesMax` is soft: the first batch is returned whatever its size (KIP-74) when `atLeastOne`.
   * Completes before the call returns when the bytes are in memory.
   * Errors: OffsetOutOfRangeError outside [startOffset, endOffset of the log]; CorruptEntryError.
   */
  read(
    request: { readonly offset: number; readonly endOffset: number; readonly sizeBytesMax: number; readonly atLeastOne: boolean },
    done: LogDone<ReadResult>,
  ): void;
  /** Entries from `fromIndex` on, at least one if present, up to about `sizeBytesMax`: replay, replication. */
  readEntries(fromIndex: number, sizeBytesMax: number, done: LogDone<readonly LogEntry[]>): void;
  /** First batch at or after `fromOffset` below `endOffset` whose maxTimestamp >= timestamp: its bytes, or null. */
  batchByTimestamp(timestamp: number, endOffset: number, done: LogDone<Buffer | null>): void;
  /** The first batch that holds the largest maxTimestamp below `endOffset`, or null when there is none. */
  batchOfMaxTimestamp(endOffset: number, done: LogDone<Buffer | null>): void;

  /** State of the partition as of `index` (producers …): bounds what is replayed at the next open. */
  saveState(index: number, bytes: Buffer): void;
  /** The newest state saved at or below `lastIndex`, as recovered. */
  readonly savedState: { readonly index: number; readonly bytes: Buffer } | null;
  /** Why this log is not served beyond its undamaged prefix, or null. Damage is never cut (D7). */
  readonly quarantine: { readonly reason: string; readonly offset: number } | null;
}

export interface LogStoreOptions {
  /** Entries up to `index` (last of them with `term`) are durable: journal row and bytes, or journal row and synced segment. */
  onStored(log: StoredLog, index: number, term: number): void;
  onHardStateStored(log: StoredLog, state: HardState): void;
  /** Appends of this log (or, with null, of every log) fail from now on. ENOSPC heals: `onStorageHealed` follows. */
  onStorageFailed(log: StoredLog | null, error: DiskError): void;
  onStorageHealed(): void;
  /** Asked at segment roll, checkpoint and close: the partition's state to save, or null when it has nothing new. */
  snapshotState(log: StoredLog): { readonly index: number; readonly bytes: Buffer } | null;
}
