import { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '../../../protocol';
import { alterConfigs, configTexts } from '../../support/configs';
import { elapse } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, someTimeMs, texts } from '../../support/topics';

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
});

async function ask(
  resources: readonly (readonly [
    type: number,
    name: string,
    ...changes: (readonly [string, number, string | null])[],
  ])[],
  validateOnly = false,
  version = 1,
) {
  const { responses } = await broker.ask(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    version,
    {
      resources: resources.map(([resourceType, resourceName, ...changes]) => ({
        resourceType,
        resourceName,
        configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
      })),
      validateOnly,
    },
  );
  return responses;
}

test('behaviour 23: every version changes single settings, and 9223372036854775807 comes back exactly', async () => {
  await createTopic(broker, 't', { configs: { 'segment.ms': '77777' } });
  for (const version of servedVersions(44)) {
    const value = version === 0 ? '9223372036854775806' : '9223372036854775807';
    expect(await ask([[TOPIC, 't', ['retention.ms', 0, value]]], false, version)).toEqual([
      { errorCode: 0, errorMessage: null, resourceType: TOPIC, resourceName: 't' },
    ]);
    expect(await configTexts(broker, TOPIC, 't', ['retention.ms', 'segment.ms'])).toEqual({
      'retention.ms': `${value} (1)`,
      'segment.ms': '77777 (1)',
    });
  }
});

test('behaviour 23: the answer has one result for each resource, in the order of the request', async () => {
  await createTopic(broker, 't');
  const answers = await ask([
    [LOGGER, '1', ['root', 0, 'WARN']],
    [TOPIC, 't', ['retention.ms', 0, 'soon']],
    [BROKER, '', ['log.retention.ms', 0, '600000']],
    [LOGGER, '2', ['root', 0, 'WARN']],
    [TOPIC, 'missing', ['retention.ms', 0, '1']],
  ]);
  expect(
    answers.map(({ resourceType, resourceName, errorCode }) => [resourceType, resourceName, errorCode]),
  ).toEqual([
    [LOGGER, '1', 0],
    [TOPIC, 't', 40],
    [BROKER, '', 0],
    [LOGGER, '2', 42],
    [TOPIC, 'missing', 3],
  ]);
  expect(answers[1]!.errorMessage).toBe(
    'Invalid value soon for configuration retention.ms: Not a number of type LONG',
  );
});

test('behaviour 23: a dry run changes nothing', async () => {
  await createTopic(broker, 't');
  const answers = await ask(
    [
      [TOPIC, 't', ['retention.ms', 0, '1']],
      [LOGGER, '1', ['root', 0, 'ERROR']],
    ],
    true,
  );
  expect(answers.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
  expect(await configTexts(broker, TOPIC, 't', ['retention.ms'])).toEqual({
    'retention.ms': '604800000 (5)',
  });
  expect(await configTexts(broker, LOGGER, '1', ['root'])).toEqual({ root: 'INFO (6)' });
});

test('a topic takes its new settings at once', async () => {
  await createTopic(broker, 't');
  const large = batch([{ value: Buffer.alloc(5000) }]);
  expect((await produceTo(broker, 't', large)).errorCode).toBe(0);

  expect(await alterConfigs(broker, TOPIC, 't', { 'max.message.bytes': '1000' })).toBe(0);
  expect((await produceTo(broker, 't', large)).errorCode).toBe(10);
  expect(await alterConfigs(broker, TOPIC, 't', { 'max.message.bytes': null })).toBe(0);
  expect((await produceTo(broker, 't', large)).errorCode).toBe(0);

  expect((await produceTo(broker, 't', batch(['a']))).logAppendTimeMs).toBe(-1);
  expect(await alterConfigs(broker, TOPIC, 't', { 'message.timestamp.type': 'LogAppendTime' })).toBe(0);
  expect((await produceTo(broker, 't', batch(['a']))).logAppendTimeMs).toBeGreaterThan(someTimeMs);

  expect(await alterConfigs(broker, TOPIC, 't', { 'cleanup.policy': 'compact' })).toBe(0);
  expect((await produceTo(broker, 't', batch(['no key']))).errorCode).toBe(87);
});

test('topics that set nothing take the new defaults of the broker at once, and others keep their own', async () => {
  await createTopic(broker, 't');
  await createTopic(broker, 'own', { configs: { 'max.message.bytes': '100000' } });
  const large = batch([{ value: Buffer.alloc(5000) }]);
  const codes = async () => [
    (await produceTo(broker, 't', large)).errorCode,
    (await produceTo(broker, 'own', large)).errorCode,
  ];
  expect(await alterConfigs(broker, BROKER, '', { 'message.max.bytes': '1000' })).toBe(0);
  expect(await codes()).toEqual([10, 0]);
  expect(await alterConfigs(broker, BROKER, '1', { 'message.max.bytes': '9000' })).toBe(0);
  expect(await codes()).toEqual([0, 0]);
  expect(await configTexts(broker, TOPIC, 't', ['max.message.bytes'])).toEqual({
    'max.message.bytes': '9000 (2)',
  });
  expect(await alterConfigs(broker, BROKER, '1', { 'message.max.bytes': null })).toBe(0);
  expect(await codes()).toEqual([10, 0]);
  await createTopic(broker, 'later');
  expect((await produceTo(broker, 'later', large)).errorCode).toBe(10);
});

test.each(['power', 'process'] as const)('a restart forgets no setting (%s)', async (kind) => {
  await createTopic(broker, 't');
  expect(await alterConfigs(broker, TOPIC, 't', { 'retention.ms': '5000' })).toBe(0);
  expect(
    await alterConfigs(broker, BROKER, '', { 'message.max.bytes': '1000', 'log.segment.bytes': '2000000' }),
  ).toBe(0);
  expect(await alterConfigs(broker, BROKER, '1', { 'log.segment.bytes': '3000000' })).toBe(0);
  expect(await alterConfigs(broker, 32, 'g', { 'share.auto.offset.reset': 'earliest' })).toBe(0);
  expect(await alterConfigs(broker, 16, 'm', { 'interval.ms': '1000' })).toBe(0);
  expect(await alterConfigs(broker, 16, 'm', { 'interval.ms': null })).toBe(0);
  expect((await produceTo(broker, 't', batch(['a']))).errorCode).toBe(0);
  broker = await broker.restart(kind);
  expect(
    await configTexts(broker, TOPIC, 't', ['retention.ms', 'segment.bytes', 'max.message.bytes']),
  ).toEqual({
    'max.message.bytes': '1000 (3)',
    'retention.ms': '5000 (1)',
    'segment.bytes': '3000000 (2)',
  });
  expect(await configTexts(broker, 32, 'g', ['share.auto.offset.reset'])).toEqual({
    'share.auto.offset.reset': 'earliest (8)',
  });
  expect(await configTexts(broker, 16, 'm', ['interval.ms'])).toEqual({ 'interval.ms': '300000 (5)' });
  expect((await produceTo(broker, 't', batch([{ value: Buffer.alloc(5000) }]))).errorCode).toBe(10);
  expect(texts((await fetchFrom(broker, 't', 0)).records)).toEqual(['0:a']);
});

test('bounds on connections hold from the next connection on', async () => {
  await createTopic(broker, 't');
  expect(await alterConfigs(broker, BROKER, '', { 'max.connections.per.ip': '1' })).toBe(0);
  const isRefused = async (address?: string) => {
    const client = await broker.connect(address);
    await elapse(broker.world, 5);
    return client.isClosed;
  };
  // The one that asks is open.
  expect(await isRefused()).toBe(true);
  expect(await isRefused('198.51.100.7')).toBe(false);
  expect(await isRefused('198.51.100.7')).toBe(true);
  expect(
    await alterConfigs(broker, BROKER, '1', { 'max.connections.per.ip.overrides': '198.51.100.7:2' }),
  ).toBe(0);
  expect(await isRefused('198.51.100.7')).toBe(false);
  expect(await isRefused('198.51.100.7')).toBe(true);
  expect(await alterConfigs(broker, BROKER, '1', { 'max.connections': '3' })).toBe(0);
  expect(await isRefused('198.51.100.8')).toBe(true);
  expect(broker.lines).toHaveLength(4);
});

test('behaviour 23: levels of loggers act at once, follow the root, and end with the process', async () => {
  const level = async (name: string) => (await configTexts(broker, LOGGER, '1', [name]))[name];
  expect(await alterConfigs(broker, LOGGER, '1', { root: 'ERROR', storage: 'DEBUG' })).toBe(0);
  expect([await level('root'), await level('server'), await level('storage')]).toEqual([
    'ERROR (6)',
    'ERROR (6)',
    'DEBUG (6)',
  ]);
  expect(await alterConfigs(broker, LOGGER, '1', { storage: null })).toBe(0);
  expect(await level('storage')).toBe('ERROR (6)');
  // The refusal of a connection is a warning of the server.
  expect(await alterConfigs(broker, BROKER, '', { 'max.connections.per.ip': '1' })).toBe(0);
  await broker.connect();
  await elapse(broker.world, 5);
  expect(broker.lines).toEqual([]);
  broker = await broker.restart('process');
  expect(await level('root')).toBe('INFO (6)');
});

const refusedLevels: readonly (readonly [string, string, number, string | null, number])[] = [
  ['1', 'root', 0, 'info', 40],
  ['1', 'root', 0, 'OFF', 40],
  ['1', 'root', 0, null, 42],
  ['1', 'root', 1, null, 42],
  ['1', 'root', 2, 'INFO', 42],
  ['1', 'root', 3, 'INFO', 42],
  ['1', 'root', 9, 'INFO', -1],
  ['1', 'no.such.logger', 0, 'INFO', 40],
  ['1', 'no.such.logger', 1, null, 40],
  ['2', 'root', 0, 'INFO', 42],
  ['', 'root', 0, 'INFO', 42],
];
test('behaviour 23: what loggers refuse', async () => {
  for (const [name, logger, operation, value, error] of refusedLevels) {
    const [answer] = await ask([[LOGGER, name, [logger, operation, value]]]);
    expect([name, logger, operation, value, answer!.errorCode]).toEqual([
      name,
      logger,
      operation,
      value,
      error,
    ]);
  }
  const twice = await ask([[LOGGER, '1', ['root', 0, 'INFO'], ['root', 0, 'WARN']]]);
  expect(twice[0]!.errorCode).toBe(42);
  const resources = await ask([
    [LOGGER, '1', ['root', 0, 'WARN']],
    [LOGGER, '1', ['root', 0, 'WARN']],
  ]);
  expect(resources.map(({ errorCode }) => errorCode)).toEqual([42, 42]);
});

// The file was edited between two starts: a setting from before must not keep the broker from starting.
test('a setting that no longer goes with the file is left out with a line in the log', async () => {
  broker = await startSimulatedBroker({ 'max.connections.per.ip.overrides': '198.51.100.7:2' });
  expect(await alterConfigs(broker, BROKER, '', { 'max.connections.per.ip': '0' })).toBe(0);
  broker = await broker.restart('process', { 'max.connections.per.ip': '9' });
  expect(broker.lines).toEqual([expect.stringMatching(/does not go with the file.*nobody could connect/)]);
  expect(await configTexts(broker, BROKER, '1', ['max.connections.per.ip'])).toEqual({
    'max.connections.per.ip': '9 (4)',
  });
  expect(await alterConfigs(broker, BROKER, '', { 'max.connections.per.ip': null })).toBe(0);
});

// A message that quotes what was sent must still fit into a string of the protocol.
test('behaviour 23: the longest names and values are refused like any other', async () => {
  await createTopic(broker, 't');
  const long = 'x'.repeat(32_767);
  const answers = await ask([
    [TOPIC, 't', ['retention.ms', 0, long]],
    [TOPIC, long, ['retention.ms', 0, '1']],
    [BROKER, long, ['log.retention.ms', 0, '1']],
    [BROKER, '1', ['num.partitions', 0, long]],
    [LOGGER, long, ['root', 0, 'INFO']],
    [LOGGER, '1', [long, 0, long]],
    [16, 'm', ['match', 0, long]],
    [32, 'g', [long, 0, '1']],
  ]);
  expect(answers.map(({ errorCode }) => errorCode)).toEqual([40, 17, 42, 42, 42, 40, 40, 40]);
  for (const { errorMessage } of answers) expect(errorMessage!.length).toBeLessThan(2100);
  for (const type of [TOPIC, BROKER, LOGGER]) expect(await configTexts(broker, type, long, null)).toEqual({});
});
