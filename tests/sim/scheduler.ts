/**
 * One event queue ordered by (time, sequence). Everything that happens in a simulated run happens here, so a seed
 * replays it. Time stands still while a call runs and jumps to the next event afterwards.
 */
import type { BrokerTime, MonotonicClock, Timer } from '../../src/host';

/** What dies with a process: events of an ended lifetime are dropped when their time comes. */
export class Lifetime {
  alive = true;

  end(): void {
    this.alive = false;
  }
}

class ScheduledEvent implements Timer {
  cancelled = false;

  constructor(
    readonly timeMs: number,
    readonly sequence: number,
    readonly lifetime: Lifetime,
    readonly run: () => void,
  ) {}

  cancel(): void {
    this.cancelled = true;
  }
}

function isBefore(left: ScheduledEvent, right: ScheduledEvent): boolean {
  return left.timeMs < right.timeMs || (left.timeMs === right.timeMs && left.sequence < right.sequence);
}

export class Scheduler {
  /** Milliseconds since the start of the run. */
  nowMs = 0;
  /** Events run so far: a crash point is one of these numbers. */
  eventCount = 0;
  #sequence = 0;
  #traceLow = 0x2545f491;
  #traceHigh = 0x6c078965;
  readonly #heap: ScheduledEvent[] = [];
  #turnEnds: { readonly lifetime: Lifetime; readonly run: () => void }[] = [];

  /** Runs `run` at `timeMs`, or as the last event of this instant when that has passed. */
  at(timeMs: number, lifetime: Lifetime, run: () => void): Timer {
    const event = new ScheduledEvent(Math.max(timeMs, this.nowMs), this.#sequence++, lifetime, run);
    this.#push(event);
    return event;
  }

  after(delayMs: number, lifetime: Lifetime, run: () => void): Timer {
    return this.at(this.nowMs + Math.max(delayMs, 0), lifetime, run);
  }

  /** Runs `run` when nothing else is due at this instant; ends registered meanwhile belong to the next turn. */
  endOfTurn(lifetime: Lifetime, run: () => void): void {
    this.#turnEnds.push({ lifetime, run });
  }

  /** Runs one event or one batch of turn ends. False when nothing is left. */
  step(): boolean {
    const next = this.#peek();
    if (this.#turnEnds.length > 0 && (next === undefined || next.timeMs > this.nowMs)) {
      const ends = this.#turnEnds;
      this.#turnEnds = [];
      this.eventCount++;
      for (const end of ends) if (end.lifetime.alive) end.run();
      return true;
    }
    if (next === undefined) return false;
    this.#pop();
    this.nowMs = next.timeMs;
    this.eventCount++;
    this.trace(next.sequence);
    next.run();
    return true;
  }

  /** Runs events until `isDone` or until nothing is left; false when it never became true within `eventsMax`. */
  runUntil(isDone: () => boolean, eventsMax = 1_000_000): boolean {
    for (let count = 0; count < eventsMax; count++) {
      if (isDone()) return true;
      if (!this.step()) return isDone();
    }
    return isDone();
  }

  /** Runs everything due within the next `durationMs` and lets that time pass. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const next = this.#peek();
      const turnEnds = this.#turnEnds.length > 0;
      if (!turnEnds && (next === undefined || next.timeMs > untilMs)) break;
      this.step();
    }
    this.nowMs = untilMs;
  }

  /** Mixes a word into the hash that must be equal for equal seeds. */
  trace(word: number): void {
    this.#traceLow = Math.imul(this.#traceLow ^ word, 0x9e3779b1);
    this.#traceLow ^= this.#traceLow >>> 15;
    this.#traceHigh = (Math.imul(this.#traceHigh, 31) + this.#traceLow) | 0;
  }

  traceText(text: string): void {
    for (let at = 0; at < text.length; at++) this.trace(text.charCodeAt(at));
  }

  get traceHash(): string {
    return `${hex(this.#traceHigh)}${hex(this.#traceLow)}`;
  }

  #peek(): ScheduledEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || (!first.cancelled && first.lifetime.alive)) return first;
      this.#pop();
    }
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt]!;
      if (!isBefore(event, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childAt++;
      }
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** The monotonic clock of one process; `rate` is how fast it runs against true time. */
export function simulatedMonotonicClock(scheduler: Scheduler, lifetime: Lifetime, rate = 1): MonotonicClock {
  const startedMs = scheduler.nowMs;
  return {
    nowMs: () => (scheduler.nowMs - startedMs) * rate,
    after: (delayMs, run) => scheduler.after(delayMs / rate, lifetime, run),
  };
}

/** The wall clock of one process. `advance` moves it without moving any monotonic timer. */
export class SimulatedBrokerTime implements BrokerTime {
  #offsetMs: number;
  readonly #pending = new Set<WallTimer>();

  constructor(
    readonly scheduler: Scheduler,
    readonly lifetime: Lifetime,
    startUnixMs: number,
  ) {
    this.#offsetMs = startUnixMs - scheduler.nowMs;
  }

  nowMs(): number {
    return Math.floor(this.scheduler.nowMs + this.#offsetMs);
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: WallTimer = {
      deadlineMs: this.scheduler.nowMs + this.#offsetMs + Math.max(delayMs, 0),
      run,
      event: null,
    };
    this.#pending.add(timer);
    this.#schedule(timer);
    return {
      cancel: () => {
        timer.event?.cancel();
        this.#pending.delete(timer);
      },
    };
  }

  /** Jumps by `durationMs` (negative too). Timers that became due fire in the order of their deadlines. */
  advance(durationMs: number): void {
    this.#offsetMs += durationMs;
    const timers = [...this.#pending].sort((left, right) => left.deadlineMs - right.deadlineMs);
    for (const timer of timers) {
      timer.event?.cancel();
      this.#schedule(timer);
    }
  }

  #schedule(timer: WallTimer): void {
    timer.event = this.scheduler.at(timer.deadlineMs - this.#offsetMs, this.lifetime, () => {
      this.#pending.delete(timer);
      timer.run();
    });
  }
}

interface WallTimer {
  readonly deadlineMs: number;
  readonly run: () => void;
  event: Timer | null;
}
