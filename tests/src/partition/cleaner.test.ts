import { OffsetFetchRequest, OffsetFetchResponse } from '../../../protocol';
import { commitOffsets, startGroupBroker } from '../../support/groups';
import { elapse } from '../../support/memory-client';
import { type SimulatedBroker, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

const SMALL = {
  'segment.bytes': '1048576',
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.01',
};
/** Four of them do not fit in a segment of the smallest size. */
const FILLER = Buffer.alloc(300_000, '.');

let broker: SimulatedBroker;

/** Lets the cleaner have its pauses, and its slices, which go by the monotonic clock, until there are few records. */
async function clean(topic: string, countMax: number): Promise<string[]> {
  let found = await readBack(topic);
  for (let round = 0; round < 12 && found.length > countMax; round++) {
    broker.machine.brokerTime.advance(15_000);
    await elapse(broker.world, 40, 1);
    found = await readBack(topic);
  }
  return found;
}

async function produce(topic: string, ...texts: string[]): Promise<void> {
  const timestamp = broker.machine.brokerTime.nowMs();
  const records = texts.map((text) => {
    const [key, value] = text.split('=');
    return { timestamp, key: Buffer.from(key!), value: value === undefined ? null : Buffer.from(value) };
  });
  const { errorCode } = await produceTo(broker, topic, batch(records));
  expect(errorCode).toBe(0);
}

/** Batches that fill a segment and begin the next one. */
async function fill(topic: string): Promise<void> {
  for (let count = 0; count < 4; count++) {
    const record = {
      timestamp: broker.machine.brokerTime.nowMs(),
      key: Buffer.from('filler'),
      value: FILLER,
    };
    expect((await produceTo(broker, topic, batch([record]))).errorCode).toBe(0);
  }
}

/** Every record from the start, as a reader gets it: short values whole. */
async function readBack(topic: string): Promise<string[]> {
  const found: string[] = [];
  for (let offset = 0; ; ) {
    const { records, errorCode } = await fetchFrom(broker, topic, offset);
    expect(errorCode).toBe(0);
    const read = texts(records);
    if (read.length === 0) return found;
    for (const text of read) found.push(text.length > 50 ? `${text.split(':')[0]}:filler` : text);
    offset = Number(read[read.length - 1]!.split(':')[0]) + 1;
  }
}

test('a compacted topic keeps the last record of each key; a restart finds it so', async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { configs: SMALL });
  await produce('t', 'a=1', 'b=1', 'c=1');
  await produce('t', 'a=2', 'b');
  await fill('t');
  await fill('t');
  const before = await readBack('t');
  expect(before.slice(0, 5)).toEqual(['0:1', '1:1', '2:1', '3:2', '4:null']);
  const after = await clean('t', before.length - 3);
  expect(after.slice(0, 3)).toEqual(['2:1', '3:2', '4:null']);
  expect(after.length).toBeLessThan(before.length);
  expect(after.at(-1)).toBe(before.at(-1));
  broker = await broker.restart('power');
  expect(await readBack('t')).toEqual(after);
  // The tombstone goes with the first round after delete.retention.ms.
  broker.machine.brokerTime.advance(86_400_000);
  await produce('t', 'a=3');
  await fill('t');
  const later = await clean('t', after.length);
  expect(later[0]).toBe('2:1');
  expect(later.filter((text) => text.endsWith(':null'))).toEqual([]);
}, 30_000);

test('nothing is compacted with log.cleaner.enable=false, nor what is not compacted', async () => {
  broker = await startSimulatedBroker({ 'log.cleaner.enable': 'false' });
  await createTopic(broker, 'off', { configs: SMALL });
  await produce('off', 'a=1');
  await produce('off', 'a=2');
  await fill('off');
  expect((await clean('off', 0)).slice(0, 2)).toEqual(['0:1', '1:2']);
  broker = await startSimulatedBroker();
  await createTopic(broker, 'kept', { configs: { 'segment.bytes': '1048576' } });
  await produce('kept', 'a=1');
  await produce('kept', 'a=2');
  await fill('kept');
  expect((await clean('kept', 0)).slice(0, 2)).toEqual(['0:1', '1:2']);
}, 30_000);

test('committed offsets outlive the compaction of their topic, and a restart', async () => {
  broker = await startGroupBroker({
    'offsets.topic.segment.bytes': '1048576',
    'offsets.topic.num.partitions': '1',
  });
  // One record commits many partitions: few commits fill segments.
  const partitions = 300;
  await createTopic(broker, 't', { partitions });
  const all = (offset: number): Record<number, number> =>
    Object.fromEntries(Array.from({ length: partitions }, (_, partition) => [partition, offset]));
  await commitOffsets(broker, 'once', 't', { 0: 7 });
  for (let offset = 1; offset <= 120; offset++) await commitOffsets(broker, 'g', 't', all(offset));
  const before = await readBack('__consumer_offsets');
  // All but the segment that grows.
  const after = await clean('__consumer_offsets', 0.7 * before.length);
  expect(after.length).toBeLessThan(0.7 * before.length);
  expect(after.at(-1)).toBe(before.at(-1));
  broker = await broker.restart('process');
  expect(await committed('once', 2)).toEqual([7, -1]);
  expect(await committed('g', partitions)).toEqual(Object.values(all(120)));
}, 60_000);

async function committed(groupId: string, partitions: number): Promise<number[]> {
  const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
  const { groups } = await broker.ask(OffsetFetchRequest, OffsetFetchResponse, 8, {
    groups: [{ groupId, topics: [{ name: 't', partitionIndexes }] }],
  });
  return groups[0]!.topics.flatMap((topic) => topic.partitions.map((one) => Number(one.committedOffset)));
}
