import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
} from '../../../protocol';
import { type RetentionPolicy, retainedFrom } from '../../../src/partition/housekeeping';
import { elapse, elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A batch of this many bytes: three of them fill a segment of the smallest size there is. */
const valueSizeBytes = 340_000;
const smallSegments = { 'segment.bytes': '1048576' };

describe('what has to go', () => {
  /** Segments of ten records each: `size@timestamp`; `from` is the start of the log, `to` its high watermark. */
  function decide(
    text: string,
    policy: Partial<RetentionPolicy>,
    { from = 0, to = Number.POSITIVE_INFINITY, nowMs = 1_000, grownAtMs = 0 } = {},
  ): number {
    let offset = 0;
    const segments = text.split(' ').map((segment) => {
      const [size, timestamp] = segment.split('@').map(Number);
      const count = size === 0 ? 0 : 10;
      offset += count;
      return {
        baseOffset: offset - count,
        nextOffset: offset,
        sizeBytes: size!,
        maxTimestamp: timestamp ?? -1,
        firstTimestamp: -1,
      };
    });
    const facts = {
      segments,
      startOffset: from,
      highWatermark: Math.min(to, offset),
      grownAtMs: () => grownAtMs,
    };
    return retainedFrom(facts, { retentionMs: -1, retentionBytes: -1, ...policy }, nowMs);
  }

  test('by age: segments whose largest timestamp is older than retention.ms, up to the first that is not', () => {
    expect(decide('5@100 5@200 5@300', { retentionMs: 700 })).toBe(20);
    expect(decide('5@100 5@200 5@300', { retentionMs: 699 })).toBe(30);
    expect(decide('5@100 5@200 5@300', { retentionMs: 800 })).toBe(10);
    expect(decide('5@900 5@200 5@300', { retentionMs: 500 })).toBe(0);
    expect(decide('5@100 5@200', { retentionMs: -1 })).toBe(0);
    expect(decide('5@1000', { retentionMs: 0 })).toBe(0);
    expect(decide('5@999', { retentionMs: 0 })).toBe(10);
  });

  test('a timestamp of the future keeps its segment; without any the last growth counts', () => {
    expect(decide('5@5000 5@100', { retentionMs: 1 })).toBe(0);
    expect(decide('5@-1 5@100', { retentionMs: 400 }, { grownAtMs: 600 })).toBe(0);
    expect(decide('5@-1 5@100', { retentionMs: 400 }, { grownAtMs: 599 })).toBe(20);
  });

  test('by size: as many segments as leave retention.bytes at least', () => {
    expect(decide('5@0 5@0 5@0', { retentionBytes: 15 })).toBe(0);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 11 })).toBe(0);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 10 })).toBe(10);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 9 })).toBe(10);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 0 })).toBe(30);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 100 })).toBe(0);
    expect(decide('9@0 1@0 5@0', { retentionBytes: 8 })).toBe(0);
  });

  test('by size first, then what is left by age', () => {
    expect(decide('5@900 5@100 5@900', { retentionBytes: 10, retentionMs: 500 })).toBe(20);
  });

  test('what lies below the start counts no more, what is not committed does not go', () => {
    expect(decide('5@0 5@0 5@0', { retentionBytes: 5 }, { from: 10 })).toBe(20);
    expect(decide('5@0 5@0 5@0', { retentionBytes: 5 }, { from: 9 })).toBe(20);
    expect(decide('5@0 5@0 5@0', { retentionMs: 10 }, { from: 15 })).toBe(30);
    expect(decide('5@0 5@0 5@0', { retentionMs: 10 }, { to: 19 })).toBe(10);
    expect(decide('0 5@0 0 5@900', { retentionMs: 500 })).toBe(10);
    expect(decide('0', { retentionMs: 10, retentionBytes: 0 })).toBe(0);
  });
});

let broker: SimulatedBroker;
let index: number;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  index = 0;
});

/** One batch of one record, of the broker's present; its value begins with its number. */
async function produceOne(topic: string, producer: Parameters<typeof batch>[1] = {}): Promise<void> {
  const value = Buffer.alloc(valueSizeBytes, '.');
  value.write(String(index++));
  const record = { timestamp: broker.machine.brokerTime.nowMs(), value };
  const { errorCode } = await produceTo(broker, topic, batch([record], producer));
  expect(errorCode).toBe(0);
}

/** Lets broker time pass: what is due meanwhile happens, in its order. */
async function pass(durationMs: number, stepMs = 5 * minuteMs): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    broker.machine.brokerTime.advance(Math.min(stepMs, durationMs - passedMs));
    await elapse(broker.world, 5, 5);
  }
}

async function startOf(topic: string): Promise<number> {
  const { errorCode, logStartOffset } = await fetchFrom(broker, topic, 0);
  return errorCode === 1
    ? Number((await fetchFrom(broker, topic, index)).logStartOffset)
    : Number(logStartOffset);
}

async function listed(name: string, timestamps: readonly number[]): Promise<number[]> {
  const offsets: number[] = [];
  for (const timestamp of timestamps) {
    const { topics } = await broker.ask(ListOffsetsRequest, ListOffsetsResponse, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
    });
    const { errorCode, offset } = topics[0]!.partitions[0]!;
    expect(errorCode).toBe(0);
    offsets.push(Number(offset));
  }
  return offsets;
}

/** Error code and low watermark. */
async function deleteUpTo(name: string, offset: number): Promise<number[]> {
  const answer = await broker.ask(DeleteRecordsRequest, DeleteRecordsResponse, 2, {
    topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 1_000,
  });
  const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
  return [errorCode, Number(lowWatermark)];
}

function filesOf(topicId: string): number {
  return broker.machine.disk.files().filter(([path]) => path.includes(topicId) && path.endsWith('.data'))
    .length;
}

test('seven days: what is older than retention.ms goes, segment by segment, the last one too', async () => {
  const topicId = await createTopic(broker, 't', { configs: smallSegments });
  // Segments of three, a day each: 0-2, 3-5, 6-8, and 9 alone.
  for (let day = 0; day < 4; day++) {
    for (let count = 0; count < (day < 3 ? 3 : 1); count++) await produceOne('t');
    if (day < 3) await pass(dayMs, dayMs / 4);
  }
  expect([await startOf('t'), filesOf(topicId)]).toEqual([0, 4]);
  await pass(4 * dayMs + 10 * minuteMs, dayMs / 4);
  await pass(10 * minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([3, 3]);
  await pass(dayMs, dayMs / 4);
  await pass(10 * minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([6, 2]);
  await pass(2 * dayMs, dayMs / 4);
  await pass(10 * minuteMs);
  // The one that is left holds no record: the entry that says where the log begins.
  expect([await startOf('t'), filesOf(topicId)]).toEqual([10, 1]);
  // Earliest, latest, largest timestamp, any timestamp.
  expect(await listed('t', [-2, -1, -3, 0])).toEqual([10, 10, -1, -1]);
  await produceOne('t');
  expect(texts((await fetchFrom(broker, 't', 10)).records)[0]).toMatch(/^10:10\./);
  broker = await broker.restart('power');
  expect([await startOf('t'), texts((await fetchFrom(broker, 't', 10)).records).length]).toEqual([10, 1]);
  expect(broker.lines).toEqual([]);
});

test('retention.bytes keeps at least so many bytes', async () => {
  const topicId = await createTopic(broker, 't', {
    configs: { ...smallSegments, 'retention.bytes': String(7 * valueSizeBytes) },
  });
  for (let count = 0; count < 9; count++) await produceOne('t');
  await pass(10 * minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([0, 3]);
  await produceOne('t');
  await pass(10 * minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([3, 3]);
});

test('compacted topics keep everything, whatever its age and size', async () => {
  const configs = {
    ...smallSegments,
    'cleanup.policy': 'compact',
    'retention.ms': '1',
    'retention.bytes': '1',
  };
  const topicId = await createTopic(broker, 't', { configs });
  const value = Buffer.alloc(valueSizeBytes);
  for (let count = 0; count < 4; count++) {
    await produceTo(broker, 't', batch([{ key: Buffer.from(`k${count}`), value }]));
  }
  await pass(dayMs, hourMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([0, 2]);
});

test('file.delete.delay.ms: files go so long after the check that found them below the start', async () => {
  const configs = {
    ...smallSegments,
    'retention.ms': String(hourMs),
    'file.delete.delay.ms': String(20 * minuteMs),
  };
  const topicId = await createTopic(broker, 't', { configs });
  for (let count = 0; count < 4; count++) await produceOne('t');
  await pass(hourMs - minuteMs, minuteMs);
  await produceOne('t');
  await pass(6 * minuteMs, minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([3, 2]);
  await pass(14 * minuteMs, minuteMs);
  expect(filesOf(topicId)).toBe(2);
  await pass(10 * minuteMs, minuteMs);
  expect([await startOf('t'), filesOf(topicId)]).toEqual([3, 1]);
});

// The entries of the segments that go hold the voters of the group and the sequences of producers: before a saved state
// speaks for them, a power cut would leave a partition without a leader for ever.
test('behaviour 56: a power cut at any moment after DeleteRecords leaves a partition that knows its producers', async () => {
  const topicId = await createTopic(broker, 't', { configs: smallSegments });
  const producer = { producerId: 4000, producerEpoch: 0 };
  await produceOne('t', { ...producer, baseSequence: 0 });
  for (let count = 0; count < 9; count++) await produceOne('t');
  expect(await deleteUpTo('t', 7)).toEqual([0, 7]);
  const judge = async (files: number): Promise<void> => {
    broker = await broker.restart('power');
    expect([await startOf('t'), filesOf(topicId)]).toEqual([7, files]);
    const known = await produceTo(broker, 't', batch(['x'], { ...producer, baseSequence: 5 }));
    expect(known).toMatchObject({ errorCode: 45 });
  };
  await judge(4);
  await pass(20 * minuteMs);
  expect(filesOf(topicId)).toBe(2);
  await judge(2);
  expect(broker.lines).toEqual([]);
});

test('a full disk: records can be deleted, retention goes on, and appends are taken again when files have gone', async () => {
  const topicId = await createTopic(broker, 't', {
    configs: { ...smallSegments, 'retention.bytes': '2000000' },
  });
  // Below what goes straight to the segment: these are durable in the journal, and written into the segments later.
  const small = Buffer.alloc(90_000);
  const produce = async (): Promise<number> =>
    (await produceTo(broker, 't', batch([{ value: small }]))).errorCode;
  for (let count = 0; count < 60; count++) expect(await produce()).toBe(0);
  const { faults } = broker.machine.disk;
  faults.spaceSizeBytes = broker.machine.disk.usedSizeBytes();
  index = 60;
  for (; (await produce()) === 0; index++) await elapse(broker.world, 20, 5);
  expect(await deleteUpTo('t', 3)).toEqual([0, 3]);
  expect(texts((await fetchFrom(broker, 't', index - 1)).records)).toHaveLength(1);
  const files = filesOf(topicId);
  await pass(20 * minuteMs);
  expect(await startOf('t')).toBeGreaterThan(3);
  expect(filesOf(topicId)).toBeLessThan(files);
  await elapse(broker.world, 1_000, 50);
  expect(await produce()).toBe(0);
});

test('records without timestamps are as old as the last look that saw their segment grow', async () => {
  await createTopic(broker, 't', { configs: { 'retention.ms': String(hourMs) } });
  const put = () => produceTo(broker, 't', batch([{ timestamp: -1, value: Buffer.from('x') }]));
  await put();
  index = 1;
  await pass(50 * minuteMs);
  await put();
  index = 2;
  await pass(50 * minuteMs);
  expect(await startOf('t')).toBe(0);
  await pass(20 * minuteMs);
  expect(await startOf('t')).toBe(2);
});

test('a segment of a log that is written to is rolled when it is older than segment.ms', async () => {
  const topicId = await createTopic(broker, 't', { configs: { 'segment.ms': String(hourMs) } });
  await produceOne('t');
  await pass(hourMs - minuteMs, hourMs / 4);
  await produceOne('t');
  await pass(2 * minuteMs);
  expect(filesOf(topicId)).toBe(1);
  await produceOne('t');
  await pass(minuteMs);
  expect(filesOf(topicId)).toBe(2);
});

test('a stop waits for nothing that retention has planned', async () => {
  await createTopic(broker, 't', { configs: { ...smallSegments, 'retention.bytes': '1' } });
  for (let count = 0; count < 4; count++) await produceOne('t');
  await pass(minuteMs);
  let isStopped = false;
  void broker.broker.stop().then(() => {
    isStopped = true;
  });
  await elapseUntil(broker.world, () => isStopped, 2_000);
});
