import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
  for (const pair of [['a', 'b'], ['c', 'd'], ['e']]) await produceTo(broker, 't', batch(pair));
});

/** `low watermark`, or `e` and the error code, of each offset that is asked for in turn. */
async function deleteUpTo(
  served: SimulatedBroker,
  topic: string,
  offsets: readonly (number | bigint)[],
  options: { readonly version?: number; readonly partition?: number; readonly timeoutMs?: number } = {},
): Promise<(number | string)[]> {
  const answers: (number | string)[] = [];
  for (const offset of offsets) {
    const partitions = [{ partitionIndex: options.partition ?? 0, offset }];
    const answer = await served.ask(DeleteRecordsRequest, DeleteRecordsResponse, options.version ?? 2, {
      topics: [{ name: topic, partitions }],
      timeoutMs: options.timeoutMs ?? 5_000,
    });
    const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
    answers.push(errorCode === 0 ? Number(lowWatermark) : `e${errorCode} ${lowWatermark}`);
  }
  return answers;
}

test('behaviour 56: every version moves the start of the log', async () => {
  for (const version of servedVersions(21)) {
    expect(await deleteUpTo(broker, 't', [version + 1], { version })).toEqual([version + 1]);
  }
  const fetched = await fetchFrom(broker, 't', 3);
  expect(fetched).toMatchObject({ errorCode: 0, logStartOffset: 3 });
  expect(texts(fetched.records)).toEqual(['2:c', '3:d', '4:e']);
  expect(await fetchFrom(broker, 't', 2)).toMatchObject({ errorCode: 1 });
});

test('behaviour 56: what lies below the start stays where it is, -1 is the high watermark, above it is out of range', async () => {
  expect(await deleteUpTo(broker, 't', [3, 0, 2, 6, -2, 2n ** 60n, -1, 5, 1])).toEqual([
    3,
    3,
    3,
    'e1 -1',
    'e1 -1',
    'e1 -1',
    5,
    5,
    5,
  ]);
  await produceTo(broker, 't', batch(['f']));
  expect(texts((await fetchFrom(broker, 't', 5)).records)).toEqual(['5:f']);
});

test('behaviour 56: compacted topics, internal topics and unknown partitions keep their records', async () => {
  await createTopic(broker, 'compacted', { configs: { 'cleanup.policy': 'compact' } });
  await createTopic(broker, 'both', { configs: { 'cleanup.policy': 'compact,delete' } });
  await createTopic(broker, '__consumer_offsets');
  await produceTo(broker, 'both', batch(['k=v']));
  expect(await deleteUpTo(broker, 'compacted', [0])).toEqual(['e44 -1']);
  expect(await deleteUpTo(broker, 'both', [1])).toEqual([1]);
  expect(await deleteUpTo(broker, '__consumer_offsets', [0])).toEqual(['e17 -1']);
  expect(await deleteUpTo(broker, '__consumer_offsets', [0], { partition: 9 })).toEqual(['e3 -1']);
  expect(await deleteUpTo(broker, 'nope', [0])).toEqual(['e3 -1']);
});

test('a start that was acknowledged stands after a power cut', async () => {
  expect(await deleteUpTo(broker, 't', [3], { timeoutMs: 0 })).toEqual([3]);
  const again = await broker.restart('power');
  expect(await fetchFrom(again, 't', 2)).toMatchObject({ errorCode: 1 });
  expect(texts((await fetchFrom(again, 't', 3)).records)).toEqual(['2:c', '3:d', '4:e']);
});

test('several partitions in one request are answered in its order; topics without partitions are left out', async () => {
  await produceTo(broker, 't', batch(['x']), { partition: 1 });
  const answer = await broker.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
    topics: [
      { name: 'nope', partitions: [] },
      {
        name: 't',
        partitions: [
          { partitionIndex: 1, offset: -1 },
          { partitionIndex: 0, offset: 2 },
          { partitionIndex: 2, offset: 0 },
        ],
      },
    ],
    timeoutMs: 1_000,
  });
  expect(answer.topics).toEqual([
    {
      name: 't',
      partitions: [
        { partitionIndex: 1, lowWatermark: 1, errorCode: 0 },
        { partitionIndex: 0, lowWatermark: 2, errorCode: 0 },
        { partitionIndex: 2, lowWatermark: -1, errorCode: 3 },
      ],
    },
  ]);
});
