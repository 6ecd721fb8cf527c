/**
 * Which bytes of a data file need no second look (decision 0010). Bytes that this process wrote or checked a short time
 * ago are in memory, where the medium cannot reach them; after that, or after a restart, they are checked again before
 * they are handed out.
 *
 * The file is divided into chunks. Each knows how many of its bytes from its beginning on are known to be good, and
 * since when: eight bytes for each MiB of data that somebody reads or writes.
 */

/** How long bytes count as good, in milliseconds of the monotonic clock. */
export const CHECK_AGE_MS_MAX = 600_000;

const CHUNK_SIZE_BYTES = 1 << 20;
const CHUNKS_MIN = 4;

export class CheckedRanges {
  /** Good bytes from the beginning of each chunk. */
  #sizesBytes = new Uint32Array(0);
  /** When the oldest of them was written or checked, in whole seconds plus one; 0 for none. */
  #sincesSeconds = new Uint32Array(0);

  /** Whether all of [from, to) was written or checked within the last `CHECK_AGE_MS_MAX`. An empty range is. */
  has(from: number, to: number, nowMs: number): boolean {
    if (to <= from) return true;
    const last = chunkOf(to - 1);
    if (last >= this.#sizesBytes.length) return false;
    const oldestSeconds = secondsOf(nowMs - CHECK_AGE_MS_MAX);
    for (let chunk = chunkOf(from); chunk <= last; chunk++) {
      const endInChunk = Math.min(to - chunk * CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES);
      if (this.#sizesBytes[chunk]! < endInChunk || this.#sincesSeconds[chunk]! <= oldestSeconds) return false;
    }
    return true;
  }

  /** Notes that [from, to) is good now. Forgotten where what lies before it in its chunk is not known to be. */
  add(from: number, to: number, nowMs: number): void {
    if (to <= from) return;
    const last = chunkOf(to - 1);
    if (last >= this.#sizesBytes.length) this.#grow(last + 1);
    const seconds = secondsOf(nowMs);
    const oldestSeconds = secondsOf(nowMs - CHECK_AGE_MS_MAX);
    for (let chunk = chunkOf(from); chunk <= last; chunk++) {
      const fromInChunk = Math.max(0, from - chunk * CHUNK_SIZE_BYTES);
      const toInChunk = Math.min(to - chunk * CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES);
      const known = this.#sincesSeconds[chunk]! <= oldestSeconds ? 0 : this.#sizesBytes[chunk]!;
      if (fromInChunk > known) continue;
      if (fromInChunk === 0 && toInChunk >= known) this.#sincesSeconds[chunk] = seconds;
      this.#sizesBytes[chunk] = Math.max(known, toInChunk);
    }
  }

  /** What stands from `from` on was written past the page cache: the next read of it comes from the medium. */
  cut(from: number): void {
    const first = chunkOf(from);
    for (let chunk = first; chunk < this.#sizesBytes.length; chunk++) {
      const endInChunk = chunk === first ? from - first * CHUNK_SIZE_BYTES : 0;
      this.#sizesBytes[chunk] = Math.min(this.#sizesBytes[chunk]!, endInChunk);
    }
  }

  /** Nothing is known any more: the system may have lost what it was given. */
  forget(): void {
    this.#sincesSeconds.fill(0);
  }

  #grow(chunks: number): void {
    const length = Math.max(CHUNKS_MIN, chunks, Math.ceil(this.#sizesBytes.length * 1.5));
    const sizesBytes = new Uint32Array(length);
    sizesBytes.set(this.#sizesBytes);
    this.#sizesBytes = sizesBytes;
    const sincesSeconds = new Uint32Array(length);
    sincesSeconds.set(this.#sincesSeconds);
    this.#sincesSeconds = sincesSeconds;
  }
}

const chunkOf = (position: number): number => Math.floor(position / CHUNK_SIZE_BYTES);

/** At least 1, so that 0 means never; times before the clock's start are never. */
const secondsOf = (ms: number): number => (ms < 0 ? 0 : Math.floor(ms / 1000) + 1);
