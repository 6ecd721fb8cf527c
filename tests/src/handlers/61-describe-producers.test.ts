import { DescribeProducersRequest, DescribeProducersResponse } from '../../../protocol';
import { type SimulatedBroker, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo, someTimeMs } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 't', { partitions: 2 });
});

function describe(name: string, partitionIndexes: number[]) {
  return broker.ask(DescribeProducersRequest, DescribeProducersResponse, 0, {
    topics: [{ name, partitionIndexes }],
  });
}

test('each partition tells the last batch of every producer that it remembers', async () => {
  const idempotent = { producerId: 4000, producerEpoch: 3 };
  await produceTo(broker, 't', batch(['a', 'b'], { ...idempotent, baseSequence: 7 }), { partition: 1 });
  await produceTo(broker, 't', batch(['c'], { ...idempotent, baseSequence: 9 }), { partition: 1 });
  await produceTo(broker, 't', batch(['plain']));
  const { topics } = await describe('t', [0, 1]);
  expect(topics[0]!.partitions).toEqual([
    { partitionIndex: 0, errorCode: 0, errorMessage: null, activeProducers: [] },
    {
      partitionIndex: 1,
      errorCode: 0,
      errorMessage: null,
      activeProducers: [
        {
          producerId: 4000,
          producerEpoch: 3,
          lastSequence: 9,
          lastTimestamp: someTimeMs,
          coordinatorEpoch: -1,
          currentTxnStartOffset: -1,
        },
      ],
    },
  ]);
});

test('what is not here has an error, and a message where the topic is the reason', async () => {
  const told = async (name: string, index: number) => {
    const { errorCode, errorMessage } = (await describe(name, [index])).topics[0]!.partitions[0]!;
    return [errorCode, errorMessage];
  };
  expect(await told('t', 9)).toEqual([3, null]);
  expect(await told('nope', 0)).toEqual([3, 'There is no topic nope here.']);
  expect(await told('', 0)).toEqual([17, 'Topic name is invalid: the empty string is not allowed']);
  expect((await describe('nope', [])).topics).toEqual([{ name: 'nope', partitions: [] }]);
});
