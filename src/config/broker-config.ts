/** Broker settings from a properties file, `--override`, the metadata log and Kafka's defaults. */
import type { JournalConfig } from '../../storage';
import { addressCounts, checkBrokerTogether } from './broker-checks';
import { brokerKeyRows } from './broker-keys';
import { booleanValue, type ConfigKey, checkValue, integerValue, listElements } from './keys';
import { type ListenerConfig, parseListeners } from './listeners';
import { ownKeys } from './own-keys';

/** Settings made while the cluster runs (KIP-226): those of this broker count before those of all brokers, and both before the file. */
export interface DynamicSettings {
  readonly broker: ReadonlyMap<string, string>;
  readonly cluster: ReadonlyMap<string, string>;
}

const NOTHING_DYNAMIC: DynamicSettings = { broker: new Map(), cluster: new Map() };

export interface BrokerConfig {
  readonly nodeId: number;
  /** From cluster.id, or null: the identity in the data directory, or a new one, counts. */
  readonly clusterId: string | null;
  readonly logDir: string;
  readonly rack: string | null;
  /** What clients connect to; controller listeners of the file are left out. */
  readonly listeners: readonly ListenerConfig[];
  /** null: each client is told the address it dialled. */
  readonly advertisedListeners: readonly ListenerConfig[] | null;
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  /** User topics that ask for more replicas than there are brokers get what there is, with a log line. */
  readonly clampReplicationFactor: boolean;
  readonly autoCreateTopics: boolean;
  readonly deleteTopicEnabled: boolean;
  readonly producerIdExpirationMs: number;
  readonly fetchSizeBytesMax: number;
  readonly requestSizeBytesMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly connectionIdleMsMax: number;
  /** Bytes of requests that are being served at the same time; beyond it sockets are not read. */
  readonly queuedRequestSizeBytesMax: number;
  readonly maxRequestPartitionSizeLimit: number;
  readonly maxDecompressedSizeBytes: number;
  readonly journal: JournalConfig;
  readonly connectionsPerAddressOverrides: ReadonlyMap<string, number>;
  /** What the file and the overrides say. */
  readonly settings: ReadonlyMap<string, string>;
  readonly dynamic: DynamicSettings;
  /** Effective text of any known key; null when it has no value or is unknown. */
  value(key: string): string | null;
  /** True when the file or an override sets the key. */
  isSet(key: string): boolean;
  defaultValue(key: string): string | null;
}

export interface BrokerConfigInput {
  /** null: started without a file, with the values of Kafka's shipped one. */
  readonly file: ReadonlyMap<string, string> | null;
  /** Later ones win over the file. */
  readonly overrides: ReadonlyMap<string, string>;
}

export type LoadedBrokerConfig =
  | { readonly errors: readonly string[]; readonly config: null; readonly warnings: readonly string[] }
  | { readonly errors: null; readonly config: BrokerConfig; readonly warnings: readonly string[] };

export const brokerKeys: ReadonlyMap<string, ConfigKey> = new Map(
  [...brokerKeyRows, ...ownKeys].map(([name, type, defaultValue, validValues, updateMode]) => [
    name,
    { name, type, defaultValue, validValues, updateMode },
  ]),
);

/** What a start without a file takes instead of Kafka's built-in defaults: the values its own first-start file has. */
const shippedValues: ReadonlyMap<string, string> = new Map([
  ['node.id', '1'],
  ['log.dirs', './data'],
  ['offsets.topic.replication.factor', '1'],
  ['transaction.state.log.replication.factor', '1'],
  ['transaction.state.log.min.isr', '1'],
  ['share.coordinator.state.topic.replication.factor', '1'],
  ['share.coordinator.state.topic.min.isr', '1'],
  ['group.initial.rebalance.delay.ms', '0'],
  ['replication.factor.clamp', 'true'],
  ['admin.port', '9644'],
]);

export function loadBrokerConfig({ file, overrides }: BrokerConfigInput): LoadedBrokerConfig {
  const set = new Map([...(file ?? shippedValues), ...overrides]);
  // Two names of one thing, and tools read either.
  const nodeId = set.get('node.id') ?? set.get('broker.id');
  if (nodeId !== undefined) for (const name of ['node.id', 'broker.id']) set.set(name, nodeId);
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const [name, value] of set) {
    const key = brokerKeys.get(name);
    if (key === undefined) {
      if (!isForeignKey(name)) warnings.push(`Unknown configuration key ${name} is ignored.`);
      continue;
    }
    const wrong = checkValue(key, value);
    if (wrong !== null) errors.push(wrong);
  }
  if (errors.length > 0) return { errors, config: null, warnings };
  return buildConfig(set, NOTHING_DYNAMIC, warnings);
}

/** One object for whoever holds the configuration, which always says what counts now. */
export class LiveBrokerConfig {
  readonly config: BrokerConfig;
  #current: BrokerConfig;

  constructor(initial: BrokerConfig) {
    this.#current = initial;
    const properties = Object.keys(initial).map((name) => [
      name,
      { enumerable: true, get: () => this.#current[name as keyof BrokerConfig] },
    ]);
    this.config = Object.defineProperties({}, Object.fromEntries(properties)) as BrokerConfig;
  }

  /**
   * Settings are checked before they are written, but the file may have changed since. A value that cannot be is left
   * out; values that do not go together change nothing.
   *
   * @returns What is wrong with them.
   */
  apply(dynamic: DynamicSettings): readonly string[] {
    const problems: string[] = [];
    const valid = (layer: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
      new Map(
        [...layer].filter(([name, value]) => {
          const key = brokerKeys.get(name);
          const wrong = key === undefined ? null : checkValue(key, value);
          if (wrong !== null) problems.push(wrong);
          return wrong === null;
        }),
      );
    const layers = { broker: valid(dynamic.broker), cluster: valid(dynamic.cluster) };
    const { config, errors } = buildConfig(this.#current.settings, layers, []);
    if (config === null) return [...problems, ...errors];
    this.#current = config;
    return problems;
  }
}

/** Defaults of a start without a file, for tests and for embedding; throws on a bad override. */
export function defaultBrokerConfig(overrides: Readonly<Record<string, string>> = {}): BrokerConfig {
  const loaded = loadBrokerConfig({ file: null, overrides: new Map(Object.entries(overrides)) });
  if (loaded.config === null) throw new Error(loaded.errors.join('\n'));
  return loaded.config;
}

/** Keys that belong to plug-ins or to listeners (`listener.name.internal.ssl.…`): nobody can know them all. */
function isForeignKey(name: string): boolean {
  return /^(listener\.name\.|config\.providers\.|metric\.reporters\.|confluent\.)/.test(name);
}

function buildConfig(
  set: ReadonlyMap<string, string>,
  dynamic: DynamicSettings,
  warnings: string[],
): LoadedBrokerConfig {
  const defaultValue = (key: string): string | null => brokerKeys.get(key)?.defaultValue ?? null;
  const value = (key: string): string | null =>
    dynamic.broker.get(key) ?? dynamic.cluster.get(key) ?? set.get(key) ?? defaultValue(key);
  const errors = checkBrokerTogether(value);
  const integer = (key: string): number => integerValue(value(key)!);
  const boolean = (key: string): boolean => booleanValue(value(key)!);

  const directories = listElements(set.get('log.dirs') ?? value('log.dir') ?? '');
  if (directories.length !== 1) {
    errors.push(
      `log.dirs=${directories.join(',')}: exactly one data directory is served, ${directories.length} are named.`,
    );
  }
  const { listeners, advertised, problems } = parseListeners(value);
  errors.push(...problems);
  if (errors.length > 0) return { errors, config: null, warnings };

  const nodeId = set.has('node.id') ? integer('node.id') : set.has('broker.id') ? integer('broker.id') : 1;
  const queued = integer('queued.max.request.bytes');
  const config: BrokerConfig = {
    nodeId,
    clusterId: value('cluster.id'),
    logDir: directories[0]!,
    rack: value('broker.rack'),
    listeners,
    advertisedListeners: advertised,
    numPartitions: integer('num.partitions'),
    defaultReplicationFactor: integer('default.replication.factor'),
    clampReplicationFactor: boolean('replication.factor.clamp'),
    autoCreateTopics: boolean('auto.create.topics.enable'),
    deleteTopicEnabled: boolean('delete.topic.enable'),
    producerIdExpirationMs: integer('producer.id.expiration.ms'),
    fetchSizeBytesMax: integer('fetch.max.bytes'),
    requestSizeBytesMax: integer('socket.request.max.bytes'),
    connectionsMax: integer('max.connections'),
    connectionsPerAddressMax: integer('max.connections.per.ip'),
    connectionIdleMsMax: integer('connections.max.idle.ms'),
    queuedRequestSizeBytesMax: queued > 0 ? queued : integer('queued.request.bytes'),
    maxRequestPartitionSizeLimit: integer('max.request.partition.size.limit'),
    maxDecompressedSizeBytes: integer('max.decompressed.message.bytes'),
    journal: {
      fileSizeBytes: integer('journal.file.bytes'),
      bypassSizeBytesMin: integer('journal.bypass.bytes'),
      lazySizeBytesMax: integer('journal.lazy.bytes'),
      recentSizeBytesMax: integer('journal.recent.bytes'),
    },
    connectionsPerAddressOverrides: addressCounts(value('max.connections.per.ip.overrides')!),
    settings: set,
    dynamic,
    value,
    isSet: (key) => set.has(key),
    defaultValue,
  };
  return { errors: null, config, warnings };
}
