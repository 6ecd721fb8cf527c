import {
  type DynamicSettings,
  defaultBrokerConfig,
  LiveBrokerConfig,
} from '../../../src/config/broker-config';
import { checkDynamicSettings, updateModeOf } from '../../../src/config/dynamic-broker-keys';
import { resolveTopicConfig } from '../../../src/config/topic-config';

const layer = (values: Readonly<Record<string, string>> = {}) => new Map(Object.entries(values));
const dynamic = (
  broker: Readonly<Record<string, string>>,
  cluster: Readonly<Record<string, string>> = {},
): DynamicSettings => ({ broker: layer(broker), cluster: layer(cluster) });

const ofAll = (values: Readonly<Record<string, string>>) =>
  checkDynamicSettings(dynamic({}, values), 'cluster', defaultBrokerConfig());
const ofOne = (values: Readonly<Record<string, string>>, config = defaultBrokerConfig()) =>
  checkDynamicSettings(dynamic(values), 'broker', config);

test('keys that may change while the broker runs, and those that may not', () => {
  expect(ofAll({ 'log.retention.ms': '1', 'message.max.bytes': '2000', 'num.io.threads': '3' })).toBeNull();
  expect(ofAll({ 'num.partitions': '3', 'log.retention.hours': '1' })).toBe(
    'These settings cannot be changed while the broker runs: num.partitions, log.retention.hours',
  );
  expect(ofAll({ 'journal.file.bytes': '1048576' })).toMatch(/cannot be changed/);
  for (const key of ['listeners', 'listener.security.protocol.map', 'cordoned.log.dirs']) {
    expect(ofOne({ [key]: '' })).toMatch(/cannot be changed/);
    expect(updateModeOf(key)).toBe('read-only');
  }
  // A plug-in may know what we do not.
  expect(ofOne({ 'made.up.key': 'x' })).toBeNull();
  expect(updateModeOf('made.up.key')).toBe('read-only');
});

test('what belongs to one broker cannot be set for all, and TLS belongs to one listener', () => {
  expect(ofOne({ 'sasl.jaas.config': 'x' })).toBeNull();
  expect(ofAll({ 'sasl.jaas.config': 'x' })).toMatch(/single brokers only/);
  expect(ofOne({ 'ssl.keystore.type': 'PEM' })).toMatch(/single listeners only/);
  expect(ofOne({ 'listener.name.plaintext.ssl.keystore.type': 'PEM' })).toBeNull();
  expect(ofAll({ 'listener.name.plaintext.ssl.keystore.type': 'PEM' })).toMatch(/single brokers only/);
  expect(ofAll({ 'listener.name.plaintext.max.connections': '5' })).toBeNull();
  expect(ofAll({ 'listener.name.plaintext.max.connections': 'five' })).toMatch(/Not a number/);
  expect(ofOne({ 'leader.replication.throttled.rate': '5' })).toBeNull();
  expect(ofAll({ 'leader.replication.throttled.rate': '-5' })).toMatch(/at least 0/);
});

test('values are checked one by one and against what counts for the rest', () => {
  expect(ofAll({ 'log.retention.ms': 'x' })).toBe(
    'Invalid value x for configuration log.retention.ms: Not a number of type LONG',
  );
  expect(ofAll({ 'log.retention.ms': '0' })).toMatch(/expected -1/);
  expect(ofAll({ 'log.retention.ms': '-1' })).toBeNull();
  expect(ofAll({ 'max.connections.per.ip': '0' })).toMatch(/nobody could connect/);
  expect(
    ofAll({ 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '127.0.0.1:2' }),
  ).toBeNull();
  expect(ofAll({ 'max.connections.per.ip.overrides': '127.0.0.1' })).toMatch(/address:count/);
  expect(ofAll({ 'group.consumer.assignment.interval.ms': '15001' })).toBe(
    'Invalid value 15001 for configuration group.consumer.assignment.interval.ms: Value must be no more than 15000 (group.consumer.max.assignment.interval.ms)',
  );
  const wider = defaultBrokerConfig({ 'group.consumer.max.assignment.interval.ms': '20000' });
  expect(ofOne({ 'group.consumer.assignment.interval.ms': '15001' }, wider)).toBeNull();
  const both = dynamic(
    { 'max.connections.per.ip': '0' },
    { 'max.connections.per.ip.overrides': '127.0.0.1:2' },
  );
  expect(checkDynamicSettings(both, 'broker', wider)).toBeNull();
});

test('settings of the broker count before those of all brokers, and both before the file', () => {
  const live = new LiveBrokerConfig(defaultBrokerConfig({ 'log.retention.ms': '1', 'max.connections': '7' }));
  const { config } = live;
  const retentionMs = () => resolveTopicConfig(new Map(), config).retentionMs;
  expect([retentionMs(), config.connectionsMax, config.value('log.retention.ms')]).toEqual([1, 7, '1']);
  live.apply(dynamic({}, { 'log.retention.ms': '2', 'max.connections': '8' }));
  expect([retentionMs(), config.connectionsMax]).toEqual([2, 8]);
  live.apply(dynamic({ 'log.retention.ms': '3' }, { 'log.retention.ms': '2' }));
  expect([retentionMs(), config.connectionsMax]).toEqual([3, 7]);
  live.apply(dynamic({}));
  expect([retentionMs(), config.connectionsMax]).toEqual([1, 7]);
  live.apply(dynamic({ 'max.connections.per.ip.overrides': '10.0.0.1:3,::1:4' }));
  expect([...config.connectionsPerAddressOverrides]).toEqual([
    ['10.0.0.1', 3],
    ['::1', 4],
  ]);
});

// The file can be edited between two starts, and a setting from before must not keep the broker from starting.
test('settings that do not go with the file are left out and named', () => {
  const live = new LiveBrokerConfig(defaultBrokerConfig({ 'max.connections': '7' }));
  expect(live.apply(dynamic({ 'max.connections': 'many', 'log.retention.ms': '5' }))).toEqual([
    'Invalid value many for configuration max.connections: Not a number of type INT',
  ]);
  expect([live.config.connectionsMax, live.config.value('log.retention.ms')]).toEqual([7, '5']);
  expect(live.apply(dynamic({ 'max.connections.per.ip': '0', 'max.connections': '9' }))).toEqual([
    expect.stringContaining('nobody could connect'),
  ]);
  expect([live.config.connectionsMax, live.config.value('log.retention.ms')]).toEqual([7, '5']);
});
