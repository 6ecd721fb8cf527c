/**
 * Some points of a segment: slot, index, base offset, position. A cache, never a source of truth (trap T70): what it
 * does not hold is found in the row file. Bounded: when full, every second point goes and the spacing doubles.
 */
const POINTS_MAX = 1024;
const SPACING_BYTES = 65_536;
const SPACING_SLOTS = 128;
const COLUMNS = 5;

export interface Point {
  readonly slot: number;
  readonly index: number;
  readonly offset: number;
  readonly position: number;
  /** Largest timestamp of all batches before this point; Infinity when not known. */
  readonly maxTimestampBefore: number;
}

export class SparseIndex {
  #rows = new Float64Array(0);
  #count = 0;
  #spacing = 1;

  get count(): number {
    return this.#count;
  }

  /** Adds a point behind the last one, unless it is too near to it. Points in the middle are not taken. */
  add(slot: number, index: number, offset: number, position: number, maxTimestampBefore: number): void {
    if (this.#count > 0) {
      const last = (this.#count - 1) * COLUMNS;
      const isFar =
        position - this.#rows[last + 3]! >= SPACING_BYTES * this.#spacing ||
        slot - this.#rows[last]! >= SPACING_SLOTS * this.#spacing;
      if (!isFar || slot <= this.#rows[last]!) return;
    }
    if (this.#count === POINTS_MAX) this.#thin();
    const at = this.#count * COLUMNS;
    if (at === this.#rows.length) {
      const grown = new Float64Array(Math.max(8 * COLUMNS, this.#rows.length * 2));
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[at] = slot;
    this.#rows[at + 1] = index;
    this.#rows[at + 2] = offset;
    this.#rows[at + 3] = position;
    this.#rows[at + 4] = maxTimestampBefore;
    this.#count++;
  }

  at(number: number): Point | null {
    if (number < 0 || number >= this.#count) return null;
    const at = number * COLUMNS;
    return {
      slot: this.#rows[at]!,
      index: this.#rows[at + 1]!,
      offset: this.#rows[at + 2]!,
      position: this.#rows[at + 3]!,
      maxTimestampBefore: this.#rows[at + 4]!,
    };
  }

  /** Number of the last point whose base offset is at most `offset`, or -1. */
  lastAtOffset(offset: number): number {
    return this.#last(2, offset);
  }

  /** Number of the last point whose index is at most `index`, or -1. */
  lastAtIndex(index: number): number {
    return this.#last(1, index);
  }

  /** Number of the last point before which every batch has a smaller timestamp, or -1. */
  lastBeforeTimestamp(timestamp: number): number {
    let found = -1;
    for (let number = 0; number < this.#count; number++) {
      if (this.#rows[number * COLUMNS + 4]! >= timestamp) break;
      found = number;
    }
    return found;
  }

  /** Forgets the points from `slot` on. */
  truncate(slot: number): void {
    while (this.#count > 0 && this.#rows[(this.#count - 1) * COLUMNS]! >= slot) this.#count--;
  }

  #last(column: number, value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle * COLUMNS + column]! <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #thin(): void {
    for (let number = 1; number * 2 < this.#count; number++) {
      this.#rows.copyWithin(number * COLUMNS, number * 2 * COLUMNS, (number * 2 + 1) * COLUMNS);
    }
    this.#count = Math.ceil(this.#count / 2);
    this.#spacing *= 2;
  }
}
