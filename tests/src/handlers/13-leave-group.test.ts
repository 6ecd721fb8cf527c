import { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol';
import { Member, startGroupBroker } from '../../support/groups';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
});

type Leaving = { memberId: string; groupInstanceId?: string; reason?: string };

async function leave(version: number, groupId: string, members: readonly Leaving[]) {
  const body = version >= 3 ? { groupId, members } : { groupId, memberId: members[0]!.memberId };
  const left = await broker.ask(LeaveGroupRequest, LeaveGroupResponse, version, body);
  return {
    errorCode: left.errorCode,
    members: left.members.map((one) => `${one.memberId}/${one.groupInstanceId ?? '-'} ${one.errorCode}`),
  };
}

test('every version: a member leaves once; before version 3 its error is the answer', async () => {
  for (const version of servedVersions(13)) {
    const { memberId } = await (await Member.connect(broker, `g${version}`)).alone();
    const isOld = version < 3;
    expect(await leave(version, `g${version}`, [{ memberId }])).toEqual({
      errorCode: 0,
      members: isOld ? [] : [`${memberId}/- 0`],
    });
    expect(await leave(version, `g${version}`, [{ memberId }])).toEqual({
      errorCode: isOld ? 25 : 0,
      members: isOld ? [] : [`${memberId}/- 25`],
    });
    expect(await leave(version, '', [{ memberId }])).toEqual({ errorCode: 24, members: [] });
  }
});

test('behaviour 64: several members, each with its own error; static ones by instance id', async () => {
  const dynamic = await (await Member.connect(broker, 'g')).alone();
  const fixed = await Member.connect(broker, 'g', { groupInstanceId: 'i' });
  const joining = fixed.beginJoin();
  await (await Member.connect(broker, 'g')).heartbeat();
  await dynamic.join();
  fixed.joined(await joining.value());
  const members = [
    { memberId: 'stranger', reason: 'none' },
    { memberId: '', groupInstanceId: 'unknown' },
    { memberId: 'other', groupInstanceId: 'i' },
    { memberId: '', groupInstanceId: 'i', reason: 'moved' },
    { memberId: dynamic.memberId },
  ];
  expect(await leave(5, 'g', members)).toEqual({
    errorCode: 0,
    members: ['stranger/- 25', '/unknown 25', 'other/i 82', '/i 0', `${dynamic.memberId}/- 0`],
  });
  expect(await dynamic.heartbeat()).toBe(25);
});

test('a group that is not there has no members', async () => {
  expect(await leave(4, 'nobody', [{ memberId: 'a' }, { memberId: 'b' }])).toEqual({
    errorCode: 0,
    members: ['a/- 25', 'b/- 25'],
  });
  expect(await leave(4, 'nobody', [])).toEqual({ errorCode: 0, members: [] });
  expect(await leave(1, 'nobody', [{ memberId: 'a' }])).toEqual({ errorCode: 25, members: [] });
});

test('who leaves makes the others join again', async () => {
  const first = await (await Member.connect(broker, 'g')).alone();
  const second = await Member.connect(broker, 'g', { groupInstanceId: 'i' });
  const joining = second.beginJoin();
  await (await Member.connect(broker, 'g')).heartbeat();
  await first.join();
  second.joined(await joining.value());
  await leave(4, 'g', [{ memberId: first.memberId }]);
  expect(await second.heartbeat()).toBe(27);
  expect(await second.join()).toMatchObject({ errorCode: 0, generationId: 3, leader: second.memberId });
});
