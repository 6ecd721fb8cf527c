import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  type InputOf,
  MetadataRequest,
  MetadataResponse,
} from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

type Asked = InputOf<typeof CreatePartitionsRequest>['topics'][number];

async function grow(
  topics: readonly Asked[],
  options: { version?: number; validateOnly?: boolean; timeoutMs?: number } = {},
) {
  const { version = 3, validateOnly = false, timeoutMs = 10_000 } = options;
  const { results } = await broker.ask(CreatePartitionsRequest, CreatePartitionsResponse, version, {
    topics,
    timeoutMs,
    validateOnly,
  });
  return results.map(({ name, errorCode }) => `${name} ${errorCode}`);
}

async function partitionCount(name: string): Promise<number> {
  const { topics } = await broker.ask(MetadataRequest, MetadataResponse, 9, { topics: [{ name }] });
  return topics[0]!.partitions.filter(({ errorCode, leaderId }) => errorCode === 0 && leaderId === 1).length;
}

// Producers and consumers learn of new partitions from metadata that must not go back (15).
test('behaviour 19: every version adds partitions that take records at once', async () => {
  expect((await produceTo(broker, 't', batch(['before']))).errorCode).toBe(0);
  for (const version of servedVersions(37)) {
    const count = 3 + version;
    expect(await grow([{ name: 't', count, assignments: null }], { version })).toEqual(['t 0']);
    expect((await produceTo(broker, 't', batch(['new']), { partition: count - 1 })).errorCode).toBe(0);
    expect(await partitionCount('t')).toBe(count);
  }
  expect(texts((await fetchFrom(broker, 't', 0)).records)).toEqual(['0:before']);
  broker = await broker.restart('power');
  expect(await partitionCount('t')).toBe(6);
  expect(texts((await fetchFrom(broker, 't', 0, { partition: 5 })).records)).toEqual(['0:new']);
});

test('behaviour 19: new partitions have the settings of their topic', async () => {
  await createTopic(broker, 'small', { configs: { 'max.message.bytes': '1000' } });
  expect(await grow([{ name: 'small', count: 2, assignments: [{ brokerIds: [1] }] }])).toEqual(['small 0']);
  expect(
    (await produceTo(broker, 'small', batch([{ value: Buffer.alloc(5000) }]), { partition: 1 })).errorCode,
  ).toBe(10);
});

test('behaviour 19: every topic is in the answer once, whatever became of it', async () => {
  expect(
    await grow([
      { name: 't', count: 2, assignments: null },
      { name: 'missing', count: 2, assignments: null },
    ]),
  ).toEqual(['t 37', 'missing 3']);
  expect(
    await grow([
      { name: 't', count: 3, assignments: null },
      { name: 't', count: 4, assignments: null },
    ]),
  ).toEqual(['t 42']);
  expect(await grow([{ name: 't', count: 1, assignments: null }])).toEqual(['t 37']);
  expect(await grow([{ name: 't', count: 3, assignments: [{ brokerIds: [2] }] }])).toEqual(['t 39']);
  expect(await grow([])).toEqual([]);
  expect(await partitionCount('t')).toBe(2);
});

test('behaviour 19: a dry run creates nothing', async () => {
  expect(await grow([{ name: 't', count: 9, assignments: null }], { validateOnly: true })).toEqual(['t 0']);
  expect(await partitionCount('t')).toBe(2);
});

test('a request without time is answered that it timed out, and does what it asked for', async () => {
  expect(await grow([{ name: 't', count: 4, assignments: null }], { timeoutMs: 0 })).toEqual(['t 7']);
  expect(await grow([{ name: 't', count: 4, assignments: null }])).toEqual(['t 37']);
});
