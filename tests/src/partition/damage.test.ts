import { errorName } from '../../../protocol';
import { textBatch, topicConfig } from '../../support/fixtures';
import {
  Answer,
  OTHER_TOPIC_ID,
  PartitionWorld,
  recordsIn,
  shown,
  TOPIC_ID,
} from '../../support/partition-world';

/** Five batches of 300 KB: they stand in the segment's file itself. The fourth is damaged on the medium. */
function damaged(): PartitionWorld {
  const world = new PartitionWorld();
  const partition = world.create();
  world.create(0, undefined, OTHER_TOPIC_ID);
  for (let i = 0; i < 5; i++) world.append(partition, textBatch(`k${i}=${'x'.repeat(300_000)}`));
  world.pass(60_000);
  world.restart();
  const path = world.machine.disk.files().find(([name, image]) => {
    return name.endsWith('.data') && image.sizeBytes >= 1_500_000;
  })![0];
  expect(world.machine.disk.flipBit(path, 3 * 300_100 + 10_000, 3)).toBe(true);
  return world;
}

test('damage is found by the read, which is KAFKA_STORAGE_ERROR from there on; what lies before is served', () => {
  const world = damaged();
  const partition = world.create();
  const keysAt = (offset: number) => {
    const outcome = world.fetch(partition, offset, { sizeBytesMax: 1 });
    return outcome.errorCode === 0 ? recordsIn(outcome).slice(0, 4) : errorName(outcome.errorCode);
  };
  expect([0, 1, 2, 3].map(keysAt)).toEqual(['0:k0', '1:k1', '2:k2', 'KAFKA_STORAGE_ERROR']);
  expect(partition.isQuarantined).toBe(true);
  expect([0, 2, 3, 4, 5].map(keysAt)).toEqual([
    '0:k0',
    '2:k2',
    'KAFKA_STORAGE_ERROR',
    'KAFKA_STORAGE_ERROR',
    'KAFKA_STORAGE_ERROR',
  ]);
  expect(shown(world.append(partition, textBatch('a=1')))).toBe('KAFKA_STORAGE_ERROR');
  expect(errorName(world.listOffset(partition, -1).errorCode)).toBe('KAFKA_STORAGE_ERROR');
  expect(world.listOffset(partition, -2).offset).toBe(0);
  expect([partition.leaderId, errorName(partition.checkLeader(-1))]).toEqual([1, 'NONE']);

  const other = world.create(0, undefined, OTHER_TOPIC_ID);
  expect(shown(world.append(other, textBatch('b=2')))).toBe('NONE 0');
});

/** Its entries have to be read from files when it is opened. */
function unreplayed(): PartitionWorld {
  const world = new PartitionWorld();
  const partition = world.create();
  for (let i = 0; i < 5; i++) world.append(partition, textBatch(`k${i}=${'x'.repeat(300_000)}`));
  world.pass(60_000);
  world.crash('process');
  return world;
}

test('a partition whose log cannot be read when it is opened answers KAFKA_STORAGE_ERROR, also after a full disk healed', () => {
  const world = unreplayed();
  world.faults.readErrorRate = 1;
  const opened = new Answer<{ error: Error | null }>();
  const spec = { topicId: TOPIC_ID, topicName: 't', index: 0, replicas: [1], config: topicConfig() };
  world.partitions.create(spec, (error) => opened.take({ error }));
  world.until(() => opened.isThere);
  world.faults.readErrorRate = 0;
  expect(opened.value!.error).toMatchObject({ code: 'EIO' });
  const partition = world.partitions.get(TOPIC_ID, 0)!;
  const answers = () => [
    errorName(partition.checkLeader(-1)),
    errorName(world.fetch(partition, 0).errorCode),
    shown(world.append(partition, textBatch('a=1'))),
  ];
  const refused = ['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'];
  expect(answers()).toEqual(refused);

  const other = world.create(0, undefined, OTHER_TOPIC_ID);
  world.faults.failNext.push({ operation: 'write', path: /journal/, code: 'ENOSPC' });
  expect(shown(world.append(other, textBatch('b=2')))).toBe('KAFKA_STORAGE_ERROR');
  world.pass(10_000);
  expect(shown(world.append(other, textBatch('c=3')))).toBe('NONE 1');
  expect(answers()).toEqual(refused);
});

test('a topic that is deleted while its log is still read answers whoever waits for its leader', () => {
  const world = unreplayed();
  const opened = new Answer<{ error: Error | null }>();
  const spec = { topicId: TOPIC_ID, topicName: 't', index: 0, replicas: [1], config: topicConfig() };
  world.partitions.create(spec, (error) => opened.take({ error }));
  expect(opened.isThere).toBe(false);
  world.partitions.delete(TOPIC_ID);
  world.pass(1000);
  expect(opened.value!.error!.message).toBe('t-0 was deleted');
});

test('a partition that is damaged when it is opened serves its undamaged prefix', () => {
  const world = damaged();
  const first = world.create();
  expect(errorName(world.fetch(first, 3).errorCode)).toBe('KAFKA_STORAGE_ERROR');
  world.restart();
  const partition = world.create();
  expect([partition.isQuarantined, partition.isLeader, partition.leaderId]).toEqual([true, true, 1]);
  expect([partition.startOffset, partition.highWatermark, partition.endOffset]).toEqual([0, 3, 3]);
  expect(recordsIn(world.fetch(partition, 2)).slice(0, 4)).toBe('2:k2');
  expect(errorName(world.fetch(partition, 3).errorCode)).toBe('KAFKA_STORAGE_ERROR');
  expect(shown(world.append(partition, textBatch('a=1')))).toBe('KAFKA_STORAGE_ERROR');
  expect(errorName(world.listOffset(partition, -1).errorCode)).toBe('KAFKA_STORAGE_ERROR');
});
