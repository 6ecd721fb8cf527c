import { DeleteTopicsRequest, DeleteTopicsResponse, FetchRequest, FetchResponse } from '../../../protocol';
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

test('behaviour 43: from version 16 on a fenced client is told who leads, and where', async () => {
  const { leaderEpoch } = broker.broker.services.metadata.leadership(topicId, 0);
  const partitions = [
    { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: leaderEpoch - 1 },
  ];
  const told = async (version: number) => {
    const body = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 't', topicId, partitions }] };
    const { nodeEndpoints, responses } = await broker.ask(FetchRequest, FetchResponse, version, body);
    const { errorCode, currentLeader } = responses[0]!.partitions[0]!;
    return { errorCode, ...currentLeader, nodes: nodeEndpoints.map(({ nodeId }) => nodeId) };
  };
  expect(await told(15)).toEqual({ errorCode: 74, leaderId: -1, leaderEpoch: -1, nodes: [] });
  expect(await told(16)).toEqual({ errorCode: 74, leaderId: 1, leaderEpoch, nodes: [1] });
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

/** What a fetch of a session was told, as text: `S` stands for any session id, `t`, `u` for topics. */
class SessionClient {
  sessionId = 0;
  readonly #broker: SimulatedBroker;
  readonly #topicIds: ReadonlyMap<string, string>;

  constructor(served: SimulatedBroker, topicIds: ReadonlyMap<string, string>) {
    this.#broker = served;
    this.#topicIds = topicIds;
  }

  async ask(
    version: number,
    epoch: number,
    asked = '',
    options: { readonly forget?: string; readonly sessionId?: number } = {},
  ): Promise<string> {
    const answer = await this.#broker.ask(FetchRequest, FetchResponse, version, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionId: options.sessionId ?? this.sessionId,
      sessionEpoch: epoch,
      topics: this.#positions(asked).map(({ topic, topicId, partition, fetchOffset }) => ({
        topic,
        topicId,
        partitions: [{ partition, fetchOffset, partitionMaxBytes: 1000 }],
      })),
      forgottenTopicsData: this.#positions(options.forget ?? '').map(({ topic, topicId, partition }) => ({
        topic,
        topicId,
        partitions: [partition],
      })),
    });
    if (answer.sessionId !== 0) this.sessionId = answer.sessionId;
    const told = answer.responses.flatMap(({ topic, topicId, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, highWatermark, records }) => {
        const name = version < 13 ? topic : this.#nameOf(topicId);
        const what = errorCode === 0 ? `hw${highWatermark}` : `e${errorCode}`;
        return [`${name}${partitionIndex}`, what, ...texts(records)].join(' ');
      }),
    );
    const session = answer.sessionId === 0 ? 'none' : 'S';
    return `${answer.errorCode === 0 ? session : `e${answer.errorCode} ${session}`} [${told.join(', ')}]`;
  }

  /** `t0@5`: partition 0 of topic t, from offset 5. */
  #positions(
    text: string,
  ): { topic: string; topicId: string | undefined; partition: number; fetchOffset: number }[] {
    return [...text.matchAll(/([a-z]+)(\d+)(?:@(\d+))?/g)].map(([, topic, partition, offset]) => ({
      topic: topic!,
      topicId: this.#topicIds.get(topic!),
      partition: Number(partition),
      fetchOffset: Number(offset ?? 0),
    }));
  }

  #nameOf(topicId: string): string {
    return [...this.#topicIds].find(([, id]) => id === topicId)?.[0] ?? topicId;
  }
}

function sessionClient(extra: readonly (readonly [string, string])[] = []): SessionClient {
  return new SessionClient(broker, new Map([['t', topicId], ...extra]));
}

// Each answer is the one that Kafka 4.3.1 gave to the same requests.
test('behaviour 46: a session is asked for what changed, and tells what is new', async () => {
  const client = sessionClient();
  await produceTo(broker, 't', batch(['a']));
  expect(await client.ask(12, 0, 't0 t1')).toBe('S [t0 hw1 0:a, t1 hw0]');
  expect(await client.ask(12, 1)).toBe('S [t0 hw1 0:a]');
  expect(await client.ask(12, 2, 't0@1')).toBe('S []');
  await produceTo(broker, 't', batch(['b']), { partition: 1 });
  await produceTo(broker, 't', batch(['c']));
  expect(await client.ask(12, 3)).toBe('S [t1 hw1 0:b, t0 hw2 1:c]');
  expect(await client.ask(12, 4, 't1@9')).toBe('S [t1 e1, t0 hw2 1:c]');
  expect(await client.ask(12, 5)).toBe('S [t1 e1, t0 hw2 1:c]');
  expect(await client.ask(12, 6, 't1@1 t0@2')).toBe('S [t1 hw1]');
  expect(await client.ask(12, 7, 't7 nope0')).toBe('S [t7 e3, nope0 e3]');
  expect(await client.ask(12, 8, 't0@1')).toBe('S [t0 hw2 1:c, t7 e3, nope0 e3]');
  expect(await client.ask(12, 9, 't0@2', { forget: 't7 nope0 u3' })).toBe('S []');
});

test('behaviour 46: a wrong epoch, an unknown session and a change between names and ids are refused, and change nothing', async () => {
  const client = sessionClient();
  await produceTo(broker, 't', batch(['a']));
  expect(await client.ask(12, 0, 't0')).toBe('S [t0 hw1 0:a]');
  expect(await client.ask(12, 5, 't0@1')).toBe('e71 none []');
  expect(await client.ask(13, 1, 't0@1')).toBe('e106 none []');
  expect(await client.ask(12, 1)).toBe('S [t0 hw1 0:a]');
  expect(await client.ask(12, 1)).toBe('e71 none []');
  expect(await client.ask(12, 2, '', { sessionId: client.sessionId + 1 })).toBe('e70 none []');
  expect(await client.ask(12, 1, '', { sessionId: 0 })).toBe('e70 none []');
  expect(await client.ask(12, -2)).toBe('e71 none []');
  expect(await client.ask(12, 2)).toBe('S [t0 hw1 0:a]');
});

test('behaviour 46: a full fetch, or one that leaves no partition, closes the session', async () => {
  const client = sessionClient();
  await produceTo(broker, 't', batch(['a']));
  await client.ask(12, 0, 't0');
  const first = client.sessionId;
  expect(await client.ask(12, 0, 't0@1')).toBe('S [t0 hw1]');
  expect(client.sessionId).not.toBe(first);
  expect(await client.ask(12, 1, '', { sessionId: first })).toBe('e70 none []');
  expect(await client.ask(12, -1, 't0')).toBe('none [t0 hw1 0:a]');
  expect(await client.ask(12, 1)).toBe('e70 none []');
  await client.ask(12, 0, 't0 t1');
  expect(await client.ask(12, 1, '', { forget: 't0 t1' })).toBe('none []');
  expect(await client.ask(12, 2)).toBe('e70 none []');
  expect(await client.ask(12, 0)).toBe('S []');
  expect(await client.ask(12, 1, 't0')).toBe('S [t0 hw1 0:a]');
  expect(broker.broker.services.fetchSessions.sessionCount).toBe(1);
});

test('behaviour 46: a session by ids knows unknown, deleted and replaced topics apart', async () => {
  const unknown = '00000000-0000-4000-8000-00000000beef';
  const client = sessionClient([['x', unknown]]);
  await produceTo(broker, 't', batch(['a']));
  expect(await client.ask(13, 0, 't0')).toBe('S [t0 hw1 0:a]');
  expect(await client.ask(12, 1)).toBe('e106 none []');
  expect(await client.ask(13, 1, 't0@1 x0')).toBe('S [x0 e100]');
  await broker.ask(DeleteTopicsRequest, DeleteTopicsResponse, 5, { topicNames: ['t'], timeoutMs: 5_000 });
  expect(await client.ask(13, 2)).toBe('S [x0 e100, t0 e3]');
  await createTopic(broker, 't');
  expect(await client.ask(13, 3)).toBe('S [t0 e103, x0 e100]');
});

test('behaviour 46: no partition starves: what had data is served after the others', async () => {
  const client = sessionClient();
  for (const partition of [0, 1]) await produceTo(broker, 't', batch(['x'.repeat(900)]), { partition });
  await client.ask(12, 0, 't0 t1');
  const served = async (epoch: number): Promise<string[]> => {
    const answer = await broker.ask(FetchRequest, FetchResponse, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1000,
      sessionId: client.sessionId,
      sessionEpoch: epoch,
      topics: [],
    });
    return answer.responses.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, records }) => `${partitionIndex}:${texts(records).length}`),
    );
  };
  expect(await served(1)).toEqual(['0:1']);
  expect(await served(2)).toEqual(['1:1']);
  expect(await served(3)).toEqual(['0:1']);
});

test('behaviour 46: a parked fetch that the next request of its session overtakes is told so', async () => {
  const [first, second] = [await broker.connect(), await broker.connect()];
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
  const full = { maxWaitMs: 0, minBytes: 1, sessionEpoch: 0, topics: [{ topic: 't', partitions }] };
  const { sessionId } = await broker.ask(FetchRequest, FetchResponse, 12, full);
  first.send(FetchRequest, 12, { maxWaitMs: 200, minBytes: 1, sessionId, sessionEpoch: 1, topics: [] });
  await elapse(broker.world, 50);
  second.send(FetchRequest, 12, { maxWaitMs: 0, minBytes: 1, sessionId, sessionEpoch: 2, topics: [] });
  await elapseUntil(broker.world, () => first.frames.length + second.frames.length === 2, 1_000);
  expect(decodeAnswer(FetchResponse, 12, second.frames[0]!)).toMatchObject({ errorCode: 0, sessionId });
  expect(decodeAnswer(FetchResponse, 12, first.frames[0]!)).toMatchObject({
    errorCode: 71,
    sessionId,
    responses: [],
  });
});

test('behaviour 46: without slots a full fetch gets no session', async () => {
  broker = await startSimulatedBroker({ 'max.incremental.fetch.session.cache.slots': '0' });
  topicId = await createTopic(broker, 't');
  expect(await sessionClient().ask(12, 0, 't0')).toBe('none [t0 hw0]');
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
