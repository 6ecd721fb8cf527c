import { DeleteTopicsRequest, DeleteTopicsResponse, zeroUuid } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, fetchFrom, produceTo, texts } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
});

async function remove(version: number, topics: readonly { name?: string | null; topicId?: string }[]) {
  const body =
    version >= 6
      ? { topics: topics.map(({ name = null, topicId = zeroUuid }) => ({ name, topicId })), timeoutMs: 5000 }
      : { topicNames: topics.map(({ name }) => name!), timeoutMs: 5000 };
  return (await broker.ask(DeleteTopicsRequest, DeleteTopicsResponse, version, body)).responses;
}

test('every version deletes by name', async () => {
  for (const version of servedVersions(20)) {
    await createTopic(broker, 't');
    expect(await remove(version, [{ name: 't' }])).toMatchObject([{ name: 't', errorCode: 0 }]);
    expect(await remove(version, [{ name: 't' }])).toMatchObject([{ name: 't', errorCode: 3 }]);
  }
});

test('behaviour 18: by id, never by both, and an unknown id is UNKNOWN_TOPIC_ID', async () => {
  const topicId = await createTopic(broker, 't');
  const unknown = '00000000-0000-4000-8000-00000000beef';
  expect(await remove(6, [{ name: 't', topicId }])).toMatchObject([{ errorCode: 42 }]);
  expect(await remove(6, [{ topicId: unknown }])).toMatchObject([{ errorCode: 100, topicId: unknown }]);
  expect(await remove(6, [{ topicId }])).toMatchObject([{ errorCode: 0, name: 't', topicId }]);
});

test('a name that stands twice is INVALID_REQUEST', async () => {
  await createTopic(broker, 't');
  expect(await remove(5, [{ name: 't' }, { name: 't' }])).toMatchObject([{ name: 't', errorCode: 42 }]);
});

test('with delete.topic.enable=false nothing is deleted, in words that the version knows', async () => {
  broker = await startSimulatedBroker({ 'delete.topic.enable': 'false' });
  await createTopic(broker, 't');
  expect(await remove(2, [{ name: 't' }])).toMatchObject([{ errorCode: 42 }]);
  expect(await remove(6, [{ name: 't' }])).toMatchObject([{ errorCode: 73 }]);
});

test('a topic that is created again under its name is another topic: new id, no old records', async () => {
  const first = await createTopic(broker, 't');
  await produceTo(broker, 't', batch(['old']));
  await remove(6, [{ name: 't' }]);
  expect(await produceTo(broker, 't', batch(['between']))).toMatchObject({ errorCode: 3 });
  const second = await createTopic(broker, 't');
  expect(second).not.toBe(first);
  expect(await produceTo(broker, 't', batch(['new']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  broker = await broker.restart('power');
  expect(texts((await fetchFrom(broker, 't', 0)).records)).toEqual(['0:new']);
});

test('behaviour 18: a topic meant twice, by name and by id, is answered once with both', async () => {
  const topicId = await createTopic(broker, 't');
  expect(await remove(6, [{ name: 't' }, { topicId }])).toMatchObject([
    { name: 't', topicId, errorCode: 42 },
  ]);
});

test('behaviour 18: what cannot be understood is refused each time and takes nothing with it', async () => {
  const topicId = await createTopic(broker, 't');
  expect(await remove(6, [{}, {}])).toMatchObject([{ errorCode: 42 }, { errorCode: 42 }]);
  expect(await remove(6, [{ name: 't' }, { name: 't', topicId }])).toMatchObject([
    { name: 't', errorCode: 42 },
    { name: 't', errorCode: 0 },
  ]);
});
