import { ProduceRequest, ProduceResponse } from '../../../protocol';
import { CompressionCode } from '../../../storage/batch';
import { elapse, elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, someTimeMs, texts } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

test('every version appends and answers dense offsets', async () => {
  const topicId = broker.broker.services.metadata.image.topicsByName.get('t')!.id;
  let next = 0;
  for (const version of servedVersions(0)) {
    const answer = await broker.ask(ProduceRequest, ProduceResponse, version, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        { name: 't', topicId, partitionData: [{ index: 0, records: batch([`v${version}`, 'x']) }] },
      ],
    });
    expect(answer.responses[0]).toMatchObject({
      ...(version < 13 ? { name: 't' } : { topicId }),
      partitionResponses: [{ index: 0, errorCode: 0, baseOffset: next, logAppendTimeMs: -1 }],
    });
    next += 2;
  }
  expect(texts((await fetchFrom(broker, 't', 0)).records)).toHaveLength(next);
});

test('behaviour 3: acks 0 has no answer, and closes the connection when a partition refuses', async () => {
  const client = await broker.connect();
  const send = (name: string): void =>
    client.send(ProduceRequest, 9, {
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: batch(['quiet']) }] }],
    });
  send('t');
  await elapse(broker.world, 20);
  expect({ frames: client.frames, isClosed: client.isClosed }).toEqual({ frames: [], isClosed: false });
  expect(texts((await fetchFrom(broker, 't', 0)).records)).toEqual(['0:quiet']);
  send('missing');
  await elapseUntil(broker.world, () => client.isClosed);
});

test('behaviour 16: clients may not write into internal topics, only the admin client id may', async () => {
  await createTopic(broker, '__consumer_offsets');
  expect(await produceTo(broker, '__consumer_offsets', batch(['k=v']))).toMatchObject({ errorCode: 17 });
});

// Behaviour 27: one batch, magic 2, from offset 0, with a good checksum.
const damaged: Record<string, { readonly make: () => Buffer | null; readonly errorCode: number }> = {
  'no records at all': { make: () => null, errorCode: 87 },
  'an empty record set': { make: () => Buffer.alloc(0), errorCode: 87 },
  'two batches': { make: () => Buffer.concat([batch(['a']), batch(['b'])]), errorCode: 87 },
  'magic 1': { make: () => patched(16, 1), errorCode: 87 },
  'a wrong checksum': { make: () => patched(70, 0xff), errorCode: 2 },
};

function patched(at: number, value: number): Buffer {
  const bytes = batch(['hello world']);
  bytes[at] = value;
  return bytes;
}

test.each(Object.entries(damaged))(
  'behaviour 27: %s is refused, and nothing is appended',
  async (_name, { make, errorCode }) => {
    expect(await produceTo(broker, 't', make())).toMatchObject({ errorCode, baseOffset: -1 });
    expect(await fetchFrom(broker, 't', 0)).toMatchObject({ errorCode: 0, highWatermark: 0 });
  },
);

test('behaviour 28: base offset and leader epoch are stamped, whatever the client wrote there', async () => {
  const records = batch(['a'], { leaderEpoch: 77 });
  await produceTo(broker, 't', batch(['first']));
  await produceTo(broker, 't', records);
  const fetched = (await fetchFrom(broker, 't', 1)).records!;
  const epoch = broker.broker.services.metadata.leadership(
    broker.broker.services.metadata.image.topicsByName.get('t')!.id,
    0,
  ).leaderEpoch;
  expect({ base: fetched.readBigInt64BE(0), epoch: fetched.readInt32BE(12) }).toEqual({ base: 1n, epoch });
});

test('behaviour 30: a batch beyond max.message.bytes is MESSAGE_TOO_LARGE', async () => {
  await createTopic(broker, 'small', { configs: { 'max.message.bytes': '100' } });
  expect(await produceTo(broker, 'small', batch(['x'.repeat(200)]))).toMatchObject({ errorCode: 10 });
  expect(await produceTo(broker, 'small', batch(['x']))).toMatchObject({ errorCode: 0 });
});

test('behaviour 31: a compacted topic refuses records without a key and names them', async () => {
  await createTopic(broker, 'compacted', { configs: { 'cleanup.policy': 'compact' } });
  expect(await produceTo(broker, 'compacted', batch(['k=v', 'no key']))).toMatchObject({
    errorCode: 87,
    recordErrors: [{ batchIndex: 1 }],
  });
  expect(await produceTo(broker, 'compacted', batch(['k=v']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
});

test('behaviour 31: a timestamp too far ahead is INVALID_TIMESTAMP', async () => {
  const late = batch([{ timestamp: someTimeMs + 48 * 3_600_000, value: Buffer.from('late') }]);
  expect(await produceTo(broker, 't', late)).toMatchObject({
    errorCode: 32,
    recordErrors: [{ batchIndex: 0 }],
  });
});

test('behaviour 32: acks other than -1, 0, 1 is INVALID_REQUIRED_ACKS for every partition', async () => {
  expect(await produceTo(broker, 't', batch(['a']), { acks: 2 })).toMatchObject({
    errorCode: 21,
    baseOffset: -1,
  });
});

test('behaviour 33: LogAppendTime is answered and stored', async () => {
  await createTopic(broker, 'stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
  const { logAppendTimeMs } = await produceTo(broker, 'stamped', batch(['a']));
  expect(logAppendTimeMs).toBeGreaterThanOrEqual(someTimeMs);
  const stored = (await fetchFrom(broker, 'stamped', 0)).records!;
  expect(Number(stored.readBigInt64BE(35))).toBe(logAppendTimeMs);
});

test('behaviour 34: a repeated batch is a success with its first offset, a gap is OUT_OF_ORDER_SEQUENCE_NUMBER', async () => {
  const from = (baseSequence: number, producerEpoch = 0): Buffer =>
    batch(['a', 'b'], { producerId: 5, producerEpoch, baseSequence });
  expect(await produceTo(broker, 't', from(0))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect(await produceTo(broker, 't', from(2))).toMatchObject({ errorCode: 0, baseOffset: 2 });
  expect(await produceTo(broker, 't', from(0))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect(await produceTo(broker, 't', from(6))).toMatchObject({ errorCode: 45 });
  expect(await produceTo(broker, 't', from(0, 1))).toMatchObject({ errorCode: 0, baseOffset: 4 });
  expect(await produceTo(broker, 't', from(4, 0))).toMatchObject({ errorCode: 47 });
});

test('behaviour 35: producers survive a power cut', async () => {
  const from = (baseSequence: number): Buffer =>
    batch(['a'], { producerId: 5, producerEpoch: 0, baseSequence });
  await produceTo(broker, 't', from(0));
  await produceTo(broker, 't', from(1));
  const again = await broker.restart('power');
  expect(await produceTo(again, 't', from(1))).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(await produceTo(again, 't', from(3))).toMatchObject({ errorCode: 45 });
  expect(await produceTo(again, 't', from(2))).toMatchObject({ errorCode: 0, baseOffset: 2 });
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s batches are kept as they are', async (codec) => {
  const sent = batch(['one', 'two', 'x'.repeat(1000)], { compression: CompressionCode[codec] });
  const body = Buffer.from(sent.subarray(21));
  expect(await produceTo(broker, 't', sent)).toMatchObject({ errorCode: 0 });
  const { records } = await fetchFrom(broker, 't', 0);
  expect(records!.subarray(21).equals(body)).toBe(true);
  expect(texts(records)).toEqual(['0:one', '1:two', `2:${'x'.repeat(1000)}`]);
});

test('zstd needs Produce 7', async () => {
  const sent = batch(['one'], { compression: CompressionCode.zstd });
  expect(await produceTo(broker, 't', sent, { version: 6 })).toMatchObject({ errorCode: 76 });
});

test('one bad partition does not fail the others, and unknown topics are named by id as by name', async () => {
  const strange = '00000000-0000-4000-8000-00000000beef';
  const byName = await broker.ask(ProduceRequest, ProduceResponse, 12, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      {
        name: 't',
        partitionData: [
          { index: 0, records: batch(['a']) },
          { index: 9, records: batch(['b']) },
        ],
      },
      { name: 'missing', partitionData: [{ index: 0, records: batch(['c']) }] },
    ],
  });
  expect(
    byName.responses.map(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode)),
  ).toEqual([[0, 3], [3]]);
  const byId = await broker.ask(ProduceRequest, ProduceResponse, 13, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ topicId: strange, partitionData: [{ index: 0, records: batch(['a']) }] }],
  });
  expect(byId.responses[0]!.partitionResponses[0]!.errorCode).toBe(100);
});

test('a transactional request gets a fatal error: transactions are not served', async () => {
  const answer = await broker.ask(ProduceRequest, ProduceResponse, 11, {
    transactionalId: 'tx',
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: batch(['a']) }] }],
  });
  expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(53);
});

// The order of a pipelined producer is the order of its requests, also when several wait for the same sync.
test('pipelined requests of one connection keep their order', async () => {
  const client = await broker.connect();
  for (let count = 0; count < 20; count++) {
    const records = batch([`r${count}`], { producerId: 9, producerEpoch: 0, baseSequence: count });
    client.send(ProduceRequest, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 't', partitionData: [{ index: 1, records }] }],
    });
  }
  await elapseUntil(broker.world, () => client.frames.length === 20);
  const expected = Array.from({ length: 20 }, (_, at) => `${at}:r${at}`);
  expect(texts((await fetchFrom(broker, 't', 0, { partition: 1 })).records)).toEqual(expected);
});

// Idempotence alone needs no id; a transactional batch does, and takes the whole request down with it.
test('behaviour 36: a transactional batch without a transactional id refuses every partition', async () => {
  const transactional = batch(['x'], {
    producerId: 5,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
  });
  const answer = await broker.ask(ProduceRequest, ProduceResponse, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: 't',
        partitionData: [
          { index: 0, records: batch(['plain']) },
          { index: 1, records: transactional },
        ],
      },
    ],
  });
  expect(answer.responses[0]!.partitionResponses).toMatchObject([{ errorCode: 53 }, { errorCode: 53 }]);
  expect((await fetchFrom(broker, 't', 0)).highWatermark).toBe(0);
});

test('behaviour 51: from version 13 on a topic without an id is UNKNOWN_TOPIC_ID', async () => {
  const answer = await broker.ask(ProduceRequest, ProduceResponse, 13, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ partitionData: [{ index: 0, records: batch(['x']) }] }],
  });
  expect(answer.responses[0]!.partitionResponses).toMatchObject([{ errorCode: 100 }]);
});

test('behaviour 33: the log start is told once the log was looked at, and a message where records are named', async () => {
  await createTopic(broker, 'keys', { configs: { 'cleanup.policy': 'compact' } });
  const told = async (topic: string, records: Buffer) => {
    const { errorCode, logStartOffset, errorMessage } = await produceTo(broker, topic, records);
    return { errorCode, logStartOffset, hasMessage: errorMessage !== null };
  };
  expect(await told('t', Buffer.alloc(0))).toEqual({ errorCode: 87, logStartOffset: -1, hasMessage: false });
  expect(await told('t', batch(['x'], { isControl: true }))).toEqual({
    errorCode: 87,
    logStartOffset: 0,
    hasMessage: false,
  });
  expect(await told('keys', batch(['x']))).toEqual({ errorCode: 87, logStartOffset: 0, hasMessage: true });
});

test('behaviour 32: a timeout of zero does not cut off the sync of the leader itself', async () => {
  for (const timeoutMs of [0, -1]) {
    const answer = await broker.ask(ProduceRequest, ProduceResponse, 9, {
      acks: -1,
      timeoutMs,
      topicData: [{ name: 't', partitionData: [{ index: 0, records: batch(['x']) }] }],
    });
    expect(answer.responses[0]!.partitionResponses).toMatchObject([{ errorCode: 0 }]);
  }
});
