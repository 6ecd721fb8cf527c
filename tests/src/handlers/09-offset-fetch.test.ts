import { OffsetFetchRequest, OffsetFetchResponse, zeroUuid } from '../../../protocol';
import { commitOffsets, startGroupBroker } from '../../support/groups';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
let ids: Readonly<Record<string, string>>;
const unknownId = '00000000-0000-4000-8000-00000000beef';
beforeEach(async () => {
  broker = await startGroupBroker();
  ids = {
    t: await createTopic(broker, 't', { partitions: 3 }),
    u: await createTopic(broker, 'u'),
    missing: unknownId,
  };
  await commitOffsets(broker, 'g', 't', { 0: 10, 1: 20 });
  await commitOffsets(broker, 'g', 'u', { 0: 30 });
});

type Asked = Readonly<Record<string, readonly number[]>> | null;

/** One line a partition, then the error of the group. */
async function fetchOffsets(version: number, groupId: string, asked: Asked): Promise<string[]> {
  const names = asked === null ? [] : Object.keys(asked);
  const topics = names.map((name) => ({
    ...(version >= 10 ? { topicId: ids[name]! } : { name }),
    partitionIndexes: asked![name]!,
  }));
  const body =
    version >= 8
      ? { groups: [{ groupId, topics: asked === null ? null : topics }] }
      : { groupId, topics: asked === null ? null : topics.map((one) => ({ name: '', ...one })) };
  const answer = await broker.ask(OffsetFetchRequest, OffsetFetchResponse, version, body);
  const found = version >= 8 ? answer.groups[0]! : answer;
  const lines = found.topics.flatMap((topic) => {
    const name =
      'topicId' in topic && version >= 10
        ? names.concat('t', 'u').find((one) => ids[one] === topic.topicId)
        : topic.name;
    return topic.partitions.map((one) => {
      const epoch = version >= 5 ? ` e${one.committedLeaderEpoch}` : '';
      return `${name}-${one.partitionIndex}: ${one.committedOffset}${epoch} ${JSON.stringify(one.metadata)} ${one.errorCode}`;
    });
  });
  return [...lines, `group ${found.errorCode}`];
}

test('behaviour 66: every version: what is committed, and -1 without an error for what is not', async () => {
  for (const version of servedVersions(9)) {
    const epoch = version >= 5 ? ' e-1' : '';
    const missing = version >= 10 ? 100 : 0;
    expect(await fetchOffsets(version, 'g', { t: [1, 2, 9], missing: [0], u: [0] })).toEqual([
      `t-1: 20${epoch} "" 0`,
      `t-2: -1${epoch} "" 0`,
      `t-9: -1${epoch} "" 0`,
      `missing-0: -1${epoch} "" ${missing}`,
      `u-0: 30${epoch} "" 0`,
      'group 0',
    ]);
    expect(await fetchOffsets(version, 'nobody', { t: [0] })).toEqual([`t-0: -1${epoch} "" 0`, 'group 0']);
    expect(await fetchOffsets(version, 'g', {})).toEqual(['group 0']);
  }
});

test('behaviour 66: null topics ask for everything, from version 2 on', async () => {
  for (const version of servedVersions(9).filter((one) => one >= 2)) {
    const epoch = version >= 5 ? ' e-1' : '';
    expect((await fetchOffsets(version, 'g', null)).sort()).toEqual([
      'group 0',
      `t-0: 10${epoch} "" 0`,
      `t-1: 20${epoch} "" 0`,
      `u-0: 30${epoch} "" 0`,
    ]);
    expect(await fetchOffsets(version, 'nobody', null)).toEqual(['group 0']);
  }
});

test('version 8 and later: several groups, each with an answer of its own, in order', async () => {
  const { groups } = await broker.ask(OffsetFetchRequest, OffsetFetchResponse, 9, {
    groups: [
      { groupId: 'g', topics: [{ name: 'u', partitionIndexes: [0] }] },
      { groupId: 'nobody', memberId: 'm', memberEpoch: 3, topics: null },
      { groupId: 'g', topics: [] },
    ],
  });
  expect(groups.map(({ groupId, topics }) => `${groupId} ${topics.length}`)).toEqual([
    'g 1',
    'nobody 0',
    'g 0',
  ]);
  const none = await broker.ask(OffsetFetchRequest, OffsetFetchResponse, 8, { groups: [] });
  expect(none.groups).toEqual([]);
});

test('version 10: the zero id is unknown too', async () => {
  ids = { ...ids, zero: zeroUuid };
  expect(await fetchOffsets(10, 'g', { zero: [0, 1], t: [0] })).toEqual([
    'zero-0: -1 e-1 "" 100',
    'zero-1: -1 e-1 "" 100',
    't-0: 10 e-1 "" 0',
    'group 0',
  ]);
});

test('without a coordinator the error stands where the version has a place for it', async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't');
  const noCoordinator = async (version: number) => fetchOffsets(version, 'g', { t: [0] });
  const [line] = await noCoordinator(1);
  expect(line).toMatch(/^t-0: -1 "" 1[56]$/);
  const code = line!.slice(-2);
  expect(await noCoordinator(2)).toEqual([`group ${code}`]);
  expect(await noCoordinator(9)).toEqual([`group ${code}`]);
});
