import {
  type InputOf,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  zeroUuid,
} from '../../../protocol';
import { commitOffsets, committedOffsets, Member, startGroupBroker } from '../../support/groups';
import { decodeAnswer, elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
let topicId: string;
beforeEach(async () => {
  broker = await startGroupBroker();
  topicId = await createTopic(broker, 't', { partitions: 3 });
});

type Body = InputOf<typeof OffsetCommitRequest>;
const unknownId = '00000000-0000-4000-8000-00000000beef';
const part = (
  partitionIndex: number,
  committedOffset: number | bigint,
  committedMetadata: string | null = '',
) => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});

const commit = async (version: number, body: Partial<Body> & { groupId: string; topics: Body['topics'] }) =>
  (
    await broker.ask(OffsetCommitRequest, OffsetCommitResponse, version, { memberId: '', ...body })
  ).topics.map(
    ({ name, topicId: id, partitions }) =>
      `${version >= 10 ? id : name}: ${partitions.map((one) => `${one.partitionIndex}=${one.errorCode}`).join(' ')}`,
  );

test('behaviour 65: every version stores offsets of existing partitions and refuses the others, in order', async () => {
  for (const version of servedVersions(8)) {
    const groupId = `g${version}`;
    const isById = version >= 10;
    const named = isById ? { topicId } : { name: 't' };
    const missing = isById ? { topicId: unknownId } : { name: 'missing' };
    const topics = [
      { ...named, partitions: [part(1, version), part(3, 1), part(-1, 1), part(0, 7)] },
      { ...missing, partitions: [part(0, 1)] },
    ];
    expect(await commit(version, { groupId, topics })).toEqual([
      `${isById ? topicId : 't'}: 1=0 3=3 -1=3 0=0`,
      `${isById ? unknownId : 'missing'}: 0=${isById ? 100 : 3}`,
    ]);
    expect(await committedOffsets(broker, groupId)).toEqual(['t-0: 7', `t-1: ${version}`]);
  }
});

test('behaviour 65: nothing to store is no error', async () => {
  expect(await commit(9, { groupId: 'g', topics: [] })).toEqual([]);
  expect(await commit(9, { groupId: 'g', topics: [{ name: 't', partitions: [] }] })).toEqual([]);
  expect(await commit(9, { groupId: 'g', topics: [{ name: 'missing', partitions: [] }] })).toEqual([
    'missing: ',
  ]);
});

test('version 10: the zero id is unknown too', async () => {
  const topics = [{ topicId: zeroUuid, partitions: [part(0, 1)] }];
  expect(await commit(10, { groupId: 'g', topics })).toEqual([`${zeroUuid}: 0=100`]);
});

test('behaviour 65: metadata has a limit, each partition by itself', async () => {
  const partitions = [part(0, 1, 'x'.repeat(4_097)), part(1, 2, 'x'.repeat(4_096)), part(2, 3, null)];
  expect(await commit(9, { groupId: 'g', topics: [{ name: 't', partitions }] })).toEqual(['t: 0=12 1=0 2=0']);
  expect(await committedOffsets(broker, 'g')).toEqual(['t-1: 2', 't-2: 3']);
});

test('behaviour 65: offsets are kept as they are, up to what a number can say', async () => {
  const partitions = [part(0, -1), part(1, 2 ** 53 - 1), part(2, 2n ** 63n - 1n)];
  expect(await commit(9, { groupId: 'g', topics: [{ name: 't', partitions }] })).toEqual(['t: 0=0 1=0 2=0']);
  const most = 2 ** 53 - 1;
  expect(await committedOffsets(broker, 'g')).toEqual(['t-0: -1', `t-1: ${most}`, `t-2: ${most}`]);
});

test('behaviour 65: members of the present generation, and nobody else while there are members', async () => {
  const { memberId } = await (await Member.connect(broker, 'g')).alone();
  const topics = [{ name: 't', partitions: [part(0, 5)] }];
  const code = async (body: Partial<Body>) => (await commit(9, { groupId: 'g', topics, ...body }))[0];
  expect(await code({ memberId, generationIdOrMemberEpoch: 1 })).toBe('t: 0=0');
  expect(await code({ memberId, generationIdOrMemberEpoch: 2 })).toBe('t: 0=22');
  expect(await code({ memberId: 'stranger', generationIdOrMemberEpoch: 1 })).toBe('t: 0=25');
  expect(await code({})).toBe('t: 0=25');
  expect(await code({ groupInstanceId: 'i', memberId, generationIdOrMemberEpoch: 1 })).toBe('t: 0=25');
});

test('behaviour 65: REBALANCE_IN_PROGRESS while the assignment is awaited', async () => {
  const member = await Member.connect(broker, 'g');
  await member.join();
  const topics = [{ name: 't', partitions: [part(0, 5)] }];
  const body = { groupId: 'g', memberId: member.memberId, generationIdOrMemberEpoch: 1, topics };
  expect(await commit(9, body)).toEqual(['t: 0=27']);
  await member.sync({ [member.memberId]: 'all' });
  expect(await commit(9, body)).toEqual(['t: 0=0']);
});

test('a generation of a group that is not there: GROUP_ID_NOT_FOUND from version 9 on', async () => {
  const body = {
    groupId: 'nobody',
    generationIdOrMemberEpoch: 0,
    topics: [{ name: 't', partitions: [part(0, 1)] }],
  };
  expect(await commit(8, body)).toEqual(['t: 0=22']);
  expect(await commit(9, body)).toEqual(['t: 0=69']);
});

test('behaviour 67: versions 2 to 4 say for how long an offset is kept', async () => {
  const topics = [{ name: 't', partitions: [part(0, 1)] }];
  await commit(4, { groupId: 'short', retentionTimeMs: 60_000, topics });
  await commit(4, { groupId: 'long', retentionTimeMs: -1, topics });
  broker.machine.brokerTime.advance(700_000);
  await elapseUntil(broker.world, () => true);
  await commit(9, { groupId: 'other', topics });
  expect(await committedOffsets(broker, 'short')).toEqual([]);
  expect(await committedOffsets(broker, 'long')).toEqual(['t-0: 1']);
});

test('the empty group id is a group like any other for consumers without members', async () => {
  expect(await commitOffsets(broker, '', 't', { 0: 3 })).toEqual([0]);
  expect(await committedOffsets(broker, '')).toEqual(['t-0: 3']);
});

test('commits and fetches that are sent at once see each other', async () => {
  const client = await broker.connect();
  const ask = { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] };
  for (const offset of [5, 6, 7]) {
    const topics = [{ name: 't', partitions: [part(0, offset)] }];
    client.send(OffsetCommitRequest, 8, { groupId: 'g', memberId: '', topics });
    client.send(OffsetFetchRequest, 6, ask);
  }
  await elapseUntil(broker.world, () => client.frames.length === 6);
  const seen = [1, 3, 5].map((at) => {
    const { topics } = decodeAnswer(OffsetFetchResponse, 6, client.frames[at]!);
    return topics[0]!.partitions[0]!.committedOffset;
  });
  expect(seen).toEqual([5, 6, 7]);
});

test('what was answered survives a power cut', async () => {
  expect(await commitOffsets(broker, 'g', 't', { 0: 11, 2: 22 })).toEqual([0, 0]);
  broker = await broker.restart('power');
  expect(await committedOffsets(broker, 'g')).toEqual(['t-0: 11', 't-2: 22']);
});
