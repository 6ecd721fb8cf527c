import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't');
});

async function ask(leaderEpoch: number, version = 4, currentLeaderEpoch = -1, topic = 't') {
  const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }];
  const body = { topics: [{ topic, partitions }] };
  const answer = await broker.ask(OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, version, body);
  const { errorCode, leaderEpoch: epoch, endOffset } = answer.topics[0]!.partitions[0]!;
  return `error ${errorCode} epoch ${epoch} end ${endOffset}`;
}

const epochNow = (): number => {
  const { metadata } = broker.broker.services;
  return metadata.leadership(metadata.image.topicsByName.get('t')!.id, 0).leaderEpoch;
};

test('behaviour 45: epochs end where the next one begins; the current one at the end of the log', async () => {
  await produceTo(broker, 't', batch(['a', 'b']));
  const first = epochNow();
  broker = await broker.restart('process');
  await produceTo(broker, 't', batch(['c']));
  const second = epochNow();
  expect(second).toBeGreaterThan(first);
  for (const version of servedVersions(23)) {
    expect(await ask(first, version)).toBe(`error 0 epoch ${first} end 2`);
    expect(await ask(second, version)).toBe(`error 0 epoch ${second} end 3`);
  }
  expect(await ask(second + 1)).toBe('error 0 epoch -1 end -1');
  expect(await ask(-1)).toBe('error 0 epoch -1 end -1');
});

test('behaviour 43: fenced by the current epoch; unknown topics are named', async () => {
  const epoch = epochNow();
  expect(await ask(epoch, 4, epoch - 1)).toBe('error 74 epoch -1 end -1');
  expect(await ask(epoch, 4, epoch + 1)).toBe('error 75 epoch -1 end -1');
  expect(await ask(epoch, 4, -1, 'missing')).toBe('error 3 epoch -1 end -1');
});

test('behaviour 43: a current epoch below -1 is older than every one', async () => {
  expect(await ask(epochNow(), 4, -2)).toBe('error 74 epoch -1 end -1');
});
