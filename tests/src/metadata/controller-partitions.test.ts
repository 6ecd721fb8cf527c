import { errorName } from '../../../protocol';
import { createPartitions } from '../../../src/metadata/controller-partitions';
import type { GrownTopic } from '../../../src/metadata/types';
import { SeededRandom } from '../../sim/random';
import { applyRecords, metadataMachine, topicIdOf, topicRecords } from './support';

function grow(
  topics: readonly (Partial<GrownTopic> & { name: string; count: number })[],
  validateOnly = false,
) {
  const machine = metadataMachine({ brokers: [1, 2, 3], topics: { t: 2, u: 1 } });
  applyRecords(machine, topicRecords('two', topicIdOf(9), 1, [1, 2]));
  const { records, response } = createPartitions(
    machine,
    { topics: topics.map((topic) => ({ assignments: null, ...topic })), validateOnly },
    { random: new SeededRandom(1) },
  );
  const created = records.map((record) => {
    if (record.kind !== 'partition') throw new Error(record.kind);
    return `${machine.image.topicsById.get(record.topicId)!.name}-${record.index}@${record.replicas.length}`;
  });
  expect(response.created).toHaveLength(records.length);
  return [...response.verdicts.map(({ errorCode }) => errorName(errorCode)), ...created];
}

test('behaviour 19: new partitions follow the ones there are, with as many replicas', () => {
  expect(grow([{ name: 't', count: 4 }])).toEqual(['NONE', 't-2@1', 't-3@1']);
  expect(grow([{ name: 'two', count: 2 }])).toEqual(['NONE', 'two-1@2']);
  expect(grow([{ name: 't', count: 4, assignments: [[3], [2]] }])).toEqual(['NONE', 't-2@1', 't-3@1']);
});

const refusals: readonly (readonly [
  what: Partial<GrownTopic> & { name: string; count: number },
  error: string,
])[] = [
  [{ name: 't', count: 2 }, 'INVALID_PARTITIONS'],
  [{ name: 't', count: 1 }, 'INVALID_PARTITIONS'],
  [{ name: 't', count: 0 }, 'INVALID_PARTITIONS'],
  [{ name: 't', count: -1 }, 'INVALID_PARTITIONS'],
  [{ name: 'missing', count: 2 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [{ name: 'a/b', count: 2 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [{ name: 't', count: 10_003 }, 'POLICY_VIOLATION'],
  [{ name: 't', count: 3, assignments: [] }, 'INVALID_REPLICA_ASSIGNMENT'],
  [{ name: 't', count: 3, assignments: [[1], [1]] }, 'INVALID_REPLICA_ASSIGNMENT'],
  [{ name: 't', count: 3, assignments: [[9]] }, 'INVALID_REPLICA_ASSIGNMENT'],
  [{ name: 't', count: 3, assignments: [[]] }, 'INVALID_REPLICA_ASSIGNMENT'],
  [{ name: 't', count: 3, assignments: [[1, 1]] }, 'INVALID_REPLICA_ASSIGNMENT'],
  [{ name: 't', count: 3, assignments: [[1, 2]] }, 'INVALID_REPLICA_ASSIGNMENT'],
];
test.each(refusals)('behaviour 19: %j is %s', (what, error) => {
  expect(grow([what])).toEqual([error]);
});

test('behaviour 19: each topic by itself; a name that stands twice is refused', () => {
  expect(
    grow([
      { name: 't', count: 3 },
      { name: 'u', count: 2 },
      { name: 't', count: 5 },
      { name: 'missing', count: 2 },
    ]),
  ).toEqual(['INVALID_REQUEST', 'NONE', 'INVALID_REQUEST', 'UNKNOWN_TOPIC_OR_PARTITION', 'u-1@1']);
});

test('behaviour 19: a dry run creates nothing', () => {
  expect(grow([{ name: 't', count: 3 }], true)).toEqual(['NONE']);
});
