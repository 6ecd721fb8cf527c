import { ApiVersionsRequest, ApiVersionsResponse, ErrorCode } from '../../protocol';
import { BrokerWorld } from '../support/broker-world';
import { textBatch } from '../support/fixtures';
import { decodeAnswer, elapse, elapseUntil, MemoryClient } from '../support/memory-client';
import { shown } from '../support/partition-world';

const DAY_MS = 24 * 60 * 60 * 1000;
const STEP_MS = 5;

async function apiCount(world: BrokerWorld, client: MemoryClient): Promise<number> {
  const before = client.frames.length;
  client.send(ApiVersionsRequest, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' });
  await elapseUntil(world.world, () => client.frames.length > before || client.isClosed);
  const answer = decodeAnswer(ApiVersionsResponse, 3, client.frames.at(-1)!);
  expect(answer.errorCode).toBe(ErrorCode.NONE);
  return answer.apiKeys.length;
}

// Two clocks: what users see may jump (NTP, a suspended machine, a test), and that must not look like a silent leader
// or an idle client.
test('seven days pass by broker time: what is due happens, no election, no disconnect', async () => {
  const world = new BrokerWorld({ listens: true, config: { listeners: 'PLAINTEXT://:0' } });
  const { listeners } = await world.start();
  const client = await MemoryClient.connect(world.world, listeners[0]!.port);
  const served = await apiCount(world, client);
  await world.create([{ name: 't', numPartitions: 2 }]);
  const append = (baseSequence: number) => {
    const producer = `7/0/${baseSequence}`;
    return world.append('t', textBatch('a=1', { producer, timestamp: world.machine.brokerTime.nowMs() }));
  };
  expect(shown(await append(0))).toBe('NONE 0');
  expect(shown(await append(5))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  const partitions = [world.partition('t', 0), world.partition('t', 1)];
  const epochs = partitions.map(({ leaderEpoch }) => leaderEpoch);
  const monotonicMs = world.machine.host.monotonic.nowMs();

  for (let day = 0; day < 7; day++) {
    world.machine.brokerTime.advance(DAY_MS);
    await elapse(world.world, 2 * STEP_MS, STEP_MS);
  }

  expect(world.machine.host.monotonic.nowMs() - monotonicMs).toBeLessThan(1_000);
  // Due by broker time: the producer is forgotten after one day, so it may begin anywhere again.
  expect(shown(await append(5))).toBe('NONE 1');
  expect(partitions.map(({ leaderEpoch }) => leaderEpoch)).toEqual(epochs);
  expect(partitions.every(({ isLeader, isSettled }) => isLeader && isSettled)).toBe(true);
  expect(client.isClosed).toBe(false);
  expect(await apiCount(world, client)).toBe(served);
  expect(world.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
  await world.stop();
});

test('stop: no answer is lost, the connection ends, the store closes clean within a second', async () => {
  const world = new BrokerWorld({ listens: true, config: { listeners: 'PLAINTEXT://:0' } });
  const { listeners } = await world.start();
  const client = await MemoryClient.connect(world.world, listeners[0]!.port);
  await world.create([{ name: 't' }]);
  client.send(ApiVersionsRequest, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' });
  await elapse(world.world, 1);
  const startMs = world.machine.host.monotonic.nowMs();
  await world.stop();
  expect(world.machine.host.monotonic.nowMs() - startMs).toBeLessThan(1_000);
  await elapseUntil(world.world, () => client.isClosed);
  expect(client.frames.length).toBe(1);
  world.machine.crash('process');
  await world.start();
  expect(world.metadata.image.topicsByName.has('t')).toBe(true);
});
