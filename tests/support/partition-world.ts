/**
 * Partitions on one simulated machine: the real store on a disk that forgets, the real Raft, time that moves only when
 * a test says so. Everything is synchronous: an operation is asked for, events run, the answer is looked at.
 */
import assert from 'node:assert/strict';
import { ErrorCode, errorName } from '../../protocol';
import type { TopicConfig } from '../../src/config/topic-config';
import { PartitionDriver } from '../../src/partition/driver';
import type { PartitionReplica } from '../../src/partition/partition';
import { PartitionRegistry, type RegistryOptions } from '../../src/partition/partitions';
import type {
  AppendOutcome,
  AppendRequest,
  FetchOutcome,
  FetchRequest,
  Isolation,
  OffsetOutcome,
} from '../../src/partition/types';
import { ownedMemory } from '../../src/partition/types';
import { batchPositions, type LogStore, nextOffsetOf, openLogStore, recordsOf } from '../../storage';
import { createWorld, SimulatedMachine } from '../sim/host';
import { lineLogger, topicConfig } from './fixtures';

export const TOPIC_ID = '11111111-1111-4111-8111-111111111111';
export const OTHER_TOPIC_ID = '22222222-2222-4222-8222-222222222222';

/** An answer that may not be there yet. */
export class Answer<T> {
  value: T | null = null;
  readonly take = (value: T): void => {
    assert(this.value === null, 'answered twice');
    this.value = value;
  };
  get isThere(): boolean {
    return this.value !== null;
  }
}

export class PartitionWorld {
  readonly world;
  readonly machine;
  readonly lines: string[] = [];
  store!: LogStore;
  driver!: PartitionDriver;
  partitions!: PartitionRegistry;
  readonly #options: Partial<RegistryOptions>;

  constructor(options: Partial<RegistryOptions> = {}, seed = 7) {
    this.#options = options;
    this.world = createWorld(seed);
    this.machine = new SimulatedMachine(this.world);
    this.start();
  }

  get scheduler() {
    return this.world.scheduler;
  }

  get faults() {
    return this.machine.disk.faults;
  }

  /** Opens the store of the machine and its registry; replicas are for `create`. */
  start(): void {
    const { host } = this.machine;
    const driver = new PartitionDriver(host);
    let opened: LogStore | null = null;
    openLogStore(
      host.disk,
      {
        ...driver.storeEvents,
        identityIfNew: { clusterId: 'cluster', nodeId: 1, incarnation: 'first' },
        timers: host.monotonic,
        journal: { fileSizeBytes: 1 << 20, bypassSizeBytesMin: 100 << 10, lazySizeBytesMax: 16 << 20 },
        onNotice: (level, message) => this.lines.push(`${level} ${message}`),
      },
      (error, store) => {
        if (error !== null) throw error;
        opened = store;
      },
    );
    this.until(() => opened !== null);
    this.store = opened!;
    this.driver = driver;
    const logger = lineLogger(this.lines);
    this.partitions = new PartitionRegistry({ host, store: this.store, driver, logger, ...this.#options });
  }

  /** Runs events until `isDone`. */
  until(isDone: () => boolean): void {
    if (!this.scheduler.runUntil(isDone, 100_000)) throw new Error('nothing more happens');
  }

  /** Runs what is due within `durationMs`. */
  pass(durationMs: number): void {
    this.scheduler.advance(durationMs);
  }

  create(index = 0, config: TopicConfig = topicConfig(), topicId = TOPIC_ID): PartitionReplica {
    const created = new Answer<{ error: Error | null }>();
    const spec = { topicId, topicName: 't', index, replicas: [1], config };
    this.partitions.create(spec, (error) => created.take({ error }));
    this.until(() => created.isThere);
    if (created.value!.error !== null) throw created.value!.error;
    return this.partitions.get(topicId, index)!;
  }

  /** The machine loses power (or its process dies) and comes back; replicas are for `create` again. */
  crash(kind: 'power' | 'process' = 'power'): void {
    this.machine.crash(kind);
    this.start();
  }

  /** Closes the store in order, then starts again. */
  restart(): void {
    let isClosed = false;
    this.partitions.close();
    this.store.close((error) => {
      if (error !== null) throw error;
      isClosed = true;
    });
    this.until(() => isClosed);
    this.machine.crash('process');
    this.start();
  }

  /** Asks for an append and returns at once. */
  ask(
    partition: PartitionReplica,
    records: Buffer,
    request: Partial<AppendRequest> = {},
  ): Answer<AppendOutcome> {
    const answer = new Answer<AppendOutcome>();
    partition.append({ ...defaultAppend, records, ...request }, answer.take);
    return answer;
  }

  /** Appends and runs events until the answer is there. */
  append(partition: PartitionReplica, records: Buffer, request: Partial<AppendRequest> = {}): AppendOutcome {
    const answer = this.ask(partition, records, request);
    this.until(() => answer.isThere);
    return answer.value!;
  }

  fetch(partition: PartitionReplica, offset: number, request: Partial<FetchRequest> = {}): FetchOutcome {
    const answer = new Answer<FetchOutcome>();
    partition.fetch({ ...defaultFetch, offset, ...request }, answer.take);
    this.until(() => answer.isThere);
    return answer.value!;
  }

  /** Everything that can be read from `offset` on, by as many fetches as that takes. */
  records(partition: PartitionReplica, offset = 0): string {
    const words: string[] = [];
    for (let next = offset; next < partition.highWatermark; ) {
      const outcome = this.fetch(partition, next);
      const last = outcome.buffers[outcome.buffers.length - 1];
      assert(last !== undefined, `nothing to read at ${next}: ${errorName(outcome.errorCode)}`);
      for (const at of batchPositions(last)) next = nextOffsetOf(last, at);
      words.push(recordsIn(outcome));
    }
    return words.join(' ');
  }

  listOffset(
    partition: PartitionReplica,
    timestamp: number,
    isolation: Isolation = 'read_uncommitted',
    currentLeaderEpoch = -1,
  ): OffsetOutcome {
    const answer = new Answer<OffsetOutcome>();
    partition.listOffset({ timestamp, isolation, currentLeaderEpoch }, answer.take);
    this.until(() => answer.isThere);
    return answer.value!;
  }
}

const defaultAppend: Omit<AppendRequest, 'records'> = {
  lease: ownedMemory,
  acks: -1,
  timeoutMs: 30_000,
  apiVersion: 9,
  origin: 'client',
};

const defaultFetch: Omit<FetchRequest, 'offset'> = {
  sizeBytesMax: 1 << 20,
  atLeastOne: true,
  isolation: 'read_uncommitted',
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
};

/** `NONE 3` or the name of the error. */
export function shown({ errorCode, baseOffset }: AppendOutcome): string {
  return errorCode === ErrorCode.NONE ? `NONE ${baseOffset}` : errorName(errorCode);
}

/** What a fetch brought, as `offset:key=value` words, or the name of its error. Gives the memory back. */
export function recordsIn(outcome: FetchOutcome): string {
  if (outcome.errorCode !== ErrorCode.NONE) return errorName(outcome.errorCode);
  const words: string[] = [];
  for (const buffer of outcome.buffers) {
    for (const at of batchPositions(buffer)) {
      for (const { offset, key, value } of recordsOf(buffer, at)) {
        words.push(`${offset}:${key === null ? '' : `${key}=`}${value}`);
      }
    }
  }
  outcome.release();
  return words.join(' ');
}
