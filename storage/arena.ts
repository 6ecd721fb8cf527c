/**
 * Memory that a journal group is written from. The same bytes later feed the segment and, until then, readers, so a
 * region lives until the last of them has let go: each holder counts as one use of the slab.
 */
import assert from 'node:assert/strict';
import type { Disk } from './disk';

export interface Slab {
  readonly memory: Buffer;
  /** Start of the free part. */
  at: number;
  uses: number;
  /** False: memory of a replayed journal, not taken back. */
  readonly isPooled: boolean;
}

/** Slabs of one size, cut into aligned regions one after the other. */
export class Arena {
  readonly #disk: Disk;
  readonly slabSizeBytes: number;
  readonly #freeCountMax: number;
  readonly #isBorrowed: boolean;
  readonly #free: Slab[] = [];
  #current: Slab | null = null;
  /** Bytes of all slabs that somebody uses. */
  usedSizeBytes = 0;

  constructor(
    disk: Disk,
    options: { slabSizeBytes: number; freeSizeBytesMax: number; isBorrowed?: boolean },
  ) {
    this.#disk = disk;
    this.slabSizeBytes = options.slabSizeBytes;
    this.#isBorrowed = options.isBorrowed === true;
    this.#freeCountMax = Math.max(1, Math.floor(options.freeSizeBytesMax / options.slabSizeBytes));
  }

  /** A slab whose free part has at least `sizeBytes`, with one use more. The caller moves `at` on. */
  take(sizeBytes: number): Slab {
    let slab = this.#current;
    if (slab === null || slab.memory.length - slab.at < sizeBytes) {
      this.#current = slab = this.#fresh(sizeBytes);
    }
    if (slab.uses === 0) this.usedSizeBytes += slab.memory.length;
    slab.uses++;
    return slab;
  }

  release(slab: Slab): void {
    assert(slab.uses > 0);
    slab.uses--;
    if (slab.uses > 0) return;
    if (!slab.isPooled) return;
    this.usedSizeBytes -= slab.memory.length;
    slab.at = 0;
    if (slab === this.#current) return;
    if (slab.memory.length === this.slabSizeBytes && this.#free.length < this.#freeCountMax) {
      this.#free.push(slab);
    } else this.#giveBack(slab);
  }

  /** Gives memory that nobody uses back to the system. */
  trim(): void {
    if (this.#current?.uses === 0) {
      this.#giveBack(this.#current);
      this.#current = null;
    }
    for (const slab of this.#free.splice(0)) this.#giveBack(slab);
  }

  #giveBack(slab: Slab): void {
    if (this.#isBorrowed) this.#disk.giveBack?.(slab.memory);
  }

  #fresh(sizeBytes: number): Slab {
    if (sizeBytes <= this.slabSizeBytes) {
      const slab = this.#free.pop();
      if (slab !== undefined) return slab;
    }
    const wanted = Math.max(sizeBytes, this.slabSizeBytes);
    const borrowed = this.#isBorrowed ? this.#disk.borrowAligned?.(wanted) : undefined;
    const memory = borrowed ?? this.#disk.allocateAligned(wanted);
    return { memory, at: 0, uses: 0, isPooled: true };
  }
}
