import { MetadataRequest, MetadataResponse, zeroUuid } from '../../../protocol';
import { elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
});

const ask = (
  version: number,
  topics: readonly { name?: string | null; topicId?: string }[] | null,
  allow = true,
) =>
  broker.ask(MetadataRequest, MetadataResponse, version, {
    topics: topics?.map(({ name = null, topicId = zeroUuid }) => ({ name, topicId })) ?? null,
    allowAutoTopicCreation: allow,
  });

test('every version describes brokers and topics', async () => {
  const topicId = await createTopic(broker, 't', { partitions: 3 });
  for (const version of servedVersions(3)) {
    const answer = await ask(version, [{ name: 't' }]);
    expect(answer.brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: 9092 }]);
    if (version >= 1) expect(answer.controllerId).toBe(1);
    if (version >= 2) expect(answer.clusterId).toBe(broker.broker.clusterId);
    expect(answer.topics).toMatchObject([
      {
        errorCode: 0,
        name: 't',
        ...(version >= 10 ? { topicId } : {}),
        partitions: [0, 1, 2].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          replicaNodes: [1],
          isrNodes: [1],
        })),
      },
    ]);
    if (version >= 7) expect(answer.topics[0]!.partitions[0]!.leaderEpoch).toBeGreaterThanOrEqual(0);
  }
});

test('behaviour 9: null means all topics, empty none, and in version 0 empty means all; nothing is created by it', async () => {
  await createTopic(broker, 'a');
  await createTopic(broker, 'b');
  const names = async (version: number, topics: [] | null) =>
    (await ask(version, topics)).topics.map(({ name }) => name).sort();
  expect(await names(12, null)).toEqual(['a', 'b']);
  expect(await names(12, [])).toEqual([]);
  expect(await names(0, [])).toEqual(['a', 'b']);
});

// Differs from Kafka on purpose: the topic is finished before the answer, so that no client has to ask twice.
test('behaviour 10: a missing topic is created and usable at once, if both sides allow it', async () => {
  const created = await ask(12, [{ name: 'new' }]);
  expect(created.topics).toMatchObject([
    { errorCode: 0, name: 'new', partitions: [{ errorCode: 0, leaderId: 1 }] },
  ]);
  expect(await produceTo(broker, 'new', batch(['a']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect((await ask(12, [{ name: 'forbidden' }], false)).topics).toMatchObject([
    { errorCode: 3, partitions: [] },
  ]);
  expect((await ask(3, [{ name: 'implied' }])).topics).toMatchObject([{ errorCode: 0 }]);
});

test('behaviour 10: many clients that miss the same topic create it once', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => broker.connect()));
  for (const client of clients) client.send(MetadataRequest, 12, { topics: [{ name: 'shared' }] });
  await elapseUntil(broker.world, () => clients.every(({ frames }) => frames.length === 1));
  const { topics } = await ask(12, [{ name: 'shared' }]);
  expect(topics).toMatchObject([{ errorCode: 0, name: 'shared' }]);
  expect(broker.broker.services.metadata.image.topicsByName.size).toBe(1);
});

test('behaviour 10: with auto-creation off a missing topic stays missing', async () => {
  broker = await startSimulatedBroker({ 'auto.create.topics.enable': 'false' });
  expect((await ask(12, [{ name: 'new' }])).topics).toMatchObject([{ errorCode: 3, name: 'new' }]);
});

test.each(['', '.', '..', 'a b', 'ü', 'x'.repeat(250)])(
  'behaviour 16: the name %j is INVALID_TOPIC_EXCEPTION',
  async (name) => {
    expect((await ask(12, [{ name }])).topics).toMatchObject([{ errorCode: 17, partitions: [] }]);
  },
);

test('behaviour 13: by id; an unknown one is UNKNOWN_TOPIC_ID without a name; before version 12 it is not asked so', async () => {
  const topicId = await createTopic(broker, 't');
  const unknown = '00000000-0000-4000-8000-00000000beef';
  expect((await ask(12, [{ topicId }])).topics).toMatchObject([{ errorCode: 0, name: 't', topicId }]);
  expect((await ask(12, [{ topicId: unknown }])).topics).toMatchObject([
    { errorCode: 100, name: null, topicId: unknown },
  ]);
  expect((await ask(11, [{ topicId }])).topics[0]!.errorCode).toBe(42);
});

test('behaviour 14: operations are told when asked for, int32 minimum otherwise', async () => {
  await createTopic(broker, 't');
  const asked = await broker.ask(MetadataRequest, MetadataResponse, 10, {
    topics: [{ name: 't' }],
    includeTopicAuthorizedOperations: true,
    includeClusterAuthorizedOperations: true,
  });
  expect([asked.topics[0]!.topicAuthorizedOperations, asked.clusterAuthorizedOperations]).toEqual([
    3576, 8096,
  ]);
  const plain = await ask(10, [{ name: 't' }]);
  expect([plain.topics[0]!.topicAuthorizedOperations, plain.clusterAuthorizedOperations]).toEqual([
    -(2 ** 31),
    -(2 ** 31),
  ]);
});

test('behaviour 15: leader epochs do not go back over a restart', async () => {
  await createTopic(broker, 't');
  const epochOf = async () => (await ask(12, [{ name: 't' }])).topics[0]!.partitions[0]!.leaderEpoch;
  const before = await epochOf();
  broker = await broker.restart('power');
  expect(await epochOf()).toBeGreaterThanOrEqual(before);
});

test('an explicit advertised listener wins over the address that was dialled', async () => {
  broker = await startSimulatedBroker({ 'advertised.listeners': 'PLAINTEXT://kafka.example:19092' });
  expect((await ask(12, [])).brokers).toMatchObject([{ host: 'kafka.example', port: 19092 }]);
});

test('behaviour 13: one id makes it a question by ids; names beside it are passed over', async () => {
  const topicId = await createTopic(broker, 'a');
  await createTopic(broker, 'b');
  const { topics } = await ask(12, [{ name: 'b' }, { topicId }, { name: 'missing' }]);
  expect(topics.map(({ name }) => name)).toEqual(['a']);
});

test('behaviour 13: before version 12 an id is refused with an answer that names no broker', async () => {
  const topicId = await createTopic(broker, 'a');
  const { brokers, clusterId, controllerId, topics } = await ask(10, [{ name: 'a', topicId }]);
  expect({ brokers, clusterId, controllerId }).toEqual({ brokers: [], clusterId: null, controllerId: -1 });
  expect(topics).toMatchObject([{ errorCode: 42, name: 'a', topicId }]);
});

test('behaviour 14: operations are told for a missing topic as well', async () => {
  const { topics } = await broker.ask(MetadataRequest, MetadataResponse, 8, {
    topics: [{ name: 'missing' }],
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  });
  expect(topics).toMatchObject([{ errorCode: 3, topicAuthorizedOperations: 3576 }]);
});
