import { DescribeClusterRequest, DescribeClusterResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker({ 'broker.rack': 'r1' });
});

const ask = (version: number, endpointType = 1, includeClusterAuthorizedOperations = false) =>
  broker.ask(DescribeClusterRequest, DescribeClusterResponse, version, {
    includeClusterAuthorizedOperations,
    endpointType,
  });

test('behaviour 21: every version names cluster, controller and brokers', async () => {
  for (const version of servedVersions(60)) {
    expect(await ask(version)).toMatchObject({
      errorCode: 0,
      clusterId: broker.broker.clusterId,
      controllerId: 1,
      brokers: [{ brokerId: 1, host: '127.0.0.1', port: 9092, rack: 'r1' }],
      clusterAuthorizedOperations: -(2 ** 31),
    });
  }
  expect((await ask(0, 1, true)).clusterAuthorizedOperations).toBe(8096);
});

test('behaviour 21: controller endpoints are not asked of a broker listener', async () => {
  expect(await ask(1, 2)).toMatchObject({ errorCode: 114, endpointType: 1, brokers: [] });
  expect(await ask(1, 7)).toMatchObject({ errorCode: 115, brokers: [] });
});

test('the cluster id survives a restart', async () => {
  const { clusterId } = await ask(2);
  broker = await broker.restart('power');
  expect((await ask(2)).clusterId).toBe(clusterId);
});
