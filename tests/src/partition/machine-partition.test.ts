import { type ErrorCode, errorName } from '../../../protocol';
import type { PartitionReplica } from '../../../src/partition/partition';
import { textBatch } from '../../support/fixtures';
import { PartitionWorld, TOPIC_ID } from '../../support/partition-world';

/** Notes all that a machine is told. */
function listening(partition: PartitionReplica): string[] {
  const events: string[] = [];
  partition.listen({
    onLeading: (epoch) => events.push(`leading ${epoch}`),
    onFollowing: () => events.push('following'),
    onCommitted: (_batch, baseOffset, nextOffset) => events.push(`committed [${baseOffset}, ${nextOffset})`),
  });
  return events;
}

test('a proposal has its offset at once, is told as committed, and only then is done', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const events = listening(partition);
  const done = (errorCode: ErrorCode) => events.push(`done ${errorName(errorCode)}`);
  expect(partition.propose(textBatch('a=1 b=2'), done)).toBe(0);
  expect(partition.propose(textBatch('c=3'), done)).toBe(2);
  expect(events).toEqual(['leading 1']);
  world.until(() => events.length === 5);
  expect(events).toEqual(['leading 1', 'committed [0, 2)', 'committed [2, 3)', 'done NONE', 'done NONE']);
});

test('a refused proposal is told before the call returns, and nothing was proposed', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const events = listening(partition);
  world.partitions.delete(TOPIC_ID);
  const refused: string[] = [];
  expect(partition.propose(textBatch('a=1'), (errorCode) => refused.push(errorName(errorCode)))).toBe(-1);
  expect(refused).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
  expect(events).toEqual(['leading 1', 'following']);
  expect([partition.endOffset, partition.proposalSizeBytesMax]).toEqual([0, 0]);
});

test('a replay visits every committed batch once, from any offset', () => {
  const world = new PartitionWorld();
  let partition = world.create();
  for (let i = 0; i < 300; i++) partition.propose(textBatch(`a=${i} b=${'x'.repeat(10_000)}`), () => {});
  world.until(() => partition.highWatermark === 600);
  world.restart();
  partition = world.create();

  const visited: number[] = [];
  let end = -1;
  partition.replayCommitted(
    200,
    (batch, baseOffset, nextOffset) => {
      expect(batch.length).toBeGreaterThan(10_000);
      expect(nextOffset).toBe(baseOffset + 2);
      visited.push(baseOffset);
    },
    (error, nextOffset) => {
      expect(error).toBeNull();
      end = nextOffset;
    },
  );
  world.until(() => end >= 0);
  expect(end).toBe(600);
  expect(visited).toEqual(Array.from({ length: 200 }, (_, i) => 200 + 2 * i));
});

test('a machine that listens after the election is told at once that it leads', () => {
  const world = new PartitionWorld();
  world.create();
  world.restart();
  expect(listening(world.create())).toEqual(['leading 2']);
});
