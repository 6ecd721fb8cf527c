import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import type { HardState, Node, ReplicaId } from '../../raft';
import type {
  AbortedTransaction,
  BatchFacts,
  ProducerDescription,
  ProducerState,
  StoredLog,
  ValidateConfig,
} from '../../storage';
import { EntryKind } from '../../storage';
import type { TopicConfig } from '../config/topic-config';
import { proposalErrorCode } from '../errors';
import { PartitionTraffic } from '../telemetry-counters';
import { Acks } from './acks';
import { appendBatch, proposeOwn } from './append';
import { AppliedLog } from './applied';
import { deleteRecords } from './commands';
import type { ReplicaContext } from './context';
import { joinGroup } from './group';
import { acknowledge, hasInSync, inSyncNodes } from './in-sync';
import { Awaiting, PendingEntry } from './pending';
import { Watchers } from './purgatory';
import { ReadConfirmations } from './read-confirmations';
import { endOffsetForEpoch, fetchBatches, listOffset, readableEnd } from './reads';
import { noteAppended, recoverState } from './recovery';
import { replayCommitted } from './replay';
import { logConfigOf, validationOf } from './settings';
import { LogTail } from './tail';
import type {
  AppendOutcome,
  AppendRequest,
  DeleteRecordsOutcome,
  FetchOutcome,
  FetchRequest,
  Isolation,
  MachinePartition,
  OffsetOutcome,
  PartitionListener,
} from './types';

/** Who waits for an entry that no client wrote. */
export interface AwaitedCommand {
  readonly timeoutMs: number;
  readonly done: (errorCode: ErrorCode) => void;
}

export interface ReplicaOptions {
  readonly context: ReplicaContext;
  readonly log: StoredLog;
  readonly topicName: string;
  /** Node ids, preferred leader first. */
  readonly replicas: readonly number[];
  /** First voters of a group that does not exist yet; null: joins one. */
  readonly bootstrapVoters: readonly ReplicaId[] | null;
  readonly config: TopicConfig;
}

/**
 * One Kafka partition: a Raft group over a stored log, and what both mean to clients. The only place where Raft's
 * words (index, term, commit) and Kafka's (offset, leader epoch, high watermark) meet.
 *
 * It reacts to calls and to the driver's turn; it waits for nothing and owns no timer.
 */
export class PartitionReplica implements MachinePartition {
  readonly log: StoredLog;
  readonly topicId: string;
  readonly topicName: string;
  readonly index: number;
  readonly watchers = new Watchers();
  readonly acks: Acks;
  readonly traffic = new PartitionTraffic();
  /** The driver's: waits for its turn. */
  isMarked = false;
  replicas: readonly number[];
  /** How batches of clients are checked; follows the topic's settings. */
  validation: ValidateConfig;

  readonly #context: ReplicaContext;
  readonly #bootstrapVoters: readonly ReplicaId[] | null;
  #config: TopicConfig;
  #node: Node<PendingEntry> | null = null;
  readonly #tail: LogTail;
  readonly #applied: AppliedLog;
  #storedIndex = 0;
  #storedTerm = 0;
  /** Term in which the listener was told that this replica leads; 0: not told. */
  #announcedTerm = 0;
  #seenTerm = 0;
  #wasLeader = false;
  #isClosed = false;
  #listener: PartitionListener | null = null;
  readonly #confirmations = new ReadConfirmations();
  readonly #settling: ((error: Error | null) => void)[] = [];

  constructor(options: ReplicaOptions) {
    const { context, log, config } = options;
    this.#context = context;
    this.#bootstrapVoters = options.bootstrapVoters;
    this.#config = config;
    this.log = log;
    this.topicId = log.key.topicId;
    this.topicName = options.topicName;
    this.index = log.key.partition;
    this.replicas = options.replicas;
    this.validation = validationOf(this.topicName, this.index, config);
    this.acks = new Acks(this, context.wheel, log.lastIndex);
    const { acks, watchers } = this;
    this.#tail = new LogTail(log, acks);
    this.#applied = new AppliedLog({ log, tail: this.#tail, acks, watchers, driver: context.driver });
  }

  /**
   * Recovers producers and memberships from the log and joins the group. `done` may be called before this returns; on
   * an error the replica stays without a group and refuses everything.
   */
  open(done: (error: Error | null) => void): void {
    const { log } = this;
    if (log.quarantine !== null) {
      this.#applied.highWatermark = this.#tail.endOffset = Math.min(log.quarantine.offset, log.endOffset);
      done(null);
      return;
    }
    recoverState(log, (error, state) => {
      if (this.#isClosed) return done(null);
      if (error !== null || state === null) {
        this.#tail.refuse(true);
        return done(error);
      }
      this.#tail.producers = state.producers;
      this.#applied.recovered(state);
      this.#node = joinGroup(this.#context, this.#tail, state, this.#bootstrapVoters);
      this.#mark();
      done(null);
    });
  }

  get leaderId(): number {
    if (this.isQuarantined) return this.replicas.length === 1 ? this.#context.self.nodeId : -1;
    return this.#node?.leader?.nodeId ?? -1;
  }

  get leaderEpoch(): number {
    return this.#node?.term ?? this.log.hardState.term;
  }

  get isLeader(): boolean {
    return this.#node?.role === 'leader' || (this.isQuarantined && this.replicas.length === 1);
  }

  get isSettled(): boolean {
    return (
      (this.#node?.isTermCommitted === true && this.#announcedTerm === this.#node.term) || this.isQuarantined
    );
  }

  get isQuarantined(): boolean {
    return this.log.quarantine !== null;
  }

  /** Its appended view is up to `endOffset`, its applied view up to `highWatermark`. */
  get producers(): ProducerState {
    return this.#tail.producers;
  }

  /** Next offset after the last proposed or received batch. */
  get endOffset(): number {
    return this.#tail.endOffset;
  }

  get startOffset(): number {
    return this.log.startOffset;
  }

  /** Next offset after the last committed batch. */
  get highWatermark(): number {
    return this.#applied.highWatermark;
  }

  get lastStableOffset(): number {
    return this.producers.lastStableOffset(this.highWatermark);
  }

  get sizeBytes(): number {
    return this.log.sizeBytes;
  }

  get decompressedSizeBytesMax(): number {
    return this.#config.maxDecompressedSizeBytes;
  }

  /** On the leader: itself and every follower that answers and follows closely. Elsewhere nobody can say. */
  get inSyncReplicas(): readonly number[] {
    const node = this.#node;
    if (node === null || node.role !== 'leader') return this.isLeader ? [this.#context.self.nodeId] : [];
    return inSyncNodes(node);
  }

  /**
   * `done(null)` once a leader stands and what it says of the log is final, or with why that will not come. A damaged
   * log is settled: what is left of it is served.
   */
  whenSettled(done: (error: Error | null) => void): void {
    if (this.isSettled) {
      done(null);
      return;
    }
    if (this.#isClosed) {
      done(this.#deletedError());
      return;
    }
    if (this.#tail.isRefused) {
      done(new Error(`${this.topicName}-${this.index}: the disk refuses appends`));
      return;
    }
    this.#settling.push(done);
  }

  /** New settings of the topic; they count from the next append on. */
  configure(config: TopicConfig): void {
    this.#config = config;
    this.validation = validationOf(this.topicName, this.index, config);
    this.#context.store.configure(this.log, logConfigOf(config, this.#context.host.random));
    this.#mark();
  }

  append(request: AppendRequest, done: (outcome: AppendOutcome) => void): void {
    this.traffic.produceRequests++;
    appendBatch(this, request, done);
  }

  fetch(request: FetchRequest, done: (outcome: FetchOutcome) => void): void {
    this.traffic.fetchRequests++;
    fetchBatches(this, request, done);
  }

  listOffset(
    request: {
      readonly timestamp: number;
      readonly isolation: Isolation;
      readonly currentLeaderEpoch: number;
    },
    done: (outcome: OffsetOutcome) => void,
  ): void {
    listOffset(this, request, done);
  }

  deleteRecords(
    request: { readonly offset: number; readonly timeoutMs: number },
    done: (outcome: DeleteRecordsOutcome) => void,
  ): void {
    deleteRecords(this, request, done);
  }

  describeProducers(): Iterable<ProducerDescription> {
    return this.producers.describe();
  }

  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return endOffsetForEpoch(this, epoch);
  }

  /** An estimate, and never 0 when there is something, for offsets older than the newest 512 committed batches. */
  readableSizeBytes(offset: number, isolation: Isolation): number {
    const endOffset = readableEnd(this, isolation);
    return this.#applied.sizes.between(offset, endOffset) ?? Math.max(1, this.log.sizeBytes);
  }

  checkLeader(currentLeaderEpoch: number): ErrorCode {
    if (this.#isClosed) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (currentLeaderEpoch >= 0) {
      if (currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
      if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    }
    if (this.isLeader) return ErrorCode.NONE;
    // What the disk kept back at the open may not be there for another leader to tell.
    if (this.#node === null && this.#tail.isLost) return ErrorCode.KAFKA_STORAGE_ERROR;
    return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** See `AckSide`. With several voters a promise is kept by their copies, which only Raft can count. */
  isCovered(index: number, term: number, promise: Awaiting): boolean {
    const { log } = this;
    const node = this.#node!;
    if (promise === Awaiting.committed && !node.state.isSoleVoter) return index <= node.commitIndex;
    return index <= log.durableIndex && (index < log.firstIndex || log.termAt(index) === term);
  }

  confirmLeadership(done: (isConfirmed: boolean) => void): void {
    if (this.isQuarantined) {
      done(true);
      return;
    }
    this.#confirmations.add(done);
    this.#mark();
  }

  listen(listener: PartitionListener | null): void {
    this.#listener = listener;
    if (this.isSettled && !this.isQuarantined) listener?.onLeading(this.#announcedTerm);
  }

  propose(batch: Buffer, done: (errorCode: ErrorCode) => void): number {
    return proposeOwn(this, batch, done);
  }

  get proposalSizeBytesMax(): number {
    if (this.appendRefusal(-1) !== ErrorCode.NONE) return 0;
    const { maxMessageSizeBytes } = this.#config;
    return this.proposalRefusal(maxMessageSizeBytes) === ErrorCode.NONE ? maxMessageSizeBytes : 0;
  }

  replayCommitted(
    fromOffset: number,
    visit: (batch: Buffer, baseOffset: number, nextOffset: number) => void,
    done: (error: Error | null, nextOffset: number) => void,
  ): void {
    replayCommitted(this, fromOffset, visit, done);
  }

  /** NONE, or why this replica takes no append now. */
  appendRefusal(acks: number, isAdmitted = !this.#tail.isRefused): ErrorCode {
    if (this.#isClosed) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (!isAdmitted || this.isQuarantined) return ErrorCode.KAFKA_STORAGE_ERROR;
    if (this.#node?.role !== 'leader') return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (acks === -1 && !hasInSync(this.#node, this.#minInSync)) return ErrorCode.NOT_ENOUGH_REPLICAS;
    return ErrorCode.NONE;
  }

  /** NONE, or why an entry of this size cannot be proposed now. */
  proposalRefusal(sizeBytes: number): ErrorCode {
    const refusal = this.#node?.proposalRefusal(sizeBytes);
    if (refusal === undefined) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (refusal !== null) return proposalErrorCode(refusal);
    const { driver, uncommittedSizeBytesMax } = this.#context;
    const isOver = driver.uncommittedSizeBytes + sizeBytes > uncommittedSizeBytesMax;
    return isOver && driver.uncommittedSizeBytes > 0 ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.NONE;
  }

  nowMs(): number {
    return this.#context.host.brokerTime.nowMs();
  }

  addUncommitted(sizeBytes: number): void {
    this.#context.driver.uncommittedSizeBytes += sizeBytes;
  }

  /** A stamped batch that begins at `endOffset`, after `proposalRefusal` said NONE. */
  proposeBatch(
    batch: Buffer,
    nextOffset: number,
    maxTimestamp: number,
    facts: BatchFacts | null,
  ): PendingEntry {
    const entry = this.#propose(EntryKind.batch, nextOffset, maxTimestamp, batch);
    if (facts !== null) this.producers.append(entry.index, facts);
    return entry;
  }

  /**
   * An entry that no client wrote; it takes no offset. NONE, or why it cannot be proposed. `awaited`: told when it is
   * applied here and has its copies, or why it has not by its time.
   */
  proposeCommand(kind: EntryKind, bytes: Buffer, awaited: AwaitedCommand | null = null): ErrorCode {
    // On a full disk these go on: they are what makes room.
    const refusal = this.appendRefusal(-1, this.#tail.takesCommands);
    if (refusal !== ErrorCode.NONE) return refusal;
    const limit = this.proposalRefusal(bytes.length);
    if (limit !== ErrorCode.NONE) return limit;
    const entry = this.#propose(kind, this.endOffset, -1, bytes);
    noteAppended(this.producers, entry);
    if (awaited !== null) {
      this.acks.expect(entry, Awaiting.committed, awaited.timeoutMs, ({ errorCode }) =>
        awaited.done(errorCode),
      );
    }
    return ErrorCode.NONE;
  }

  /** The settings of its topic. */
  get config(): TopicConfig {
    return this.#config;
  }

  /** See `StoredLog.freeBelowStart`. A log that is gone has nothing to free. */
  freeBelowStart(): void {
    if (!this.#isClosed) this.log.freeBelowStart();
  }

  /** Compaction has left nothing of these aborted transactions for readers to skip. */
  forgetAborted(transactions: readonly AbortedTransaction[]): void {
    this.producers.forgetAborted(transactions);
    this.#applied.stateChanged();
  }

  /** A message of another replica of this group. */
  step(message: Parameters<Node<PendingEntry>['step']>[0]): void {
    this.#node?.step(message);
    this.#mark();
  }

  /** Driver: the first half of a turn. Hands to the store what Raft wants stored; nothing is told to anyone. */
  takeReady(): void {
    const node = this.#node;
    if (node === null) return;
    // Segments go when the storage is ready for it, which tells nobody.
    node.startMovedTo(this.log.firstIndex);
    this.#confirmations.ask(node);
    // One is everything: nothing that is done with it makes more.
    const ready = node.ready();
    if (ready === null) return;
    if (ready.hardState !== null) this.log.saveHardState(ready.hardState);
    if (ready.truncateFrom !== null) this.#truncate(ready.truncateFrom);
    if (ready.entries.length > 0) this.#onRefusal(this.#tail.store(ready.entries));
    for (const { index } of ready.readStates) this.#confirmations.onReadState(index);
    // Groups of several replicas come with the peers that carry these.
    assert(ready.messages.length === 0 && ready.entryReads.length === 0);
  }

  /** Driver: the second half. Applies what is committed, and then tells everybody what has become true. */
  finishReady(): void {
    const node = this.#node;
    if (node === null) return;
    const isLeader = node.role === 'leader';
    if (node.term !== this.#seenTerm || isLeader !== this.#wasLeader) this.#onLeadership(node.term, isLeader);
    this.#applied.advance(node, this.#listener);
    if (this.#storedIndex > 0) {
      this.acks.stored(this.#storedIndex, this.#storedTerm);
      this.#storedIndex = 0;
    }
    if (isLeader) acknowledge(this.acks, node, this.#applied.index, this.#minInSync);
    if (
      node.isTermCommitted &&
      this.#announcedTerm !== node.term &&
      this.#applied.index >= node.commitIndex
    ) {
      this.#announcedTerm = node.term;
      this.#listener?.onLeading(node.term);
      this.#settle(null);
    }
    if (this.#confirmations.settle(this.#applied.index)) this.#mark();
  }

  /** Driver. True when it is about an entry that is still in the log. */
  onStored(index: number, term: number): boolean {
    // Storage knows what it has made durable of the log as it is now; a report about an older content says less.
    if (this.#node === null || index > this.log.durableIndex) return false;
    this.#node.stored(index, term);
    this.#storedIndex = index;
    this.#storedTerm = term;
    return true;
  }

  onHardStateStored(state: HardState): void {
    this.#node?.hardStateStored(state);
  }

  /**
   * Appends fail from now on, for good if `isFinal`. What was proposed may still become durable (a full disk heals), so
   * nothing is cut.
   */
  onStorageFailed(error: Error, isFinal: boolean): void {
    const wasRefused = this.#tail.isRefused;
    this.#tail.refuse(isFinal);
    if (isFinal) this.acks.abandon();
    if (!wasRefused) this.#onRefusal(error);
  }

  onStorageHealed(): void {
    this.#onRefusal(this.#tail.healed());
    this.#context.driver.schedule();
  }

  /** What the storage saves beside the log: the applied state, or null when that has not moved since the last time. */
  snapshotState(): { readonly index: number; readonly bytes: Buffer } | null {
    return this.#node === null ? null : this.#applied.snapshot(this.#node);
  }

  /** The topic is gone: everybody who waits is told. The replica answers UNKNOWN_TOPIC_OR_PARTITION from now on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#node = null;
    this.acks.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    this.#confirmations.failAll();
    this.#settle(this.#deletedError());
    if (this.#announcedTerm !== 0) this.#listener?.onFollowing();
    this.watchers.changed(this.#context.driver.woken);
    this.#context.driver.schedule();
  }

  #deletedError(): Error {
    return new Error(`${this.topicName}-${this.index} was deleted`);
  }

  #onRefusal(error: Error | null): void {
    if (error === null) return;
    if (this.#tail.isLost) this.acks.abandon();
    this.acks.failAll(ErrorCode.KAFKA_STORAGE_ERROR);
    this.#settle(error);
  }

  #mark(): void {
    this.#context.driver.mark(this);
  }

  #propose(kind: EntryKind, nextOffset: number, maxTimestamp: number, bytes: Buffer): PendingEntry {
    const node = this.#node!;
    const index = node.lastIndex + 1;
    const entry = new PendingEntry(index, node.term, kind, this.endOffset, nextOffset, maxTimestamp, bytes);
    const refusal = node.propose(entry);
    assert(refusal === null);
    this.#tail.add(entry);
    this.#mark();
    return entry;
  }

  #truncate(fromIndex: number): void {
    this.#applied.truncate(fromIndex);
    this.#tail.truncate(fromIndex);
    this.watchers.changed(this.#context.driver.woken);
  }

  #onLeadership(term: number, isLeader: boolean): void {
    const hadLed = this.#wasLeader;
    this.#seenTerm = term;
    this.#wasLeader = isLeader;
    // The outcome is open: another leader may commit these. A client that asks again is told by its sequence.
    if (hadLed) this.acks.failAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    if (this.#announcedTerm !== 0) {
      this.#announcedTerm = 0;
      this.#listener?.onFollowing();
    }
    this.watchers.changed(this.#context.driver.woken);
  }

  /** min.insync.replicas, but never more than there are replicas: else nothing could ever be written (KIP-966). */
  get #minInSync(): number {
    return Math.min(this.#config.minInsyncReplicas, this.replicas.length);
  }

  #settle(error: Error | null): void {
    for (const done of this.#settling.splice(0)) done(error);
  }
}
