// What the admin port says of a broker in a simulated machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zeroUuid } from '../../../protocol';
import { answerOf } from '../../../src/admin/endpoints';
import { ProcessWatch } from '../../../src/admin/process-metrics';
import type { CommittedOffsets } from '../../../src/coordinator/group/types';
import { BrokerWorld } from '../../support/broker-world';
import { textBatch } from '../../support/fixtures';

const watch = new ProcessWatch();
afterAll(() => watch.stop());

const bodyOf = (path: string, world: BrokerWorld | null): string => {
  const { status, body } = answerOf(path, { broker: () => world?.broker ?? null, process: watch });
  return `${status} ${[...body].join('')}`;
};

/** Samples without those of the process, whose values are of the moment. */
const samplesOf = (world: BrokerWorld): string =>
  bodyOf('/metrics', world)
    .split('\n')
    .filter((line) => !/^(200 )?#/.test(line) && !/^(process_|nodejs_|pyralog_build)/.test(line))
    .join('\n');

/** `offsets`: by topic, of its partitions from 0 on. */
async function commit(
  world: BrokerWorld,
  groupId: string,
  offsets: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const topics = Object.entries(offsets).map(([name, list]) => ({
    name,
    topicId: zeroUuid,
    partitions: list.map((committedOffset, partitionIndex) => ({
      partitionIndex,
      committedOffset,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    })),
  }));
  const nobody = { generationId: -1, memberId: '', groupInstanceId: null, retentionTimeMs: -1 };
  const answer = await world.until(
    new Promise<CommittedOffsets>((done) =>
      world.broker.services.groups.commitOffsets({ groupId, ...nobody, canMissGroup: true, topics }, done),
    ),
  );
  expect(answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual(
    topics.flatMap(({ partitions }) => partitions.map(() => 0)),
  );
}

test('metrics of topics, partitions, traffic and the cluster', async () => {
  const world = new BrokerWorld();
  await world.start();
  await world.create([
    { name: 'orders', numPartitions: 2 },
    { name: 'idle', numPartitions: 1 },
  ]);
  await world.append('orders', textBatch('a=1 b=2 c=3'), 1);
  await world.append('orders', Buffer.from('no batch'), 1);
  await world.fetch('orders', 0, 1);
  await world.fetch('orders', 99, 1);
  await world.create([{ name: '__consumer_offsets', numPartitions: 1 }]);
  await commit(world, 'readers', { orders: [0, 1], gone: [7] });
  const file = join(__dirname, 'testdata', 'metrics.txt');
  const text = samplesOf(world);
  if (process.env.UPDATE === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
  await world.stop();
});

test('every family has its help and type before its samples, and stands once', async () => {
  const world = new BrokerWorld();
  await world.start();
  await world.create([{ name: 't' }]);
  const seen = new Set<string>();
  let current = '';
  for (const line of bodyOf('/metrics', world).replace('200 ', '').trimEnd().split('\n')) {
    const help = /^# HELP (\S+) \S/.exec(line)?.[1];
    if (help !== undefined) {
      expect(seen).not.toContain(help);
      seen.add(help);
      current = help;
    } else if (line.startsWith('# TYPE')) {
      expect(line).toMatch(new RegExp(`^# TYPE ${current} (gauge|counter)$`));
    } else {
      expect(line).toMatch(new RegExp(`^${current}(\\{.*\\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$`));
    }
  }
  expect(seen.size).toBeGreaterThan(40);
  await world.stop();
});

test('with 2,000 partitions no piece is longer than with ten', async () => {
  const world = new BrokerWorld();
  await world.start();
  await world.create([
    { name: 'many', numPartitions: 1_000 },
    { name: 'more', numPartitions: 1_000 },
  ]);
  const { body } = answerOf('/metrics', { broker: () => world.broker, process: watch });
  let longest = 0;
  let lines = 0;
  for (const piece of body) {
    const count = piece.split('\n').length - 1;
    longest = Math.max(longest, count);
    lines += count;
  }
  expect(lines).toBeGreaterThan(20_000);
  expect(longest).toBeLessThan(600);
}, 60_000);

test('live at once, ready when it serves, and not any more when it stops', async () => {
  expect(bodyOf('/livez', null)).toBe('200 live\n');
  expect(bodyOf('/readyz', null)).toBe('503 starting\n');
  expect(bodyOf('/metrics', null)).toContain('process_resident_memory_bytes');
  const world = new BrokerWorld();
  await world.start();
  expect(bodyOf('/readyz', world)).toBe('200 ready\n');
  const version = JSON.parse(bodyOf('/version', world).replace('200 ', '')) as Record<string, unknown>;
  expect(Object.keys(version)).toEqual(['name', 'version', 'node', 'clusterId', 'nodeId']);
  expect([version.clusterId, version.nodeId]).toEqual([world.broker.clusterId, 1]);
  const stopping = world.broker.stop();
  expect(bodyOf('/readyz', world)).toBe('503 stopping\n');
  await world.until(stopping);
  expect(bodyOf('/nothing', world)).toBe(
    '404 /nothing is not served; there are: /livez /readyz /metrics /version\n',
  );
});

test('a full disk is why it is not ready, and a healed one makes it ready again', async () => {
  const world = new BrokerWorld();
  await world.start();
  await world.create([{ name: 't' }]);
  const { faults } = world.machine.disk;
  faults.failNext.push({ operation: 'write', path: /journal/, code: 'ENOSPC' });
  faults.spaceSizeBytes = 0;
  await world.append('t', textBatch('a'));
  expect(bodyOf('/readyz', world)).toMatch(/^503 the disk takes no appends: .*ENOSPC/);
  faults.spaceSizeBytes = Number.POSITIVE_INFINITY;
  await world.until(new Promise<void>((healed) => world.machine.host.monotonic.after(2_000, healed)));
  expect(bodyOf('/readyz', world)).toBe('200 ready\n');
  await world.stop();
});
