// What may go wrong between a client and its brokers.

import { Cluster, parseBootstrap } from '../../../src/client/cluster';
import { listOffsets } from '../../../src/client/offsets';
import { Producer } from '../../../src/client/producer';
import { Reader } from '../../../src/client/reader';
import { buildBatch, buildEndMarker, CompressionCode } from '../../../storage';
import { type Script, type ScriptedBroker, scriptedBroker } from '../../support/scripted-broker';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function broker(scripts: Readonly<Record<number, Script>>): Promise<ScriptedBroker> {
  const started = await scriptedBroker(scripts);
  open.push(started);
  return started;
}

function clusterOf(ports: readonly number[], timeoutMs = 2_000): Cluster {
  const bootstrap = ports.map((port) => ({ host: '127.0.0.1', port }));
  const cluster = new Cluster({ bootstrap, clientId: 'test', timeoutMs });
  open.unshift(cluster);
  return cluster;
}

/** Metadata of one broker and topic t; `leaders` by partition. */
const metadata =
  (port: () => number, leaders: () => readonly number[], errorCode: () => number = () => 0) =>
  () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: port() }],
    clusterId: 'c',
    controllerId: 1,
    topics: [
      {
        errorCode: errorCode(),
        name: 't',
        partitions: leaders().map((leaderId, partitionIndex) => ({
          errorCode: leaderId < 0 ? 5 : 0,
          partitionIndex,
          leaderId,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
      },
    ],
  });

async function oneBroker(scripts: Readonly<Record<number, Script>>, leaders = (): readonly number[] => [1]) {
  const started: ScriptedBroker = await broker({ 3: metadata(() => started.port, leaders), ...scripts });
  return started;
}

test.each([
  ['localhost:9092', [{ host: 'localhost', port: 9092 }]],
  [
    'a, b:1,[::1]:2',
    [
      { host: 'a', port: 9092 },
      { host: 'b', port: 1 },
      { host: '::1', port: 2 },
    ],
  ],
  ['PLAINTEXT://a:1', [{ host: 'a', port: 1 }]],
  ['', null],
  ['a:0', null],
  ['a:70000', null],
  ['a:b', null],
])('bootstrap servers: %s', (text, addresses) => {
  expect(parseBootstrap(text)).toEqual(addresses);
});

test('the first bootstrap server that answers is taken; when none does, the last one is named', async () => {
  const { port } = await oneBroker({});
  expect((await clusterOf([1, port]).describe([])).clusterId).toBe('c');
  await expect(clusterOf([1, 2]).any()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'Cannot reach 127.0.0.1:2: connection refused, nothing listens there',
  });
});

test('a broker that does not know our ApiVersions is asked in the oldest form', async () => {
  let round = 0;
  const started: ScriptedBroker = await broker({
    3: metadata(
      () => started.port,
      () => [1],
    ),
    18: () =>
      round++ === 0
        ? { errorCode: 35, apiKeys: [] }
        : { errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 4 }] },
  });
  await clusterOf([started.port]).describe([]);
  expect(started.requests).toEqual(['18 3', '18 0', '3 4']);
});

test('silence, a hang-up and an API that is not served are errors that name broker and request', async () => {
  const silent = await oneBroker({ 3: () => null });
  await expect(clusterOf([silent.port], 100).describe([])).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: `127.0.0.1:${silent.port}: no answer to Metadata within 100 ms`,
  });
  const rude = await oneBroker({ 3: () => 'close' });
  await expect(clusterOf([rude.port]).describe([])).rejects.toMatchObject({
    code: 'CLOSED',
    message: `127.0.0.1:${rude.port}: the broker closed the connection`,
  });
  const small = await oneBroker({});
  const cluster = clusterOf([small.port]);
  const topic = (await cluster.describe(['t'])).topics[0]!;
  await expect(listOffsets(cluster, topic, -1)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: `127.0.0.1:${small.port} serves no version of ListOffsets that is known here`,
  });
});

test('a connection that broke is opened anew', async () => {
  let round = 0;
  const started: ScriptedBroker = await broker({
    3: () =>
      round++ === 0
        ? 'close'
        : metadata(
            () => started.port,
            () => [1],
          )(),
  });
  const cluster = clusterOf([started.port]);
  await expect(cluster.describe([])).rejects.toMatchObject({ code: 'CLOSED' });
  expect((await cluster.describe([])).clusterId).toBe('c');
});

test('a produce is tried again with the same sequence while the broker says it may help, and not beyond', async () => {
  let round = 0;
  const sequences: number[] = [];
  const started = await oneBroker({
    22: () => ({ errorCode: 0, producerId: 9, producerEpoch: 0 }),
    0: ({ topicData }: { topicData: { partitionData: { records: Buffer }[] }[] }) => {
      sequences.push(topicData[0]!.partitionData[0]!.records.readInt32BE(53));
      const errorCode = [6, 7, 0, 10][round++]!;
      return {
        responses: [
          { name: 't', partitionResponses: [{ index: 0, errorCode, baseOffset: 4, recordErrors: [] }] },
        ],
      };
    },
  });
  const producer = new Producer(clusterOf([started.port]), {
    topic: 't',
    acks: -1,
    compression: CompressionCode.none,
    partition: null,
    allowAutoTopicCreation: false,
  });
  await producer.start();
  const record = { timestamp: 1, key: null, value: Buffer.from('v') };
  expect(await producer.write([record, record])).toEqual([{ partition: 0, baseOffset: 4, count: 2 }]);
  expect(sequences).toEqual([0, 0, 0]);
  await expect(producer.write([record])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  expect(sequences).toEqual([0, 0, 0, 2]);
});

const text = (values: readonly { value: Buffer | null; offset: number }[]): string =>
  values.map(({ offset, value }) => `${offset}=${value}`).join(' ');

function fetchOf(
  answer: (offset: number) => { records?: Buffer; errorCode?: number; aborted?: [number, number][] },
): Script {
  return ({ topics }: { topics: { partitions: { fetchOffset: number }[] }[] }) => {
    const { records, errorCode, aborted } = answer(Number(topics[0]!.partitions[0]!.fetchOffset));
    return {
      responses: [
        {
          topic: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: errorCode ?? 0,
              highWatermark: 100,
              abortedTransactions: (aborted ?? []).map(([producerId, firstOffset]) => ({
                producerId,
                firstOffset,
              })),
              records: records ?? Buffer.alloc(0),
            },
          ],
        },
      ],
    };
  };
}

async function readAll(started: ScriptedBroker, endOffset: number): Promise<string> {
  const cluster = clusterOf([started.port]);
  await cluster.describe(['t']);
  const positions = [{ topic: 't', partition: 0, offset: 0, endOffset }];
  const reader = new Reader(cluster, positions, { isolation: 'read_committed', waitMs: 10 });
  const read: { value: Buffer | null; offset: number }[] = [];
  while (!reader.isAtEnd) read.push(...(await reader.poll()));
  return text(read);
}

test('records of aborted transactions and markers are left out, of committed ones not', async () => {
  const batch = (baseOffset: number, producerId: number, ...values: string[]): Buffer =>
    buildBatch({
      baseOffset,
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: producerId >= 0,
      records: values.map((value) => ({ timestamp: 1, key: null, value: Buffer.from(value) })),
    });
  const marker = (baseOffset: number, producerId: number, isCommit: boolean): Buffer =>
    buildEndMarker({
      producerId,
      producerEpoch: 0,
      isCommit,
      coordinatorEpoch: 0,
      timestampMs: 1,
      baseOffset,
    });
  const log = Buffer.concat([
    batch(0, 1, 'aborted', 'aborted'),
    batch(2, 2, 'committed'),
    batch(3, -1, 'plain'),
    marker(4, 1, false),
    batch(5, 1, 'again'),
    marker(6, 1, true),
    marker(7, 2, true),
    batch(8, 1, 'aborted'),
    marker(9, 1, false),
    // A batch that does not fit is cut by brokers.
    batch(10, -1, 'cut').subarray(0, 30),
  ]);
  const started = await oneBroker({
    1: fetchOf(() => ({
      records: log,
      aborted: [
        [1, 8],
        [1, 0],
      ],
    })),
  });
  expect(await readAll(started, 10)).toBe('2=committed 3=plain 5=again');
});

test('a beginning that moved past the position is followed; a position behind the end is refused', async () => {
  const records = buildBatch({
    baseOffset: 5,
    records: [{ timestamp: 1, key: null, value: Buffer.from('v') }],
  });
  const started = await oneBroker({
    1: fetchOf((offset) => (offset < 5 ? { errorCode: 1 } : { records })),
    2: () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 5 }] }] }),
  });
  expect(await readAll(started, 6)).toBe('5=v');
  const short = await oneBroker({
    1: fetchOf(() => ({ errorCode: 1 })),
    2: () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 0 }] }] }),
  });
  await expect(readAll(short, 6)).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    message: expect.stringContaining('Topic t, partition 0, offset 0'),
  });
});

test('a leader that moved, or is away, is looked for again', async () => {
  const records = buildBatch({
    baseOffset: 0,
    records: [{ timestamp: 1, key: null, value: Buffer.from('v') }],
  });
  const leaders: number[][] = [[1], [-1], [1]];
  let round = 0;
  const started = await oneBroker(
    { 1: fetchOf(() => (round++ === 0 ? { errorCode: 6 } : { records })) },
    () => (leaders.length > 1 ? leaders.shift()! : leaders[0]!),
  );
  expect(await readAll(started, 1)).toBe('0=v');
  expect(leaders).toEqual([[1]]);
});
