import { ListGroupsRequest, ListGroupsResponse } from '../../../protocol';
import { commitOffsets, Member, startGroupBroker } from '../../support/groups';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
  await createTopic(broker, 't');
  await (await Member.connect(broker, 'alive')).alone();
  await commitOffsets(broker, 'simple', 't', { 0: 1 });
});

const list = async (version: number, filter: { statesFilter?: string[]; typesFilter?: string[] } = {}) => {
  const { errorCode, groups } = await broker.ask(ListGroupsRequest, ListGroupsResponse, version, filter);
  expect(errorCode).toBe(0);
  return groups.map((one) => `${one.groupId} ${one.protocolType}/${one.groupState}/${one.groupType}`).sort();
};

test('every version lists groups with members and without; states from version 4, types from 5', async () => {
  for (const version of servedVersions(16)) {
    const state = (name: string) => (version >= 4 ? name : '');
    const type = version >= 5 ? 'classic' : '';
    expect(await list(version)).toEqual([
      `alive consumer/${state('Stable')}/${type}`,
      `simple /${state('Empty')}/${type}`,
    ]);
  }
});

test('behaviour 68: filters of states know no case and no space, those of types no case', async () => {
  const names = async (filter: Parameters<typeof list>[1]) =>
    (await list(5, filter)).map((line) => line.split(' ')[0]);
  expect(await names({ statesFilter: ['stable'] })).toEqual(['alive']);
  expect(await names({ statesFilter: [' EMPTY ', 'nonsense'] })).toEqual(['simple']);
  expect(await names({ statesFilter: ['nonsense'] })).toEqual([]);
  expect(await names({ typesFilter: ['Classic'] })).toEqual(['alive', 'simple']);
  expect(await names({ typesFilter: ['classic '] })).toEqual([]);
  expect(await names({ typesFilter: ['consumer'] })).toEqual([]);
  expect(await names({ typesFilter: ['nonsense', 'classic'], statesFilter: ['Empty'] })).toEqual(['simple']);
});

test('a broker without groups lists none', async () => {
  broker = await startSimulatedBroker();
  expect(await list(5)).toEqual([]);
});
