const CAPACITY_MIN = 16;
const CAPACITY_MAX = 512;

/**
 * Sizes of the newest committed batches by offset, so that a parked fetch knows what it would get without a read.
 * Remembers the last 512 batches; before that the caller has to guess.
 */
export class CommittedSizes {
  /** Ring of base offsets and of the bytes committed before them, ascending in both. */
  #offsets = new Float64Array(0);
  #before = new Float64Array(0);
  #first = 0;
  #count = 0;
  #totalSizeBytes = 0;
  #endOffset = -1;

  note(baseOffset: number, nextOffset: number, sizeBytes: number): void {
    if (this.#count === this.#offsets.length) this.#makeRoom();
    const at = (this.#first + this.#count++) % this.#offsets.length;
    this.#offsets[at] = baseOffset;
    this.#before[at] = this.#totalSizeBytes;
    this.#totalSizeBytes += sizeBytes;
    this.#endOffset = nextOffset;
  }

  /** Bytes of the batches that hold [offset, endOffset); undefined when `offset` is older than what is remembered. */
  between(offset: number, endOffset: number): number | undefined {
    if (offset >= endOffset) return 0;
    const from = this.#sizeBefore(offset);
    if (from === undefined) return undefined;
    if (endOffset >= this.#endOffset) return this.#totalSizeBytes - from;
    return (this.#sizeBefore(endOffset) ?? this.#totalSizeBytes) - from;
  }

  #sizeBefore(offset: number): number | undefined {
    const { length } = this.#offsets;
    if (this.#count === 0 || offset < this.#offsets[this.#first]!) return undefined;
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#offsets[(this.#first + middle) % length]! <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#before[(this.#first + low) % length]!;
  }

  #makeRoom(): void {
    const { length } = this.#offsets;
    if (length === CAPACITY_MAX) {
      this.#first = (this.#first + 1) % length;
      this.#count--;
      return;
    }
    const capacity = length === 0 ? CAPACITY_MIN : length * 2;
    const offsets = new Float64Array(capacity);
    const before = new Float64Array(capacity);
    for (let i = 0; i < this.#count; i++) {
      offsets[i] = this.#offsets[(this.#first + i) % length]!;
      before[i] = this.#before[(this.#first + i) % length]!;
    }
    this.#offsets = offsets;
    this.#before = before;
    this.#first = 0;
  }
}
