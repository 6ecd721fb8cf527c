/** The composition root: the only place that constructs, over whatever host it is given. */
import { ErrorCode } from '../protocol';
import { CorruptEntryError, type DiskError, type LogStore, openLogStore, type StoredLog } from '../storage';
import type { BrokerConfig } from './config/broker-config';
import { integerValue } from './config/keys';
import { resolveTopicConfig, type TopicConfig } from './config/topic-config';
import type { BrokerServices, ConnectionInfo } from './handlers/handler';
import { handlers } from './handlers/index';
import type { Host, Timer } from './host';
import { MetadataLogDamagedError } from './metadata/errors';
import { type ImageDelta, MetadataMachine } from './metadata/machine';
import { BrokerMetadata } from './metadata/metadata';
import { randomUuid, uuidToBase64 } from './metadata/topic-id';
import { METADATA_TOPIC_ID, METADATA_TOPIC_NAME } from './metadata/topic-names';
import type { EndpointImage, TopicImage } from './metadata/types';
import { expireProducers } from './partition/commands';
import { PartitionDriver } from './partition/driver';
import { PartitionRegistry } from './partition/partitions';
import type { Refusal } from './replicated/machine';
import { LogRuntime } from './replicated/runtime';
import { type BoundListener, createServer, type Server } from './server/server';
import type { Logger } from './telemetry';

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

/** Largest batch of the metadata log: 10,000 new partitions in one request stay far below. */
const METADATA_BATCH_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Clients are let in when the leaders of all partitions stand, so that nobody is told to ask again; after this long
 * they are let in regardless, because the rest of the partitions can serve.
 */
const LEADERS_WAIT_MS_MAX = 500;

/** Of the second that a stop may take. */
const ANSWERS_GRACE_MS = 500;

/** Kafka's NOT_CONTROLLER: clients look for another broker and come back. */
const notController: Refusal = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  message: 'This broker does not lead the metadata log.',
};
const metadataLoading: Refusal = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  message: 'The metadata log is being read.',
};

/**
 * Starts a broker: opens the store, reads the metadata log, registers, opens its partitions, then listens. Rejects with
 * a typed error that says what is wrong and what can be done: the storage's, `MetadataLogError`,
 * `MetadataLogDamagedError`, `IdentityMismatchError`, `ListenError`.
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { host, config, logger } = options;
  const driver = new PartitionDriver(host);
  const trouble = new DiskTrouble();
  const store = await Promise.race([openStore(options, driver, trouble), trouble.lost]);
  const parts = new BrokerParts(options, store, driver);
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

/** What the storage says of its disk, for a start and a stop that must not wait for what never comes. */
class DiskTrouble {
  /** Rejects when the disk is lost for good. A full one is not: it takes votes, and what is read needs nothing. */
  readonly lost: Promise<never>;
  #present: DiskError | null = null;
  #onLost!: (error: DiskError) => void;
  #onNext: ((error: DiskError) => void) | null = null;

  constructor() {
    this.lost = new Promise((_, reject) => {
      this.#onLost = reject;
    });
    // While the broker serves it is a state that clients are told; nobody waits for it then.
    this.lost.catch(() => {});
  }

  failed(error: DiskError): void {
    this.#present = error;
    if (error.code !== 'ENOSPC') this.#onLost(error);
    this.#onNext?.(error);
  }

  healed(): void {
    this.#present = null;
  }

  /** Rejects as soon as the disk takes nothing, for now or for good. */
  next(): Promise<never> {
    return new Promise((_, reject) => {
      this.#onNext = reject;
      if (this.#present !== null) reject(this.#present);
    });
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

/** For the operator: what is lost, what goes on, and what can be done. Clients are told KAFKA_STORAGE_ERROR. */
function failureNotice(log: StoredLog | null, error: DiskError): string {
  const what =
    log === null ? 'The disk failed' : `The disk failed under log ${log.key.topicId}-${log.key.partition}`;
  return `${what}: ${error.message}. Appends are refused until a restart, what is acknowledged is kept, reads go on. Mend the disk and restart.`;
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
  readonly #registry: PartitionRegistry;
  readonly #machine: MetadataMachine;
  #metadata: BrokerMetadata | null = null;
  /** The image has been read whole: from now on every change of it is followed. */
  #isFollowing = false;
  #sweep: Timer | null = null;
  #isClosed = false;

  constructor(options: BrokerOptions, store: LogStore, driver: PartitionDriver) {
    const { host, logger } = options;
    this.#options = options;
    this.#store = store;
    this.#registry = new PartitionRegistry({ host, store, driver, logger });
    this.#machine = new MetadataMachine(store.identity.clusterId, (_image, delta) => this.#onImage(delta));
  }

  get services(): BrokerServices {
    const { host, config, logger } = this.#options;
    return {
      nodeId: config.nodeId,
      config,
      host,
      logger,
      metadata: this.#metadata!,
      partitions: this.#registry,
      advertisedEndpoint: (nodeId, connection) => this.#advertisedEndpoint(nodeId, connection),
    };
  }

  async start(): Promise<void> {
    await this.#loadMetadata();
    await this.#register();
    await this.#openPartitions();
    this.#keepHouse();
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
        logger,
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
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#sweep?.cancel();
    this.#metadata?.close();
    this.#registry.close();
    return new Promise((fulfil, reject) => {
      this.#store.close((error) => (error === null ? fulfil() : reject(error)));
    });
  }

  #onImage({ changed, removed }: ImageDelta): void {
    if (!this.#isFollowing) return;
    for (const topic of removed) this.#registry.delete(topic.id);
    for (const topic of changed) {
      const isKnown = this.#registry.get(topic.id, 0) !== undefined;
      if (isKnown)
        this.#registry.configure(topic.id, resolveTopicConfig(topic.configs, this.#options.config));
      this.#open(topic, () => {});
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
    }
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

/** The metadata log is kept whole, on this node, whatever the defaults for topics say. */
function metadataLogConfig(config: BrokerConfig): TopicConfig {
  return {
    ...resolveTopicConfig(new Map(), config),
    cleanupPolicies: { delete: false, compact: false },
    retentionMs: -1,
    retentionBytes: -1,
    minInsyncReplicas: 1,
    maxMessageSizeBytes: METADATA_BATCH_SIZE_BYTES_MAX,
    compressionType: 'producer',
    timestampType: 'CreateTime',
  };
}

function endpointsOf({ advertisedListeners, listeners }: BrokerConfig): readonly EndpointImage[] {
  return (advertisedListeners ?? listeners).map(({ name, securityProtocol, host, port }) => ({
    listenerName: name,
    securityProtocol,
    host,
    port,
  }));
}
