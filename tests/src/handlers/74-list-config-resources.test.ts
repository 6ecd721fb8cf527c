import { ListConfigResourcesRequest, ListConfigResourcesResponse } from '../../../protocol';
import { alterConfigs } from '../../support/configs';
import { type SimulatedBroker, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeAll(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't');
  await createTopic(broker, 'u');
  await alterConfigs(broker, 16, 'm', { 'interval.ms': '1000' });
  await alterConfigs(broker, 32, 'g', { 'share.isolation.level': 'read_committed' });
  await alterConfigs(broker, 32, 'h', { 'share.isolation.level': 'read_committed' });
  await alterConfigs(broker, 32, 'h', { 'share.isolation.level': null });
  await alterConfigs(broker, 4, '', { 'log.retention.ms': '5' });
});

async function list(version: number, resourceTypes: readonly number[]) {
  const { errorCode, configResources } = await broker.ask(
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
    version,
    version === 0 ? {} : { resourceTypes },
  );
  const names = configResources.map(({ resourceType, resourceName }) => `${resourceType}/${resourceName}`);
  return [errorCode, ...names.sort()];
}

test('v0 lists subscriptions to client metrics alone', async () => {
  expect(await list(0, [])).toEqual([0, '16/m']);
});

test('v1 lists the types that are asked for, all of them when none is', async () => {
  expect(await list(1, [])).toEqual([0, '16/m', '2/t', '2/u', '32/g', '4/1', '8/1']);
  expect(await list(1, [2])).toEqual([0, '2/t', '2/u']);
  expect(await list(1, [4, 8])).toEqual([0, '4/1', '8/1']);
  expect(await list(1, [32, 32])).toEqual([0, '32/g']);
});

test('a type that does not exist is an unsupported version', async () => {
  for (const type of [0, 3, 64, -1]) expect(await list(1, [2, type])).toEqual([35]);
});
