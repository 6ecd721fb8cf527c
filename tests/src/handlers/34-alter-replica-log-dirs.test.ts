import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

test('a replica may be told to be where it is; other directories are not there, whatever the partition', async () => {
  const { location } = broker.broker.services.host.disk;
  for (const version of servedVersions(34)) {
    const answer = await broker.ask(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, version, {
      dirs: [
        {
          path: location,
          topics: [
            { name: 't', partitions: [0, 9] },
            { name: 'nope', partitions: [0] },
          ],
        },
        { path: `${location}/`, topics: [{ name: 't', partitions: [1] }] },
        {
          path: '/elsewhere',
          topics: [
            { name: 'nope', partitions: [1] },
            { name: 'other', partitions: [] },
          ],
        },
      ],
    });
    expect(answer.results).toEqual([
      {
        topicName: 't',
        partitions: [
          { partitionIndex: 0, errorCode: 0 },
          { partitionIndex: 9, errorCode: 3 },
          { partitionIndex: 1, errorCode: 57 },
        ],
      },
      {
        topicName: 'nope',
        partitions: [
          { partitionIndex: 0, errorCode: 3 },
          { partitionIndex: 1, errorCode: 57 },
        ],
      },
    ]);
  }
});
