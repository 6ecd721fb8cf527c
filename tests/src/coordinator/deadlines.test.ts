import { Deadline, DeadlineHeap } from '../../../src/coordinator/deadlines';
import { createWorld, SimulatedMachine } from '../../sim/host';
import { SeededRandom } from '../../sim/random';

class Rig {
  readonly world = createWorld(1);
  readonly machine = new SimulatedMachine(this.world);
  readonly heap = new DeadlineHeap(this.machine.brokerTime);
  readonly passed: string[] = [];

  deadline(name: string): Deadline {
    return new Deadline(() => this.passed.push(`${name} at ${this.world.scheduler.nowMs}`));
  }

  pass(durationMs: number): void {
    this.world.scheduler.advance(durationMs);
  }
}

test('each passes once, in the order of their times', () => {
  const rig = new Rig();
  rig.heap.set(rig.deadline('late'), 300);
  rig.heap.set(rig.deadline('early'), 100);
  const cancelled = rig.deadline('cancelled');
  rig.heap.set(cancelled, 200);
  rig.heap.cancel(cancelled);
  rig.heap.cancel(cancelled);
  rig.pass(1_000);
  expect(rig.passed).toEqual(['early at 100', 'late at 300']);
  expect(rig.heap.count).toBe(0);
});

test('one that is put off passes later, one that is brought forward earlier', () => {
  const rig = new Rig();
  const session = rig.deadline('session');
  const phase = rig.deadline('phase');
  rig.heap.set(session, 100);
  rig.heap.set(phase, 1_000);
  rig.pass(90);
  rig.heap.set(session, 100);
  rig.heap.set(phase, 10);
  rig.pass(20);
  expect(rig.passed).toEqual(['phase at 100']);
  rig.pass(80);
  expect(rig.passed).toEqual(['phase at 100', 'session at 190']);
});

// Two that set each other without a delay would otherwise keep the loop for ever.
test('what is set while one passes waits for its own turn', () => {
  const rig = new Rig();
  let runs = 0;
  const again: Deadline = new Deadline(() => {
    runs++;
    rig.heap.set(again, 0);
  });
  rig.heap.set(again, 0);
  rig.pass(10);
  expect(runs).toBe(10);
});

test('a jump of the wall clock passes all that became due', () => {
  const rig = new Rig();
  rig.heap.set(rig.deadline('day'), 86_400_000);
  rig.heap.set(rig.deadline('week'), 7 * 86_400_000);
  rig.machine.brokerTime.advance(6 * 86_400_000);
  rig.pass(0);
  expect(rig.passed).toEqual(['day at 0']);
});

test('nothing passes after the close', () => {
  const rig = new Rig();
  rig.heap.set(rig.deadline('one'), 100);
  rig.heap.close();
  rig.pass(1_000);
  expect(rig.passed).toEqual([]);
});

test.each([1, 2, 3, 4])('agrees with a sorted list (seed %i)', (seed) => {
  const rig = new Rig();
  const random = new SeededRandom(seed);
  const due = new Map<Deadline, number>();
  const now = (): number => rig.world.scheduler.nowMs;
  const all = Array.from({ length: 50 }, () => {
    const one: Deadline = new Deadline(() => {
      if (due.get(one) !== now()) throw new Error(`due at ${due.get(one)}, passed at ${now()}`);
      due.delete(one);
    });
    return one;
  });
  for (let step = 0; step < 3_000; step++) {
    const one = random.pick(all);
    const dice = random.below(10);
    if (dice < 6) {
      const delayMs = 1 + random.below(500);
      rig.heap.set(one, delayMs);
      due.set(one, now() + delayMs);
    } else if (dice < 7) {
      rig.heap.cancel(one);
      due.delete(one);
    } else {
      rig.pass(random.below(30));
    }
    for (const time of due.values()) if (time < now()) throw new Error(`due at ${time}, missed at ${now()}`);
    if (rig.heap.count !== due.size) throw new Error(`${rig.heap.count} are waiting, and ${due.size} should`);
  }
  rig.pass(500);
  expect(due.size).toBe(0);
});
