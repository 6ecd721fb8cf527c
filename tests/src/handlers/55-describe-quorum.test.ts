import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
});

function describe(partitions: readonly (readonly [string, readonly number[]])[], version = 2) {
  return broker.ask(DescribeQuorumRequest, DescribeQuorumResponse, version, {
    topics: partitions.map(([topicName, indexes]) => ({
      topicName,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
    })),
  });
}

test('every version tells who leads the metadata log and who votes', async () => {
  const { image } = broker.broker.services.metadata;
  for (const version of servedVersions(55)) {
    const answer = await describe([['__cluster_metadata', [0]]], version);
    const partition = answer.topics[0]!.partitions[0]!;
    expect(partition).toMatchObject({
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 1,
      highWatermark: image.endOffset,
      observers: [],
    });
    const nowMs = broker.world.scheduler.nowMs;
    const [voter] = partition.currentVoters;
    expect(partition.currentVoters).toHaveLength(1);
    expect(voter).toMatchObject({ replicaId: 1, logEndOffset: image.endOffset });
    expect(voter!.lastFetchTimestamp === -1).toBe(version === 0);
    expect(nowMs).toBeGreaterThan(0);
    expect(voter!.replicaDirectoryId === image.brokers.get(1)!.incarnation).toBe(version >= 2);
    expect(answer.nodes).toHaveLength(version >= 2 ? 1 : 0);
  }
  const { nodes } = await describe([['__cluster_metadata', [0]]]);
  expect(nodes).toEqual([
    { nodeId: 1, listeners: [{ name: 'PLAINTEXT', host: broker.machine.address, port: 9092 }] },
  ]);
});

test('any other partition, and more than the one, is UNKNOWN_TOPIC_OR_PARTITION throughout', async () => {
  const codes = async (...asked: Parameters<typeof describe>): Promise<number[]> =>
    (await describe(...asked)).topics.flatMap(({ partitions }) =>
      partitions.map(({ errorCode }) => errorCode),
    );
  expect(await codes([['nope', [0]]])).toEqual([3]);
  expect(await codes([['__cluster_metadata', [1]]])).toEqual([3]);
  expect(await codes([['__cluster_metadata', [0, 1]]])).toEqual([3, 3]);
  expect(
    await codes([
      ['__cluster_metadata', [0]],
      ['nope', [0]],
    ]),
  ).toEqual([3, 3]);
  expect(await codes([['__cluster_metadata', []]])).toEqual([]);
  expect(await describe([])).toMatchObject({ errorCode: 0, errorMessage: '', topics: [], nodes: [] });
});
