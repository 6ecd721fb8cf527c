import type { BrokerTime, Timer } from '../host';

const NOT_WAITING = -1;

/** Something that becomes due unless it is put off or cancelled. Its places belong to the heap that it is in. */
export class Deadline {
  /** Broker time. */
  dueMs = Number.POSITIVE_INFINITY;
  /** What the heap is ordered by: never later than `dueMs`. */
  heapMs = 0;
  position = NOT_WAITING;
  /** Called once, after the heap has let go of it. */
  run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }

  get isWaiting(): boolean {
    return this.position !== NOT_WAITING;
  }
}

/**
 * All deadlines of the coordinators in broker time, behind one timer. Most of them are sessions, which every heartbeat
 * puts off and which hardly ever pass: putting off is one write, the heap learns of it when the earlier time comes.
 */
export class DeadlineHeap {
  readonly #time: BrokerTime;
  readonly #heap: Deadline[] = [];
  #timer: Timer | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  readonly #onTimer = (): void => this.#advance();

  constructor(time: BrokerTime) {
    this.#time = time;
  }

  /** Deadlines that are waiting. */
  get count(): number {
    return this.#heap.length;
  }

  nowMs(): number {
    return this.#time.nowMs();
  }

  /** Due in `delayMs`, whatever was set before; in a millisecond at the earliest, so that no two can spin. */
  set(deadline: Deadline, delayMs: number): void {
    const dueMs = this.#time.nowMs() + Math.max(delayMs, 1);
    deadline.dueMs = dueMs;
    if (deadline.position !== NOT_WAITING) {
      if (dueMs >= deadline.heapMs) return;
      deadline.heapMs = dueMs;
      this.#rise(deadline);
    } else {
      deadline.heapMs = dueMs;
      deadline.position = this.#heap.length;
      this.#heap.push(deadline);
      this.#rise(deadline);
    }
    this.#arm();
  }

  /** No effect on one that passed or was cancelled. */
  cancel(deadline: Deadline): void {
    if (deadline.position !== NOT_WAITING) this.#remove(deadline);
  }

  /** What still waits is never called. */
  close(): void {
    for (const deadline of this.#heap) deadline.position = NOT_WAITING;
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #advance(): void {
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#time.nowMs();
    for (let first = this.#heap[0]; first !== undefined && first.heapMs <= nowMs; first = this.#heap[0]) {
      if (first.dueMs > nowMs) {
        first.heapMs = first.dueMs;
        this.#sink(first);
        continue;
      }
      this.#remove(first);
      first.run();
    }
    this.#arm();
  }

  /** The timer is never later than the first deadline; one that comes too early finds nothing and is set again. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.heapMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = first.heapMs;
    this.#timer = this.#time.after(Math.max(first.heapMs - this.#time.nowMs(), 0), this.#onTimer);
  }

  #remove(deadline: Deadline): void {
    const { position } = deadline;
    const last = this.#heap.pop()!;
    deadline.position = NOT_WAITING;
    if (last === deadline) return;
    this.#heap[position] = last;
    last.position = position;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(deadline: Deadline): void {
    const heap = this.#heap;
    while (deadline.position > 0) {
      const above = heap[(deadline.position - 1) >> 1]!;
      if (above.heapMs <= deadline.heapMs) return;
      this.#swap(above, deadline);
    }
  }

  #sink(deadline: Deadline): void {
    const heap = this.#heap;
    for (;;) {
      const left = heap[2 * deadline.position + 1];
      const right = heap[2 * deadline.position + 2];
      if (left === undefined) return;
      const below = right !== undefined && right.heapMs < left.heapMs ? right : left;
      if (below.heapMs >= deadline.heapMs) return;
      this.#swap(deadline, below);
    }
  }

  /** @param above  The one nearer to the top. */
  #swap(above: Deadline, below: Deadline): void {
    const { position } = above;
    this.#heap[below.position] = above;
    this.#heap[position] = below;
    above.position = below.position;
    below.position = position;
  }
}
