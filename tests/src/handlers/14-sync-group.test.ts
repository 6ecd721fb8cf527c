import { SyncGroupRequest, SyncGroupResponse } from '../../../protocol';
import { Member, startGroupBroker } from '../../support/groups';
import { elapse } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
});

/** Two members of `g` that have joined generation 2: who leads comes first. */
async function twoMembers(): Promise<readonly [Member, Member]> {
  const first = await (await Member.connect(broker, 'g')).alone();
  const second = await Member.connect(broker, 'g');
  second.memberId = (await second.beginJoin().value()).memberId;
  const joining = second.beginJoin();
  await elapse(broker.world, 50);
  await first.join();
  second.joined(await joining.value());
  return [first, second];
}

test('every version: the leader gets what it assigned itself, and again when it asks again', async () => {
  for (const version of servedVersions(14)) {
    const member = await Member.connect(broker, `g${version}`);
    await member.join();
    const protocol =
      version >= 5
        ? { protocolType: 'consumer', protocolName: 'range' }
        : { protocolType: null, protocolName: null };
    const synced = await member.sync({ [member.memberId]: 'mine', ghost: 'nobody' }, version);
    expect(synced).toMatchObject({ errorCode: 0, ...protocol });
    expect(synced.assignment.toString()).toBe('mine');
    expect((await member.sync({}, version)).assignment.toString()).toBe('mine');
  }
});

test('behaviour 62: followers wait for the leader; whom it leaves out gets nothing', async () => {
  const [leader, follower] = await twoMembers();
  const waiting = follower.beginSync();
  await elapse(broker.world, 50);
  expect(waiting.isThere).toBe(false);
  await leader.sync({ [leader.memberId]: 'all' });
  const synced = await waiting.value();
  expect([synced.errorCode, synced.assignment.length]).toEqual([0, 0]);
});

test('behaviour 62: REBALANCE_IN_PROGRESS while members are awaited, and for who waits when one joins', async () => {
  const [leader, follower] = await twoMembers();
  const waiting = follower.beginSync();
  await elapse(broker.world, 50);
  const third = await Member.connect(broker, 'g');
  third.memberId = (await third.beginJoin().value()).memberId;
  third.beginJoin();
  expect(await waiting.value()).toMatchObject({ errorCode: 27, protocolType: null, protocolName: null });
  expect((await leader.sync({ [leader.memberId]: 'all' })).errorCode).toBe(27);
});

test('behaviour 62: version 5 checks protocol type and name, and wants both', async () => {
  const member = await Member.connect(broker, 'g');
  await member.join();
  const code = async (version: number, protocol: object) =>
    (
      await member
        .begin(SyncGroupRequest, SyncGroupResponse, version, {
          groupId: 'g',
          generationId: 1,
          memberId: member.memberId,
          assignments: [],
          ...protocol,
        })
        .value()
    ).errorCode;
  expect(await code(5, { protocolType: null, protocolName: 'range' })).toBe(23);
  expect(await code(5, { protocolType: 'consumer', protocolName: null })).toBe(23);
  expect(await code(5, { protocolType: 'connect', protocolName: 'range' })).toBe(23);
  expect(await code(5, { protocolType: 'consumer', protocolName: 'other' })).toBe(23);
  expect(await code(5, { protocolType: 'consumer', protocolName: 'range' })).toBe(0);
  expect(await code(4, {})).toBe(0);
});

test('strangers, wrong generations, groups that are not there', async () => {
  const member = await (await Member.connect(broker, 'g')).alone();
  const ask = async (groupId: string, memberId: string, generationId: number, version = 3) =>
    (
      await broker.ask(SyncGroupRequest, SyncGroupResponse, version, {
        groupId,
        memberId,
        generationId,
        assignments: [],
      })
    ).errorCode;
  expect(await ask('g', 'stranger', 1)).toBe(25);
  expect(await ask('g', member.memberId, 2)).toBe(22);
  expect(await ask('nobody', member.memberId, 1)).toBe(25);
  expect(await ask('', member.memberId, 1)).toBe(24);
});

test('a client that goes away while it waits does not hold the others up', async () => {
  const [leader, follower] = await twoMembers();
  follower.beginSync();
  await elapse(broker.world, 50);
  follower.client.close();
  await elapse(broker.world, 50);
  const synced = await leader.sync({ [leader.memberId]: 'a', [follower.memberId]: 'b' });
  expect([synced.errorCode, synced.assignment.toString()]).toEqual([0, 'a']);
  const back = await Member.connect(broker, 'g');
  back.memberId = follower.memberId;
  back.generationId = follower.generationId;
  expect(await back.heartbeat()).toBe(0);
  expect((await back.sync()).assignment.toString()).toBe('b');
});
