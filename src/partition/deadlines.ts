import type { MonotonicClock, Timer } from '../host';

const TICK_MS = 5;
const SLOT_COUNT = 2048;
const SLOT_MASK = SLOT_COUNT - 1;

const NOT_WAITING = -1;
/** Taken out of its slot, about to be called: another one that passed at the same moment may still remove it. */
const PASSING = -2;

/** Something with an end to its patience. Its links belong to the wheel that it is in. */
export abstract class Deadline {
  /** Tick of the wheel in which it is due, or one of the states below. */
  dueTick = NOT_WAITING;
  previous: Deadline | null = null;
  next: Deadline | null = null;

  /** Called once, after the wheel has let go of it. */
  abstract onDeadline(): void;
}

/**
 * All deadlines of a broker behind one timer: adding and removing cost a few writes, so that every request may have
 * one. Due at the asked time or up to 5 ms later, never earlier. No timer runs once the last armed one found nothing.
 *
 * Hashed wheel (Varghese and Lauck, scheme 6): a deadline further away than one turn (10 s) stays in its slot and is
 * looked at once per turn.
 */
export class DeadlineWheel {
  readonly #clock: MonotonicClock;
  readonly #slots: (Deadline | null)[] = new Array<Deadline | null>(SLOT_COUNT).fill(null);
  #count = 0;
  /** Every slot of an earlier tick has been looked at. */
  #tick: number;
  #timer: Timer | null = null;
  #timerTick = Number.POSITIVE_INFINITY;
  readonly #onTimer = () => this.#advance();

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#tick = Math.floor(clock.nowMs() / TICK_MS);
  }

  /** Deadlines that are waiting. */
  get count(): number {
    return this.#count;
  }

  add(deadline: Deadline, delayMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (this.#count === 0) this.#tick = Math.floor(nowMs / TICK_MS);
    const dueTick = Math.max(Math.ceil((nowMs + Math.max(delayMs, 0)) / TICK_MS), this.#tick);
    const slot = dueTick & SLOT_MASK;
    const first = this.#slots[slot]!;
    deadline.dueTick = dueTick;
    deadline.previous = null;
    deadline.next = first;
    if (first !== null) first.previous = deadline;
    this.#slots[slot] = deadline;
    this.#count++;
    if (dueTick < this.#timerTick) this.#arm(dueTick, nowMs);
  }

  /** No effect on a deadline that passed or was removed. */
  remove(deadline: Deadline): void {
    if (deadline.dueTick >= 0) this.#unlink(deadline);
    deadline.dueTick = NOT_WAITING;
  }

  #unlink(deadline: Deadline): void {
    if (deadline.previous === null) this.#slots[deadline.dueTick & SLOT_MASK] = deadline.next;
    else deadline.previous.next = deadline.next;
    if (deadline.next !== null) deadline.next.previous = deadline.previous;
    deadline.previous = null;
    deadline.next = null;
    this.#count--;
  }

  /** Forgets the timer; what still waits is never called. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerTick = Number.NEGATIVE_INFINITY;
  }

  #arm(tick: number, nowMs: number): void {
    this.#timer?.cancel();
    this.#timerTick = tick;
    this.#timer = this.#clock.after(Math.max(tick * TICK_MS - nowMs, 0), this.#onTimer);
  }

  #advance(): void {
    this.#timer = null;
    this.#timerTick = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    const nowTick = Math.floor(nowMs / TICK_MS);
    const passed: Deadline[] = [];
    const last = Math.min(nowTick, this.#tick + SLOT_MASK);
    for (let tick = this.#tick; tick <= last; tick++) {
      for (let deadline: Deadline | null = this.#slots[tick & SLOT_MASK]!; deadline !== null; ) {
        const next: Deadline | null = deadline.next;
        if (deadline.dueTick <= nowTick) {
          this.#unlink(deadline);
          deadline.dueTick = PASSING;
          passed.push(deadline);
        }
        deadline = next;
      }
    }
    this.#tick = Math.max(nowTick, this.#tick);
    this.#armNext(nowMs);
    for (const deadline of passed) {
      if (deadline.dueTick !== PASSING) continue;
      deadline.dueTick = NOT_WAITING;
      deadline.onDeadline();
    }
  }

  #armNext(nowMs: number): void {
    if (this.#count === 0) return;
    for (let tick = this.#tick; tick < this.#tick + SLOT_COUNT; tick++) {
      if (this.#slots[tick & SLOT_MASK] === null) continue;
      // A slot whose deadlines are all a turn or more away is looked at too early, once per turn.
      if (tick < this.#timerTick) this.#arm(Math.max(tick, this.#tick + 1), nowMs);
      return;
    }
  }
}
