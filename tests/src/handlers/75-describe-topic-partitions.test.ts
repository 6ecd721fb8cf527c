import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  type InputOf,
} from '../../../protocol';
import { type SimulatedBroker, startSimulatedBroker } from '../../support/simulated-broker';
import { createTopic } from '../../support/topics';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
  await createTopic(broker, 'b', { partitions: 3 });
  await createTopic(broker, 'a', { partitions: 2 });
});

const ask = (body: Partial<InputOf<typeof DescribeTopicPartitionsRequest>>) =>
  broker.ask(DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, 0, { topics: [], ...body });

type Page = Awaited<ReturnType<typeof ask>>;
const summary = ({ topics, nextCursor }: Page): string[] => [
  ...topics.map(
    ({ name, errorCode, partitions }) =>
      `${name} ${errorCode} [${partitions.map((one) => one.partitionIndex)}]`,
  ),
  nextCursor === null ? 'end' : `next ${nextCursor.topicName} ${nextCursor.partitionIndex}`,
];

test('behaviour 20: topics by name, with leaders and operations', async () => {
  const page = await ask({ topics: [{ name: 'b' }, { name: 'missing' }, { name: 'a' }] });
  expect(summary(page)).toEqual(['a 0 [0,1]', 'b 0 [0,1,2]', 'missing 3 []', 'end']);
  expect(page.topics[0]!.partitions[0]).toMatchObject({ leaderId: 1, replicaNodes: [1], isrNodes: [1] });
  expect(page.topics[0]!.topicAuthorizedOperations).toBe(3576);
});

test('behaviour 20: without names all topics; the limit cuts, and the cursor goes on', async () => {
  let cursor: Page['nextCursor'] = null;
  const pages: string[][] = [];
  do {
    const page: Page = await ask({ responsePartitionLimit: 2, cursor });
    pages.push(summary(page));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(pages).toEqual([
    ['a 0 [0,1]', 'next b 0'],
    ['b 0 [0,1]', 'next b 2'],
    ['b 0 [2]', 'end'],
  ]);
});

test('behaviour 20: a limit below one still gives one; a bad cursor is INVALID_REQUEST', async () => {
  expect(summary(await ask({ responsePartitionLimit: 0 }))).toEqual(['a 0 [0]', 'next a 1']);
  const bad = await ask({ topics: [{ name: 'a' }], cursor: { topicName: 'zzz', partitionIndex: 0 } });
  expect(bad.topics).toMatchObject([{ name: 'a', errorCode: 42 }]);
  const negative = await ask({ topics: [{ name: 'a' }], cursor: { topicName: 'a', partitionIndex: -1 } });
  expect(negative.topics).toMatchObject([{ name: 'a', errorCode: 42 }]);
});

test('behaviour 20: operations are told for a missing topic as well', async () => {
  const { topics } = await ask({ topics: [{ name: 'missing' }] });
  expect(topics).toMatchObject([{ errorCode: 3, topicAuthorizedOperations: 3576 }]);
});
