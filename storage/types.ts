/**
 * The public shapes of `storage/`. The format behind them: docs/storage-format.md.
 *
 * Offsets and indexes are safe integers. `startOffset` is inclusive, `endOffset` exclusive.
 */
import type { DiskError } from './disk';
import type { AbortedTransaction } from './transaction-index';

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

// Small batches are copied by `append` itself; the owner of the frame still keeps it until `onStored`, so that the
// rule is one rule.

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
  /** The active segment rolls when its first batch is older than this (by batch timestamps, as Kafka's segment.ms). */
  readonly segmentAgeMsMax: number;
}

export interface JournalConfig {
  /** Size of one journal file; they are recycled. A checkpoint begins when four are in use: that much is replayed. */
  readonly fileSizeBytes: number;
  /** When a partition has at least this many bytes in one group, its batches go straight to the segment. */
  readonly bypassSizeBytesMin: number;
  /** Cap on bytes that are durable in the journal but not yet in their segments: beyond it appends of the next group wait. */
  readonly lazySizeBytesMax: number;
  /**
   * Bytes of large batches that are kept in memory for readers, because they are in no page cache; freed when no large
   * batch came for two minutes. Negative or not given: a sixteenth of the memory, at most 1 GiB.
   */
  readonly recentSizeBytesMax?: number;
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

/** The last a producer left in the log, which compaction keeps as long as the producer is known. */
export interface LastOfProducer {
  /** -1: only a marker. */
  readonly lastDataOffset: number;
  readonly producerEpoch: number;
}

export interface CompactionRequest {
  /** Keys are looked for from here on, in segments that end at or below `endOffset`; all is committed and decided. */
  readonly firstDirtyOffset: number;
  readonly endOffset: number;
  /** Broker time. */
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  /** Aborted transactions below `endOffset`, by first offset. */
  readonly aborted: readonly AbortedTransaction[];
  readonly lastOfProducers: ReadonlyMap<number, LastOfProducer>;
  /** The state of the log as it is now, at an index that may have been saved before, is to be in a manifest first. */
  readonly isStateNew: boolean;
  /** Small segments that follow each other become one of up to this size. */
  readonly segmentSizeBytesMax: number;
  readonly limits: CompactionLimits;
}

export interface CompactionLimits {
  /** Memory for the offsets of keys, how full it may get, and bytes that are read at once. */
  readonly mapSizeBytesMax: number;
  readonly mapLoadMax: number;
  readonly readSizeBytes: number;
  /** Read and written; Infinity for no bound. */
  readonly bytesPerSecondMax: number;
}

export interface CompactionResult {
  /** False when there was nothing to do. */
  readonly hasCleaned: boolean;
  readonly readSizeBytes: number;
  readonly writtenSizeBytes: number;
  readonly keyCount: number;
  /** Aborted transactions of which nothing but the marker is left, and that one for a while: to be forgotten. */
  readonly emptied: readonly AbortedTransaction[];
}

/** What retention and compaction decide by. */
export interface SegmentFacts {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly nextOffset: number;
  /** Of its batches. */
  readonly sizeBytes: number;
  /** Largest of its batches, or above it after a truncation; -1 without batches. */
  readonly maxTimestamp: number;
  /** Largest of its first batch; -1 without batches. */
  readonly firstTimestamp: number;
}

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
  readonly epochs: readonly {
    readonly epoch: number;
    readonly startOffset: number;
    readonly startIndex: number;
  }[];

  /**
   * Appends entries that follow the last one (index + 1, base offset = previous next offset, term not lower: asserted).
   * Synchronous: reads see them at once. They are handed to the journal by the next `LogStore.flush()` and reported
   * through `LogStoreOptions.onStored` when durable.
   */
  append(entries: readonly LogEntry[]): void;
  /**
   * Removes entries from `index` on; durable with the next flush. Below `durableIndex` is allowed, that is its point.
   * Complete when it returns if the entry's row is in memory (always so for entries that are not in the row file yet);
   * otherwise the row is read first, and until `done` nothing else may be asked of the log. `done` is called in either
   * case, before the return in the first. Without `done` a failed read of the row throws.
   */
  truncateSuffix(index: number, done?: (error: Error | null) => void): void;
  /** Replaces term and vote; durable with the next flush, reported through `onHardStateStored`. */
  saveHardState(state: HardState): void;
  /** Moves the start of the log forward (retention, DeleteRecords); durable with the next flush. Nothing is freed. */
  advanceStart(startOffset: number): void;
  /**
   * Lets go of whole segments that lie below the start; their files go when that is durable. A segment stays until a
   * saved state that covers its entries stands in the manifest: one is written for it, and then it goes by itself.
   */
  freeBelowStart(): void;
  /** The next entry begins a new segment, unless the last one is empty. */
  roll(): void;
  /** Oldest first; the last one grows. */
  readonly segments: readonly SegmentFacts[];
  /** Below it compaction has looked at every key. */
  readonly cleanedOffset: number;
  /**
   * Keeps the last record of each key, as Kafka's cleaner does, in segments that a saved state covers; waits for one if
   * there is none. Offsets stay. Works in slices of a few milliseconds; one at a time for a log. Until `done` segments
   * are replaced one after the other, each by a record of the next group; reads that are under way go on.
   * Errors: DiskError, CorruptEntryError, CompressionError, RecordFormatError, CompactionEndedError (the log or the
   * store ended, or segments went meanwhile).
   */
  compact(request: CompactionRequest, done: LogDone<CompactionResult>): void;

  /**
   * Reads whole batches, beginning with the batch that contains `offset`, below `endOffset`.
   * `sizeBytesMax` is soft: the first batch is returned whatever its size (KIP-74) when `atLeastOne`.
   * Completes before the call returns when the bytes are in memory.
   * Errors: OffsetOutOfRangeError outside [startOffset, endOffset of the log]; CorruptEntryError.
   */
  read(
    request: {
      readonly offset: number;
      readonly endOffset: number;
      readonly sizeBytesMax: number;
      readonly atLeastOne: boolean;
    },
    done: LogDone<ReadResult>,
  ): void;
  /** Entries from `fromIndex` on, at least one if present, up to about `sizeBytesMax`: replay, replication. */
  readEntries(fromIndex: number, sizeBytesMax: number, done: LogDone<readonly LogEntry[]>): void;
  /**
   * Entries from `fromIndex` on, some hundreds at most, of batches only the first 128 bytes: what rebuilds a state. The
   * bytes are lent for the call of `done`. Checksums of batches are not computed, what they say of themselves is compared
   * with their rows. Errors: OffsetOutOfRangeError for an index that the log has not; CorruptEntryError.
   */
  readHeads(fromIndex: number, done: LogDone<readonly LogEntry[]>): void;
  /** First batch that reaches beyond `fromOffset` and ends by `endOffset` whose maxTimestamp >= timestamp: its bytes, or null. */
  batchByTimestamp(
    timestamp: number,
    fromOffset: number,
    endOffset: number,
    done: LogDone<Buffer | null>,
  ): void;
  /** The first batch that holds the largest maxTimestamp below `endOffset`, or null when there is none. */
  batchOfMaxTimestamp(endOffset: number, done: LogDone<Buffer | null>): void;

  /** State of the partition as of `index` (producers …): bounds what is replayed at the next open. */
  saveState(index: number, bytes: Buffer): void;
  /** The newest state saved at or below `lastIndex`, as recovered. */
  readonly savedState: { readonly index: number; readonly bytes: Buffer } | null;
  /** Why this log is not served beyond its undamaged prefix, or null. Damage is never cut (D7). */
  readonly quarantine: { readonly reason: string; readonly offset: number } | null;
}

/** What the first start writes into the identity file and every later start finds there again. */
export interface StoreIdentity {
  readonly clusterId: string;
  readonly nodeId: number;
  /** New with every empty directory: a wiped node is another replica (trap T30). */
  readonly incarnation: string;
}

export interface LogStoreOptions {
  /** Used only when the directory is empty; a directory that has an identity keeps its own (see `LogStore.identity`). */
  readonly identityIfNew: StoreIdentity;
  /** Monotonic timers: the idle mark (10 ms after the last group, D7), lazy segment writes, checkpoints. */
  readonly timers: {
    /** Monotonic milliseconds, not negative: how old the last check of bytes is (decision 0010). */
    nowMs(): number;
    after(delayMs: number, run: () => void): { cancel(): void };
  };
  readonly journal: JournalConfig;
  /** Entries up to `index` (last of them with `term`) are durable: journal row and bytes, or journal row and synced segment. */
  onStored(log: StoredLog, index: number, term: number): void;
  onHardStateStored(log: StoredLog, state: HardState): void;
  /** Appends of this log (or, with null, of every log) fail from now on. ENOSPC heals: `onStorageHealed` follows. */
  onStorageFailed(log: StoredLog | null, error: DiskError): void;
  onStorageHealed(): void;
  /** Asked at segment roll, checkpoint and close: the partition's state to save, or null when it has nothing new. */
  snapshotState(log: StoredLog): { readonly index: number; readonly bytes: Buffer } | null;
  /** One line for the operator: recovery results, quarantine, a full disk. */
  onNotice(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * All logs of one data directory behind one group-commit journal. Opened by `openLogStore(disk, options, done)`
 * (storage/log-store.ts), whose errors are typed (storage/errors.ts) and name what is wrong and what can be done:
 * newer format, unreadable, damaged identity or journal.
 */
export interface LogStore {
  readonly identity: StoreIdentity;
  /** True when this open found an empty directory. */
  readonly isNew: boolean;
  /** True when the last owner closed in order: nothing was scanned. */
  readonly wasClean: boolean;
  logs(): Iterable<StoredLog>;
  log(key: LogKey): StoredLog | undefined;
  /** An empty log, usable at once; it exists after a crash as soon as anything of it (an entry, a hard state) is durable. */
  create(key: LogKey, config: LogConfig): StoredLog;
  /** Durable with the next group; files go later. Pending `onStored` of this log never fire. */
  delete(key: LogKey): void;
  configure(log: StoredLog, config: LogConfig): void;
  /**
   * Hands everything appended, truncated, saved or deleted since the last call to the journal as one group.
   * One group is in flight; what comes meanwhile joins the next, which leaves by itself when the first completes.
   * Call once per turn of the event loop. Free when nothing is pending.
   */
  flush(): void;
  /** Bytes appended but not yet durable: the broker's back-pressure reads it. */
  readonly pendingSizeBytes: number;
  /** Waits for what is in flight, writes lazy bytes and states, leaves a clean mark. No call is allowed after. */
  close(done: (error: Error | null) => void): void;
}
