import { ErrorCode } from '../../../protocol';
import type { Lease } from '../../../src/partition/types';
import { textBatch } from '../../support/fixtures';
import { PartitionWorld, shown } from '../../support/partition-world';

class CountingLease implements Lease {
  held = 0;
  retain(): void {
    this.held++;
  }
  release(): void {
    this.held--;
  }
}

/** From here on the disk takes a minute for everything; what was under way (the idle mark) is done. */
function holdDisk(world: PartitionWorld): void {
  world.pass(1000);
  world.faults.latencyMs = 60_000;
}

// D2, T13: the promise of acks is a completed sync. Nothing but the disk may bring the answer.
// acks=0 is no promise; its request ends then all the same, so that it counts as in flight while its memory is in use.
test('32: acks=-1, 1 and 0 are done after the sync of their own entry, acks=0 whatever its timeout', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  holdDisk(world);
  const all = world.ask(partition, textBatch('a=1'), { timeoutMs: 10_000_000 });
  const one = world.ask(partition, textBatch('b=2'), { timeoutMs: 10_000_000, acks: 1 });
  const none = world.ask(partition, textBatch('c=3'), { acks: 0, timeoutMs: 1 });

  const startMs = world.scheduler.nowMs;
  world.pass(1000);
  expect([all.isThere, one.isThere, none.isThere]).toEqual([false, false, false]);
  expect([partition.endOffset, partition.highWatermark]).toEqual([3, 0]);
  expect(world.records(partition)).toBe('');

  world.until(() => all.isThere && one.isThere && none.isThere);
  // The only thing that takes this long is the write that was held back.
  expect(world.scheduler.nowMs - startMs).toBeGreaterThan(5000);
  expect([all, one, none].map((answer) => shown(answer.value!))).toEqual(['NONE 0', 'NONE 1', 'NONE 2']);
  expect(partition.highWatermark).toBe(3);
});

test('32: the wait ends with REQUEST_TIMED_OUT, the append does not', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  holdDisk(world);
  const late = world.ask(partition, textBatch('a=1'), { timeoutMs: 200 });
  world.pass(199);
  expect(late.isThere).toBe(false);
  world.pass(10);
  expect(shown(late.value!)).toBe('REQUEST_TIMED_OUT');
  world.pass(10_000_000);
  expect(world.records(partition)).toBe('0:a=1');
});

// The frame of a request is reused by the server: the memory must stay until the disk has it, and not longer.
test('the lease of a batch is held from the proposal until the entry is stored', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const lease = new CountingLease();
  const refused = Buffer.alloc(3);
  world.append(partition, refused, { lease });
  expect(lease.held).toBe(0);

  const answers = [0, -1, 1].map((acks) => {
    return world.ask(partition, textBatch('a=1'), { lease, acks: acks as 0 | 1 | -1 });
  });
  expect(lease.held).toBe(3);
  world.until(() => answers.every((answer) => answer.isThere));
  expect(lease.held).toBe(0);

  // Also when nobody waits for the answer any more.
  holdDisk(world);
  const late = world.ask(partition, textBatch('b=2'), { lease, timeoutMs: 100 });
  world.pass(1000);
  expect([late.isThere, lease.held]).toEqual([true, 1]);
  world.pass(10_000_000);
  expect(lease.held).toBe(0);
});

// D3: all appends of a turn, of all partitions, are one group.
test('two partitions share one group of the journal', () => {
  const world = new PartitionWorld();
  const partitions = [world.create(0), world.create(1)];
  world.pass(1000);
  const before = world.machine.disk.statistics.directWrites;
  const answers = partitions.flatMap((partition) => [
    world.ask(partition, textBatch('a=1')),
    world.ask(partition, textBatch('b=2')),
  ]);
  world.until(() => answers.every((answer) => answer.isThere));
  expect(world.machine.disk.statistics.directWrites - before).toBe(1);
  expect(answers.map((answer) => shown(answer.value!))).toEqual(['NONE 0', 'NONE 1', 'NONE 0', 'NONE 1']);
});

test('answers come in the order of the appends', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const order: number[] = [];
  for (let i = 0; i < 20; i++) {
    const request = { records: textBatch(`k=${i}`), acks: i % 3 === 0 ? 1 : -1 } as const;
    const lease = new CountingLease();
    partition.append({ ...request, lease, timeoutMs: 1000, apiVersion: 9, origin: 'client' }, (outcome) => {
      order.push(outcome.baseOffset);
    });
  }
  world.until(() => order.length === 20);
  const all = Array.from({ length: 20 }, (_, i) => i);
  // Two kinds of promise; within each, first come first served.
  expect(order.filter((offset) => offset % 3 === 0)).toEqual(all.filter((i) => i % 3 === 0));
  expect(order.filter((offset) => offset % 3 !== 0)).toEqual(all.filter((i) => i % 3 !== 0));
});

test('a failed disk refuses appends and everybody who waits; reads go on', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  world.append(partition, textBatch('a=1'));
  world.faults.failNext.push({ operation: 'write', path: /journal/, code: 'EIO' });
  const waiting = world.ask(partition, textBatch('b=2'));
  world.until(() => waiting.isThere);
  expect(shown(waiting.value!)).toBe('KAFKA_STORAGE_ERROR');
  expect(shown(world.append(partition, textBatch('c=3')))).toBe('KAFKA_STORAGE_ERROR');
  expect(world.records(partition)).toBe('0:a=1');
  expect(world.listOffset(partition, -1).offset).toBe(1);
  expect(partition.checkLeader(-1)).toBe(ErrorCode.NONE);
});

test('a full disk refuses appends until there is space again', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  world.append(partition, textBatch('a=1'));
  world.faults.failNext.push({ operation: 'write', path: /journal/, code: 'ENOSPC' });
  const waiting = world.ask(partition, textBatch('b=2'));
  world.until(() => waiting.isThere);
  expect(shown(waiting.value!)).toBe('KAFKA_STORAGE_ERROR');
  expect(shown(world.append(partition, textBatch('c=3')))).toBe('KAFKA_STORAGE_ERROR');
  expect(world.records(partition)).toBe('0:a=1');

  // The refused batch was in the log already and becomes durable when the disk heals: the outcome was open.
  world.pass(120_000);
  expect(shown(world.append(partition, textBatch('c=3')))).toBe('NONE 2');
  expect(world.records(partition)).toBe('0:a=1 1:b=2 2:c=3');
});
