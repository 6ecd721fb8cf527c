import assert from 'node:assert/strict';
import type { DiskError, LogStore, LogStoreOptions, StoredLog } from '../../storage';
import type { Host } from '../host';
import type { PartitionReplica } from './partition';
import type { FetchPark } from './purgatory';

/** The calls of the storage that belong to partitions; `openLogStore` is given them. */
export type StoreEvents = Pick<
  LogStoreOptions,
  'onStored' | 'onHardStateStored' | 'onStorageFailed' | 'onStorageHealed' | 'snapshotState'
>;

/** Only a full disk heals. */
function isFinal(error: DiskError): boolean {
  return error.code !== 'ENOSPC';
}

/**
 * The only loop. Whatever happens to a partition (a proposal, a stored entry, a message) marks it; once per turn of the
 * event loop every marked partition is taken through its Ready: what it has to store goes to the storage first, one
 * flush makes it one group for all of them, and only then is what has become true told to those who wait.
 */
export class PartitionDriver {
  readonly #host: Host;
  #store: LogStore | null = null;
  readonly #replicas = new Map<StoredLog, PartitionReplica>();
  #marked: PartitionReplica[] = [];
  #turning: PartitionReplica[] = [];
  #isScheduled = false;
  #isClosed = false;
  /** Why the whole store takes no appends, or null. */
  #failure: DiskError | null = null;
  readonly #woken: FetchPark[] = [];
  readonly #turn = () => this.#onTurn();
  /** Bytes of entries that are not applied yet. */
  uncommittedSizeBytes = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  readonly storeEvents: StoreEvents = {
    onStored: (log, index, term) => {
      const replica = this.#replicas.get(log);
      if (replica?.onStored(index, term) === true) this.mark(replica);
    },
    onHardStateStored: (log, state) => {
      const replica = this.#replicas.get(log);
      if (replica === undefined) return;
      replica.onHardStateStored(state);
      this.mark(replica);
    },
    onStorageFailed: (log, error) => {
      if (log !== null) return this.#replicas.get(log)?.onStorageFailed(error, true);
      this.#failure = error;
      for (const replica of this.#replicas.values()) replica.onStorageFailed(error, isFinal(error));
    },
    onStorageHealed: () => {
      if (this.#failure === null || isFinal(this.#failure)) return;
      this.#failure = null;
      for (const replica of this.#replicas.values()) replica.onStorageHealed();
    },
    snapshotState: (log) => this.#replicas.get(log)?.snapshotState() ?? null,
  };

  /** Once, before the first replica: the store and the driver need each other. */
  attach(store: LogStore): void {
    assert(this.#store === null);
    this.#store = store;
  }

  add(replica: PartitionReplica): void {
    this.#replicas.set(replica.log, replica);
    if (this.#failure !== null) replica.onStorageFailed(this.#failure, isFinal(this.#failure));
  }

  remove(replica: PartitionReplica): void {
    this.#replicas.delete(replica.log);
  }

  /** `replica` may have something to do: it is looked at when this turn of the event loop ends. */
  mark(replica: PartitionReplica): void {
    if (replica.isMarked) return;
    replica.isMarked = true;
    this.#marked.push(replica);
    this.schedule();
  }

  /** Something was handed to the store outside a replica's Ready (a deletion): the next turn flushes it. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#host.endOfTurn(this.#turn);
  }

  /**
   * Collects fetches that are due. They are woken after every answer of the turn has gone out, so that one read serves
   * all partitions; whoever adds to it outside a turn calls `schedule`.
   */
  get woken(): FetchPark[] {
    return this.#woken;
  }

  /** No turn runs from here on: the store is about to close, and takes nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  #onTurn(): void {
    assert(this.#store !== null);
    if (this.#isClosed) return;
    const turning = this.#marked;
    this.#marked = this.#turning;
    this.#turning = turning;
    this.#isScheduled = false;
    for (const replica of turning) {
      replica.isMarked = false;
      replica.takeReady();
    }
    this.#store.flush();
    for (const replica of turning) replica.finishReady();
    turning.length = 0;
    if (this.#woken.length === 0) return;
    for (const park of this.#woken.splice(0)) park.wake();
  }
}
