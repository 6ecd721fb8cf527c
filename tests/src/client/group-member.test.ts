// Groups against a broker in this process: members share partitions, positions outlive members.
import { Cluster } from '../../../src/client/cluster';
import { assignRanges, GroupMember } from '../../../src/client/group-member';
import {
  commitOffsets,
  committedOffsets,
  deleteGroup,
  describeGroup,
  listGroups,
} from '../../../src/client/groups';
import { createTopics } from '../../../src/client/topics';
import { Broker } from '../../../src/embedded';

const assigned = (
  members: Readonly<Record<string, readonly string[]>>,
  counts: Readonly<Record<string, number>>,
) =>
  Object.fromEntries(
    [
      ...assignRanges(
        Object.entries(members).map(([memberId, topics]) => ({ memberId, topics })),
        new Map(Object.entries(counts)),
      ),
    ].map(([memberId, list]) => [
      memberId,
      list.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' '),
    ]),
  );

test('ranges: of each topic to those who want it, the first members take what does not divide', () => {
  expect(assigned({ b: ['t', 'u'], a: ['t'], c: ['t'] }, { t: 5, u: 1 })).toEqual({
    a: 't:0,1',
    b: 't:2,3 u:0',
    c: 't:4',
  });
  expect(assigned({ a: ['t'], b: ['t'] }, { t: 1 })).toEqual({ a: 't:0', b: '' });
  expect(assigned({ a: ['missing'] }, { missing: 0 })).toEqual({ a: '' });
});

describe('with a broker', () => {
  let broker: Broker;
  let cluster: Cluster;
  beforeAll(async () => {
    broker = await Broker.start();
    const { host, port } = broker;
    cluster = new Cluster({ bootstrap: [{ host, port }], clientId: 'member', timeoutMs: 10_000 });
    await createTopics(cluster, [{ name: 't', partitions: 4, replicationFactor: 1, configs: [] }]);
  });
  afterAll(async () => {
    await cluster.close();
    await broker.stop();
  });

  test('alone, with another, and alone again', async () => {
    const first = new GroupMember(cluster, 'g', ['t']);
    expect(await first.join()).toEqual([{ topic: 't', partitions: [0, 1, 2, 3] }]);
    expect(await first.heartbeat()).toBe(true);
    expect(await first.commit([{ topic: 't', partition: 2, offset: 5 }])).toBe(true);
    // A connection of its own: a join waits for the other member, and holds what is behind it.
    const { host, port } = broker;
    const others = new Cluster({ bootstrap: [{ host, port }], clientId: 'other', timeoutMs: 10_000 });
    const second = new GroupMember(others, 'g', ['t']);
    const joining = second.join();
    while (await first.heartbeat());
    const [ofFirst, ofSecond] = await Promise.all([first.join(), joining]);
    const all = [...ofFirst, ...ofSecond].flatMap(({ partitions }) => partitions).sort();
    expect([ofFirst.length, ofSecond.length, all]).toEqual([1, 1, [0, 1, 2, 3]]);
    const described = await describeGroup(cluster, 'g');
    expect(described).toMatchObject({ state: 'Stable', protocol: 'range', protocolType: 'consumer' });
    expect(described!.members.map(({ clientId, host: from }) => [clientId, from]).sort()).toEqual([
      ['member', '127.0.0.1'],
      ['other', '127.0.0.1'],
    ]);
    await second.leave();
    while (await first.heartbeat());
    expect(await first.join()).toEqual([{ topic: 't', partitions: [0, 1, 2, 3] }]);
    expect(await committedOffsets(cluster, 'g')).toEqual([
      { topic: 't', partition: 2, offset: 5, metadata: '' },
    ]);
    await expect(commitOffsets(cluster, 'g', [{ topic: 't', partition: 0, offset: 1 }])).rejects.toThrow(
      'Group g, topic t, partition 0: the group has members; stop them first (UNKNOWN_MEMBER_ID)',
    );
    expect((await deleteGroup(cluster, 'g')).error?.code).toBe('NON_EMPTY_GROUP');
    await first.leave();
    await others.close();
    await commitOffsets(cluster, 'g', [{ topic: 't', partition: 0, offset: 1 }]);
    expect(await listGroups(cluster)).toEqual([
      { group: 'g', type: 'classic', protocol: 'consumer', state: 'Empty', coordinator: 1 },
    ]);
    expect(await deleteGroup(cluster, 'g')).toEqual({ name: 'g', error: null });
    expect(await describeGroup(cluster, 'g')).toBe(null);
  }, 30_000);

  test('a commit of a generation that is over is told, not thrown', async () => {
    const member = new GroupMember(cluster, 'late', ['t']);
    await member.join();
    const { host, port } = broker;
    const others = new Cluster({ bootstrap: [{ host, port }], clientId: 'other', timeoutMs: 10_000 });
    const next = new GroupMember(others, 'late', ['t']);
    const joining = next.join();
    while (await member.heartbeat());
    const old = await member.commit([{ topic: 't', partition: 0, offset: 3 }]);
    await member.leave();
    await joining;
    expect(await member.commit([{ topic: 't', partition: 0, offset: 4 }])).toBe(true);
    expect((await committedOffsets(cluster, 'late')).map(({ offset }) => offset)).toEqual(old ? [3] : []);
    await next.leave();
    await others.close();
  }, 30_000);
});
