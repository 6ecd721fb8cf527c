import { ErrorCode, errorName } from '../../../protocol';
import type { PartitionReplica } from '../../../src/partition/partition';
import type { DeleteRecordsOutcome, OffsetOutcome } from '../../../src/partition/types';
import { textBatch, topicConfig } from '../../support/fixtures';
import { Answer, PartitionWorld, TOPIC_ID } from '../../support/partition-world';

const START_MS = 1_767_225_600_000;

function show({ errorCode, offset, timestamp, leaderEpoch }: OffsetOutcome): string {
  if (errorCode !== ErrorCode.NONE) return errorName(errorCode);
  return `${offset} at ${timestamp < 0 ? timestamp : `+${timestamp - START_MS}`} epoch ${leaderEpoch}`;
}

/** Two batches of epoch 1, timestamps +10 +50 +20 and +30 (compressed), then one of epoch 2, +40. */
function filled(world: PartitionWorld): PartitionReplica {
  const at = (...plus: number[]) => ({ timestamps: plus.map((ms) => START_MS + ms) });
  const first = world.create();
  world.append(first, textBatch('a=1 b=2 c=3', at(10, 50, 20)));
  world.append(first, textBatch('d=4 e=5', { ...at(30, 35), compression: 'gzip' }));
  world.restart();
  const partition = world.create();
  world.append(partition, textBatch('f=6', at(40)));
  return partition;
}

test('53: the special timestamps', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  const answers = [-1, -2, -3, -4, -5, -6].map((timestamp) => {
    return `${timestamp}: ${show(world.listOffset(partition, timestamp))}`;
  });
  expect(answers).toEqual([
    '-1: 6 at -1 epoch 2',
    '-2: 0 at -1 epoch 1',
    '-3: 1 at +50 epoch 1',
    '-4: 0 at -1 epoch 1',
    '-5: -1 at -1 epoch -1',
    '-6: -1 at -1 epoch -1',
  ]);
});

test('53: an empty log', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const answers = [-1, -2, -3, 0].map((timestamp) => show(world.listOffset(partition, timestamp)));
  expect(answers).toEqual(['0 at -1 epoch 1', '0 at -1 epoch 1', '-1 at -1 epoch -1', '-1 at -1 epoch -1']);
});

test('54: by time, the first record at or after it, also inside a compressed batch', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  const answers = [0, 10, 11, 21, 35, 51].map((plusMs) => {
    return `+${plusMs}: ${show(world.listOffset(partition, START_MS + plusMs))}`;
  });
  expect(answers).toEqual([
    '+0: 0 at +10 epoch 1',
    '+10: 0 at +10 epoch 1',
    '+11: 1 at +50 epoch 1',
    '+21: 1 at +50 epoch 1',
    '+35: 1 at +50 epoch 1',
    '+51: -1 at -1 epoch -1',
  ]);
});

test('54: a batch whose first records are too old is searched by record', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const timestamps = [10, 20, 30].map((plusMs) => START_MS + plusMs);
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    world.append(partition, textBatch('a=1 b=2 c=3', { timestamps, compression }));
  }
  expect(show(world.listOffset(partition, START_MS + 25))).toBe('2 at +30 epoch 1');
});

test('54: by time, what DeleteRecords has taken is not there, also in the middle of a batch', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  const answers = [1, 2, 4].map((offset) => {
    const deleted = new Answer<DeleteRecordsOutcome>();
    partition.deleteRecords({ offset, timeoutMs: 5_000 }, deleted.take);
    world.until(() => deleted.value !== null);
    const found = [0, 45].map((plusMs) => show(world.listOffset(partition, START_MS + plusMs)));
    return `from ${deleted.value!.lowWatermark}: ${found.join(', ')}`;
  });
  expect(answers).toEqual([
    'from 1: 1 at +50 epoch 1, 1 at +50 epoch 1',
    'from 2: 2 at +20 epoch 1, -1 at -1 epoch -1',
    'from 4: 4 at +35 epoch 1, -1 at -1 epoch -1',
  ]);
});

// T38: until then an older leader may have committed more than this one knows.
test('55: OFFSET_NOT_AVAILABLE until the leader has committed an entry of its own term', () => {
  const world = new PartitionWorld();
  filled(world);
  world.restart();
  world.partitions.create(
    { topicId: TOPIC_ID, topicName: 't', index: 0, replicas: [1], config: topicConfig() },
    () => {},
  );
  const partition = world.partitions.get(TOPIC_ID, 0)!;
  world.until(() => partition.isLeader);
  expect(partition.isSettled).toBe(false);
  const asked = [-1, -3, START_MS, -2].map((timestamp) => {
    const answer = new Answer<OffsetOutcome>();
    partition.listOffset({ timestamp, isolation: 'read_uncommitted', currentLeaderEpoch: -1 }, answer.take);
    return show(answer.value!);
  });
  const notAvailable = 'OFFSET_NOT_AVAILABLE';
  expect(asked).toEqual([notAvailable, notAvailable, notAvailable, '0 at -1 epoch 1']);
  // What was known to be committed when the state was saved may be read all the same: it never goes backwards.
  expect([partition.highWatermark, partition.endOffset]).toEqual([6, 6]);
  world.until(() => partition.isSettled);
  expect(show(world.listOffset(partition, -1))).toBe('6 at -1 epoch 3');
});

test('6, 53: a replica that does not lead says so', () => {
  const world = new PartitionWorld();
  world.create();
  world.restart();
  const spec = { topicId: TOPIC_ID, topicName: 't', index: 0, replicas: [1], config: topicConfig() };
  world.partitions.create(spec, () => {});
  const partition = world.partitions.get(TOPIC_ID, 0)!;
  expect(show(world.listOffset(partition, -2))).toBe('NOT_LEADER_OR_FOLLOWER');
  expect(errorName(world.fetch(partition, 0).errorCode)).toBe('NOT_LEADER_OR_FOLLOWER');
});
