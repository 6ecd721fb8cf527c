import { ErrorCode, errorName } from '../../../protocol';
import { proposeLogStart } from '../../../src/partition/commands';
import type { PartitionReplica } from '../../../src/partition/partition';
import type { Isolation, ParkedFetch } from '../../../src/partition/types';
import { textBatch } from '../../support/fixtures';
import { OTHER_TOPIC_ID, PartitionWorld, recordsIn } from '../../support/partition-world';

function filled(world: PartitionWorld): PartitionReplica {
  const partition = world.create();
  world.append(partition, textBatch('a=1 b=2 c=3'));
  world.append(partition, textBatch('d=4 e=5'));
  return partition;
}

test('38: a fetch in the middle of a batch brings the whole batch and what follows', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  expect(recordsIn(world.fetch(partition, 1))).toBe('0:a=1 1:b=2 2:c=3 3:d=4 4:e=5');
  expect(recordsIn(world.fetch(partition, 4))).toBe('3:d=4 4:e=5');
});

test('39: the first batch comes whatever its size when it must, and no partial batch ever', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  expect(recordsIn(world.fetch(partition, 0, { sizeBytesMax: 1 }))).toBe('0:a=1 1:b=2 2:c=3');
  expect(recordsIn(world.fetch(partition, 0, { sizeBytesMax: 1, atLeastOne: false }))).toBe('');
  expect(recordsIn(world.fetch(partition, 0, { sizeBytesMax: 0, atLeastOne: false }))).toBe('');
  const oneAndAHalf = textBatch('a=1 b=2 c=3').length + 20;
  expect(recordsIn(world.fetch(partition, 0, { sizeBytesMax: oneAndAHalf }))).toBe('0:a=1 1:b=2 2:c=3');
});

test('41, 42: below the start and above the end is OFFSET_OUT_OF_RANGE, the end itself is empty', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  const atEnd = world.fetch(partition, 5);
  expect(atEnd).toMatchObject({
    errorCode: ErrorCode.NONE,
    buffers: [],
    highWatermark: 5,
    logStartOffset: 0,
  });
  const beyond = world.fetch(partition, 6);
  expect(beyond).toMatchObject({
    errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
    buffers: [],
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
  });
  expect(errorName(world.fetch(partition, -1).errorCode)).toBe('OFFSET_OUT_OF_RANGE');
});

// T37: nobody reads what may still be lost.
test('42: between the high watermark and the end there is nothing to read, and no error', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  world.faults.latencyMs = 60_000;
  world.ask(partition, textBatch('f=6'), { acks: 0 });
  world.pass(10);
  expect([partition.highWatermark, partition.endOffset]).toEqual([5, 6]);
  expect(recordsIn(world.fetch(partition, 5))).toBe('');
  expect(recordsIn(world.fetch(partition, 6))).toBe('');
  expect(errorName(world.fetch(partition, 7).errorCode)).toBe('OFFSET_OUT_OF_RANGE');
});

test('43: older and newer leader epochs are told apart, -1 is not checked', () => {
  const world = new PartitionWorld();
  let partition = filled(world);
  world.restart();
  partition = world.create();
  const fetchIn = (currentLeaderEpoch: number) => {
    return errorName(world.fetch(partition, 0, { currentLeaderEpoch }).errorCode);
  };
  expect([-1, 1, 2, 3].map(fetchIn)).toEqual(['NONE', 'FENCED_LEADER_EPOCH', 'NONE', 'UNKNOWN_LEADER_EPOCH']);
  const listIn = (epoch: number) =>
    errorName(world.listOffset(partition, -1, 'read_uncommitted', epoch).errorCode);
  expect([-1, 1, 2, 3].map(listIn)).toEqual(['NONE', 'FENCED_LEADER_EPOCH', 'NONE', 'UNKNOWN_LEADER_EPOCH']);
});

test('44: a consumer whose last epoch ended earlier is told where, and gets no records', () => {
  const world = new PartitionWorld();
  let partition = filled(world);
  world.restart();
  partition = world.create();
  world.append(partition, textBatch('f=6'));

  const fetchAt = (offset: number, lastFetchedEpoch: number) => {
    const { errorCode, divergingEpoch, sizeBytes } = world.fetch(partition, offset, { lastFetchedEpoch });
    return { error: errorName(errorCode), divergingEpoch, hasBytes: sizeBytes > 0 };
  };
  expect(fetchAt(5, 1)).toEqual({ error: 'NONE', divergingEpoch: null, hasBytes: true });
  expect(fetchAt(6, 1)).toEqual({
    error: 'NONE',
    divergingEpoch: { epoch: 1, endOffset: 5 },
    hasBytes: false,
  });
  expect(fetchAt(6, 2)).toEqual({ error: 'NONE', divergingEpoch: null, hasBytes: false });
  expect(fetchAt(5, 3)).toEqual({ error: 'OFFSET_OUT_OF_RANGE', divergingEpoch: null, hasBytes: false });
});

// T44: epochs without a record, future ones, and ones older than the log.
test('45: the end of an epoch is the start of the next one that has records', () => {
  const world = new PartitionWorld();
  let partition = filled(world);
  for (let start = 0; start < 2; start++) {
    world.restart();
    partition = world.create();
  }
  expect(partition.leaderEpoch).toBe(3);
  world.append(partition, textBatch('f=6'));
  const ends = [-1, 0, 1, 2, 3, 4].map((epoch) => {
    const { epoch: found, endOffset } = partition.endOffsetForEpoch(epoch);
    return `${epoch} -> ${found} ends ${endOffset}`;
  });
  expect(ends).toEqual([
    '-1 -> -1 ends -1',
    '0 -> 0 ends 0',
    '1 -> 1 ends 5',
    '2 -> 1 ends 5',
    '3 -> 3 ends 6',
    '4 -> -1 ends -1',
  ]);
});

test('48: a reader of committed data gets a list of aborted transactions, others null', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  expect(world.fetch(partition, 0).abortedTransactions).toBeNull();
  const committed = world.fetch(partition, 0, { isolation: 'read_committed' });
  expect(committed.abortedTransactions).toEqual([]);
  expect(recordsIn(committed)).toBe('0:a=1 1:b=2 2:c=3 3:d=4 4:e=5');
});

test('48: an open transaction holds the last stable offset', () => {
  const world = new PartitionWorld();
  const partition = filled(world);
  world.append(partition, textBatch('t=1', { producer: '7000/0/0', isTransactional: true }));
  world.append(partition, textBatch('g=7'));
  expect([partition.highWatermark, partition.lastStableOffset]).toEqual([7, 5]);
  expect(recordsIn(world.fetch(partition, 5))).toBe('5:t=1 6:g=7');
  expect(recordsIn(world.fetch(partition, 5, { isolation: 'read_committed' }))).toBe('');
  expect(world.listOffset(partition, -1, 'read_committed').offset).toBe(5);
  expect(world.listOffset(partition, -1).offset).toBe(7);
});

describe('40: a parked fetch', () => {
  function parked(
    world: PartitionWorld,
    positions: readonly { partition: PartitionReplica; offset: number }[],
    request: { sizeBytesMin?: number; waitMs?: number; isolation?: Isolation } = {},
  ): { fetch: ParkedFetch; wokenMs: () => number } {
    let wokenMs = -1;
    const { sizeBytesMin = 1, waitMs = 500, isolation = 'read_uncommitted' } = request;
    const fetch = world.partitions.parkFetch({ positions, isolation, sizeBytesMin, waitMs }, () => {
      expect(wokenMs).toBe(-1);
      wokenMs = world.scheduler.nowMs;
    });
    return { fetch, wokenMs: () => wokenMs };
  }

  test('wakes when the bytes it waits for are committed, over all of its partitions', () => {
    const world = new PartitionWorld();
    const first = world.create(0);
    const second = world.create(1);
    const sizeBytes = textBatch('a=1').length;
    const positions = [first, second].map((partition) => ({ partition, offset: 0 }));
    const any = parked(world, positions);
    const both = parked(world, positions, { sizeBytesMin: 2 * sizeBytes });

    world.append(first, textBatch('a=1'));
    world.pass(0);
    expect(any.wokenMs()).toBeGreaterThan(0);
    expect(both.wokenMs()).toBe(-1);
    world.append(second, textBatch('a=1'));
    world.pass(0);
    expect(both.wokenMs()).toBe(world.scheduler.nowMs);
  });

  test('does not wake for what is only proposed', () => {
    const world = new PartitionWorld();
    const partition = world.create();
    const { wokenMs } = parked(world, [{ partition, offset: 0 }], { waitMs: 1_000_000 });
    world.faults.latencyMs = 60_000;
    const answer = world.ask(partition, textBatch('a=1'), { timeoutMs: 1_000_000 });
    world.pass(1000);
    expect(wokenMs()).toBe(-1);
    world.until(() => answer.isThere);
    world.pass(0);
    expect(wokenMs()).toBe(world.scheduler.nowMs);
  });

  test('wakes at once when there is enough already, when it may not wait, and when an error waits', () => {
    const world = new PartitionWorld();
    const partition = filled(world);
    const nowMs = world.scheduler.nowMs;
    expect(parked(world, [{ partition, offset: 0 }]).wokenMs()).toBe(nowMs);
    expect(parked(world, [{ partition, offset: 5 }], { waitMs: 0 }).wokenMs()).toBe(nowMs);
    expect(parked(world, [{ partition, offset: 77 }]).wokenMs()).toBe(nowMs);
    expect(parked(world, []).wokenMs()).toBe(nowMs);
    expect(parked(world, [{ partition, offset: 5 }]).wokenMs()).toBe(-1);
  });

  // A stop that waited for long polls would take as long as the answers in flight may.
  test('wakes when the broker stops, and no other waits from then on', () => {
    const world = new PartitionWorld();
    const partition = filled(world);
    const early = parked(world, [{ partition, offset: 5 }], { waitMs: 1_000_000 });
    const nowMs = world.scheduler.nowMs;
    world.partitions.stopParking();
    world.pass(0);
    expect(early.wokenMs()).toBe(nowMs);
    expect(parked(world, [{ partition, offset: 5 }], { waitMs: 1_000_000 }).wokenMs()).toBe(nowMs);
  });

  test('wakes when its time is up, and not after it was cancelled', () => {
    const world = new PartitionWorld();
    const partition = filled(world);
    const startMs = world.scheduler.nowMs;
    const late = parked(world, [{ partition, offset: 5 }], { waitMs: 300 });
    const cancelled = parked(world, [{ partition, offset: 5 }], { waitMs: 300 });
    cancelled.fetch.cancel();
    world.pass(400);
    expect(late.wokenMs() - startMs).toBeGreaterThanOrEqual(300);
    expect(late.wokenMs() - startMs).toBeLessThanOrEqual(306);
    expect(cancelled.wokenMs()).toBe(-1);
    world.append(partition, textBatch('f=6'));
  });

  test('wakes when its partition is deleted or its offset falls below the start of the log', () => {
    const world = new PartitionWorld();
    const partition = filled(world);
    const other = world.create(0, undefined, OTHER_TOPIC_ID);
    const deleted = parked(world, [{ partition: other, offset: 0 }]);
    const request = { sizeBytesMin: 1_000_000, waitMs: 1_000_000 };
    const before = parked(world, [{ partition, offset: 1 }], request);
    const after = parked(world, [{ partition, offset: 3 }], request);
    world.partitions.delete(OTHER_TOPIC_ID);
    world.pass(0);
    expect([deleted.wokenMs() > 0, before.wokenMs(), after.wokenMs()]).toEqual([true, -1, -1]);

    expect(proposeLogStart(partition, 3)).toBe(ErrorCode.NONE);
    world.until(() => partition.startOffset === 3);
    world.pass(0);
    expect([before.wokenMs() > 0, after.wokenMs()]).toEqual([true, -1]);
    expect(errorName(world.fetch(partition, 2).errorCode)).toBe('OFFSET_OUT_OF_RANGE');
    expect(recordsIn(world.fetch(partition, 3))).toBe('3:d=4 4:e=5');
  });

  test('for committed data wakes when the transaction before it is decided, not before', () => {
    const world = new PartitionWorld();
    const partition = world.create();
    world.append(partition, textBatch('t=1', { producer: '7000/0/0', isTransactional: true }));
    const { wokenMs } = parked(world, [{ partition, offset: 0 }], {
      isolation: 'read_committed',
      waitMs: 100_000,
    });
    world.append(partition, textBatch('g=7'));
    world.pass(1);
    expect(wokenMs()).toBe(-1);
  });
});
