/**
 * What the rest of the broker may ask of a partition. `partition.ts` implements `Partition` over one Raft group and
 * one StoredLog; `partitions.ts` is the registry. Everything is event-driven: `done` is called exactly once and may be
 * called before the submitting call returns (a refusal, a read from memory).
 *
 * Offsets are safe integers; `startOffset` inclusive, `endOffset` exclusive. Error codes are Kafka's numbers.
 */
import type { ErrorCode } from '../../protocol';
import type { ProducerDescription } from '../../storage';
import type { PartitionTraffic } from '../telemetry-counters';

/**
 * Memory that the server owns (a request frame): kept from reuse between `retain` and `release`. Where nobody can say
 * when a write of it is over (its topic was deleted amid it) `release` is never called, and it is garbage one day.
 */
export interface Lease {
  retain(): void;
  release(): void;
}

/** A lease for memory that nobody reuses. */
export const ownedMemory: Lease = { retain() {}, release() {} };

export interface AppendRequest {
  /** The `records` field of a produce request: a view of the frame that `lease` protects. */
  readonly records: Buffer;
  readonly lease: Lease;
  /** -1: committed and durable on min.insync.replicas; 1: the leader's own completed sync; 0: nothing is promised. */
  readonly acks: -1 | 0 | 1;
  /** Milliseconds until REQUEST_TIMED_OUT; bounds the wait, not the append. */
  readonly timeoutMs: number;
  /** Version of the Produce request (compression rules depend on it). */
  readonly apiVersion: number;
  /** `client`: fully validated. `coordinator`: a machine of ours; control batches are allowed. */
  readonly origin: 'client' | 'coordinator';
}

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string | null;
}

export interface AppendOutcome {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly recordErrors: readonly RecordError[];
  /** -1 on error. */
  readonly baseOffset: number;
  /** -1 unless the topic stamps LogAppendTime. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

export interface FetchRequest {
  readonly offset: number;
  readonly sizeBytesMax: number;
  /** The first non-empty partition of a fetch returns its first batch whatever its size (KIP-74). */
  readonly atLeastOne: boolean;
  readonly isolation: Isolation;
  /** -1: not checked. */
  readonly currentLeaderEpoch: number;
  /** -1: no divergence check (KIP-595 field, consumers send it too). */
  readonly lastFetchedEpoch: number;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchOutcome {
  readonly errorCode: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** null for read_uncommitted; sorted by first offset otherwise. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null;
  /** Whole batches, contiguous, possibly several views; empty when there is nothing to read. */
  readonly buffers: readonly Buffer[];
  readonly sizeBytes: number;
  /** Gives the memory of `buffers` back; exactly once, after the bytes have left. */
  release(): void;
}

export interface OffsetOutcome {
  readonly errorCode: ErrorCode;
  /** -1 when there is none. */
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface DeleteRecordsOutcome {
  readonly errorCode: ErrorCode;
  /** The start of the log on every replica; -1 on error, a timeout aside. */
  readonly lowWatermark: number;
}

export interface Partition {
  readonly topicId: string;
  readonly topicName: string;
  readonly index: number;
  /** -1 while no leader is known. */
  readonly leaderId: number;
  /** The Raft term, as clients see it in Metadata, Fetch, batches and OffsetForLeaderEpoch. */
  readonly leaderEpoch: number;
  readonly isLeader: boolean;
  /** True once this leader has committed an entry of its own term: what it says of the end of the log is final. */
  readonly isSettled: boolean;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly sizeBytes: number;
  /** Node ids. */
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  /** The response to a fetch adds `bytesOut`; the rest is counted here. */
  readonly traffic: PartitionTraffic;

  /**
   * Validates and proposes synchronously (when the call returns, the order against other appends is fixed); `done`
   * when the promise of `acks` holds, or with a refusal. acks 0 promises nothing; `done` comes when the batch is stored,
   * whatever `timeoutMs` says, because its memory is in use until then: a request that ended earlier could not hold back
   * a client that sends faster than the disk writes.
   */
  append(request: AppendRequest, done: (outcome: AppendOutcome) => void): void;
  fetch(request: FetchRequest, done: (outcome: FetchOutcome) => void): void;
  /** Bytes a fetch at `offset` could return now, without reading: what min_bytes is compared with. */
  readableSizeBytes(offset: number, isolation: Isolation): number;
  /** ListOffsets: `timestamp` >= 0 or one of the special negative ones (protocol.md behaviours 53-55). */
  listOffset(
    request: {
      readonly timestamp: number;
      readonly isolation: Isolation;
      readonly currentLeaderEpoch: number;
    },
    done: (outcome: OffsetOutcome) => void,
  ): void;
  /** Largest epoch <= `epoch` and its end offset; -1/-1 when undefined (behaviour 45). */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number };
  /**
   * Moves the start of the log to `offset` (-1: the high watermark) on every replica; `done` when that is durable, or
   * after `timeoutMs` with REQUEST_TIMED_OUT. A start that lies further on stays (behaviour 56).
   */
  deleteRecords(
    request: { readonly offset: number; readonly timeoutMs: number },
    done: (outcome: DeleteRecordsOutcome) => void,
  ): void;
  /** What is committed of the producers that are not forgotten yet (DescribeProducers). */
  describeProducers(): Iterable<ProducerDescription>;
  /** NONE, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or KAFKA_STORAGE_ERROR. */
  checkLeader(currentLeaderEpoch: number): ErrorCode;
}

/** A parked fetch: `wake` runs once, when enough may be readable, something changed, or the deadline passed. */
export interface ParkedFetch {
  cancel(): void;
}

export interface Partitions {
  /** undefined when this broker holds no replica. */
  get(topicId: string, index: number): Partition | undefined;
  all(): Iterable<Partition>;
  /**
   * Parks until the sum of readable bytes over `positions` reaches `sizeBytesMin`, or one of the partitions changes
   * leader, epoch, start or disappears, or `waitMs` of monotonic time pass.
   */
  parkFetch(
    request: {
      readonly positions: readonly { readonly partition: Partition; readonly offset: number }[];
      readonly isolation: Isolation;
      readonly sizeBytesMin: number;
      readonly waitMs: number;
    },
    wake: () => void,
  ): ParkedFetch;
}

/**
 * What happens to a replica, told to a machine that lives in it. Events come in log order and never from inside a
 * call of the machine's own, except `onCommitted` of a one-voter partition, which follows its stored entry.
 */
export interface PartitionListener {
  /**
   * This replica leads in `epoch` and is settled: all that was in the log is committed, so that a replay up to
   * `highWatermark` misses nothing.
   */
  onLeading(epoch: number): void;
  /** It leads no longer (or its disk refuses appends for good): what was proposed may or may not be committed. */
  onFollowing(): void;
  /** One batch was committed, on leaders and followers alike. `batch` is lent for the call. */
  onCommitted(batch: Buffer, baseOffset: number, nextOffset: number): void;
}

/** A partition that carries a machine of ours: the metadata log and the coordinators' topics. */
export interface MachinePartition extends Partition {
  /** Replaces the listener; null takes it away. A settled leader calls `onLeading` before this returns. */
  listen(listener: PartitionListener | null): void;
  /**
   * Proposes one batch of our own (memory is taken over) and returns its base offset at once, so that the operation
   * can be replayed under its final offsets; `done` follows with NONE when it is committed and durable on
   * min.insync.replicas. A refusal returns -1 and calls `done` before it returns: nothing was proposed.
   * Errors after a proposal (NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR) leave open whether it commits.
   */
  propose(batch: Buffer, done: (errorCode: ErrorCode) => void): number;
  /** Largest batch that `propose` takes now without a refusal for its size or for what is in flight; 0: not leading. */
  readonly proposalSizeBytesMax: number;
  /**
   * Visits every committed batch from `fromOffset` (or the start) to the high watermark of the time it gets there.
   * `batch` is lent for the call. `done(error, nextOffset)`: where the next replay or `onCommitted` continues.
   */
  replayCommitted(
    fromOffset: number,
    visit: (batch: Buffer, baseOffset: number, nextOffset: number) => void,
    done: (error: Error | null, nextOffset: number) => void,
  ): void;
}
