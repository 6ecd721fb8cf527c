import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../../protocol';
import { commitOffsets, committedOffsets, Member, startGroupBroker } from '../../support/groups';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
  await createTopic(broker, 't');
});

const remove = async (version: number, groupsNames: readonly string[]) =>
  (await broker.ask(DeleteGroupsRequest, DeleteGroupsResponse, version, { groupsNames })).results.map(
    ({ groupId, errorCode }) => `${groupId} ${errorCode}`,
  );

test('behaviour 68: every version: empty groups go with their offsets, others stay', async () => {
  await (await Member.connect(broker, 'alive')).alone();
  for (const version of servedVersions(42)) {
    await commitOffsets(broker, 'g', 't', { 0: 5 });
    expect(await remove(version, ['alive', 'g', 'nobody', 'g'])).toEqual(['alive 68', 'g 0', 'nobody 69']);
    expect(await committedOffsets(broker, 'g')).toEqual([]);
    expect(await remove(version, ['g', ''])).toEqual(['g 69', ' 69']);
  }
  expect(await remove(2, [])).toEqual([]);
});

test('what is deleted stays deleted over a power cut', async () => {
  await commitOffsets(broker, 'g', 't', { 0: 5 });
  await commitOffsets(broker, 'h', 't', { 0: 6 });
  await remove(2, ['g']);
  broker = await broker.restart('power');
  expect(await committedOffsets(broker, 'g')).toEqual([]);
  expect(await committedOffsets(broker, 'h')).toEqual(['t-0: 6']);
});
