/**
 * The only source of chance in a simulated run: equal seeds draw equal numbers on every machine.
 * Generator: sfc32 (Doty-Humphrey, PractRand), seeded through splitmix32.
 */
import type { Random } from '../../src/host';

/** Draws are in the order of the calls; `split` gives a stream that later draws of the parent do not shift. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.#a = next();
    this.#b = next();
    // Seeds above 32 bits must differ too.
    this.#c = next() ^ Math.floor(seed / 0x1_0000_0000);
    for (let round = 0; round < 12; round++) this.word();
  }

  /** Uniform integer in [0, 2^32). */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.word() / 0x1_0000_0000;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Uniform integer in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** Exponentially distributed with the given mean, capped at twenty times it. */
  exponential(mean: number): number {
    return Math.min(-Math.log(1 - this.fraction()) * mean, mean * 20);
  }

  bytes(sizeBytes: number): Buffer {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    this.fill(bytes);
    return bytes;
  }

  fill(bytes: Uint8Array): void {
    let word = 0;
    for (let at = 0; at < bytes.length; at++) {
      if ((at & 3) === 0) word = this.word();
      bytes[at] = word & 0xff;
      word >>>= 8;
    }
  }

  /** An independent stream. */
  split(): SeededRandom {
    return new SeededRandom(this.word());
  }
}
