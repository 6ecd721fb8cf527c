import { expireProducers } from '../../../src/partition/commands';
import { textBatch, topicConfig } from '../../support/fixtures';
import { Answer, PartitionWorld, shown } from '../../support/partition-world';

const producer = (sequence: number, epoch = 0, producerId = 5000) => ({
  producer: `${producerId}/${epoch}/${sequence}`,
});

test('34: an exact re-send of one of the last five batches answers the first offset and appends nothing', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  for (let sequence = 0; sequence < 7; sequence++) {
    world.append(partition, textBatch(`k=${sequence}`, producer(sequence)));
  }
  expect(shown(world.append(partition, textBatch('k=6', producer(6))))).toBe('NONE 6');
  expect(shown(world.append(partition, textBatch('k=2', producer(2))))).toBe('NONE 2');
  expect(shown(world.append(partition, textBatch('k=1', producer(1))))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(partition.endOffset).toBe(7);
});

test('34: gaps, older epochs and new epochs', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  // Nothing is known of this producer, so any sequence begins it.
  expect(shown(world.append(partition, textBatch('a=1', producer(40))))).toBe('NONE 0');
  expect(shown(world.append(partition, textBatch('b=2', producer(42))))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
  expect(shown(world.append(partition, textBatch('b=2', producer(41))))).toBe('NONE 1');
  expect(shown(world.append(partition, textBatch('c=3', producer(5, 1))))).toBe(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  expect(shown(world.append(partition, textBatch('c=3', producer(0, 1))))).toBe('NONE 2');
  expect(shown(world.append(partition, textBatch('d=4', producer(42))))).toBe('INVALID_PRODUCER_EPOCH');
  expect(partition.endOffset).toBe(3);
});

// T49, T51: the check sees what is proposed, not only what is committed, and a refused batch lets no later one pass.
test('34: five requests in flight are checked against each other', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  const asked = [0, 1, 3, 4, 1, 2].map((sequence) => {
    return world.ask(partition, textBatch(`k=${sequence}`, producer(sequence)));
  });
  world.until(() => asked.every((answer) => answer.isThere));
  expect(asked.map((answer) => shown(answer.value!))).toEqual([
    'NONE 0',
    'NONE 1',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'NONE 1',
    'NONE 2',
  ]);
});

// A client that reconnects sends again what is still on its way to the disk. "Success" before the sync would be a lie.
test('34: a duplicate of a batch that is not durable yet waits for it', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  world.faults.latencyMs = 60_000;
  const timeoutMs = 10_000_000;
  const first = world.ask(partition, textBatch('a=1', producer(0)), { timeoutMs });
  const again = [-1, 1, 0].map((acks) => {
    return world.ask(partition, textBatch('a=1', producer(0)), { timeoutMs, acks: acks as -1 | 0 | 1 });
  });
  const impatient = world.ask(partition, textBatch('a=1', producer(0)), { timeoutMs: 50 });
  world.pass(1000);
  expect([first, ...again].map((answer) => answer.isThere)).toEqual([false, false, false, true]);
  expect(shown(impatient.value!)).toBe('REQUEST_TIMED_OUT');

  world.until(() => first.isThere);
  world.pass(0);
  expect(again.map((answer) => shown(answer.value!))).toEqual(['NONE 0', 'NONE 0', 'NONE 0']);
  expect(partition.endOffset).toBe(1);
});

// The sequence wraps from 2^31 - 1 to 0.
test('34: sequences wrap', () => {
  const world = new PartitionWorld();
  const partition = world.create();
  expect(shown(world.append(partition, textBatch('a=1 b=2', producer(2 ** 31 - 2))))).toBe('NONE 0');
  expect(shown(world.append(partition, textBatch('c=3', producer(0))))).toBe('NONE 2');
  expect(shown(world.append(partition, textBatch('a=1 b=2', producer(2 ** 31 - 2))))).toBe('NONE 0');
});

describe.each([
  ['a power cut', (world: PartitionWorld) => world.crash('power')],
  ['the death of the process', (world: PartitionWorld) => world.crash('process')],
  ['a stop in order', (world: PartitionWorld) => world.restart()],
])('35: producers survive %s', (_name, stop) => {
  test('sequences go on, duplicates and older epochs are known', () => {
    const world = new PartitionWorld();
    let partition = world.create();
    for (let sequence = 0; sequence < 3; sequence++) {
      world.append(partition, textBatch(`k=${sequence}`, producer(sequence)));
    }
    world.append(partition, textBatch('other=1', producer(0, 3, 6000)));
    stop(world);
    partition = world.create();

    expect(partition.leaderEpoch).toBe(2);
    expect([partition.endOffset, partition.highWatermark]).toEqual([4, 4]);
    expect(shown(world.append(partition, textBatch('k=1', producer(1))))).toBe('NONE 1');
    expect(shown(world.append(partition, textBatch('k=4', producer(4))))).toBe(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    );
    expect(shown(world.append(partition, textBatch('k=3', producer(3))))).toBe('NONE 4');
    expect(shown(world.append(partition, textBatch('x=1', producer(0, 2, 6000))))).toBe(
      'INVALID_PRODUCER_EPOCH',
    );
    expect(world.records(partition)).toBe('0:k=0 1:k=1 2:k=2 3:other=1 4:k=3');
  });
});

// Small segments make the store save the state at every roll: what is restored is a saved state and a short replay.
test('35: producers come back from a saved state and the entries after it', () => {
  const world = new PartitionWorld();
  const config = topicConfig({ 'segment.bytes': '1048576', 'max.message.bytes': '1048588' });
  let partition = world.create(0, config);
  const value = 'x'.repeat(300_000);
  for (let sequence = 0; sequence < 9; sequence++) {
    world.append(partition, textBatch(`k=${value}`, producer(sequence)));
  }
  world.pass(60_000);
  world.restart();
  expect(partition.log.savedState).not.toBeNull();
  partition = world.create(0, config);
  expect(partition.log.savedState!.index).toBeGreaterThan(4);
  for (let sequence = 9; sequence < 11; sequence++) {
    world.append(partition, textBatch(`k=${value}`, producer(sequence)));
  }
  world.crash('power');
  partition = world.create(0, config);
  expect(shown(world.append(partition, textBatch(`k=${value}`, producer(8))))).toBe('NONE 8');
  expect(shown(world.append(partition, textBatch(`k=${value}`, producer(10))))).toBe('NONE 10');
  expect(shown(world.append(partition, textBatch('k=11', producer(11))))).toBe('NONE 11');
});

test('35: a producer expires by an entry of the log, so a restart knows no more of it', () => {
  const world = new PartitionWorld();
  let partition = world.create();
  const timestamp = 1_767_225_600_000;
  world.append(partition, textBatch('a=1', { ...producer(0), timestamp }));
  world.append(partition, textBatch('b=2', { ...producer(0, 0, 6000), timestamp: timestamp + 5000 }));
  expireProducers(partition, timestamp - 1);
  expect(shown(world.append(partition, textBatch('a=1', producer(9))))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');

  expireProducers(partition, timestamp);
  world.append(partition, textBatch('c=3'));
  world.crash('power');
  partition = world.create();
  expect([...partition.producers.describe()].map(({ producerId }) => producerId)).toEqual([6000]);
  expect(shown(world.append(partition, textBatch('a=1', producer(9))))).toBe('NONE 3');
  expect(world.records(partition)).toBe('0:a=1 1:b=2 2:c=3 3:a=1');
});

// What was never acknowledged may be there or not after a crash; the producer's view must agree with the log.
test('35: after a crash in the middle, the log and what is known of its producers agree', () => {
  let lost = 0;
  let acknowledged = 0;
  // What a power cut does to a write in flight is drawn: several worlds for each moment.
  for (let run = 0; run < 60; run++) {
    const events = 1 + (run >> 2);
    const world = new PartitionWorld({}, run);
    let partition = world.create();
    world.append(partition, textBatch('k=0', producer(0)));
    const answer = world.ask(partition, textBatch('k=1', producer(1)));
    for (let i = 0; i < events; i++) world.scheduler.step();
    const wasAcknowledged = answer.isThere;
    world.crash('power');
    partition = world.create();
    if (wasAcknowledged) expect(partition.endOffset).toBe(2);
    if (partition.endOffset === 1) lost++;
    const again = new Answer<string>();
    const outcome = world.append(partition, textBatch('k=1', producer(1)));
    again.take(shown(outcome));
    expect(again.value).toBe('NONE 1');
    expect(world.records(partition)).toBe('0:k=0 1:k=1');
    if (wasAcknowledged) acknowledged++;
  }
  expect([lost > 0, acknowledged > 0]).toEqual([true, true]);
});
