import assert from 'node:assert/strict';
import type { RaftConfig, ReplicaId } from '../../raft';
import type { LogStore } from '../../storage';
import type { TopicConfig } from '../config/topic-config';
import type { Host } from '../host';
import type { Logger } from '../telemetry';
import { defaultRaftConfig, type ReplicaContext } from './context';
import { DeadlineWheel } from './deadlines';
import type { PartitionDriver } from './driver';
import { PartitionReplica } from './partition';
import { parkFetch } from './purgatory';
import { logConfigOf } from './settings';
import type { ParkedFetch, Partitions } from './types';

export interface RegistryOptions {
  readonly host: Host;
  /** Opened with the events of `driver`; the registry attaches one to the other. */
  readonly store: LogStore;
  readonly driver: PartitionDriver;
  readonly logger: Logger;
  readonly raftConfig?: RaftConfig;
  /** Bytes of batches, over all partitions, that may wait for their commit. */
  readonly uncommittedSizeBytesMax?: number;
}

export interface ReplicaSpec {
  readonly topicId: string;
  readonly topicName: string;
  readonly index: number;
  /** Node ids, preferred leader first. */
  readonly replicas: readonly number[];
  readonly config: TopicConfig;
  /** First voters of a group of several; left out, this broker alone. Not looked at when the log exists. */
  readonly voters?: readonly ReplicaId[];
}

/** The replicas on this broker: made, found, configured and deleted as the metadata says. */
export class PartitionRegistry implements Partitions {
  readonly #context: ReplicaContext;
  readonly #topics = new Map<string, (PartitionReplica | undefined)[]>();
  #parks = true;

  constructor(options: RegistryOptions) {
    const { host, store, driver, logger } = options;
    const { nodeId, incarnation } = store.identity;
    this.#context = {
      self: { nodeId, incarnation },
      host,
      store,
      driver,
      logger,
      wheel: new DeadlineWheel(host.monotonic),
      raftConfig: options.raftConfig ?? defaultRaftConfig,
      uncommittedSizeBytesMax: options.uncommittedSizeBytesMax ?? 256 << 20,
    };
    driver.attach(store);
  }

  get(topicId: string, index: number): PartitionReplica | undefined {
    return this.#topics.get(topicId)?.[index];
  }

  *all(): Generator<PartitionReplica> {
    for (const replicas of this.#topics.values()) {
      for (const replica of replicas) if (replica !== undefined) yield replica;
    }
  }

  /**
   * Opens the replica's log where the store has one, and makes it otherwise. `done(null)` when its leader stands and
   * the leader's first entry is committed: appends and exact answers about the log succeed from then on. A replica
   * whose `done` brings an error is there and refuses. Asking for one that exists is no error.
   */
  create(spec: ReplicaSpec, done: (error: Error | null) => void): void {
    const { topicId, index } = spec;
    const existing = this.get(topicId, index);
    if (existing !== undefined) {
      existing.whenSettled(done);
      return;
    }
    const { host, store, driver, self, logger } = this.#context;
    const key = { topicId, partition: index };
    const logConfig = logConfigOf(spec.config, host.random);
    const found = store.log(key);
    if (found !== undefined) store.configure(found, logConfig);
    assert(spec.voters !== undefined || spec.replicas.length === 1);
    const replica = new PartitionReplica({
      context: this.#context,
      log: found ?? store.create(key, logConfig),
      topicName: spec.topicName,
      replicas: spec.replicas,
      bootstrapVoters: spec.voters ?? [self],
      config: spec.config,
    });
    const replicas = this.#topics.get(topicId);
    if (replicas === undefined) {
      const first: (PartitionReplica | undefined)[] = [];
      first[index] = replica;
      this.#topics.set(topicId, first);
    } else {
      replicas[index] = replica;
    }
    driver.add(replica);
    replica.open((error) => {
      if (error === null) return replica.whenSettled(done);
      logger.error(
        { topic: spec.topicName, partition: index, error: error.message },
        'a partition cannot be opened',
      );
      done(error);
    });
  }

  /** Closes the topic's replicas and deletes their logs, durably with the next group. Unknown topics are no error. */
  delete(topicId: string): void {
    const replicas = this.#topics.get(topicId) ?? [];
    this.#topics.delete(topicId);
    for (const replica of replicas) {
      if (replica === undefined) continue;
      replica.close();
      this.#context.driver.remove(replica);
      this.#context.store.delete(replica.log.key);
    }
    this.#context.driver.schedule();
  }

  /** Deletes what the store holds of topics that are gone: their deletion was not finished before the last stop. */
  deleteUnknown(isKnown: (topicId: string) => boolean): void {
    for (const log of [...this.#context.store.logs()]) {
      const { topicId, partition } = log.key;
      if (isKnown(topicId) || this.get(topicId, partition) !== undefined) continue;
      this.#context.store.delete(log.key);
    }
    this.#context.driver.schedule();
  }

  /** New settings of a topic; they count from the next append on. */
  configure(topicId: string, config: TopicConfig): void {
    for (const replica of this.#topics.get(topicId) ?? []) replica?.configure(config);
  }

  parkFetch(request: Parameters<Partitions['parkFetch']>[0], wake: () => void): ParkedFetch {
    return parkFetch(this.#context.wheel, this.#parks ? request : { ...request, waitMs: 0 }, wake);
  }

  /** No fetch waits from here on: those that do are woken, so that a stop has nobody to wait for. */
  stopParking(): void {
    this.#parks = false;
    for (const replica of this.all()) replica.watchers.changed(this.#context.driver.woken);
    this.#context.driver.schedule();
  }

  /** Stops everything: what waits is not answered any more. The store is closed by its owner afterwards. */
  close(): void {
    this.#context.driver.close();
    this.#context.wheel.close();
  }
}
