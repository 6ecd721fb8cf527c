import { ListOffsetsRequest, ListOffsetsResponse } from '../../../protocol';
import { CompressionCode } from '../../../storage/batch';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo, someTimeMs } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't');
});

async function look(
  timestamp: number | bigint,
  version = 11,
  currentLeaderEpoch = -1,
  name = 't',
  partitionIndex = 0,
) {
  const answer = await broker.ask(ListOffsetsRequest, ListOffsetsResponse, version, {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex, currentLeaderEpoch, timestamp }] }],
  });
  return answer.topics[0]!.partitions[0]!;
}

const at = (minute: number, text: string) => ({
  timestamp: someTimeMs + minute * 60_000,
  value: Buffer.from(text),
});

test('every version finds the ends of the log', async () => {
  await produceTo(broker, 't', batch(['a', 'b', 'c']));
  for (const version of servedVersions(2)) {
    expect(await look(-1, version)).toMatchObject({ errorCode: 0, offset: 3, timestamp: -1 });
    expect(await look(-2, version)).toMatchObject({ errorCode: 0, offset: 0, timestamp: -1 });
  }
});

test('behaviour 53: special timestamps, each from the version that brought it', async () => {
  await produceTo(broker, 't', batch([at(1, 'a'), at(9, 'b'), at(5, 'c')]));
  expect(await look(-3)).toMatchObject({ errorCode: 0, offset: 1, timestamp: someTimeMs + 9 * 60_000 });
  expect(await look(-4)).toMatchObject({ errorCode: 0, offset: 0 });
  expect(await look(-5)).toMatchObject({ errorCode: 0, offset: -1, leaderEpoch: -1 });
  expect(await look(-6)).toMatchObject({ errorCode: 0, offset: -1 });
  for (const [timestamp, since] of [
    [-3, 7],
    [-4, 8],
    [-5, 9],
    [-6, 11],
  ] as const) {
    expect((await look(timestamp, since)).errorCode).toBe(0);
    expect((await look(timestamp, since - 1)).errorCode).toBe(35);
  }
  expect((await look(-7)).errorCode).toBe(35);
});

test.each(['none', 'gzip', 'lz4'] as const)(
  'behaviour 54: the record is found, not its batch (%s)',
  async (codec) => {
    const compression = CompressionCode[codec];
    await produceTo(broker, 't', batch([at(0, 'a'), at(2, 'b'), at(4, 'c')], { compression }));
    await produceTo(broker, 't', batch([at(6, 'd'), at(8, 'e')], { compression }));
    const found = async (minute: number): Promise<string> => {
      const { offset, timestamp } = await look(someTimeMs + minute * 60_000);
      return `${offset} at ${timestamp < 0 ? timestamp : (timestamp - someTimeMs) / 60_000}`;
    };
    expect(await found(-5)).toBe('0 at 0');
    expect(await found(1)).toBe('1 at 2');
    expect(await found(4)).toBe('2 at 4');
    expect(await found(5)).toBe('3 at 6');
    expect(await found(7)).toBe('4 at 8');
    expect(await found(9)).toBe('-1 at -1');
    expect(await look(2n ** 62n)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
  },
);

test('behaviour 43: leader epochs are checked', async () => {
  const { leaderEpoch } = await look(-1);
  expect(leaderEpoch).toBeGreaterThanOrEqual(0);
  expect((await look(-1, 11, leaderEpoch + 1)).errorCode).toBe(75);
  expect((await look(-1, 11, leaderEpoch)).errorCode).toBe(0);
});

test('what is unknown or asked twice is refused for itself alone', async () => {
  expect(await look(-1, 11, -1, 'missing')).toMatchObject({ errorCode: 3, offset: -1, timestamp: -1 });
  expect(await look(-1, 11, -1, 't', 4)).toMatchObject({ errorCode: 3 });
  const partition = { partitionIndex: 0, timestamp: -1 };
  const answer = await broker.ask(ListOffsetsRequest, ListOffsetsResponse, 5, {
    replicaId: -1,
    topics: [{ name: 't', partitions: [partition, partition] }],
  });
  expect(answer.topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([42, 42]);
});

test('behaviour 53: what the version cannot ask comes before what does not exist', async () => {
  expect(await look(-9, 11, -1, 'missing')).toMatchObject({ errorCode: 35 });
  expect(await look(-1, 11, -1, 'missing')).toMatchObject({ errorCode: 3 });
});

test('behaviour 43: a leader epoch below -1 is older than every one', async () => {
  expect(await look(-1, 11, -2)).toMatchObject({ errorCode: 74 });
});

test('an isolation level that does not exist is refused for every partition', async () => {
  const answer = await broker.ask(ListOffsetsRequest, ListOffsetsResponse, 11, {
    replicaId: -1,
    isolationLevel: 2,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  });
  expect(answer.topics[0]!.partitions[0]).toMatchObject({ errorCode: -1, offset: -1 });
});
