import { ErrorCode } from '../../../protocol';
import { SeededRandom } from '../../sim/random';
import { PartitionWorld, TOPIC_ID } from '../../support/partition-world';
import { RuntimeWorld, reading, type WordMachine, writing } from './word-machine';

const ready = (partitions = new PartitionWorld()): RuntimeWorld => new RuntimeWorld(partitions).untilReady();

test('an operation is seen at once by the next one and answered when it is committed', () => {
  const world = ready();
  world.operate('first', writing('a=1 b=2'));
  world.operate('second', writing('b=3 a'));
  expect(world.machine.text).toBe('b=3');
  expect(world.answers).toEqual([]);
  world.untilAnswered(2);
  expect(world.answers).toEqual(['first:  + a=1 b=2', 'second: a=1 b=2 + b=3 a']);
  expect(world.machine.committedOffset).toBe(4);
});

// A read that leaks what is not committed yet would be answered with what a crash may take back.
test('a read waits for the writes that it saw, and for nothing else', () => {
  const world = ready();
  world.operate('read-0', reading);
  expect(world.answers).toEqual(['read-0: ']);
  world.operate('write', writing('a=1'));
  world.operate('read-1', reading);
  expect(world.answers.length).toBe(1);
  world.untilAnswered(3);
  expect(world.answers.slice(1)).toEqual(['write:  + a=1', 'read-1: a=1']);
});

test('operations asked for by an answer run in order', () => {
  const world = ready();
  world.runtime.operate(writing('a=1'), () => {
    world.answers.push('write');
    world.operate('nested', writing('b=2'));
    world.operate('nested read', reading);
  });
  world.operate('read', reading);
  world.untilAnswered(4);
  expect(world.answers).toEqual(['write', 'read: a=1', 'nested: a=1 + b=2', 'nested read: a=1 b=2']);
});

test('what is too large is refused before anything happens', () => {
  const world = new RuntimeWorld(new PartitionWorld(), 200).untilReady();
  world.operate('large', writing(`a=${'x'.repeat(300)}`));
  expect(world.answers).toEqual([`large: refused ${ErrorCode.RECORD_LIST_TOO_LARGE}`]);
  world.operate('small', writing('a=1'));
  world.untilAnswered(2);
  expect(world.machine.text).toBe('a=1');
  expect(world.machine.resets).toBe(0);
});

test('nothing is served before the log is replayed and this replica leads', () => {
  const partitions = new PartitionWorld();
  const before = ready(partitions);
  before.operate('write', writing('a=1'));
  before.untilAnswered(1);
  partitions.crash();
  const world = new RuntimeWorld(partitions);
  if (!world.runtime.isReady) {
    world.operate('early', reading);
    expect(world.answers.length).toBe(1);
    expect(world.answers[0]).toMatch(/refused (14|16)/);
  }
  world.untilReady();
  expect(world.readyCount).toBe(1);
  world.operate('late', reading);
  expect(world.answers.at(-1)).toBe('late: a=1');
});

test('a write that fails takes the state back to what is committed', () => {
  const partitions = new PartitionWorld();
  const world = ready(partitions);
  world.operate('kept', writing('a=1'));
  world.untilAnswered(1);
  partitions.faults.spaceSizeBytes = 0;
  partitions.faults.failNext.push({ operation: 'write', path: /./, code: 'ENOSPC' });
  world.operate('lost', writing('a=2'));
  world.operate('read', reading);
  expect(world.machine.text).toBe('a=2');
  world.untilAnswered(3);
  expect(world.answers.slice(1)).toEqual([
    `lost: refused ${ErrorCode.KAFKA_STORAGE_ERROR}`,
    `read: refused ${ErrorCode.KAFKA_STORAGE_ERROR}`,
  ]);
  expect(world.machine.resets).toBe(1);
  expect(world.machine.text).toBe('a=1');
  // The write is still in the log and may yet be committed: what an operation sees now could be wrong either way.
  expect(world.runtime.isReady).toBe(false);
  world.operate('early', reading);
  expect(world.answers.at(-1)).toMatch(/refused/);

  partitions.faults.spaceSizeBytes = Number.POSITIVE_INFINITY;
  world.untilReady();
  expect(world.machine.text).toBe('a=2');
  world.operate('after', writing('b=3'));
  world.untilAnswered(5);
  expect(world.answers.at(-1)).toBe('after: a=2 + b=3');
});

test('records that make no sense to the machine take it out of service', () => {
  const partitions = new PartitionWorld();
  const before = ready(partitions);
  const log = partitions.create();
  log.listen(null);
  before.operate('good', writing('a=1'));
  before.untilAnswered(1);
  // The machine is told nothing of its own records: the poison works when it is replayed.
  expect(() => before.operate('bad', writing('b=poison'))).toThrow('poison at 1');
  partitions.until(() => log.highWatermark === 2);
  partitions.crash();
  const world = new RuntimeWorld(partitions);
  partitions.until(() => world.failures.length > 0);
  expect(world.failures).toEqual(['poison at 1']);
  expect(world.runtime.isReady).toBe(false);
});

test('an operation may bring the machine there itself, once its records are proposed', () => {
  const world = new RuntimeWorld(new PartitionWorld(), 200).untilReady();
  const offsets: number[] = [];
  const applied = (text: string) => (machine: WordMachine) => ({
    ...writing(text)(machine),
    apply: (baseOffset: number) => {
      offsets.push(baseOffset);
      machine.words.set('by', 'hand');
    },
  });
  world.operate('refused', applied(`a=${'x'.repeat(300)}`));
  expect(world.machine.text).toBe('');
  world.operate('first', applied('a=1 b=2'));
  world.operate('second', applied('a=3'));
  expect(world.machine.text).toBe('by=hand');
  world.untilAnswered(3);
  expect(offsets).toEqual([0, 2]);
  expect(world.machine.committedOffset).toBe(3);
  world.partitions.crash();
  expect(new RuntimeWorld(world.partitions).untilReady().machine.text).toBe('a=3 b=2');
});

test.each([
  [false, 0],
  [true, 1],
])(
  'a machine that is more than its log (%s) is reset when leadership ends, though nothing waits',
  (more, resets) => {
    const partitions = new PartitionWorld();
    const world = ready(partitions);
    Object.assign(world.machine, { isMoreThanItsLog: more });
    world.operate('write', writing('a=1'));
    world.untilAnswered(1);
    partitions.partitions.delete(TOPIC_ID);
    expect(world.runtime.isReady).toBe(false);
    expect(world.machine.resets).toBe(resets);
  },
);

// A disk that stalls must not hold a client for ever; what it wrote is kept when the disk goes on.
test('whoever waits too long is refused, and the state stays as it is', () => {
  const world = new RuntimeWorld(new PartitionWorld(), 1 << 20, 5_000).untilReady();
  const { partitions } = world;
  world.operate('quick', writing('a=1'));
  world.untilAnswered(1);
  partitions.faults.latencyMs = 20_000;
  world.operate('first', writing('a=2'));
  partitions.pass(2_000);
  world.operate('second', writing('a=3'));
  partitions.pass(2_900);
  expect(world.answers.length).toBe(1);
  partitions.pass(200);
  expect(world.answers.slice(1)).toEqual([`first: refused ${ErrorCode.REQUEST_TIMED_OUT}`]);
  partitions.pass(2_000);
  expect(world.answers.slice(2)).toEqual([`second: refused ${ErrorCode.REQUEST_TIMED_OUT}`]);
  expect(world.runtime.isReady).toBe(true);
  partitions.faults.latencyMs = 1;
  partitions.until(() => world.machine.committedOffset === 3);
  world.operate('read', reading);
  expect(world.answers.slice(3)).toEqual(['read: a=3']);
});

test('a runtime that is closed refuses what waits and whatever comes', () => {
  const world = ready();
  world.operate('write', writing('a=1'));
  world.runtime.close();
  world.operate('late', reading);
  expect(world.answers).toEqual([
    `write: refused ${ErrorCode.NOT_COORDINATOR}`,
    `late: refused ${ErrorCode.NOT_COORDINATOR}`,
  ]);
  world.partitions.pass(100);
  expect(world.answers.length).toBe(2);
});

// The promise of the whole design: an answer means that the state behind it survives.
test.each([1, 2, 3, 4, 5, 6])('crashes at random points lose nothing that was answered (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const partitions = new PartitionWorld();
  let acknowledged = new Map<string, string>();
  for (let life = 0; life < 6; life++) {
    const world = ready(partitions);
    const possible = new Map(acknowledged);
    for (const [key, value] of acknowledged)
      expect(Number(world.machine.words.get(key))).toBeGreaterThanOrEqual(Number(value));
    acknowledged = new Map(world.machine.words);
    for (let step = random.below(30); step > 0; step--) {
      const key = `k${random.below(5)}`;
      const value = `${life * 100 + 100 - step}`;
      possible.set(key, value);
      world.runtime.operate(writing(`${key}=${value}`), ({ refused }) => {
        if (refused === null) acknowledged.set(key, value);
      });
      if (random.chance(0.4)) partitions.pass(random.fraction());
    }
    partitions.crash(random.pick(['power', 'process'] as const));
  }
});
