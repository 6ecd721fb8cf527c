import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../../protocol';
import { alterConfigs } from '../../support/configs';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker({ 'message.max.bytes': '2000000' });
  await createTopic(broker, 't', {
    configs: { 'cleanup.policy': 'compact', 'retention.ms': '9223372036854775807' },
  });
});

async function ask(
  version: number,
  resourceName: string,
  configurationKeys: readonly string[] | null,
  resourceType = 2,
) {
  const answer = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, version, {
    resources: [{ resourceType, resourceName, configurationKeys }],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  return answer.results[0]!;
}

// Schema Registry, Connect and Streams read these and do not start without them.
test('behaviour 22: every effective key is there, in every version', async () => {
  for (const version of servedVersions(32)) {
    const { errorCode, configs } = await ask(version, 't', null);
    expect(errorCode).toBe(0);
    expect(configs).toHaveLength(33);
    const byName = new Map(configs.map((config) => [config.name, config]));
    expect(byName.get('cleanup.policy')).toMatchObject({
      value: 'compact',
      configSource: 1,
      readOnly: false,
      isSensitive: false,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
    });
    expect(byName.get('retention.ms')).toMatchObject({ value: '9223372036854775807', configSource: 1 });
    expect(byName.get('max.message.bytes')).toMatchObject({ value: '2000000', configSource: 4 });
    if (version >= 3) {
      expect(byName.get('cleanup.policy')!.configType).toBe(7);
      expect(byName.get('cleanup.policy')!.documentation).toMatch(/compact/);
    }
  }
});

test('behaviour 22: only the keys that are asked for; an empty list asks for all', async () => {
  const names = async (keys: readonly string[]) => (await ask(4, 't', keys)).configs.map(({ name }) => name);
  expect(await names(['retention.ms', 'no.such.key'])).toEqual(['retention.ms']);
  expect(await names([])).toHaveLength(33);
});

test('behaviour 22: an unknown topic is an error, never an empty list', async () => {
  expect(await ask(4, 'missing', null)).toMatchObject({ errorCode: 3, configs: [] });
  expect(await ask(4, 'a b', null)).toMatchObject({ errorCode: 17, configs: [] });
});

test('behaviour 22: every setting of a broker, of it alone; the empty name is for what all brokers were told', async () => {
  for (const version of servedVersions(32)) {
    const { errorCode, configs } = await ask(version, '1', null, 4);
    expect(errorCode).toBe(0);
    // Those of Kafka 4.3 and our own.
    expect(configs.length).toBeGreaterThanOrEqual(340);
    const byName = new Map(configs.map((config) => [config.name, config]));
    expect(byName.get('message.max.bytes')).toMatchObject({
      value: '2000000',
      configSource: 4,
      readOnly: false,
      synonyms: [
        { name: 'message.max.bytes', value: '2000000', source: 4 },
        { name: 'message.max.bytes', value: '1048588', source: 5 },
      ],
    });
    expect(byName.get('default.replication.factor')).toMatchObject({ value: '1', readOnly: true });
    expect(byName.get('log.flush.interval.messages')).toMatchObject({ value: '9223372036854775807' });
    if (version >= 3) expect(byName.get('num.partitions')!.documentation).toMatch(/Partitions of a topic/);
  }
  expect(await ask(4, '', null, 4)).toMatchObject({ errorCode: 0, configs: [] });
  expect(await alterConfigs(broker, 4, '', { 'log.retention.ms': '9223372036854775807' })).toBe(0);
  expect((await ask(4, '', null, 4)).configs).toMatchObject([
    { name: 'log.retention.ms', value: '9223372036854775807', configSource: 3 },
  ]);
  expect(await ask(4, '2', null, 4)).toMatchObject({ errorCode: 42, configs: [] });
  expect(await ask(4, 'one', null, 4)).toMatchObject({ errorCode: 42, configs: [] });
});

test('behaviour 22: groups and subscriptions need not exist, but need a name', async () => {
  const group = await ask(4, 'nobody', null, 32);
  expect(group).toMatchObject({ errorCode: 0, errorMessage: '' });
  expect(group.configs).toHaveLength(17);
  expect((await ask(4, 'nobody', null, 16)).configs.map(({ name }) => name)).toEqual([
    'interval.ms',
    'match',
    'metrics',
  ]);
  for (const type of [16, 32]) expect(await ask(4, '', null, type)).toMatchObject({ errorCode: 42 });
});

test('behaviour 22: the loggers of a broker and their levels', async () => {
  const { configs } = await ask(4, '1', null, 8);
  expect(configs.find(({ name }) => name === 'root')).toMatchObject({
    value: 'INFO',
    configSource: 6,
    readOnly: false,
    synonyms: [],
  });
  expect(configs.length).toBeGreaterThan(3);
  for (const name of ['', '2', 'x']) expect(await ask(4, name, null, 8)).toMatchObject({ errorCode: 42 });
});

test('sources and documentation are left out unless asked for', async () => {
  const answer = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] }],
  });
  expect(answer.results[0]!.configs[0]).toMatchObject({ synonyms: [], documentation: null });
});

test('behaviour 22: values are told as they were understood, not as they were written', async () => {
  await createTopic(broker, 'odd', {
    configs: {
      'retention.ms': ' +5000 ',
      'cleanup.policy': 'compact , delete',
      preallocate: 'TRUE',
      'min.cleanable.dirty.ratio': '1',
    },
  });
  const keys = ['retention.ms', 'cleanup.policy', 'preallocate', 'min.cleanable.dirty.ratio'];
  const { configs } = await ask(4, 'odd', keys);
  expect(Object.fromEntries(configs.map(({ name, value }) => [name, value]))).toEqual({
    'cleanup.policy': 'compact,delete',
    'min.cleanable.dirty.ratio': '1.0',
    preallocate: 'true',
    'retention.ms': '5000',
  });
  expect(configs[0]!.synonyms[0]!.value).toBe('compact,delete');
});

test('behaviour 22: a resource type that does not exist makes the whole question unreadable', async () => {
  const { results } = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [
      { resourceType: 2, resourceName: 't', configurationKeys: null },
      { resourceType: 5, resourceName: 'x', configurationKeys: null },
    ],
  });
  expect(results).toMatchObject([
    { errorCode: 42, resourceType: 2, configs: [] },
    { errorCode: 42, resourceType: 5, configs: [] },
  ]);
});

test('behaviour 22: where there is nothing to say the message is empty, not null', async () => {
  expect((await ask(4, 't', null)).errorMessage).toBe('');
  expect((await ask(4, 'missing', null)).errorMessage).toBe('');
});

// A few bytes of a request ask for hundreds of entries.
test('behaviour 22: one request is answered with a bounded number of settings', async () => {
  broker = await startSimulatedBroker({ 'max.describe.configs.entries': '1000' });
  const ofGroup = { resourceType: 32, resourceName: 'g', configurationKeys: ['share.isolation.level'] };
  const { results } = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: Array.from({ length: 100 }, () => ofGroup),
  });
  const codes = results.map(({ errorCode }) => errorCode);
  expect([codes.indexOf(42), codes.lastIndexOf(0)]).toEqual([58, 57]);
  expect(results[58]!.errorMessage).toMatch(/max\.describe\.configs\.entries/);
});
