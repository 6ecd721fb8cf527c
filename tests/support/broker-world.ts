/** A broker in a simulated machine, used through its services or over the simulated network. */

import { type RunningBroker, startBroker } from '../../src/broker';
import { defaultBrokerConfig } from '../../src/config/broker-config';
import type { CreatableTopic, CreatedTopic, DeletedTopic } from '../../src/metadata/types';
import {
  type AppendOutcome,
  type FetchOutcome,
  ownedMemory,
  type Partition,
} from '../../src/partition/types';
import { createWorld, SimulatedMachine } from '../sim/host';
import { lineLogger } from './fixtures';
import { elapseUntil } from './memory-client';

export interface BrokerWorldOptions {
  readonly seed?: number;
  readonly config?: Readonly<Record<string, string>>;
  /** Listen on the simulated network. */
  readonly listens?: boolean;
}

export class BrokerWorld {
  readonly world;
  readonly machine: SimulatedMachine;
  readonly lines: string[] = [];
  readonly #options: BrokerWorldOptions;
  #broker: RunningBroker | null = null;

  constructor(options: BrokerWorldOptions = {}) {
    this.#options = options;
    this.world = createWorld(options.seed ?? 1);
    this.machine = new SimulatedMachine(this.world);
  }

  get broker(): RunningBroker {
    return this.#broker!;
  }

  get metadata() {
    return this.broker.services.metadata;
  }

  /** Rejects as the start itself does. */
  async start(): Promise<RunningBroker> {
    const starting = startBroker({
      host: this.machine.host,
      // A small journal: the simulated disk writes all of it once, as a real one does.
      config: defaultBrokerConfig({ 'journal.file.bytes': '1048576', ...this.#options.config }),
      logger: lineLogger(this.lines),
      ...(this.#options.listens === true ? {} : { server: null }),
    });
    this.#broker = await this.until(starting);
    return this.#broker;
  }

  async crash(kind: 'power' | 'process' = 'power'): Promise<void> {
    this.machine.crash(kind);
    await this.start();
  }

  async stop(): Promise<void> {
    await this.until(this.broker.stop());
  }

  /** Stops in order, then starts again. */
  async restart(): Promise<void> {
    await this.stop();
    this.machine.crash('process');
    await this.start();
  }

  /** Lets simulated time pass until `promise` settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await elapseUntil(this.world, () => isSettled, 60_000);
    return promise;
  }

  create(
    topics: readonly (Partial<CreatableTopic> & { name: string })[],
    rest: {
      readonly isAutomatic?: boolean;
      readonly timeoutMs?: number;
      readonly validateOnly?: boolean;
    } = {},
  ): Promise<readonly CreatedTopic[]> {
    const request = { validateOnly: false, timeoutMs: 30_000, isAutomatic: false, ...rest };
    const full = topics.map((topic) => ({
      numPartitions: -1,
      replicationFactor: -1,
      assignments: null,
      configs: [],
      ...topic,
    }));
    return this.until(
      new Promise((fulfil) => this.metadata.createTopics({ topics: full, ...request }, fulfil)),
    );
  }

  delete(
    topics: readonly { readonly name: string | null; readonly topicId: string }[],
  ): Promise<readonly DeletedTopic[]> {
    return this.until(
      new Promise((fulfil) => this.metadata.deleteTopics({ topics, timeoutMs: 30_000 }, fulfil)),
    );
  }

  producerId(): Promise<{ readonly errorCode: number; readonly producerId: number }> {
    return this.until(new Promise((fulfil) => this.metadata.allocateProducerId(fulfil)));
  }

  partition(name: string, index = 0): Partition {
    const topic = this.metadata.image.topicsByName.get(name)!;
    return this.broker.services.partitions.get(topic.id, index)!;
  }

  /** Asks for an append and returns at once. */
  ask(name: string, records: Buffer, index: number, done: (outcome: AppendOutcome) => void): void {
    const promise = { acks: -1, timeoutMs: 30_000, apiVersion: 9, origin: 'client' } as const;
    this.partition(name, index).append({ records, lease: ownedMemory, ...promise }, done);
  }

  append(name: string, records: Buffer, index = 0): Promise<AppendOutcome> {
    return this.until(new Promise((fulfil) => this.ask(name, records, index, fulfil)));
  }

  fetch(name: string, offset: number, index = 0): Promise<FetchOutcome> {
    const request = {
      offset,
      sizeBytesMax: 1 << 20,
      atLeastOne: true,
      isolation: 'read_uncommitted',
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    } as const;
    return this.until(new Promise((fulfil) => this.partition(name, index).fetch(request, fulfil)));
  }

  /** The image as text, the same for equal images. */
  imageText(): string {
    const { brokers, clusterId, endOffset, features, topicsByName } = this.metadata.image;
    const topics = [...topicsByName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    return [
      `cluster ${clusterId} end ${endOffset}`,
      ...[...features].map(([name, level]) => `feature ${name} ${level}`),
      ...[...brokers.values()].map(
        ({ id, epoch, incarnation }) => `broker ${id} epoch ${epoch} ${incarnation}`,
      ),
      ...topics.map(({ configs, id, name, partitions }) => {
        const replicas = partitions.map((partition) => partition.replicas.join()).join(' ');
        return `topic ${name} ${id} [${replicas}] ${[...configs].map((pair) => pair.join('=')).join(' ')}`;
      }),
    ].join('\n');
  }
}
