import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../../protocol';
import {
  commitOffsets,
  committedOffsets,
  Member,
  startGroupBroker,
  subscription,
} from '../../support/groups';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
  await createTopic(broker, 't', { partitions: 3 });
  await createTopic(broker, 'u');
  await commitOffsets(broker, 'g', 't', { 0: 1, 1: 2, 2: 3 });
  await commitOffsets(broker, 'g', 'u', { 0: 4 });
});

async function remove(
  groupId: string,
  topics: Readonly<Record<string, readonly number[]>>,
): Promise<string[]> {
  const answer = await broker.ask(OffsetDeleteRequest, OffsetDeleteResponse, servedVersions(47).at(-1)!, {
    groupId,
    topics: Object.entries(topics).map(([name, indexes]) => ({
      name,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
    })),
  });
  const lines = answer.topics.map(
    ({ name, partitions }) =>
      `${name}: ${partitions.map((one) => `${one.partitionIndex}=${one.errorCode}`).join(' ')}`,
  );
  return [`group ${answer.errorCode}`, ...lines];
}

test('offsets of an empty group go, each partition by itself; twice is no error', async () => {
  expect(await remove('g', { t: [2, 9, 0], missing: [0], u: [] })).toEqual([
    'group 0',
    't: 2=0 9=3 0=0',
    'missing: 0=3',
  ]);
  expect(await committedOffsets(broker, 'g')).toEqual(['t-1: 2', 'u-0: 4']);
  expect(await remove('g', { t: [2] })).toEqual(['group 0', 't: 2=0']);
});

test('behaviour 68: topics that members are subscribed to keep their offsets', async () => {
  await (await Member.connect(broker, 'g')).alone();
  expect(await remove('g', { t: [9, 0], u: [0] })).toEqual(['group 0', 't: 9=3 0=86', 'u: 0=0']);
  expect(await committedOffsets(broker, 'g')).toEqual(['t-0: 1', 't-1: 2', 't-2: 3']);
});

test('a group whose subscriptions nobody can read must be empty', async () => {
  const protocols = [{ name: 'range', metadata: subscription('t') }];
  await (await Member.connect(broker, 'g', { protocolType: 'connect', protocols })).join();
  expect(await remove('g', { u: [0] })).toEqual(['group 68']);
});

test('a group that is not there, and no group at all', async () => {
  expect(await remove('nobody', { missing: [0] })).toEqual(['group 69']);
  expect(await remove('', { t: [0] })).toEqual(['group 24']);
  expect(await remove('g', {})).toEqual(['group 0']);
});
