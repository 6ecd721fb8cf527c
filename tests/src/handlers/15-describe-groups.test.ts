import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../../protocol';
import { Member, startGroupBroker, subscription } from '../../support/groups';
import { type SimulatedBroker, servedVersions } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startGroupBroker();
});

const describeGroups = async (
  version: number,
  groups: readonly string[],
  includeAuthorizedOperations?: boolean,
) =>
  (
    await broker.ask(DescribeGroupsRequest, DescribeGroupsResponse, version, {
      groups,
      ...(includeAuthorizedOperations === undefined ? {} : { includeAuthorizedOperations }),
    })
  ).groups;

const notAsked = -(2 ** 31);

test('behaviour 61: every version: a stable group tells protocol, metadata and assignments', async () => {
  const { memberId } = await (await Member.connect(broker, 'g', { groupInstanceId: 'i' })).alone();
  for (const version of servedVersions(15)) {
    expect(await describeGroups(version, ['g'])).toEqual([
      {
        errorCode: 0,
        errorMessage: null,
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          {
            memberId,
            groupInstanceId: version >= 4 ? 'i' : null,
            clientId: 'memory',
            clientHost: '/192.0.2.1',
            memberMetadata: subscription('t'),
            memberAssignment: Buffer.from('all'),
          },
        ],
        authorizedOperations: notAsked,
      },
    ]);
  }
});

test('behaviour 61: a group that is not stable has no protocol and no metadata', async () => {
  const member = await Member.connect(broker, 'g');
  await member.join();
  const [group] = await describeGroups(5, ['g']);
  expect(group).toMatchObject({
    groupState: 'CompletingRebalance',
    protocolType: 'consumer',
    protocolData: '',
  });
  expect(
    group!.members.map((one) => [one.memberId, one.memberMetadata.length, one.memberAssignment.length]),
  ).toEqual([[member.memberId, 0, 0]]);
});

test('behaviour 5: a group that is not there is dead; version 6 has an error and a message', async () => {
  for (const version of servedVersions(15)) {
    const [group, again] = await describeGroups(version, ['nobody', 'nobody']);
    expect(group).toEqual({
      errorCode: version >= 6 ? 69 : 0,
      errorMessage: version >= 6 ? expect.stringContaining('nobody') : null,
      groupId: 'nobody',
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
      authorizedOperations: notAsked,
    });
    expect(again).toEqual(group);
  }
  expect(await describeGroups(6, [])).toEqual([]);
});

test('operations are told from version 3 on when asked for, and not beside an error', async () => {
  await (await Member.connect(broker, 'g')).alone();
  const operations = async (version: number) =>
    (await describeGroups(version, ['g', 'nobody'], true)).map((group) => group.authorizedOperations);
  expect(await operations(3)).toEqual([3400, 3400]);
  expect(await operations(6)).toEqual([3400, notAsked]);
});
