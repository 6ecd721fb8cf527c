// What the server counts while clients come and go.
import { ApiVersionsRequest, DescribeClusterRequest } from '../../protocol';
import { BrokerCounters } from '../../src/telemetry-counters';
import { BrokerWorld } from '../support/broker-world';
import { elapse, elapseUntil, MemoryClient } from '../support/memory-client';

test('counters begin at nothing', () => {
  const { requests, connectionsOpened, connectionsClosed, connectionsRefused } = new BrokerCounters();
  expect([
    requests.every((count) => count === 0),
    connectionsOpened,
    connectionsClosed,
    connectionsRefused,
  ]).toEqual([true, 0, 0, 0]);
});

test('requests by API, connections opened, closed and refused', async () => {
  const world = new BrokerWorld({ listens: true, config: { 'max.connections': '1' } });
  const broker = await world.start();
  const { counters } = broker.services;
  const connect = () => MemoryClient.connect(world.world, broker.listeners[0]!.port, world.machine.address);
  const client = await connect();
  client.send(ApiVersionsRequest, 3, { clientSoftwareName: 'a', clientSoftwareVersion: '1' });
  client.send(DescribeClusterRequest, 0, { includeClusterAuthorizedOperations: false });
  client.send(DescribeClusterRequest, 0, { includeClusterAuthorizedOperations: false });
  await elapseUntil(world.world, () => client.frames.length === 3);
  await connect().catch(() => {});
  await elapse(world.world, 5);
  const seen = [...counters.requests].flatMap((count, key) => (count > 0 ? [[key, count]] : []));
  expect(seen).toEqual([
    [18, 1],
    [60, 2],
  ]);
  expect([counters.connectionsOpened, counters.connectionsClosed, counters.connectionsRefused]).toEqual([
    1, 0, 1,
  ]);
  await world.stop();
  expect([counters.connectionsOpened, counters.connectionsClosed]).toEqual([1, 1]);
});
