import { ErrorCode, errorName, zeroUuid } from '../../../protocol';
import { BrokerWorld } from '../../support/broker-world';
import { textBatch } from '../../support/fixtures';
import { elapse, elapseUntil } from '../../support/memory-client';
import { shown } from '../../support/partition-world';

const byDefault = { numPartitions: -1, replicationFactor: -1, assignments: null, configs: [] };

async function started(config: Readonly<Record<string, string>> = {}): Promise<BrokerWorld> {
  const world = new BrokerWorld({ config });
  await world.start();
  return world;
}

test('a creation that is out of time says so, and the topic is there later', async () => {
  const world = await started();
  const [late] = await world.create([{ name: 't' }], { timeoutMs: 0 });
  expect(errorName(late!.errorCode)).toBe('REQUEST_TIMED_OUT');
  const [again] = await world.create([{ name: 't' }]);
  expect(errorName(again!.errorCode)).toBe('TOPIC_ALREADY_EXISTS');
  expect(shown(await world.append('t', textBatch('a=1')))).toBe('NONE 0');
});

// The topics of one request share its time: what was decided in time is told, the rest is out of time.
test('a request whose time ends while leaders are awaited keeps the refusals that are certain', async () => {
  const seen = new Set<string>();
  for (let timeoutMs = 0; timeoutMs < 12; timeoutMs += 0.25) {
    const world = await started();
    world.machine.disk.faults.latencyMs = 1;
    const results = await world.create([{ name: 't' }, { name: 'x y' }], { timeoutMs });
    seen.add(results.map(({ errorCode }) => errorName(errorCode)).join());
  }
  expect([...seen]).toEqual([
    'REQUEST_TIMED_OUT,REQUEST_TIMED_OUT',
    'REQUEST_TIMED_OUT,INVALID_TOPIC_EXCEPTION',
    'NONE,INVALID_TOPIC_EXCEPTION',
  ]);
});

test('validateOnly answers and changes nothing', async () => {
  const world = await started();
  const before = world.imageText();
  const [valid] = await world.create([{ name: 't', numPartitions: 3 }], { validateOnly: true });
  expect(valid).toMatchObject({ errorCode: ErrorCode.NONE, numPartitions: 3, replicationFactor: 1 });
  expect(world.imageText()).toBe(before);
});

test('clamped replicas are told to the operator, once for each topic that exists because of it', async () => {
  const world = await started();
  await world.create([{ name: 't', replicationFactor: 3 }], { validateOnly: true });
  await world.create([{ name: 't', replicationFactor: 3 }]);
  await world.create([{ name: 't', replicationFactor: 3 }]);
  expect(world.lines.filter((line) => line.startsWith('warn'))).toEqual([
    "warn Topic 't' gets 1 of the 3 replicas asked for: there are no more brokers.",
  ]);
});

test('leadership: of what is here, of nothing', async () => {
  const world = await started();
  await world.create([{ name: 't', numPartitions: 2 }]);
  const { id } = world.metadata.image.topicsByName.get('t')!;
  const nobody = { leaderId: -1, leaderEpoch: -1, inSyncReplicas: [], offlineReplicas: [] };
  expect(world.metadata.leadership(id, 1)).toEqual({
    leaderId: 1,
    leaderEpoch: 1,
    inSyncReplicas: [1],
    offlineReplicas: [],
  });
  expect(world.metadata.leadership(id, 2)).toEqual(nobody);
  expect(world.metadata.leadership(zeroUuid, 0)).toEqual(nobody);
  expect(world.metadata.controllerId).toBe(1);
});

test('a deletion answers when the topic is gone from the image and its fetches are woken', async () => {
  const world = await started();
  await world.create([{ name: 't' }]);
  const partition = world.partition('t');
  let isWoken = false;
  world.broker.services.partitions.parkFetch(
    {
      positions: [{ partition, offset: 0 }],
      isolation: 'read_uncommitted',
      sizeBytesMin: 1,
      waitMs: 60_000,
    },
    () => {
      isWoken = true;
    },
  );
  let topics = -1;
  world.metadata.deleteTopics({ topics: [{ name: 't', topicId: zeroUuid }], timeoutMs: 30_000 }, () => {
    topics = world.metadata.image.topicsByName.size;
  });
  expect(world.metadata.image.topicsByName.size).toBe(1);
  await elapseUntil(world.world, () => topics === 0 && isWoken);
});

test('a creation whose topic is deleted meanwhile is answered', async () => {
  const world = await started();
  const answers: string[] = [];
  world.metadata.createTopics(
    { topics: [{ ...byDefault, name: 't' }], validateOnly: false, timeoutMs: 30_000, isAutomatic: false },
    ([created]) => answers.push(`created ${errorName(created!.errorCode)}`),
  );
  world.metadata.deleteTopics(
    { topics: [{ name: 't', topicId: zeroUuid }], timeoutMs: 30_000 },
    ([deleted]) => answers.push(`deleted ${errorName(deleted!.errorCode)}`),
  );
  await elapseUntil(world.world, () => answers.length === 2);
  expect(answers.sort()).toEqual(['created NONE', 'deleted NONE']);
  expect(world.metadata.image.topicsByName.size).toBe(0);
});

test('producer ids never repeat, not even over a crash', async () => {
  const world = await started();
  const seen = new Set<number>();
  for (let life = 0; life < 3; life++) {
    for (let at = 0; at < 5; at++) {
      const { producerId } = await world.producerId();
      expect(seen.has(producerId)).toBe(false);
      seen.add(producerId);
    }
    await world.crash('power');
  }
  expect(Math.max(...seen)).toBe(2004);
});

test('2,500 producers at once get different ids', async () => {
  const world = await started();
  const ids: number[] = [];
  for (let at = 0; at < 2500; at++) {
    world.metadata.allocateProducerId(({ producerId }) => ids.push(producerId));
  }
  await elapseUntil(world.world, () => ids.length === 2500);
  expect(new Set(ids).size).toBe(2500);
  await elapse(world.world, 1);
});
