/** Effective settings of a topic: its own, else the broker's, else Kafka's default. */
import type { BrokerConfig } from './broker-config';
import { brokerSynonyms } from './broker-synonyms';
import { type ConfigEntry, ConfigSource, type ConfigSynonym } from './config-entry';
import { booleanValue, checkValue, configTypeCode, integerValue, listElements, shownValue } from './keys';
import { type TopicKey, topicKeyByName, topicKeys } from './topic-keys';

export type CompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface TopicConfig {
  readonly cleanupPolicies: { readonly delete: boolean; readonly compact: boolean };
  /** -1: for ever. Long.MAX is saturated at 2^53 - 1. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly segmentSizeBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly fileDeleteDelayMs: number;
  /** Share of a log that must be new since it was compacted last, of 1. */
  readonly minCleanableRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  /** How long compaction keeps tombstones and markers once nothing else is left of what they end. */
  readonly deleteRetentionMs: number;
  readonly maxMessageSizeBytes: number;
  readonly minInsyncReplicas: number;
  readonly compressionType: CompressionType;
  readonly compressionLevels: { readonly gzip: number; readonly lz4: number; readonly zstd: number };
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** Bound on what a compressed batch may decompress to. */
  readonly maxDecompressedSizeBytes: number;
}

function effectiveValue(key: TopicKey, overrides: ReadonlyMap<string, string>, broker: BrokerConfig): string {
  return overrides.get(key.name) ?? inheritedValue(key, broker);
}

function inheritedValue(key: TopicKey, broker: BrokerConfig): string {
  const own = key.synonym === null ? null : broker.value(key.synonym);
  if (own !== null) return own;
  for (const [name, factor] of key.fallbacks) {
    if (!broker.isSet(name)) continue;
    const value = BigInt(broker.value(name)!);
    return String(value < 0n ? value : value * BigInt(factor));
  }
  return key.defaultValue!;
}

export function resolveTopicConfig(
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
): TopicConfig {
  const text = (name: string): string => effectiveValue(topicKeyByName.get(name)!, overrides, broker);
  const integer = (name: string): number => integerValue(text(name));
  const policies = listElements(text('cleanup.policy'));
  return {
    cleanupPolicies: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    retentionMs: integer('retention.ms'),
    retentionBytes: integer('retention.bytes'),
    segmentSizeBytes: integer('segment.bytes'),
    segmentMs: integer('segment.ms'),
    segmentJitterMs: integer('segment.jitter.ms'),
    fileDeleteDelayMs: integer('file.delete.delay.ms'),
    minCleanableRatio: Number(text('min.cleanable.dirty.ratio')),
    minCompactionLagMs: integer('min.compaction.lag.ms'),
    maxCompactionLagMs: integer('max.compaction.lag.ms'),
    deleteRetentionMs: integer('delete.retention.ms'),
    maxMessageSizeBytes: integer('max.message.bytes'),
    minInsyncReplicas: integer('min.insync.replicas'),
    compressionType: text('compression.type') as CompressionType,
    compressionLevels: {
      gzip: integer('compression.gzip.level'),
      lz4: integer('compression.lz4.level'),
      zstd: integer('compression.zstd.level'),
    },
    timestampType: text('message.timestamp.type') as TopicConfig['timestampType'],
    timestampBeforeMaxMs: integer('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: integer('message.timestamp.after.max.ms'),
    maxDecompressedSizeBytes: broker.maxDecompressedSizeBytes,
  };
}

/** null when a topic may have these settings; otherwise the message of INVALID_CONFIG. */
export function checkTopicConfigs(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): string | null {
  const values = new Map<string, string>();
  for (const { name, value } of configs) {
    const key = topicKeyByName.get(name);
    if (key === undefined) return `Unknown topic config name: ${name}`;
    if (value === null) return `Null value not supported for topic configs: ${name}`;
    const wrong = checkValue(key, value);
    if (wrong !== null) return wrong;
    values.set(name, value);
  }
  return checkTogether(values);
}

const throttledReplicas = /^(\*|\d+:\d+(,\d+:\d+)*)?$/;

function checkTogether(values: ReadonlyMap<string, string>): string | null {
  for (const name of ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas']) {
    const value = values.get(name);
    if (value !== undefined && !throttledReplicas.test(value.replace(/\s/g, ''))) {
      return `Invalid value ${value} for configuration ${name}: expected * or partition:broker pairs`;
    }
  }
  if (booleanValue(values.get('remote.storage.enable') ?? 'false')) {
    return 'Invalid value true for configuration remote.storage.enable: tiered storage is not served';
  }
  const minLag = values.get('min.compaction.lag.ms') ?? '0';
  const maxLag = values.get('max.compaction.lag.ms') ?? '9223372036854775807';
  if (BigInt(minLag) > BigInt(maxLag)) {
    return `Invalid value ${maxLag} for configuration max.compaction.lag.ms: must not be below min.compaction.lag.ms (${minLag})`;
  }
  return null;
}

/**
 * Every topic key with its effective value, in name order.
 *
 * @param form  `written`: the text as it was set (CreateTopics); `understood`: what it was read as (DescribeConfigs).
 */
export function describeTopicConfigs(
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  form: 'written' | 'understood' = 'written',
): readonly ConfigEntry[] {
  return topicDescriber(broker, form)(overrides);
}

/** `describeTopicConfigs` for many topics of one broker: what none of them sets is worked out once. */
export function topicDescriber(
  broker: BrokerConfig,
  form: 'written' | 'understood',
): (overrides: ReadonlyMap<string, string>) => readonly ConfigEntry[] {
  const inherited = topicKeys.map((key) => entryOf(key, NOTHING_SET, broker, form));
  return (overrides) =>
    overrides.size === 0
      ? inherited
      : topicKeys.map((key, at) =>
          overrides.has(key.name) ? entryOf(key, overrides, broker, form) : inherited[at]!,
        );
}

const NOTHING_SET: ReadonlyMap<string, string> = new Map();

function entryOf(
  key: TopicKey,
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  form: 'written' | 'understood',
): ConfigEntry {
  const show = (value: string): string => (form === 'written' ? value : shownValue(key, value));
  const synonyms = synonymsOf(key, overrides, broker, show);
  return {
    name: key.name,
    value: show(effectiveValue(key, overrides, broker)),
    isReadOnly: false,
    source: synonyms[0]?.source ?? inheritedSource(key, broker, form),
    isSensitive: false,
    type: configTypeCode[key.type],
    documentation: key.documentation,
    synonyms,
  };
}

/** Kafka's CreateTopics sees the coarser spellings (`log.retention.hours`) as the file's word, its DescribeConfigs does not. */
function inheritedSource(key: TopicKey, broker: BrokerConfig, form: 'written' | 'understood'): number {
  const isOfFile = form === 'written' && key.fallbacks.some(([name]) => broker.isSet(name));
  return isOfFile ? ConfigSource.staticBroker : ConfigSource.default;
}

function synonymsOf(
  key: TopicKey,
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  show: (value: string) => string,
): readonly ConfigSynonym[] {
  const inherited = key.synonym === null ? [] : brokerSynonyms(key.synonym, broker);
  const own = overrides.get(key.name);
  if (own === undefined) return inherited;
  return [{ name: key.name, value: show(own), source: ConfigSource.topic }, ...inherited];
}
