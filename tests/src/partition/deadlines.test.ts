import { Deadline, DeadlineWheel } from '../../../src/partition/deadlines';
import { SeededRandom } from '../../sim/random';
import { Lifetime, Scheduler, simulatedMonotonicClock } from '../../sim/scheduler';

class Noted extends Deadline {
  firedMs = -1;
  constructor(
    readonly dueMs: number,
    readonly onFire: (deadline: Noted) => void,
  ) {
    super();
  }
  override onDeadline(): void {
    this.onFire(this);
  }
}

function wheelOf(scheduler: Scheduler): DeadlineWheel {
  return new DeadlineWheel(simulatedMonotonicClock(scheduler, new Lifetime()));
}

// Thousands of waits of milliseconds to minutes, a third of them cancelled: whoever is left is called once, not before
// its time, and at most one tick (5 ms) after it.
test('a deadline passes once, never early, at most 5 ms late; a removed one never', () => {
  const scheduler = new Scheduler();
  const random = new SeededRandom(3);
  const wheel = wheelOf(scheduler);
  const all: Noted[] = [];
  const removed = new Set<Noted>();
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < 50; i++) {
      const delayMs = random.below(4) === 0 ? random.below(90_000) : random.below(700);
      const deadline = new Noted(scheduler.nowMs + delayMs, (it) => {
        expect(it.firedMs).toBe(-1);
        it.firedMs = scheduler.nowMs;
      });
      all.push(deadline);
      wheel.add(deadline, delayMs);
    }
    scheduler.advance(random.below(900));
    for (let i = 0; i < 16; i++) {
      const victim = all[random.below(all.length)]!;
      if (victim.firedMs === -1) removed.add(victim);
      wheel.remove(victim);
    }
  }
  scheduler.advance(100_000);

  expect(wheel.count).toBe(0);
  for (const deadline of all) {
    if (removed.has(deadline)) expect(deadline.firedMs).toBe(-1);
    else {
      expect(deadline.firedMs).toBeGreaterThanOrEqual(deadline.dueMs);
      expect(deadline.firedMs).toBeLessThanOrEqual(deadline.dueMs + 5.001);
    }
  }
});

// Idle brokers must sleep: with nothing parked there is no event left to wait for.
test('no timer runs when nothing waits', () => {
  const scheduler = new Scheduler();
  const wheel = wheelOf(scheduler);
  const deadline = new Noted(0, () => {});
  wheel.add(deadline, 50);
  wheel.remove(deadline);
  scheduler.advance(60);
  expect(scheduler.step()).toBe(false);

  // One far deadline costs one look per turn of the wheel (10 s), not one per tick.
  wheel.add(new Noted(0, () => {}), 60_000);
  const before = scheduler.eventCount;
  scheduler.advance(61_000);
  expect(wheel.count).toBe(0);
  expect(scheduler.eventCount - before).toBeLessThanOrEqual(8);
});

// Two that pass at the same moment: the first one's owner may take the second one back.
test('a deadline that another one removes while both pass is not called', () => {
  const scheduler = new Scheduler();
  const wheel = wheelOf(scheduler);
  const called: string[] = [];
  const pair: Noted[] = [];
  for (const name of ['a', 'b']) {
    const deadline = new Noted(0, () => {
      called.push(name);
      for (const other of pair) wheel.remove(other);
    });
    pair.push(deadline);
    wheel.add(deadline, 10);
  }
  scheduler.advance(20);
  expect(called).toHaveLength(1);
});

test('a closed wheel keeps no timer and starts none', () => {
  const scheduler = new Scheduler();
  const wheel = wheelOf(scheduler);
  wheel.add(new Noted(0, () => {}), 10);
  wheel.close();
  wheel.add(new Noted(0, () => {}), 10);
  expect(scheduler.step()).toBe(false);
});
