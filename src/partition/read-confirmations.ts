/** What `Node` offers for reads that must be fresh. */
interface ReadIndexSource {
  readIndex(context: number): boolean;
}

/**
 * Reads that must not be answered by a deposed leader (ReadIndex, thesis 6.4). All that come while one round is under
 * way share the next.
 */
export class ReadConfirmations {
  #waiting: ((isConfirmed: boolean) => void)[] = [];
  #asked: ((isConfirmed: boolean) => void)[] = [];
  /** Index that must be applied before `#asked` is answered; -1: leadership was lost; undefined: no word yet. */
  #index: number | undefined;

  add(done: (isConfirmed: boolean) => void): void {
    this.#waiting.push(done);
  }

  /** Starts a round if reads wait and none is under way. */
  ask(node: ReadIndexSource): void {
    if (this.#waiting.length === 0 || this.#asked.length > 0) return;
    this.#asked = this.#waiting;
    this.#waiting = [];
    this.#index = node.readIndex(0) ? undefined : -1;
  }

  /** The answer of the round: an index, or -1. */
  onReadState(index: number): void {
    this.#index = index;
  }

  /** Answers the round if it is decided. True when another one is wanted. */
  settle(appliedIndex: number): boolean {
    const index = this.#index;
    if (index === undefined || index > appliedIndex) return false;
    const asked = this.#asked;
    this.#asked = [];
    this.#index = undefined;
    for (const done of asked) done(index >= 0);
    return this.#waiting.length > 0;
  }

  failAll(): void {
    const all = [...this.#asked, ...this.#waiting];
    this.#asked = [];
    this.#waiting = [];
    this.#index = undefined;
    for (const done of all) done(false);
  }
}
