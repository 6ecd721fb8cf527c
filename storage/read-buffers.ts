/**
 * Memory for reads of files, used again and again: a fresh buffer for each read costs 1.3 to 1.5 times the whole read
 * (docs/decisions/0001-index-and-offset.md). Sizes are powers of two; larger ones than the pool keeps are allocated each time.
 */
const SIZE_BYTES_MIN = 16_384;
const SIZE_BYTES_MAX = 2 << 20;

export class ReadBuffers {
  readonly #free = new Map<number, Buffer[]>();
  readonly #keptSizeBytesMax: number;
  #keptSizeBytes = 0;

  constructor(keptSizeBytesMax: number) {
    this.#keptSizeBytesMax = keptSizeBytesMax;
  }

  /** A buffer of at least `sizeBytes`; its contents are whatever was there. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes > SIZE_BYTES_MAX) return Buffer.allocUnsafeSlow(sizeBytes);
    let size = SIZE_BYTES_MIN;
    while (size < sizeBytes) size *= 2;
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptSizeBytes -= size;
    return buffer;
  }

  give(buffer: Buffer): void {
    const size = buffer.length;
    if (size > SIZE_BYTES_MAX || this.#keptSizeBytes + size > this.#keptSizeBytesMax) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
    this.#keptSizeBytes += size;
  }
}
