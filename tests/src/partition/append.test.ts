import { ErrorCode } from '../../../protocol';
import { baseOffsetOf, isCrcValid, isLogAppendTime, leaderEpochOf, maxTimestampOf } from '../../../storage';
import { textBatch, topicConfig } from '../../support/fixtures';
import { PartitionWorld, recordsIn, shown } from '../../support/partition-world';

test('28: the leader stamps base offset and leader epoch and changes nothing else', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  world.append(partition, textBatch('a=1 b=2'));
  world.append(partition, textBatch('c=3'));

  const outcome = world.fetch(partition, 2);
  const batch = outcome.buffers[0]!;
  expect(baseOffsetOf(batch, 0)).toBe(2);
  expect(leaderEpochOf(batch, 0)).toBe(partition.leaderEpoch);
  expect(partition.leaderEpoch).toBe(1);
  expect(isCrcValid(batch, 0)).toBe(true);
  const sent = textBatch('c=3');
  expect(batch.subarray(16)).toEqual(sent.subarray(16));
  expect(recordsIn(outcome)).toBe('2:c=3');
});

test('28, 33: with LogAppendTime the batch and the answer carry the time of the append', () => {
  const world = new PartitionWorld();
  const partition = world.create(0, topicConfig({ 'message.timestamp.type': 'LogAppendTime' }));
  const nowMs = world.machine.brokerTime.nowMs();
  const outcome = world.append(partition, textBatch('a=1 b=2', { timestamp: 5 }));

  expect(outcome.logAppendTimeMs).toBe(nowMs);
  const { buffers } = world.fetch(partition, 0);
  expect(isLogAppendTime(buffers[0]!, 0)).toBe(true);
  expect(maxTimestampOf(buffers[0]!, 0)).toBe(nowMs);
  expect(isCrcValid(buffers[0]!, 0)).toBe(true);
});

test('33: otherwise the answer says -1 for the time, and where the log begins', () => {
  const world = new PartitionWorld();
  const outcome = world.append(world.create(), textBatch('a=1'));
  expect(outcome).toEqual({
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    recordErrors: [],
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  });
});

test('27, 30: damaged and oversized batches are refused and leave no trace', () => {
  const world = new PartitionWorld();
  const partition = world.create(0, topicConfig({ 'max.message.bytes': '200' }));
  const damaged = textBatch('a=1');
  damaged[damaged.length - 1]! ^= 1;
  expect(shown(world.append(partition, damaged))).toBe('CORRUPT_MESSAGE');
  expect(shown(world.append(partition, Buffer.alloc(0)))).toBe('INVALID_RECORD');
  const two = Buffer.concat([textBatch('a=1'), textBatch('b=2')]);
  expect(shown(world.append(partition, two))).toBe('INVALID_RECORD');
  expect(shown(world.append(partition, textBatch(`a=${'x'.repeat(200)}`)))).toBe('MESSAGE_TOO_LARGE');
  expect(shown(world.append(partition, textBatch('a=1')))).toBe('NONE 0');
  expect(partition.endOffset).toBe(1);
});

test('31: a compacted topic refuses a record without a key and names it', () => {
  const world = new PartitionWorld();
  const partition = world.create(0, topicConfig({ 'cleanup.policy': 'compact' }));
  const outcome = world.append(partition, textBatch('a=1 keyless b=2'));
  expect(shown(outcome)).toBe('INVALID_RECORD');
  expect(outcome.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
  expect(partition.endOffset).toBe(0);
});

// Kafka's bound since KIP-966: a topic with one replica takes acks=-1 whatever a cluster's file asks for.
test('32: min.insync.replicas asks for no more replicas than the partition has', () => {
  const world = new PartitionWorld();
  const partition = world.create(0, topicConfig({ 'min.insync.replicas': '2' }));
  expect(shown(world.append(partition, textBatch('a=1')))).toBe('NONE 0');
  expect(shown(world.append(partition, textBatch('a=1'), { acks: 1 }))).toBe('NONE 1');
});

// Settings that change act at once, also between two requests of one connection.
test('new settings count from the next append on', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  expect(shown(world.append(partition, textBatch(`a=${'x'.repeat(300)}`)))).toBe('NONE 0');
  world.partitions.configure(partition.topicId, topicConfig({ 'max.message.bytes': '300' }));
  expect(shown(world.append(partition, textBatch(`a=${'x'.repeat(300)}`)))).toBe('MESSAGE_TOO_LARGE');
});

// T20: without a bound, a disk that hangs would fill the memory.
test('what waits for its commit is bounded per broker, with one append always possible', () => {
  const world = new PartitionWorld({ uncommittedSizeBytesMax: 500 });
  const first = world.create(0);
  const second = world.create(1);
  const large = world.ask(first, textBatch(`a=${'x'.repeat(1000)}`));
  const refused = world.ask(second, textBatch('b=2'));
  expect(shown(refused.value!)).toBe('NOT_ENOUGH_REPLICAS');
  world.until(() => large.isThere);
  expect(shown(large.value!)).toBe('NONE 0');
  expect(shown(world.append(second, textBatch('b=2')))).toBe('NONE 0');
  expect(world.driver.uncommittedSizeBytes).toBe(0);
});
