import {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  MetadataRequest,
  MetadataResponse,
} from '../../../protocol';
import { commitOffsets, committedOffsets, startGroupBroker } from '../../support/groups';
import { elapseUntil } from '../../support/memory-client';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

const here = { nodeId: 1, host: '127.0.0.1', port: 9092 };
const nowhere = { nodeId: -1, host: '', port: -1 };

async function find(broker: SimulatedBroker, version: number, keys: readonly string[], keyType = 0) {
  const body =
    version >= 4
      ? { coordinatorKeys: keys, keyType }
      : { key: keys[0]!, ...(version >= 1 ? { keyType } : {}) };
  return broker.ask(FindCoordinatorRequest, FindCoordinatorResponse, version, body);
}

async function offsetsTopic(broker: SimulatedBroker) {
  const { topics } = await broker.ask(MetadataRequest, MetadataResponse, 12, {
    topics: [{ name: '__consumer_offsets' }],
    allowAutoTopicCreation: false,
  });
  return topics[0]!;
}

test('behaviour 57: every version names the leader; from version 4 for each key', async () => {
  const broker = await startGroupBroker();
  for (const version of servedVersions(10)) {
    const found = await find(broker, version, ['a', '', 'b', 'a'].slice(0, version >= 4 ? 4 : 1));
    if (version < 4) {
      const message = version === 0 ? null : 'NONE';
      expect(found).toMatchObject({ ...here, errorCode: 0, errorMessage: message, coordinators: [] });
      continue;
    }
    expect(found.coordinators).toEqual(
      ['a', '', 'b', 'a'].map((key) => ({ key, ...here, errorCode: 0, errorMessage: '' })),
    );
  }
});

test('behaviour 57: the first question creates the topic of the groups, as Kafka does, and waits for it', async () => {
  const broker = await startSimulatedBroker({ 'offsets.topic.replication.factor': '3' });
  expect((await offsetsTopic(broker)).errorCode).toBe(3);
  expect(await find(broker, 3, ['g'])).toMatchObject({ ...here, errorCode: 0 });
  const topic = await offsetsTopic(broker);
  expect(topic).toMatchObject({ errorCode: 0, isInternal: true });
  expect(topic.partitions).toHaveLength(50);
  expect(topic.partitions[49]).toMatchObject({ replicaNodes: [1], leaderId: 1 });
  expect(broker.lines.join('\n')).toMatch(/__consumer_offsets.* 1 of the 3 replicas/);

  const { results } = await broker.ask(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
    resources: [{ resourceType: 2, resourceName: '__consumer_offsets', configurationKeys: null }],
  });
  const own = results[0]!.configs.filter(({ configSource }) => configSource === 1);
  expect(own.map(({ name, value }) => `${name}=${value}`).sort()).toEqual([
    'cleanup.policy=compact',
    'compression.type=producer',
    'segment.bytes=104857600',
  ]);
});

test('behaviour 57: many clients that ask at once get one topic', async () => {
  const broker = await startSimulatedBroker();
  const clients = await Promise.all(Array.from({ length: 4 }, () => broker.connect()));
  for (const client of clients) client.send(FindCoordinatorRequest, 3, { key: 'g' });
  await elapseUntil(broker.world, () => clients.every(({ frames }) => frames.length === 1));
  expect(await find(broker, 3, ['g'])).toMatchObject({ ...here, errorCode: 0 });
  expect((await offsetsTopic(broker)).partitions).toHaveLength(50);
});

test('a client may create the topic of the groups with the partitions it likes, or by asking for it', async () => {
  const own = await startSimulatedBroker();
  await createTopic(own, '__consumer_offsets', { partitions: 7 });
  expect(await find(own, 3, ['g'])).toMatchObject({ ...here, errorCode: 0 });
  expect((await offsetsTopic(own)).partitions).toHaveLength(7);

  const automatic = await startSimulatedBroker();
  const { topics } = await automatic.ask(MetadataRequest, MetadataResponse, 12, {
    topics: [{ name: '__consumer_offsets' }],
  });
  expect(topics[0]).toMatchObject({ errorCode: 0, isInternal: true });
  expect(topics[0]!.partitions).toHaveLength(50);
});

test('no keys, no answers, and no topic', async () => {
  const broker = await startSimulatedBroker();
  expect((await find(broker, 4, [])).coordinators).toEqual([]);
  expect((await offsetsTopic(broker)).errorCode).toBe(3);
});

// A retriable error would keep the client of a feature that is not served waiting for ever.
test.each([
  ['transactions', 1, 53, /transactions are not served/i],
  ['share groups', 2, 42, /share groups are not served/i],
  ['a type that does not exist', 3, 42, /no coordinator of type 3/i],
])('%s get a fatal error with a message', async (_what, keyType, errorCode, message) => {
  const broker = await startGroupBroker();
  const old = await find(broker, 3, ['k'], keyType);
  expect(old).toMatchObject({ ...nowhere, errorCode });
  expect(old.errorMessage).toMatch(message);
  const { coordinators } = await find(broker, 6, ['k', 'l'], keyType);
  expect(coordinators).toMatchObject(['k', 'l'].map((key) => ({ key, ...nowhere, errorCode })));
  expect(coordinators[0]!.errorMessage).toMatch(message);
});

test('when the topic of the groups is deleted its groups are gone, and the next question makes it anew', async () => {
  const broker = await startGroupBroker();
  await createTopic(broker, 't');
  await commitOffsets(broker, 'g', 't', { 0: 5 });
  await broker.ask(DeleteTopicsRequest, DeleteTopicsResponse, 5, {
    topicNames: ['__consumer_offsets'],
    timeoutMs: 5_000,
  });
  const [code] = await commitOffsets(broker, 'g', 't', { 0: 6 });
  expect([15, 16]).toContain(code);
  expect(await find(broker, 3, ['g'])).toMatchObject({ ...here, errorCode: 0 });
  expect(await committedOffsets(broker, 'g')).toEqual([]);
  expect(await commitOffsets(broker, 'g', 't', { 0: 7 })).toEqual([0]);
});
