/** The composition root: the only place that constructs, over whatever host it is given. */
import { CorruptEntryError, type LogStore, openLogStore } from '../storage';
import { DiskTrouble, failureNotice } from './broker/disk-trouble';
import { type BrokerConfig, LiveBrokerConfig } from './config/broker-config';
import { ResourceType } from './config/config-entry';
import { integerValue } from './config/keys';
import { resolveTopicConfig, type TopicConfig } from './config/topic-config';
import { LocalGroupCoordinator } from './coordinator/group/coordinator';
import type { BrokerServices, ConnectionInfo } from './handlers/handler';
import { handlers } from './handlers/index';
import type { Host, Timer } from './host';
import { endpointsOf } from './metadata/controller-brokers';
import { MetadataLogDamagedError } from './metadata/errors';
import { configsOf } from './metadata/image';
import { CONSUMER_OFFSETS_TOPIC_NAME } from './metadata/internal-topics';
import { type ImageDelta, MetadataMachine } from './metadata/machine';
import { BrokerMetadata } from './metadata/metadata';
import {
  METADATA_BATCH_SIZE_BYTES_MAX,
  metadataLoading,
  metadataLogConfig,
  notController,
} from './metadata/metadata-log';
import { randomUuid, uuidToBase64 } from './metadata/topic-id';
import { METADATA_TOPIC_ID, METADATA_TOPIC_NAME } from './metadata/topic-names';
import type { TopicImage } from './metadata/types';
import { Cleaner } from './partition/cleaner';
import { cleanerSettingsOf } from './partition/cleaning';
import { expireProducers } from './partition/commands';
import { PartitionDriver } from './partition/driver';
import { FetchSessions } from './partition/fetch-sessions';
import { Housekeeping } from './partition/housekeeping';
import { PartitionRegistry } from './partition/partitions';
import { LogRuntime } from './replicated/runtime';
import { type BoundListener, createServer, type Server } from './server/server';
import type { Logger } from './telemetry';
import { BrokerCounters } from './telemetry-counters';
import { LogLevels } from './telemetry-levels';

export interface BrokerOptions {
  readonly host: Host;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  /** What clients reach; null: nobody does, the broker is used through its services. Left out: the real one. */
  readonly server?: ((services: BrokerServices) => Server) | null;
}

export interface RunningBroker {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly listeners: readonly BoundListener[];
  readonly services: BrokerServices;
  /** null when clients are served in full, otherwise why not: for a check of readiness. */
  impediment(): string | null;
  /**
   * Refuses new work, lets answers that are under way go out for a moment, and closes the store in order. Asked again,
   * it is the same stop.
   */
  stop(): Promise<void>;
}

/** The data directory belongs to another node or cluster than the configuration says. */
export class IdentityMismatchError extends Error {
  override readonly name = 'IdentityMismatchError';
  readonly code = 'IDENTITY_MISMATCH';

  constructor(key: string, configured: string | number, stored: string | number) {
    super(
      `The configuration says ${key}=${configured}, and the data directory belongs to ${key}=${stored}. ` +
        `Use the directory of ${configured}, or set ${key}=${stored}.`,
    );
  }
}

/** The metadata log took no record of this broker: its disk is full, or failed. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly code = 'NOT_REGISTERED';
}

/**
 * Clients are let in when the leaders of all partitions stand, so that nobody is told to ask again; after this long
 * they are let in regardless, because the rest of the partitions can serve.
 */
const LEADERS_WAIT_MS_MAX = 500;

/** Of the second that a stop may take. */
const ANSWERS_GRACE_MS = 500;

/**
 * Starts a broker: opens the store, reads the metadata log, registers, opens its partitions, then listens. Rejects with
 * a typed error that says what is wrong and what can be done: the storage's, `MetadataLogError`,
 * `MetadataLogDamagedError`, `IdentityMismatchError`, `ListenError`.
 */
export async function startBroker(given: BrokerOptions): Promise<RunningBroker> {
  const live = new LiveBrokerConfig(given.config);
  const levels = new LogLevels(given.logger);
  const options = { ...given, config: live.config, logger: levels.named('broker') };
  const { host, config, logger } = options;
  const driver = new PartitionDriver(host);
  const trouble = new DiskTrouble();
  const store = await Promise.race([
    openStore({ ...options, logger: levels.named('storage') }, driver, trouble),
    trouble.lost,
  ]);
  const parts = new BrokerParts(options, store, driver, live, levels);
  // What is acknowledged is kept either way, and a full disk may stay full for days.
  const close = (): Promise<void> => Promise.race([parts.close(), trouble.next()]);
  try {
    checkIdentity(store, config);
    await Promise.race([parts.start(), trouble.lost]);
    const services = parts.services;
    const server =
      options.server === null ? null : (options.server ?? ((all) => createServer(all, handlers)))(services);
    const listeners = server === null ? [] : await server.listen();
    const stop = async (): Promise<void> => {
      parts.stopWaiting();
      await server?.stop(ANSWERS_GRACE_MS);
      await close();
    };
    let stopping: Promise<void> | null = null;
    return {
      clusterId: store.identity.clusterId,
      nodeId: config.nodeId,
      listeners,
      services,
      impediment: () => (stopping !== null ? 'stopping' : trouble.words),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    // The reason is what counts; a directory that does not close in order is recovered by the next start.
    await close().catch((closing: Error) => logger.warn(closing.message));
    throw error;
  }
}

function openStore(
  { host, config, logger }: BrokerOptions,
  driver: PartitionDriver,
  trouble: DiskTrouble,
): Promise<LogStore> {
  const identityIfNew = {
    clusterId: config.clusterId ?? newClusterId(host),
    nodeId: config.nodeId,
    incarnation: randomUuid(host.random),
  };
  return new Promise((fulfil, reject) => {
    openLogStore(
      host.disk,
      {
        ...driver.storeEvents,
        onStorageFailed: (log, error) => {
          driver.storeEvents.onStorageFailed(log, error);
          if (log === null) trouble.failed(error);
          // A full disk is told by the storage, when it fills and when there is space again.
          if (log !== null || error.code !== 'ENOSPC') logger.error(failureNotice(log, error));
        },
        onStorageHealed: () => {
          driver.storeEvents.onStorageHealed();
          trouble.healed();
        },
        identityIfNew,
        timers: host.monotonic,
        journal: config.journal,
        onNotice: (level, message) => logger[level](message),
      },
      (error, store) => (error === null ? fulfil(store) : reject(error)),
    );
  });
}

/** Kafka's form: a random UUID in 22 characters. One that begins with a dash would be taken for an option by tools. */
function newClusterId(host: Host): string {
  for (;;) {
    const id = uuidToBase64(randomUuid(host.random));
    if (!id.startsWith('-')) return id;
  }
}

function checkIdentity({ identity }: LogStore, { nodeId, clusterId }: BrokerConfig): void {
  if (identity.nodeId !== nodeId) throw new IdentityMismatchError('node.id', nodeId, identity.nodeId);
  if (clusterId !== null && identity.clusterId !== clusterId) {
    throw new IdentityMismatchError('cluster.id', clusterId, identity.clusterId);
  }
}

/** Everything between the store and the server. */
class BrokerParts {
  readonly #options: BrokerOptions;
  readonly #store: LogStore;
  readonly #live: LiveBrokerConfig;
  readonly #levels: LogLevels;
  readonly #registry: PartitionRegistry;
  readonly #machine: MetadataMachine;
  readonly #fetchSessions: FetchSessions;
  readonly #housekeeping: Housekeeping;
  readonly #cleaner: Cleaner;
  readonly #groups: LocalGroupCoordinator;
  readonly #counters = new BrokerCounters();
  #metadata: BrokerMetadata | null = null;
  /** The image has been read whole: from now on every change of it is followed. */
  #isFollowing = false;
  #sweep: Timer | null = null;
  #isClosed = false;

  constructor(
    options: BrokerOptions,
    store: LogStore,
    driver: PartitionDriver,
    live: LiveBrokerConfig,
    levels: LogLevels,
  ) {
    const { host } = options;
    this.#options = options;
    this.#store = store;
    this.#live = live;
    this.#levels = levels;
    this.#registry = new PartitionRegistry({ host, store, driver, logger: levels.named('partition') });
    this.#machine = new MetadataMachine(store.identity.clusterId, (_image, delta) => this.#onImage(delta));
    this.#fetchSessions = newFetchSessions(options);
    this.#housekeeping = new Housekeeping({
      host,
      replicas: () => this.#registry.all(),
      intervalMs: integerValue(options.config.value('log.retention.check.interval.ms')!),
      initialDelayMs: integerValue(options.config.value('log.initial.task.delay.ms')!),
      schedule: () => driver.schedule(),
    });
    this.#cleaner = new Cleaner({
      host,
      replicas: () => this.#registry.all(),
      settings: () => cleanerSettingsOf(options.config),
      logger: levels.named('cleaner'),
    });
    this.#groups = new LocalGroupCoordinator({ ...options, logger: levels.named('coordinator') });
  }

  get services(): BrokerServices {
    const { host, config } = this.#options;
    return {
      nodeId: config.nodeId,
      config,
      host,
      logger: this.#levels.named('server'),
      logLevels: this.#levels,
      counters: this.#counters,
      metadata: this.#metadata!,
      partitions: this.#registry,
      groups: this.#groups,
      fetchSessions: this.#fetchSessions,
      advertisedEndpoint: (nodeId, connection) => this.#advertisedEndpoint(nodeId, connection),
    };
  }

  async start(): Promise<void> {
    await this.#loadMetadata();
    this.#applyBrokerSettings();
    await this.#register();
    await this.#openPartitions();
    this.#keepHouse();
    if (this.#isClosed) return;
    this.#housekeeping.start();
    this.#cleaner.start();
  }

  /** Ends when everything in the metadata log is replayed and this node leads it. */
  #loadMetadata(): Promise<void> {
    const { host, config, logger } = this.#options;
    const quarantine = this.#store.log({ topicId: METADATA_TOPIC_ID, partition: 0 })?.quarantine ?? null;
    if (quarantine !== null) throw new MetadataLogDamagedError(quarantine.reason, quarantine.offset);
    return new Promise((fulfil, reject) => {
      const fail = (error: Error): void => {
        if (this.#isFollowing) logger.error(error.message);
        reject(error instanceof CorruptEntryError ? new MetadataLogDamagedError(error.message, -1) : error);
      };
      this.#registry.create(
        {
          topicId: METADATA_TOPIC_ID,
          topicName: METADATA_TOPIC_NAME,
          index: 0,
          replicas: [config.nodeId],
          config: metadataLogConfig(config),
        },
        (error) => {
          if (error !== null) fail(error);
        },
      );
      const partition = this.#registry.get(METADATA_TOPIC_ID, 0)!;
      const runtime = new LogRuntime({
        machine: this.#machine,
        log: partition,
        nowMs: () => host.brokerTime.nowMs(),
        batchSizeBytesMax: METADATA_BATCH_SIZE_BYTES_MAX,
        refusals: { notLeader: notController, loading: metadataLoading },
        onReady: () => fulfil(),
        onFailed: fail,
      });
      this.#metadata = new BrokerMetadata({
        nodeId: config.nodeId,
        config,
        host,
        logger: this.#levels.named('metadata'),
        runtime,
        partitions: this.#registry,
        controllerId: () => partition.leaderId,
        whenLeaderStands: (topicId, index, done) => this.#whenLeaderStands(topicId, index, done),
      });
    });
  }

  #register(): Promise<void> {
    const { config } = this.#options;
    const registration = {
      id: config.nodeId,
      incarnation: this.#store.identity.incarnation,
      endpoints: endpointsOf(config),
      rack: config.rack,
    };
    return new Promise((fulfil, reject) => {
      this.#metadata!.register(registration, ({ refused }) => {
        if (refused === null) fulfil();
        else
          reject(
            new RegistrationError(`This broker cannot be registered in the metadata log: ${refused.message}`),
          );
      });
    });
  }

  /** Opens what the image says is here, and lets go of what it does not know. */
  #openPartitions(): Promise<void> {
    this.#isFollowing = true;
    const { topicsById } = this.#machine.committedImage;
    this.#registry.deleteUnknown((topicId) => topicId === METADATA_TOPIC_ID || topicsById.has(topicId));
    return new Promise((fulfil) => {
      let missing = 1;
      const opened = (): void => {
        missing--;
        if (missing > 0) return;
        patience.cancel();
        fulfil();
      };
      const patience = this.#options.host.monotonic.after(LEADERS_WAIT_MS_MAX, fulfil);
      for (const topic of topicsById.values()) {
        missing += this.#localPartitions(topic).length;
        this.#open(topic, opened);
      }
      opened();
    });
  }

  /** Plans what becomes due by the time that users see: producers that went away are forgotten. */
  #keepHouse(): void {
    // A start that failed meanwhile may come this far.
    if (this.#isClosed) return;
    const { host, config } = this.#options;
    const intervalMs = integerValue(config.value('producer.id.expiration.check.interval.ms')!);
    this.#sweep = host.brokerTime.after(intervalMs, () => {
      const cutoffMs = host.brokerTime.nowMs() - config.producerIdExpirationMs;
      for (const replica of this.#registry.all()) expireProducers(replica, cutoffMs);
      this.#keepHouse();
    });
  }

  /** Long polls are answered now, with what there is. */
  stopWaiting(): void {
    this.#registry.stopParking();
    this.#groups.stopWaiting();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#sweep?.cancel();
    this.#housekeeping.close();
    this.#cleaner.close();
    this.#metadata?.close();
    this.#groups.close();
    this.#registry.close();
    return new Promise((fulfil, reject) => {
      this.#store.close((error) => (error === null ? fulfil() : reject(error)));
    });
  }

  #onImage({ changed, removed, configuredTypes }: ImageDelta): void {
    if (!this.#isFollowing) return;
    if (configuredTypes.has(ResourceType.broker)) this.#applyChangedBrokerSettings();
    for (const topic of removed) {
      if (topic.name === CONSUMER_OFFSETS_TOPIC_NAME) this.#groups.detach();
      this.#registry.delete(topic.id);
    }
    if (removed.length > 0) this.#groups.forgetTopics(removed);
    for (const topic of changed) {
      const isKnown = this.#registry.get(topic.id, 0) !== undefined;
      if (isKnown)
        this.#registry.configure(topic.id, resolveTopicConfig(topic.configs, this.#options.config));
      this.#open(topic, () => {});
    }
  }

  #applyChangedBrokerSettings(): void {
    const defaults = (): string => JSON.stringify(resolveTopicConfig(new Map(), this.#options.config));
    const before = defaults();
    this.#applyBrokerSettings();
    // Only what a topic does not set itself can have changed, and then for all of them.
    if (defaults() === before) return;
    for (const topic of this.#machine.committedImage.topicsById.values()) {
      this.#registry.configure(topic.id, resolveTopicConfig(topic.configs, this.#options.config));
    }
  }

  #applyBrokerSettings(): void {
    const { committedImage } = this.#machine;
    const problems = this.#live.apply({
      broker: configsOf(committedImage, ResourceType.broker, String(this.#options.config.nodeId)),
      cluster: configsOf(committedImage, ResourceType.broker, ''),
    });
    for (const problem of problems) {
      this.#options.logger.error(
        `A setting made at run time does not go with the file and is left out: ${problem}`,
      );
    }
  }

  #localPartitions(topic: TopicImage): TopicImage['partitions'] {
    const { nodeId } = this.#options.config;
    return topic.partitions.filter(({ replicas }) => replicas.includes(nodeId));
  }

  /** `opened` is called once for each partition here, when its leader stands or it is clear that none will. */
  #open(topic: TopicImage, opened: () => void): void {
    const config = resolveTopicConfig(topic.configs, this.#options.config);
    for (const { index, replicas } of this.#localPartitions(topic)) {
      this.#registry.create(
        { topicId: topic.id, topicName: topic.name, index, replicas, config },
        (error) => {
          if (error !== null)
            this.#options.logger.error(`${topic.name}-${index} is not served: ${error.message}`);
          opened();
        },
      );
      if (topic.name === CONSUMER_OFFSETS_TOPIC_NAME) this.#coordinate(topic, index, config);
    }
  }

  #coordinate(topic: TopicImage, index: number, { maxMessageSizeBytes }: TopicConfig): void {
    const replica = this.#registry.get(topic.id, index);
    if (replica !== undefined)
      this.#groups.attach(index, topic.partitions.length, replica, maxMessageSizeBytes);
  }

  #whenLeaderStands(topicId: string, index: number, done: () => void): void {
    const replica = this.#registry.get(topicId, index);
    if (replica === undefined) done();
    else replica.whenSettled(done);
  }

  #advertisedEndpoint(nodeId: number, connection: ConnectionInfo): { host: string; port: number } | null {
    const { config } = this.#options;
    const { listenerName } = connection;
    if (nodeId !== config.nodeId) {
      const broker = this.#metadata!.image.brokers.get(nodeId);
      return broker?.endpoints.find((endpoint) => endpoint.listenerName === listenerName) ?? null;
    }
    if (config.advertisedListeners === null) {
      return { host: connection.localAddress, port: connection.localPort };
    }
    const advertised = config.advertisedListeners.find(({ name }) => name === listenerName);
    if (advertised === undefined) return null;
    // Without a host it says the port alone; a client that got here can reach the address that it came to.
    return {
      host: advertised.host === '' ? connection.localAddress : advertised.host,
      port: advertised.port,
    };
  }
}

function newFetchSessions({ config, host }: BrokerOptions): FetchSessions {
  return new FetchSessions({
    slotsMax: integerValue(config.value('max.incremental.fetch.session.cache.slots')!),
    partitionsMax: integerValue(config.value('max.incremental.fetch.session.partitions')!),
    below: (bound) => host.random.below(bound),
  });
}
