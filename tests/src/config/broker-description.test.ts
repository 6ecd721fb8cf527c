import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBrokerConfig, loadBrokerConfig } from '../../../src/config/broker-config';
import { describeAllBrokers, describeBroker } from '../../../src/config/broker-description';
import { brokerKeyTexts } from '../../../src/config/broker-key-texts';
import { configTypeCode } from '../../../src/config/keys';
import { ownKeys } from '../../../src/config/own-keys';
import { withDynamicSettings } from '../../support/configs';

const layer = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));
const byName = (config = defaultBrokerConfig()) =>
  new Map(describeBroker(config, true).map((entry) => [entry.name, entry]));

const withDynamic = (broker: Readonly<Record<string, string>>, cluster: Readonly<Record<string, string>>) =>
  withDynamicSettings(defaultBrokerConfig({ 'log.retention.hours': '5' }), {
    broker: layer(broker),
    cluster: layer(cluster),
  });

test('behaviour 22: every key of a broker says what it means', () => {
  const texts = [...byName().values()].map(({ name, documentation }) => `${name}: ${documentation}`);
  expect(texts.filter((text) => !/: .{15,}\.$/.test(text))).toEqual([]);
  expect(new Set(texts.map((text) => text.slice(text.indexOf(': ')))).size).toBeGreaterThan(330);
});

test('a text belongs to a key that there is', () => {
  const config = withDynamic({ 'leader.replication.throttled.rate': '1' }, {});
  const known = new Set(describeBroker(config, false).map(({ name }) => name));
  const oddly = [...brokerKeyTexts().keys()].filter(
    (name) => !known.has(name) && config.defaultValue(name) === null,
  );
  // Set by tools at run time alone, or hidden and without a default.
  expect(oddly).toEqual([
    'group.streams.topology.description.plugin.class',
    'internal.metadata.log.segment.bytes',
    'follower.replication.throttled.rate',
    'replica.alter.log.dirs.io.max.bytes.per.second',
  ]);
});

test('behaviour 22: synonyms stand in the order in which they count, coarser units among them', () => {
  const entries = byName(
    withDynamic(
      { 'log.retention.ms': '700' },
      { 'log.retention.ms': ' 600 ', 'log.cleanup.policy': 'compact, delete' },
    ),
  );
  expect(entries.get('log.retention.ms')).toMatchObject({
    value: '700',
    source: 2,
    isReadOnly: false,
    synonyms: [
      { name: 'log.retention.ms', value: '700', source: 2 },
      { name: 'log.retention.ms', value: ' 600 ', source: 3 },
      { name: 'log.retention.hours', value: '5', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ],
  });
  expect(entries.get('log.retention.hours')).toMatchObject({
    value: '5',
    source: 4,
    isReadOnly: true,
    synonyms: [
      { name: 'log.retention.hours', value: '5', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ],
  });
  expect(entries.get('log.retention.minutes')).toMatchObject({ value: null, source: 5, synonyms: [] });
  expect(entries.get('log.cleanup.policy')).toMatchObject({ value: 'compact,delete', source: 3 });
});

test('behaviour 22: secrets are told to nobody, and what nobody knows may be one', () => {
  const config = withDynamic(
    {
      'sasl.jaas.config': 'hunter2',
      'listener.name.plaintext.ssl.key.password': 'hunter2',
      'listener.name.plaintext.ssl.keystore.type': 'PEM',
      'made.up.key': 'hunter2',
    },
    { 'another.key': 'hunter2' },
  );
  const entries = byName(config);
  expect(entries.get('sasl.jaas.config')).toMatchObject({
    value: null,
    isSensitive: true,
    source: 2,
    synonyms: [{ name: 'sasl.jaas.config', value: null, source: 2 }],
  });
  expect(entries.get('listener.name.plaintext.ssl.keystore.type')).toMatchObject({
    value: 'PEM',
    isReadOnly: true,
    synonyms: [
      { name: 'listener.name.plaintext.ssl.keystore.type', value: 'PEM', source: 2 },
      { name: 'ssl.keystore.type', value: 'JKS', source: 5 },
    ],
  });
  expect(entries.get('made.up.key')).toMatchObject({ value: null, isSensitive: true, type: 0 });
  expect(
    JSON.stringify([...entries.values(), ...describeAllBrokers(config.dynamic.cluster, true)]),
  ).not.toContain('hunter2');
});

test('behaviour 22: of all brokers only what was set for them is told', () => {
  const config = withDynamic(
    { 'log.retention.ms': '700' },
    { 'message.max.bytes': '5', 'log.retention.ms': '600' },
  );
  expect(describeAllBrokers(config.dynamic.cluster, false)).toMatchObject([
    { name: 'log.retention.ms', value: '600', source: 3, synonyms: [{ value: '600', source: 3 }] },
    { name: 'message.max.bytes', value: '5', source: 3, documentation: null },
  ]);
});

test('node.id and broker.id are one number, and doubles look as Java writes them', () => {
  const { config } = loadBrokerConfig({ file: layer({ 'node.id': '4' }), overrides: new Map() });
  const entries = byName(config!);
  expect(entries.get('broker.id')).toMatchObject({ value: '4', source: 4 });
  expect(entries.get('node.id')).toMatchObject({ value: '4', source: 4 });
  expect(entries.get('log.cleaner.io.max.bytes.per.second')!.value).toBe('1.7976931348623157E308');
  expect(entries.get('log.cleaner.min.cleanable.ratio')!.value).toBe('0.5');
});

const oracle = join(__dirname, '../../../../shared/oracle/data/broker-configs.json');
(existsSync(oracle) ? test : test.skip)(
  'behaviour 22: type, mode and secrecy of every key are those of Kafka',
  () => {
    const facts = JSON.parse(readFileSync(oracle, 'utf8')) as {
      name: string;
      type: keyof typeof configTypeCode;
      updateMode: string;
    }[];
    const byKey = new Map(facts.map((fact) => [fact.name, fact]));
    const entries = [...byName().values()];
    const differing = entries
      .filter(({ name, type, isReadOnly, isSensitive }) => {
        const fact = byKey.get(name);
        return (
          fact === undefined ||
          type !== configTypeCode[fact.type] ||
          isReadOnly !== (fact.updateMode === 'read-only') ||
          isSensitive !== (fact.type === 'PASSWORD')
        );
      })
      .map(({ name }) => name);
    const fixedHere = ['cordoned.log.dirs', 'listener.security.protocol.map', 'listeners'];
    expect(differing).toEqual([...fixedHere, ...ownKeys.map(([name]) => name)].sort());
  },
);
