import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../protocol';
import { Member, startGroupBroker, subscription } from '../../support/groups';
import { elapse } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
});

async function stateOf(groupId: string): Promise<string> {
  const { groups } = await broker.ask(DescribeGroupsRequest, DescribeGroupsResponse, 5, {
    groups: [groupId],
  });
  return `${groups[0]!.groupState} ${groups[0]!.members.length}`;
}

test('every version: a first member leads a group of its own', async () => {
  for (const version of servedVersions(11)) {
    const member = await Member.connect(broker, `g${version}`);
    const joined = await member.join(version);
    expect(joined).toMatchObject({
      errorCode: 0,
      generationId: 1,
      protocolType: version >= 7 ? 'consumer' : null,
      protocolName: 'range',
      leader: joined.memberId,
      skipAssignment: false,
      members: [{ memberId: joined.memberId, groupInstanceId: null, metadata: subscription('t') }],
    });
  }
});

test('behaviour 58: from version 4 on a new member is told its id first: client id, dash, uuid', async () => {
  for (const version of servedVersions(11)) {
    const member = await Member.connect(broker, `g${version}`);
    const first = await member.beginJoin(version).value();
    expect(first.errorCode).toBe(version >= 4 ? 79 : 0);
    expect(first.memberId).toMatch(/^memory-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    if (version < 4) continue;
    expect(first).toMatchObject({ generationId: -1, leader: '', members: [] });
    expect(await stateOf(`g${version}`)).toBe('Empty 0');
  }
});

// Behaviour 60 and what is not a group: what is asked, and the code. The id of the question comes back.
const rules: Record<string, readonly [Parameters<typeof Member.connect>[2] & object, number]> = {
  'an empty group id': [{ groupId: '' }, 24],
  'a session that is too short': [{ sessionTimeoutMs: 5_999 }, 26],
  'a session that is too long': [{ sessionTimeoutMs: 1_800_001 }, 26],
  'a member id that nobody gave out': [{ memberId: 'me' }, 25],
  'an instance with a member id that nobody gave out': [{ memberId: 'me', groupInstanceId: 'i' }, 25],
  'no protocols': [{ protocols: [] }, 23],
  'no protocol type': [{ protocolType: '' }, 23],
};

test.each(Object.entries(rules))('behaviour 60: %s is refused', async (_rule, [body, errorCode]) => {
  for (const version of [5, 6, 7, 9]) {
    const member = await Member.connect(broker, 'g', body);
    expect(await member.beginJoin(version).value()).toEqual({
      throttleTimeMs: 0,
      errorCode,
      generationId: -1,
      protocolType: null,
      protocolName: version >= 7 ? null : '',
      leader: '',
      skipAssignment: false,
      memberId: body.memberId ?? '',
      members: [],
    });
  }
});

test('behaviour 60: a second member waits for the first; the leader alone sees both', async () => {
  const first = await (await Member.connect(broker, 'g')).alone();
  const second = await Member.connect(broker, 'g');
  second.memberId = (await second.beginJoin().value()).memberId;
  const joining = second.beginJoin();
  await elapse(broker.world, 50);
  expect(joining.isThere).toBe(false);
  const leading = await first.join();
  const following = await joining.value();
  expect(leading).toMatchObject({ generationId: 2, leader: first.memberId, memberId: first.memberId });
  expect(leading.members.map(({ memberId }) => memberId).sort()).toEqual(
    [first.memberId, second.memberId].sort(),
  );
  expect(following).toMatchObject({ generationId: 2, leader: first.memberId, members: [] });
});

test('behaviour 60: version 0 waits as long as the longest session', async () => {
  const first = await Member.connect(broker, 'g', { sessionTimeoutMs: 30_000 });
  await first.join(0);
  await first.sync({}, 0);
  const joining = (await Member.connect(broker, 'g', { sessionTimeoutMs: 40_000 })).beginJoin(0);
  await elapse(broker.world, 50);
  broker.machine.brokerTime.advance(29_000);
  expect(await first.heartbeat()).toBe(27);
  broker.machine.brokerTime.advance(10_000);
  await elapse(broker.world, 50);
  expect(joining.isThere).toBe(false);
  broker.machine.brokerTime.advance(1_500);
  expect(await joining.value()).toMatchObject({ errorCode: 0, generationId: 2 });
});

test('behaviour 64: an instance id that comes back takes the place: version 9 says that nothing is to be assigned', async () => {
  const first = await (await Member.connect(broker, 'g', { groupInstanceId: 'i' })).alone();
  const again = await Member.connect(broker, 'g', { groupInstanceId: 'i' });
  const joined = await again.join(9);
  expect(joined).toMatchObject({
    errorCode: 0,
    generationId: 1,
    skipAssignment: true,
    leader: again.memberId,
  });
  expect(joined.members).toHaveLength(1);
  expect(again.memberId).toMatch(/^i-/);
  expect((await again.sync()).assignment.toString()).toBe('all');

  const older = await Member.connect(broker, 'g', { groupInstanceId: 'i' });
  expect(await older.join(8)).toMatchObject({ generationId: 1, leader: again.memberId, members: [] });
  expect(await first.beginJoin(9).value()).toMatchObject({ errorCode: 82, memberId: first.memberId });
});

test('a client that goes away while it waits stays a member', async () => {
  const first = await (await Member.connect(broker, 'g')).alone();
  const second = await Member.connect(broker, 'g');
  second.memberId = (await second.beginJoin().value()).memberId;
  second.beginJoin();
  await elapse(broker.world, 50);
  second.client.close();
  await elapse(broker.world, 50);
  expect(await stateOf('g')).toBe('PreparingRebalance 2');
  expect((await first.join()).members).toHaveLength(2);
});

test('behaviour 2: what is behind a waiting join on the connection waits for it', async () => {
  const first = await (await Member.connect(broker, 'g')).alone();
  const second = await Member.connect(broker, 'g');
  second.memberId = (await second.beginJoin().value()).memberId;
  const joining = second.beginJoin();
  const behind = second.begin(DescribeGroupsRequest, DescribeGroupsResponse, 5, { groups: ['g'] });
  await elapse(broker.world, 50);
  expect([joining.isThere, behind.isThere]).toEqual([false, false]);
  await first.join();
  await joining.value();
  expect((await behind.value()).groups[0]!.members).toHaveLength(2);
});
