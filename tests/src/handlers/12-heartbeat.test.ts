import { HeartbeatRequest, HeartbeatResponse } from '../../../protocol';
import { Member, startGroupBroker } from '../../support/groups';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
});

const beat = async (version: number, groupId: string, memberId: string, generationId: number) =>
  (await broker.ask(HeartbeatRequest, HeartbeatResponse, version, { groupId, memberId, generationId }))
    .errorCode;

test('behaviour 63: every version: members, wrong generations, strangers', async () => {
  const { memberId } = await (await Member.connect(broker, 'g')).alone();
  for (const version of servedVersions(12)) {
    expect(await beat(version, 'g', memberId, 1)).toBe(0);
    expect(await beat(version, 'g', memberId, 2)).toBe(22);
    expect(await beat(version, 'g', 'stranger', 1)).toBe(25);
    expect(await beat(version, 'nobody', memberId, 1)).toBe(25);
    expect(await beat(version, '', memberId, 1)).toBe(24);
  }
});

test('behaviour 63: NONE while the assignment is awaited, REBALANCE_IN_PROGRESS while members are', async () => {
  const first = await Member.connect(broker, 'g');
  await first.join();
  expect(await first.heartbeat()).toBe(0);
  await first.sync({ [first.memberId]: 'all' });
  const second = await Member.connect(broker, 'g');
  const joining = second.join();
  await (await Member.connect(broker, 'g')).heartbeat();
  expect(await first.heartbeat()).toBe(27);
  await first.join();
  expect((await joining).errorCode).toBe(0);
});

test('behaviour 64: the older owner of an instance id is fenced', async () => {
  const older = await (await Member.connect(broker, 'g', { groupInstanceId: 'i' })).alone();
  const newer = await Member.connect(broker, 'g', { groupInstanceId: 'i' });
  await newer.join();
  expect(await older.heartbeat()).toBe(82);
  expect(await newer.heartbeat(3)).toBe(0);
});

test('a member that is silent for its session is gone; one that speaks stays', async () => {
  const silent = await (await Member.connect(broker, 'silent', { sessionTimeoutMs: 10_000 })).alone();
  const loud = await (await Member.connect(broker, 'loud', { sessionTimeoutMs: 10_000 })).alone();
  for (let round = 0; round < 3; round++) {
    broker.machine.brokerTime.advance(6_000);
    expect(await loud.heartbeat()).toBe(0);
  }
  expect(await silent.heartbeat()).toBe(25);
});
