import { ElectLeadersRequest, ElectLeadersResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

/** `topic:partition error, …` of each topic. */
async function elect(
  topics: readonly { readonly topic: string; readonly partitions: number[] }[] | null,
  options: { readonly version?: number; readonly electionType?: number } = {},
): Promise<string[]> {
  const { version = 2, electionType = 0 } = options;
  const topicPartitions = topics === null ? null : [...topics];
  const body = { electionType, topicPartitions, timeoutMs: 1_000 };
  const answer = await broker.ask(ElectLeadersRequest, ElectLeadersResponse, version, body);
  return [
    ...(answer.errorCode === 0 ? [] : [`error ${answer.errorCode}`]),
    ...answer.replicaElectionResults.map(
      ({ topic, partitionResult }) =>
        `${topic}:${partitionResult.map((result) => `${result.partitionId} e${result.errorCode}`).join(', ')}`,
    ),
  ];
}

test('behaviour 25: no election is needed where the preferred replica leads', async () => {
  for (const version of servedVersions(43)) {
    expect(
      await elect(
        [
          { topic: 't', partitions: [0, 9, 0] },
          { topic: 'nope', partitions: [0] },
        ],
        { version },
      ),
    ).toEqual(['t:0 e84, 9 e3, 0 e84', 'nope:0 e3']);
  }
  expect(await elect([{ topic: 't', partitions: [1] }], { electionType: 1 })).toEqual(['t:1 e84']);
});

test('behaviour 25: of all partitions only those are told that changed or failed', async () => {
  expect(await elect(null)).toEqual(['t:']);
  expect(await elect([])).toEqual([]);
});

test('an election type that does not exist fails the whole request', async () => {
  expect(await elect([{ topic: 't', partitions: [0] }], { electionType: 2 })).toEqual([
    'error 42',
    't:0 e42',
  ]);
  expect(await elect(null, { electionType: -1 })).toEqual(['error 42']);
});
