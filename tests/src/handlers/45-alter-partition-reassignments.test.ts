import { AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

async function alter(
  name: string,
  asked: readonly (readonly [number, number[] | null])[],
  options: { readonly version?: number; readonly allowReplicationFactorChange?: boolean } = {},
): Promise<string> {
  const answer = await broker.ask(
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    options.version ?? 1,
    {
      timeoutMs: 1_000,
      allowReplicationFactorChange: options.allowReplicationFactorChange ?? true,
      topics: [
        { name, partitions: asked.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas })) },
      ],
    },
  );
  expect(answer.errorCode).toBe(0);
  expect(answer.responses.map((topic) => topic.name)).toEqual([name]);
  return answer.responses[0]!.partitions.map(
    ({ partitionIndex, errorCode }) => `${partitionIndex} e${errorCode}`,
  ).join(', ');
}

// One broker: what Kafka answers there too.
test('behaviour 24: what is there may be asked for, nothing can be cancelled, nobody else can hold a replica', async () => {
  for (const version of servedVersions(45)) {
    expect(
      await alter(
        't',
        [
          [0, [1]],
          [1, null],
          [9, [1]],
          [9, null],
        ],
        { version },
      ),
    ).toBe('0 e0, 1 e85, 9 e3, 9 e3');
  }
  expect(await alter('nope', [[0, [1]]])).toBe('0 e3');
  expect(
    await alter('t', [
      [0, [1, 2]],
      [1, []],
    ]),
  ).toBe('0 e39, 1 e39');
  expect(
    await alter('t', [
      [0, [1, 1]],
      [1, [-1]],
    ]),
  ).toBe('0 e39, 1 e39');
  expect(await alter('t', [[0, [1]]], { allowReplicationFactorChange: false })).toBe('0 e0');
});

test('the messages name what is wrong', async () => {
  const answer = await broker.ask(
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    1,
    {
      timeoutMs: 1_000,
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0, replicas: [1, 2] },
            { partitionIndex: 1, replicas: [1, 1] },
            { partitionIndex: 7, replicas: [1] },
          ],
        },
      ],
    },
  );
  expect(answer.responses[0]!.partitions.map(({ errorMessage }) => errorMessage)).toEqual([
    'The list of replicas names broker 2, which is not registered.',
    'The list of replicas names broker 1 more than once.',
    'There is no partition t-7.',
  ]);
});
