import { ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse } from '../../../protocol';
import { startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

test('behaviour 24: nothing is under way on one broker, whatever is asked for', async () => {
  const broker = await startSimulatedBroker();
  await createTopic(broker, 't');
  const topics = [
    { name: 't', partitionIndexes: [0, 9] },
    { name: 'nope', partitionIndexes: [0] },
  ];
  for (const asked of [null, [], topics]) {
    expect(
      await broker.ask(ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, 0, {
        topics: asked,
        timeoutMs: 1_000,
      }),
    ).toEqual({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics: [] });
  }
});
