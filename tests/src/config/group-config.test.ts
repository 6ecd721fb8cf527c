import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import {
  checkGroupConfigs,
  describeGroup,
  groupConfigValue,
  groupKeys,
} from '../../../src/config/group-config';
import { withDynamicSettings } from '../../support/configs';

const values = (set: Readonly<Record<string, string>>) => new Map(Object.entries(set));
const check = (set: Readonly<Record<string, string>>) =>
  checkGroupConfigs(values(set), defaultBrokerConfig());

test('values of a group stay within the bounds of its broker', () => {
  const bounds: readonly (readonly [key: string, low: string, high: string])[] = [
    ['consumer.session.timeout.ms', '45000', '60000'],
    ['consumer.heartbeat.interval.ms', '5000', '15000'],
    ['consumer.assignment.interval.ms', '0', '15000'],
    ['share.session.timeout.ms', '45000', '60000'],
    ['share.heartbeat.interval.ms', '5000', '15000'],
    ['share.record.lock.duration.ms', '15000', '60000'],
    ['share.delivery.count.limit', '2', '10'],
    ['share.assignment.interval.ms', '0', '15000'],
    ['streams.session.timeout.ms', '45000', '60000'],
    ['streams.heartbeat.interval.ms', '5000', '15000'],
    ['streams.num.standby.replicas', '0', '2'],
    ['streams.assignment.interval.ms', '0', '15000'],
  ];
  for (const [key, low, high] of bounds) {
    const verdicts = [Number(low) - 1, low, high, Number(high) + 1].map((value) =>
      check({ [key]: String(value) }),
    );
    expect([key, ...verdicts.map((verdict) => verdict === null)]).toEqual([key, false, true, true, false]);
  }
  expect(check({ 'consumer.session.timeout.ms': '1000' })).toBe(
    'Invalid value 1000 for configuration consumer.session.timeout.ms: Value must be at least 45000 (group.consumer.min.session.timeout.ms)',
  );
});

test('a share group begins at an end or some time ago', () => {
  const fits = (value: string) => check({ 'share.auto.offset.reset': value }) === null;
  for (const value of [
    'earliest',
    'latest',
    'by_duration:PT1H',
    'by_duration:P1DT2H3M4.5S',
    'by_duration:P2D',
  ]) {
    expect([value, fits(value)]).toEqual([value, true]);
  }
  for (const value of [
    'EARLIEST',
    '',
    'by_duration:',
    'by_duration:P',
    'by_duration:PT',
    'by_duration:-PT1H',
    'by_duration:1H',
  ]) {
    expect([value, fits(value)]).toEqual([value, false]);
  }
});

test('unknown keys, bad values and a heartbeat that is too slow are refused', () => {
  expect(check({ 'session.timeout.ms': '1' })).toBe('Unknown group config name: session.timeout.ms');
  expect(check({ 'share.isolation.level': 'READ_COMMITTED' })).toMatch(/must be one of/);
  const broker = defaultBrokerConfig({ 'group.consumer.max.heartbeat.interval.ms': '50000' });
  expect(checkGroupConfigs(values({ 'consumer.heartbeat.interval.ms': '45000' }), broker)).toBe(
    'Invalid value 45000 for configuration consumer.heartbeat.interval.ms: must be below consumer.session.timeout.ms (45000)',
  );
});

test('behaviour 22: a group has its own value, the broker’s, or the default', () => {
  const broker = withDynamicSettings(defaultBrokerConfig(), {
    broker: new Map(),
    cluster: new Map([['group.consumer.assignment.interval.ms', '1500']]),
  });
  const own = values({ 'consumer.session.timeout.ms': ' 46000 ', 'share.isolation.level': 'read_committed' });
  const entries = new Map(describeGroup(own, broker, true).map((entry) => [entry.name, entry]));
  expect(entries.get('consumer.session.timeout.ms')).toMatchObject({
    value: '46000',
    source: 8,
    synonyms: [
      { name: 'consumer.session.timeout.ms', value: '46000', source: 8 },
      { name: 'group.consumer.session.timeout.ms', value: '45000', source: 5 },
    ],
  });
  expect(entries.get('consumer.assignment.interval.ms')).toMatchObject({ value: '1500', source: 3 });
  expect(entries.get('share.isolation.level')!.synonyms).toEqual([
    { name: 'share.isolation.level', value: 'read_committed', source: 8 },
    { name: 'share.isolation.level', value: 'read_uncommitted', source: 5 },
  ]);
  expect([...entries.values()].filter(({ documentation }) => documentation === null)).toEqual([]);
  expect(groupConfigValue('consumer.assignment.interval.ms', own, broker)).toBe('1500');
});

interface Fact {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly validValues: string | null;
  readonly serverDefaultName: string | null;
}

const oracle = join(__dirname, '../../../../shared/oracle/data/group-configs.json');
(existsSync(oracle) ? test : test.skip)('group keys are those of Kafka', () => {
  const facts = new Map(
    (JSON.parse(readFileSync(oracle, 'utf8')) as Fact[]).map((fact) => [fact.name, fact]),
  );
  expect(groupKeys).toHaveLength(17);
  for (const { name, type, defaultValue, validValues, synonym } of groupKeys) {
    const fact = facts.get(name)!;
    const valid = name === 'share.auto.offset.reset' ? '' : (fact.validValues ?? '');
    expect([name, type, defaultValue, validValues, synonym]).toEqual([
      name,
      fact.type,
      fact.default,
      valid,
      fact.serverDefaultName,
    ]);
  }
});
