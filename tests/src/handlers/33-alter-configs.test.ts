import { AlterConfigsRequest, AlterConfigsResponse } from '../../../protocol';
import { configTexts } from '../../support/configs';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { configs: { 'retention.ms': '5000', 'segment.ms': '77777' } });
});

async function ask(
  resources: readonly (readonly [
    type: number,
    name: string,
    values: Readonly<Record<string, string | null>>,
  ])[],
  validateOnly = false,
  version = 2,
) {
  const { responses } = await broker.ask(AlterConfigsRequest, AlterConfigsResponse, version, {
    resources: resources.map(([resourceType, resourceName, values]) => ({
      resourceType,
      resourceName,
      configs: Object.entries(values).map(([name, value]) => ({ name, value })),
    })),
    validateOnly,
  });
  return responses.map(({ errorCode }) => errorCode);
}

const ofTopic = () => configTexts(broker, 2, 't', ['retention.ms', 'segment.ms', 'max.message.bytes']);

test('behaviour 23: every version replaces the whole set, and it acts at once', async () => {
  for (const version of servedVersions(33)) {
    expect(await ask([[2, 't', { 'max.message.bytes': `${1000 + version}` }]], false, version)).toEqual([0]);
    expect(await ofTopic()).toEqual({
      'max.message.bytes': `${1000 + version} (1)`,
      'retention.ms': '604800000 (5)',
      'segment.ms': '604800000 (5)',
    });
  }
  expect((await produceTo(broker, 't', batch([{ value: Buffer.alloc(5000) }]))).errorCode).toBe(10);
  expect(await ask([[2, 't', {}]])).toEqual([0]);
  expect((await produceTo(broker, 't', batch([{ value: Buffer.alloc(5000) }]))).errorCode).toBe(0);
});

test('behaviour 23: brokers, groups and client metrics too, but no loggers', async () => {
  expect(
    await ask([
      [4, '1', { 'log.retention.ms': '700' }],
      [4, '', { 'log.retention.ms': '600' }],
      [32, 'g', { 'share.isolation.level': 'read_committed' }],
      [16, 'm', { 'interval.ms': '1000' }],
      [8, '1', { root: 'WARN' }],
    ]),
  ).toEqual([0, 0, 0, 0, 42]);
  expect(await ofTopic()).toMatchObject({ 'retention.ms': '5000 (1)' });
  expect(await configTexts(broker, 4, '1', ['log.retention.ms'])).toEqual({ 'log.retention.ms': '700 (2)' });
  expect(await ask([[4, '1', {}]])).toEqual([0]);
  expect(await configTexts(broker, 4, '1', ['log.retention.ms'])).toEqual({ 'log.retention.ms': '600 (3)' });
});

test('behaviour 23: refusals change nothing', async () => {
  const before = await ofTopic();
  expect(await ask([[2, 't', { 'retention.ms': null }]])).toEqual([42]);
  expect(await ask([[2, 't', { 'retention.ms': 'soon' }]])).toEqual([40]);
  expect(await ask([[2, 't', { 'no.such.key': '1' }]])).toEqual([40]);
  expect(await ask([[2, 'missing', {}]])).toEqual([3]);
  expect(await ask([[5, 't', {}]])).toEqual([42]);
  expect(
    await ask([
      [2, 't', {}],
      [2, 't', {}],
    ]),
  ).toEqual([42, 42]);
  expect(await ask([[2, 't', {}]], true)).toEqual([0]);
  expect(await ofTopic()).toEqual(before);
});
