/** What clients do to the broker under soak beside the group: writing, topics, groups, commits, configs, trimming. */
import type { Cluster } from '../../src/client/cluster';
import { RefusedError } from '../../src/client/errors';
import { GroupMember } from '../../src/client/group-member';
import { commitOffsets, committedOffsets, deleteGroup } from '../../src/client/groups';
import { Producer } from '../../src/client/producer';
import { Reader } from '../../src/client/reader';
import {
  alterTopic,
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeTopicConfig,
  type Result,
} from '../../src/client/topics';
import type { CompressionCode } from '../../storage';
import { type Ledger, VALUE_SIZE_BYTES_MIN } from './soak-ledger';

const BATCH_RECORDS = 200;
const RECORD_SIZE_BYTES = Math.max(100, VALUE_SIZE_BYTES_MIN);
/** A producer that is replaced takes a new producer id. */
const BATCHES_PER_PRODUCER = 500;
/** Records that are kept behind the committed offset. */
const KEEP_RECORDS = 50_000;
const COMMIT_GROUPS = 50;

const pause = (durationMs: number): Promise<void> => new Promise((over) => setTimeout(over, durationMs));

/** Holds lanes between two of their steps. */
export class Gate {
  #isClosed = false;
  #busy = 0;
  readonly #held: (() => void)[] = [];
  #onIdle: () => void = () => {};

  async step(work: () => Promise<void>): Promise<void> {
    while (this.#isClosed) await new Promise<void>((opened) => this.#held.push(opened));
    this.#busy++;
    try {
      await work();
    } finally {
      this.#busy--;
      if (this.#busy === 0) this.#onIdle();
    }
  }

  /** Resolves when no step runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#busy > 0) await new Promise<void>((idle) => (this.#onIdle = idle));
    this.#onIdle = () => {};
  }

  open(): void {
    this.#isClosed = false;
    for (const release of this.#held.splice(0)) release();
  }
}

export interface LoadCounts {
  topics: number;
  groups: number;
  commits: number;
  configs: number;
  trims: number;
}

export interface LoadOptions {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly counts: LoadCounts;
  readonly topic: string;
  /** One for each lane: a request that takes long holds up what is behind it. */
  connect(): Cluster;
  isOver(): boolean;
}

/** Steps one after another, `intervalMs` from start to start where they are fast enough. */
async function lane(options: LoadOptions, intervalMs: number, step: (turn: number) => Promise<void>) {
  for (let turn = 0; !options.isOver(); turn++) {
    const nextAtMs = performance.now() + intervalMs;
    await options.gate.step(() => step(turn));
    await pause(Math.max(0, nextAtMs - performance.now()));
  }
}

function checkAll(results: readonly Result[]): void {
  for (const { error } of results) if (error !== null) throw error;
}

const withStamp = (value: Buffer) => ({ timestamp: Date.now(), key: null, value });

/** The only writer of its partition. */
export async function write(options: LoadOptions, partition: number, recordsPerS: number): Promise<void> {
  const { ledger, topic } = options;
  const cluster = options.connect();
  let producer: Producer | null = null;
  await lane(options, (BATCH_RECORDS / recordsPerS) * 1000, async (turn) => {
    if (producer === null || turn % BATCHES_PER_PRODUCER === 0) {
      const none: CompressionCode = 0;
      producer = new Producer(cluster, {
        ...{ topic, partition, acks: -1, compression: none, allowAutoTopicCreation: false },
      });
      await producer.start();
    }
    const values = ledger.values(partition, BATCH_RECORDS, RECORD_SIZE_BYTES);
    const [written] = await producer.write(values.map(withStamp));
    ledger.acknowledge(partition, written!.baseOffset, written!.count);
  });
  await cluster.close();
}

/** A topic's whole life, several times a second. */
export async function churnTopics(options: LoadOptions): Promise<void> {
  const cluster = options.connect();
  const codecs: readonly CompressionCode[] = [0, 1, 2, 3, 4];
  await lane(options, 200, async (turn) => {
    const name = `churn-${turn}`;
    const configs = [['segment.bytes', '1048576'] as const];
    checkAll(await createTopics(cluster, [{ name, partitions: 3, replicationFactor: 1, configs }]));
    const producer = new Producer(cluster, {
      ...{ topic: name, partition: null, acks: -1, allowAutoTopicCreation: false },
      compression: codecs[turn % codecs.length]!,
    });
    await producer.start();
    const texts = Array.from({ length: 30 }, (_, at) => `${name}-${at}`);
    for (let at = 0; at < texts.length; at += 10)
      await producer.write(texts.slice(at, at + 10).map((text) => withStamp(Buffer.from(text))));
    const back = await readAll(cluster, name, 3, 10);
    if (back.sort().join() !== [...texts].sort().join())
      options.ledger.violate(`${name}: ${back.length} records came back of ${texts.length}`);
    if (turn % 4 === 0) await createPartitions(cluster, name, 5);
    checkAll(await deleteTopics(cluster, [name]));
    if ((await cluster.describe([name])).topics[0]!.errorCode === 0)
      options.ledger.violate(`${name} is there after its deletion`);
    options.counts.topics++;
  });
  await cluster.close();
}

async function readAll(cluster: Cluster, topic: string, partitions: number, each: number): Promise<string[]> {
  const positions = Array.from({ length: partitions }, (_, partition) => ({
    ...{ topic, partition, offset: 0, endOffset: each },
  }));
  const reader = new Reader(cluster, positions, { isolation: 'read_committed', waitMs: 1_000 });
  const texts: string[] = [];
  const untilMs = performance.now() + 10_000;
  while (!reader.isAtEnd && performance.now() < untilMs)
    texts.push(...(await reader.poll()).map(({ value }) => String(value)));
  return texts;
}

/** A group's whole life: one member joins, commits, leaves; the group is deleted. */
export async function churnGroups(options: LoadOptions): Promise<void> {
  const cluster = options.connect();
  await lane(options, 300, async (turn) => {
    const group = `visit-${turn}`;
    const member = new GroupMember(cluster, group, [options.topic]);
    await member.join();
    const offsets = [{ topic: options.topic, partition: 0, offset: turn }];
    if (!(await member.commit(offsets)) || !(await member.heartbeat()))
      options.ledger.violate(`${group}: a group of one was disturbed`);
    await member.leave();
    const [stored] = await committedOffsets(cluster, group);
    if (stored?.offset !== turn)
      options.ledger.violate(`${group}: committed ${turn}, stored is ${stored?.offset}`);
    const { error } = await deleteGroup(cluster, group);
    if (error !== null) throw error;
    options.counts.groups++;
  });
  await cluster.close();
}

/** Consumers that assign themselves and only commit. */
export async function commitAlone(options: LoadOptions): Promise<void> {
  const cluster = options.connect();
  await lane(options, 10, async (turn) => {
    const group = `alone-${turn % COMMIT_GROUPS}`;
    const partition = turn % options.ledger.acknowledged.length;
    await commitOffsets(cluster, group, [{ topic: options.topic, partition, offset: turn }]);
    options.counts.commits++;
    if (turn % COMMIT_GROUPS !== 0) return;
    const stored = (await committedOffsets(cluster, group)).find((offset) => offset.partition === partition);
    if (stored?.offset !== turn)
      options.ledger.violate(`${group}: committed ${turn}, stored is ${stored?.offset}`);
  });
  await cluster.close();
}

export async function changeConfigs(options: LoadOptions): Promise<void> {
  const cluster = options.connect();
  await lane(options, 500, async (turn) => {
    const key = 'max.message.bytes';
    const value = String(1_000_000 + turn);
    const isSet = turn % 3 !== 2;
    await alterTopic(cluster, options.topic, [
      isSet ? { operation: 'set', key, value } : { operation: 'delete', key, value: null },
    ]);
    const settings = await describeTopicConfig(cluster, options.topic);
    const found = settings.find((setting) => setting.key === key)!;
    if (found.isSet !== isSet || (isSet && found.value !== value))
      options.ledger.violate(`${key} is ${found.value} after change ${turn}`);
    options.counts.configs++;
  });
  await cluster.close();
}

/** Deletes what the group has long read, so that the disk does not fill up. */
export async function trim(options: LoadOptions): Promise<void> {
  const { ledger } = options;
  const cluster = options.connect();
  const topic = await cluster.topic(options.topic);
  await lane(options, 5_000, async () => {
    const offsets = new Map<number, number>();
    for (const [partition, committed] of ledger.committed.entries())
      if (committed > KEEP_RECORDS) offsets.set(partition, committed - KEEP_RECORDS);
    if (offsets.size === 0) return;
    for (const { partition, startOffset, error } of await deleteRecords(cluster, topic, offsets)) {
      if (error instanceof RefusedError) throw error;
      if (startOffset < offsets.get(partition)!)
        ledger.violate(`partition ${partition} begins at ${startOffset} after a trim`);
    }
    options.counts.trims++;
  });
  await cluster.close();
}
