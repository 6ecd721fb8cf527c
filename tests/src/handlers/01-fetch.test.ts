import { FetchRequest, FetchResponse } from '../../../protocol';
import { decodeAnswer, elapse, elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

let broker: SimulatedBroker;
let topicId: string;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  topicId = await createTopic(broker, 't', { partitions: 2 });
});

test('every version reads what was produced', async () => {
  await produceTo(broker, 't', batch(['a', 'b']));
  await produceTo(broker, 't', batch(['c']));
  for (const version of servedVersions(1)) {
    const answer = await broker.ask(FetchRequest, FetchResponse, version, {
      maxWaitMs: 100,
      minBytes: 1,
      topics: [
        { topic: 't', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
      ],
    });
    const [topic] = answer.responses;
    expect(topic).toMatchObject(version < 13 ? { topic: 't' } : { topicId });
    const partition = topic!.partitions[0]!;
    expect(partition).toMatchObject({
      errorCode: 0,
      highWatermark: 3,
      lastStableOffset: 3,
      abortedTransactions: null,
    });
    expect(texts(partition.records)).toEqual(['0:a', '1:b', '2:c']);
  }
});

test('behaviour 38: the whole batch that contains the offset comes back', async () => {
  await produceTo(broker, 't', batch(['a', 'b', 'c']));
  await produceTo(broker, 't', batch(['d']));
  expect(texts((await fetchFrom(broker, 't', 1)).records)).toEqual(['0:a', '1:b', '2:c', '3:d']);
  expect(texts((await fetchFrom(broker, 't', 3)).records)).toEqual(['3:d']);
});

test('behaviour 39: one batch at least, whatever the limits; later partitions share what is left', async () => {
  await produceTo(broker, 't', batch(['x'.repeat(500)]));
  await produceTo(broker, 't', batch(['y'.repeat(500)]));
  await produceTo(broker, 't', batch(['z'.repeat(500)]), { partition: 1 });
  const read = async (maxBytes: number): Promise<number[]> => {
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 10_000 }));
    const body = { maxWaitMs: 0, minBytes: 1, maxBytes, topics: [{ topic: 't', partitions }] };
    const answer = await broker.ask(FetchRequest, FetchResponse, 12, body);
    return answer.responses[0]!.partitions.map(({ records }) => texts(records).length);
  };
  expect(await read(1)).toEqual([1, 0]);
  expect(await read(1_000)).toEqual([1, 0]);
  expect(await read(10_000)).toEqual([2, 1]);
  expect(texts((await fetchFrom(broker, 't', 0, { partitionMaxBytes: 1 })).records)).toHaveLength(1);
});

test('behaviour 40: a long poll ends when enough bytes are there, and not before', async () => {
  const client = await broker.connect();
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }];
  client.send(FetchRequest, 12, { maxWaitMs: 10_000, minBytes: 150, topics: [{ topic: 't', partitions }] });
  await elapse(broker.world, 100);
  expect(client.frames).toHaveLength(0);
  await produceTo(broker, 't', batch(['small']));
  await elapse(broker.world, 100);
  expect(client.frames).toHaveLength(0);
  await produceTo(broker, 't', batch(['x'.repeat(200)]));
  await elapseUntil(broker.world, () => client.frames.length === 1, 100);
  const answer = decodeAnswer(FetchResponse, 12, client.frames[0]!);
  expect(texts(answer.responses[0]!.partitions[0]!.records)).toHaveLength(2);
});

test('behaviour 40: a long poll ends at its deadline with what there is', async () => {
  const client = await broker.connect();
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }];
  client.send(FetchRequest, 12, { maxWaitMs: 300, minBytes: 1, topics: [{ topic: 't', partitions }] });
  await elapse(broker.world, 250);
  expect(client.frames).toHaveLength(0);
  await elapseUntil(broker.world, () => client.frames.length === 1, 200);
});

test('behaviour 40: an error answers at once', async () => {
  const before = broker.world.scheduler.nowMs;
  expect(await fetchFrom(broker, 't', 5, { maxWaitMs: 10_000 })).toMatchObject({ errorCode: 1 });
  expect(await fetchFrom(broker, 'missing', 0, { maxWaitMs: 10_000 })).toMatchObject({ errorCode: 3 });
  expect(await fetchFrom(broker, 't', 0, { partition: 7, maxWaitMs: 10_000 })).toMatchObject({
    errorCode: 3,
  });
  expect(broker.world.scheduler.nowMs - before).toBeLessThan(1_000);
});

test('behaviour 41: an empty partition has empty records, never null', async () => {
  const { records } = await fetchFrom(broker, 't', 0);
  expect(records).toEqual(Buffer.alloc(0));
});

test('behaviour 42: outside the log is OFFSET_OUT_OF_RANGE, the end of it is not', async () => {
  await produceTo(broker, 't', batch(['a', 'b']));
  expect(await fetchFrom(broker, 't', 2)).toMatchObject({ errorCode: 0, highWatermark: 2 });
  expect(await fetchFrom(broker, 't', 3)).toMatchObject({ errorCode: 1, highWatermark: -1 });
  expect(await fetchFrom(broker, 't', -1)).toMatchObject({ errorCode: 1 });
  expect(await fetchFrom(broker, 't', 2n ** 62n)).toMatchObject({ errorCode: 1 });
});

test('behaviour 43: older and newer leader epochs are fenced', async () => {
  const { leaderEpoch } = broker.broker.services.metadata.leadership(topicId, 0);
  const at = (currentLeaderEpoch: number) => fetchFrom(broker, 't', 0, { currentLeaderEpoch });
  expect(await at(leaderEpoch)).toMatchObject({ errorCode: 0 });
  expect(await at(leaderEpoch - 1)).toMatchObject({ errorCode: 74 });
  expect(await at(leaderEpoch + 1)).toMatchObject({ errorCode: 75 });
});

test('behaviour 44: a fetcher on another branch is told where its epoch ends', async () => {
  await produceTo(broker, 't', batch(['a', 'b']));
  const { leaderEpoch } = broker.broker.services.metadata.leadership(topicId, 0);
  const again = await broker.restart('process');
  await produceTo(again, 't', batch(['c']));
  const diverged = await fetchFrom(again, 't', 3, { lastFetchedEpoch: leaderEpoch });
  expect(diverged).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: leaderEpoch, endOffset: 2 } });
  expect(texts(diverged.records)).toEqual([]);
  expect(texts((await fetchFrom(again, 't', 2, { lastFetchedEpoch: leaderEpoch })).records)).toEqual(['2:c']);
});

// Behaviour 46: "sessionless" is a legal answer to every attempt to have a session.
test('behaviour 46: sessions are declined, and incremental fetches told to start anew', async () => {
  await produceTo(broker, 't', batch(['a']));
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
  const read = (sessionId: number, sessionEpoch: number) =>
    broker.ask(FetchRequest, FetchResponse, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionId,
      sessionEpoch,
      topics: [{ topic: 't', partitions }],
    });
  for (const [id, epoch] of [
    [0, -1],
    [0, 0],
    [33, 0],
    [33, -1],
  ] as const) {
    const answer = await read(id, epoch);
    expect(answer).toMatchObject({ errorCode: 0, sessionId: 0 });
    expect(texts(answer.responses[0]!.partitions[0]!.records)).toEqual(['0:a']);
  }
  expect(await read(33, 1)).toMatchObject({ errorCode: 70, sessionId: 0, responses: [] });
});

test('behaviour 51: an unknown id is UNKNOWN_TOPIC_ID, and a deleted topic does not come back under its old id', async () => {
  const read = async (id: string): Promise<number> => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
    const body = { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: id, partitions }] };
    return (await broker.ask(FetchRequest, FetchResponse, 13, body)).responses[0]!.partitions[0]!.errorCode;
  };
  expect(await read('00000000-0000-4000-8000-00000000beef')).toBe(100);
  expect(await read(topicId)).toBe(0);
});

test('what was read is given back to the store: a thousand large fetches do not pile up', async () => {
  await produceTo(broker, 't', batch(['x'.repeat(100_000)]));
  for (let count = 0; count < 50; count++) {
    expect(texts((await fetchFrom(broker, 't', 0)).records)).toHaveLength(1);
  }
  expect(broker.lines).toEqual([]);
});

// A consumer of a deleted topic would otherwise ask without pause, and its other partitions with it.
test('behaviour 40: a partition that does not exist shortens no wait for the others', async () => {
  const client = await broker.connect();
  const ask = (partitions: readonly number[]): void =>
    client.send(FetchRequest, 12, {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [
        {
          topic: 't',
          partitions: partitions.map((partition) => ({
            partition,
            fetchOffset: 0,
            partitionMaxBytes: 1000,
          })),
        },
      ],
    });
  ask([0, 9]);
  await elapse(broker.world, 100);
  expect(client.frames).toEqual([]);
  await elapse(broker.world, 450);
  expect(client.frames).toHaveLength(1);
  const [known, unknown] = decodeAnswer(FetchResponse, 12, client.frames[0]!).responses[0]!.partitions;
  expect([known!.errorCode, unknown!.errorCode]).toEqual([0, 3]);
  ask([9]);
  await elapse(broker.world, 20);
  expect(client.frames).toHaveLength(2);
});

test('behaviour 46: a session epoch below -1 belongs to no session either', async () => {
  const answer = await broker.ask(FetchRequest, FetchResponse, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -2,
    topics: [],
  });
  expect(answer.errorCode).toBe(70);
});

test('what no consumer sends is refused: unknown isolation, the id of a replica', async () => {
  expect(await fetchFrom(broker, 't', 0, { isolationLevel: 2 })).toMatchObject({ errorCode: -1 });
  const answer = await broker.ask(FetchRequest, FetchResponse, 12, {
    replicaId: 5,
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  });
  expect(answer.responses[0]!.partitions[0]).toMatchObject({ errorCode: 6, highWatermark: -1 });
});

test('behaviour 51: from version 13 on a topic without an id is UNKNOWN_TOPIC_ID', async () => {
  expect(await fetchFrom(broker, 't', 0, { version: 13 })).toMatchObject({ errorCode: 100 });
});

// Otherwise a client that comes and goes with long polls would leave its frames behind until their deadlines.
test('a parked fetch of a connection that closes is given up at once', async () => {
  const client = await broker.connect();
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }];
  const parked = jest.spyOn(broker.broker.services.partitions, 'parkFetch');
  client.send(FetchRequest, 12, { maxWaitMs: 1_000_000, minBytes: 1, topics: [{ topic: 't', partitions }] });
  await elapseUntil(broker.world, () => parked.mock.results.length === 1);
  const cancel = jest.spyOn(parked.mock.results[0]!.value, 'cancel');
  client.close();
  await elapseUntil(broker.world, () => cancel.mock.calls.length === 1, 1_000);
});
