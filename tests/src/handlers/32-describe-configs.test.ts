import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../../protocol';
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

test('behaviour 22: an unknown topic is an error, never an empty list; other resources say that they are not served', async () => {
  expect(await ask(4, 'missing', null)).toMatchObject({ errorCode: 3, configs: [] });
  expect(await ask(4, 'a b', null)).toMatchObject({ errorCode: 17, configs: [] });
  const { errorCode, errorMessage } = await ask(4, '1', null, 4);
  expect(errorCode).toBe(42);
  expect(errorMessage).toContain('not served');
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
