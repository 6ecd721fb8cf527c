import { errorName } from '../../../protocol';
import { textBatch, topicConfig } from '../../support/fixtures';
import { OTHER_TOPIC_ID, PartitionWorld, shown, TOPIC_ID } from '../../support/partition-world';

test('a created partition leads, is settled and takes appends when `done` comes', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  expect([partition.leaderId, partition.leaderEpoch]).toEqual([1, 1]);
  expect([partition.isLeader, partition.isSettled]).toEqual([true, true]);
  expect([partition.replicas, partition.inSyncReplicas]).toEqual([[1], [1]]);
  expect([...world.partitions.all()]).toEqual([partition]);
  expect(world.partitions.get(TOPIC_ID, 0)).toBe(partition);
  expect(world.partitions.get(TOPIC_ID, 1)).toBeUndefined();
  expect(world.partitions.get(OTHER_TOPIC_ID, 0)).toBeUndefined();
  expect(world.create()).toBe(partition);
});

test('52: entries that no client wrote take no offset', () => {
  const world = new PartitionWorld();
  let partition = world.create();
  world.append(partition, textBatch('a=1'));
  for (let start = 0; start < 3; start++) {
    world.restart();
    partition = world.create();
    expect(partition.endOffset).toBe(start + 1);
    world.append(partition, textBatch('a=1'));
  }
  expect(world.records(partition)).toBe('0:a=1 1:a=1 2:a=1 3:a=1');
});

test('deletion answers everybody who waits, and a recreated topic is empty', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  world.append(partition, textBatch('a=1'));
  const other = world.create(0, topicConfig(), OTHER_TOPIC_ID);
  world.append(other, textBatch('b=2'));
  const waiting = world.ask(partition, textBatch('c=3'));
  world.partitions.delete(TOPIC_ID);
  expect(shown(waiting.value!)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  expect(errorName(partition.checkLeader(-1))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  expect(shown(world.append(partition, textBatch('d=4')))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  expect(world.partitions.get(TOPIC_ID, 0)).toBeUndefined();
  expect(world.driver.uncommittedSizeBytes).toBe(0);

  world.pass(100);
  world.crash('power');
  expect([...world.store.logs()].map((log) => log.key.topicId)).toEqual([OTHER_TOPIC_ID]);
  expect(world.create().endOffset).toBe(0);
  expect(world.records(world.create(0, topicConfig(), OTHER_TOPIC_ID))).toBe('0:b=2');
});

// A batch that goes straight to its segment is written from the frame itself, and the group that it belongs to is believed
// only whole: if the memory were used again now, recovery would cut the group, and with it what others were told.
test.each([1, 2, 3, 4, 5])(
  'deletion amid the write of a large batch costs no other partition its batch (%i)',
  (before) => {
    const world = new PartitionWorld();
    const doomed = world.create();
    const other = world.create(0, topicConfig(), OTHER_TOPIC_ID);
    const words = Array.from({ length: before }, (_, offset) => `${offset}:b=${offset}`);
    for (let offset = 0; offset < before; offset++) world.append(other, textBatch(`b=${offset}`));
    world.pass(1000);
    const records = textBatch(`a=${'x'.repeat(300_000)}`);
    world.ask(doomed, records, { lease: { retain() {}, release: () => records.fill(0xff) } });
    const kept = world.ask(other, textBatch('c=1'));
    world.pass(0.001);
    world.partitions.delete(TOPIC_ID);
    world.until(() => kept.isThere);
    expect(shown(kept.value!)).toBe(`NONE ${before}`);
    // The group that says that the topic is gone is on its way.
    world.crash('power');
    expect(world.records(world.create(0, topicConfig(), OTHER_TOPIC_ID))).toBe(
      `${words.join(' ')} ${before}:c=1`,
    );
  },
);

test('logs of topics that the metadata does not know any more are deleted', () => {
  const world = new PartitionWorld();
  world.create();
  world.create(0, topicConfig(), OTHER_TOPIC_ID);
  world.restart();
  world.partitions.deleteUnknown((topicId) => topicId === OTHER_TOPIC_ID);
  expect([...world.store.logs()].map((log) => log.key.topicId)).toEqual([OTHER_TOPIC_ID]);
});

test('an opened partition keeps its records, their epochs, and the number of the next one', () => {
  const world = new PartitionWorld();
  world.append(world.create(), textBatch('a=1 b=2'));
  world.crash('power');
  const partition = world.create();
  world.append(partition, textBatch('c=3'));
  world.crash('process');
  const again = world.create();
  expect(world.records(again)).toBe('0:a=1 1:b=2 2:c=3');
  expect([again.leaderEpoch, again.endOffset, again.highWatermark, again.startOffset]).toEqual([3, 3, 3, 0]);
});
