import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
  await createTopic(broker, 'u');
});

function describe(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
  version = 5,
) {
  return broker.ask(DescribeLogDirsRequest, DescribeLogDirsResponse, version, {
    topics:
      topics === null
        ? null
        : topics.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
  });
}

test('behaviour 26: every version tells the directory and the sizes of the partitions asked for', async () => {
  const records = batch(['a', 'b']);
  await produceTo(broker, 't', records);
  broker.machine.disk.faults.spaceSizeBytes = 1_000_000_000;
  for (const version of servedVersions(35)) {
    const { errorCode, results } = await describe([{ topic: 't', partitions: [0, 1] }], version);
    const size = { offsetLag: 0, isFutureKey: false };
    expect(errorCode).toBe(0);
    expect(results).toEqual([
      {
        errorCode: 0,
        logDir: '/simulated',
        topics: [
          {
            name: 't',
            partitions: [
              { partitionIndex: 0, partitionSize: records.length, ...size },
              { partitionIndex: 1, partitionSize: 0, ...size },
            ],
          },
        ],
        totalBytes: version < 4 ? -1 : 1_000_000_000,
        usableBytes: version < 4 ? -1 : 1_000_000_000 - broker.machine.disk.usedSizeBytes(),
        isCordoned: false,
      },
    ]);
  }
});

test('behaviour 26: null is every partition of a topic, what is not here is left out, what is named twice comes once', async () => {
  const names = async (topics: Parameters<typeof describe>[0]): Promise<string[]> =>
    (await describe(topics)).results[0]!.topics.map(
      ({ name, partitions }) => `${name}:${partitions.map(({ partitionIndex }) => partitionIndex).join()}`,
    );
  expect(await names(null)).toEqual(['t:0,1', 'u:0']);
  expect(await names([])).toEqual([]);
  expect(await names([{ topic: 't', partitions: [] }])).toEqual([]);
  expect(
    await names([
      { topic: 't', partitions: [1, 9, 1] },
      { topic: 'nope', partitions: [0] },
      { topic: 't', partitions: [1, 0] },
    ]),
  ).toEqual(['t:1,0']);
});

test('a volume whose size nobody knows has -1', async () => {
  expect((await describe([])).results[0]).toMatchObject({ totalBytes: -1, usableBytes: -1 });
});
