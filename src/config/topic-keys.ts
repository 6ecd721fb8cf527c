/**
 * Topic keys of Kafka 4: what CreateTopics and the config APIs accept and DescribeConfigs lists.
 * `synonym` is the broker key whose value a topic takes when it sets none; `fallbacks` are its coarser spellings.
 */
import type { ConfigKey } from './keys';

export interface TopicKey extends ConfigKey {
  /** Broker key, or null when only a topic can set it. */
  readonly synonym: string | null;
  /** Broker keys in other units that count when `synonym` is not set: name and factor to this key's unit. */
  readonly fallbacks: readonly (readonly [name: string, factor: number])[];
  readonly documentation: string;
}

type Row = readonly [
  name: string,
  type: ConfigKey['type'],
  defaultValue: string,
  validValues: string,
  synonym: string | null,
  documentation: string,
];

const maxLong = '9223372036854775807';
const throttled = '[partitionId]:[brokerId],[partitionId]:[brokerId],...';

const rows: readonly Row[] = [
  [
    'cleanup.policy',
    'LIST',
    'delete',
    '[compact, delete]',
    'log.cleanup.policy',
    'What happens to old data: "delete" drops whole segments by age and size, "compact" keeps the last record of each key. Both may be set.',
  ],
  [
    'compression.gzip.level',
    'INT',
    '-1',
    '[1,...,9] or -1',
    'compression.gzip.level',
    'Level used when the broker itself compresses with gzip.',
  ],
  [
    'compression.lz4.level',
    'INT',
    '9',
    '[1,...,17]',
    'compression.lz4.level',
    'Level used when the broker itself compresses with lz4.',
  ],
  [
    'compression.type',
    'STRING',
    'producer',
    '[uncompressed, zstd, lz4, snappy, gzip, producer]',
    'compression.type',
    'Codec of stored batches. "producer" keeps what the producer sent.',
  ],
  [
    'compression.zstd.level',
    'INT',
    '3',
    '[-131072,...,22]',
    'compression.zstd.level',
    'Level used when the broker itself compresses with zstd.',
  ],
  [
    'delete.retention.ms',
    'LONG',
    '86400000',
    '[0,...]',
    'log.cleaner.delete.retention.ms',
    'How long tombstones and transaction markers outlive compaction.',
  ],
  [
    'file.delete.delay.ms',
    'LONG',
    '60000',
    '[0,...]',
    'log.segment.delete.delay.ms',
    'Pause between dropping a segment and removing its files.',
  ],
  [
    'flush.messages',
    'LONG',
    maxLong,
    '[1,...]',
    'log.flush.interval.messages',
    'Stored and reported only: every acknowledged batch is synced.',
  ],
  [
    'flush.ms',
    'LONG',
    maxLong,
    '[0,...]',
    'log.flush.interval.ms',
    'Stored and reported only: every acknowledged batch is synced.',
  ],
  [
    'follower.replication.throttled.replicas',
    'LIST',
    '',
    throttled,
    null,
    'Replicas whose inbound copying is throttled during a reassignment.',
  ],
  [
    'index.interval.bytes',
    'INT',
    '4096',
    '[0,...]',
    'log.index.interval.bytes',
    'Stored and reported only: the index has its own density.',
  ],
  [
    'leader.replication.throttled.replicas',
    'LIST',
    '',
    throttled,
    null,
    'Replicas whose outbound copying is throttled during a reassignment.',
  ],
  [
    'local.retention.bytes',
    'LONG',
    '-2',
    '[-2,...]',
    'log.local.retention.bytes',
    'Meaningful only with tiered storage, which is not served.',
  ],
  [
    'local.retention.ms',
    'LONG',
    '-2',
    '[-2,...]',
    'log.local.retention.ms',
    'Meaningful only with tiered storage, which is not served.',
  ],
  [
    'max.compaction.lag.ms',
    'LONG',
    maxLong,
    '[1,...]',
    'log.cleaner.max.compaction.lag.ms',
    'Longest time that a record stays out of reach of compaction.',
  ],
  [
    'max.message.bytes',
    'INT',
    '1048588',
    '[0,...]',
    'message.max.bytes',
    'Largest record batch that is accepted, in bytes after compression.',
  ],
  [
    'message.timestamp.after.max.ms',
    'LONG',
    '3600000',
    '[0,...]',
    'log.message.timestamp.after.max.ms',
    'How far a record timestamp may lie ahead of broker time (CreateTime topics).',
  ],
  [
    'message.timestamp.before.max.ms',
    'LONG',
    maxLong,
    '[0,...]',
    'log.message.timestamp.before.max.ms',
    'How far a record timestamp may lie behind broker time (CreateTime topics).',
  ],
  [
    'message.timestamp.type',
    'STRING',
    'CreateTime',
    '[CreateTime, LogAppendTime]',
    'log.message.timestamp.type',
    'Whether records keep the timestamp of their producer or get the time of the append.',
  ],
  [
    'min.cleanable.dirty.ratio',
    'DOUBLE',
    '0.5',
    '[0,...,1]',
    'log.cleaner.min.cleanable.ratio',
    'Share of a log that must be uncompacted before compaction runs.',
  ],
  [
    'min.compaction.lag.ms',
    'LONG',
    '0',
    '[0,...]',
    'log.cleaner.min.compaction.lag.ms',
    'Shortest time that a record stays out of reach of compaction.',
  ],
  [
    'min.insync.replicas',
    'INT',
    '1',
    '[1,...]',
    'min.insync.replicas',
    'Durable copies that a produce with acks=all needs.',
  ],
  [
    'preallocate',
    'BOOLEAN',
    'false',
    '',
    'log.preallocate',
    'Stored and reported only: segment files grow, and journal files are always preallocated.',
  ],
  [
    'remote.log.copy.disable',
    'BOOLEAN',
    'false',
    '',
    null,
    'Meaningful only with tiered storage, which is not served.',
  ],
  [
    'remote.log.delete.on.disable',
    'BOOLEAN',
    'false',
    '',
    null,
    'Meaningful only with tiered storage, which is not served.',
  ],
  [
    'remote.storage.enable',
    'BOOLEAN',
    'false',
    '',
    null,
    'Tiered storage is not served: only false is accepted.',
  ],
  [
    'retention.bytes',
    'LONG',
    '-1',
    '',
    'log.retention.bytes',
    'Size of a partition beyond which its oldest segments are dropped; -1 for no limit.',
  ],
  [
    'retention.ms',
    'LONG',
    '604800000',
    '[-1,...]',
    'log.retention.ms',
    'Age beyond which segments are dropped; -1 for ever.',
  ],
  [
    'segment.bytes',
    'INT',
    '1073741824',
    '[1048576,...]',
    'log.segment.bytes',
    'Size at which a segment file is closed and the next one begun.',
  ],
  [
    'segment.index.bytes',
    'INT',
    '10485760',
    '[4,...]',
    'log.index.size.max.bytes',
    'Stored and reported only: the index has its own size.',
  ],
  [
    'segment.jitter.ms',
    'LONG',
    '0',
    '[0,...]',
    'log.roll.jitter.ms',
    'Random time taken off segment.ms, so that segments do not roll together.',
  ],
  [
    'segment.ms',
    'LONG',
    '604800000',
    '[1,...]',
    'log.roll.ms',
    'Age at which a segment is closed even if it is not full.',
  ],
  [
    'unclean.leader.election.enable',
    'BOOLEAN',
    'false',
    '',
    'unclean.leader.election.enable',
    'Stored and reported only: a replica that may lack acknowledged records never leads.',
  ],
];

const fallbacks: Record<string, TopicKey['fallbacks']> = {
  'flush.ms': [['log.flush.scheduler.interval.ms', 1]],
  'retention.ms': [
    ['log.retention.minutes', 60_000],
    ['log.retention.hours', 3_600_000],
  ],
  'segment.ms': [['log.roll.hours', 3_600_000]],
  'segment.jitter.ms': [['log.roll.jitter.hours', 3_600_000]],
};

export const topicKeys: readonly TopicKey[] = rows.map(
  ([name, type, defaultValue, validValues, synonym, documentation]) => ({
    name,
    type,
    defaultValue,
    validValues,
    updateMode: 'cluster-wide',
    synonym,
    fallbacks: fallbacks[name] ?? [],
    documentation,
  }),
);

export const topicKeyByName: ReadonlyMap<string, TopicKey> = new Map(topicKeys.map((key) => [key.name, key]));
