import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBrokerConfig, loadBrokerConfig } from '../../../src/config/broker-config';
import {
  checkTopicConfigs,
  describeTopicConfigs,
  resolveTopicConfig,
} from '../../../src/config/topic-config';
import { topicKeys } from '../../../src/config/topic-keys';

const broker = defaultBrokerConfig();
const check = (configs: Record<string, string | null>) =>
  checkTopicConfigs(Object.entries(configs).map(([name, value]) => ({ name, value })));

// Debezium, Connect, Streams and MirrorMaker send these; a refusal is fatal to each of them.
test('what known tools send is accepted', () => {
  expect(
    check({ 'cleanup.policy': 'delete', 'retention.ms': '9223372036854775807', 'retention.bytes': '-1' }),
  ).toBeNull();
  expect(
    check({ 'cleanup.policy': 'compact,delete', 'segment.bytes': '52428800', 'retention.ms': '-1' }),
  ).toBeNull();
  expect(check({ 'message.timestamp.type': 'CreateTime', 'min.compaction.lag.ms': '86400000' })).toBeNull();
  expect(
    check({
      'leader.replication.throttled.replicas': '0:1,1:2',
      'follower.replication.throttled.replicas': '*',
    }),
  ).toBeNull();
});

test('unknown keys, nulls and bad values are INVALID_CONFIG with the key in the message', () => {
  expect(check({ 'no.such.key': '1' })).toBe('Unknown topic config name: no.such.key');
  expect(check({ 'message.format.version': '2.8' })).toBe(
    'Unknown topic config name: message.format.version',
  );
  expect(check({ 'retention.ms': null })).toBe('Null value not supported for topic configs: retention.ms');
  expect(check({ 'retention.ms': '-2' })).toBe(
    'Invalid value -2 for configuration retention.ms: Value must be at least -1',
  );
  expect(check({ 'segment.bytes': '1000' })).toContain('at least 1048576');
  expect(check({ 'min.cleanable.dirty.ratio': '1.5' })).toContain('no more than 1');
  expect(check({ 'remote.storage.enable': 'true' })).toContain('tiered storage is not served');
  expect(check({ 'leader.replication.throttled.replicas': 'x' })).toContain('partition:broker pairs');
  expect(check({ 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' })).toContain(
    'max.compaction.lag.ms',
  );
});

test('a topic setting wins over the broker, the broker over the default; int64 text stays exact', () => {
  const { config } = loadBrokerConfig({
    file: null,
    overrides: new Map([
      ['log.retention.hours', '2'],
      ['message.max.bytes', '2000'],
    ]),
  });
  expect(resolveTopicConfig(new Map(), config!)).toMatchObject({
    retentionMs: 7_200_000,
    maxMessageSizeBytes: 2000,
  });
  const overrides = new Map([
    ['retention.ms', '9223372036854775807'],
    ['cleanup.policy', 'delete,compact'],
  ]);
  expect(resolveTopicConfig(overrides, config!)).toMatchObject({
    retentionMs: Number.MAX_SAFE_INTEGER,
    cleanupPolicies: { delete: true, compact: true },
  });
  const described = new Map(describeTopicConfigs(overrides, config!).map((entry) => [entry.name, entry]));
  expect(described.get('retention.ms')).toMatchObject({ value: '9223372036854775807', source: 1, type: 5 });
  expect(described.get('max.message.bytes')).toMatchObject({
    value: '2000',
    source: 4,
    synonyms: [
      { name: 'message.max.bytes', value: '2000', source: 4 },
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ],
  });
  expect(described.get('segment.ms')).toMatchObject({ value: '604800000', source: 5, synonyms: [] });
});

// 4.4 knows a few keys more than the broker that is the reference; those are not described.
const newerKeys = [
  'errors.deadletterqueue.group.enable',
  'internal.segment.bytes',
  'max.decompressed.message.bytes',
  'remote.copy.lag.bytes',
  'remote.copy.lag.ms',
];
const oracle = join(__dirname, '../../../../shared/oracle/data/topic-configs.json');
(existsSync(oracle) ? test : test.skip)(
  'every topic key of Kafka stands in the table with its type, default and range',
  () => {
    const facts = JSON.parse(readFileSync(oracle, 'utf8')) as {
      name: string;
      type: string;
      default: string | null;
      validValues: string | null;
      synonyms: { name: string }[];
    }[];
    expect(
      topicKeys.map((key) => [
        key.name,
        key.type,
        key.defaultValue,
        key.validValues,
        [...(key.synonym === null ? [] : [key.synonym]), ...key.fallbacks.map(([name]) => name)],
      ]),
    ).toEqual(
      facts
        .filter((fact) => !newerKeys.includes(fact.name))
        .map((fact) => [
          fact.name,
          fact.type,
          fact.default,
          fact.validValues ?? '',
          fact.synonyms.map(({ name }) => name),
        ]),
    );
  },
);

test('every described key is accepted back with its own value (MirrorMaker copies configs)', () => {
  for (const { name, value } of describeTopicConfigs(new Map(), broker))
    expect(checkTopicConfigs([{ name, value }])).toBeNull();
});

test('coarser spellings in the file are the source of a value in CreateTopics, and a default in DescribeConfigs', () => {
  const { config } = loadBrokerConfig({ file: null, overrides: new Map([['log.retention.hours', '2']]) });
  const source = (form: 'written' | 'understood', name: string) =>
    describeTopicConfigs(new Map(), config!, form).find((entry) => entry.name === name)!.source;
  expect([source('written', 'retention.ms'), source('understood', 'retention.ms')]).toEqual([4, 5]);
  expect(source('written', 'segment.ms')).toBe(5);
});
