/**
 * Which offset was the last of each key, in memory of a fixed size: 16 bytes of hash and the offset, the keys
 * themselves are not kept. Two keys with one hash would be one key; with 128 bits nobody meets that by accident.
 */
import assert from 'node:assert/strict';

export const SLOT_SIZE_BYTES = 24;
const HASH_WORDS = 4;

export class OffsetMap {
  readonly #hashes: Int32Array;
  /** Offset + 1; 0 for an empty slot. */
  readonly #offsets: Float64Array;
  readonly #slots: number;
  readonly #countMax: number;
  readonly #hash = new Int32Array(HASH_WORDS);
  count = 0;

  /** @param countWanted  As many keys will come at most: no more memory is taken than they need. */
  constructor(sizeBytesMax: number, loadMax: number, countWanted: number) {
    const wanted = Math.ceil(countWanted / loadMax) + 16;
    this.#slots = primeUpTo(Math.min(Math.floor(sizeBytesMax / SLOT_SIZE_BYTES), wanted));
    this.#countMax = Math.floor(this.#slots * loadMax);
    assert(this.#countMax >= 1, 'no room for a single key');
    this.#hashes = new Int32Array(this.#slots * HASH_WORDS);
    this.#offsets = new Float64Array(this.#slots);
  }

  get isFull(): boolean {
    return this.count >= this.#countMax;
  }

  /** A later offset of a key takes the place of an earlier one. */
  put(bytes: Buffer, at: number, length: number, offset: number): void {
    const slot = this.#find(bytes, at, length);
    if (this.#offsets[slot] === 0) {
      assert(!this.isFull);
      this.count++;
      this.#hashes.set(this.#hash, slot * HASH_WORDS);
    }
    this.#offsets[slot] = offset + 1;
  }

  /** -1 for a key that is not in it. */
  get(bytes: Buffer, at: number, length: number): number {
    return this.#offsets[this.#find(bytes, at, length)]! - 1;
  }

  /** The slot of a key, or the empty one where it would go. */
  #find(bytes: Buffer, at: number, length: number): number {
    const hash = this.#hash;
    hashInto(hash, bytes, at, length);
    const slots = this.#slots;
    // The number of slots is prime: any step meets all of them.
    const step = 1 + ((hash[1]! >>> 0) % (slots - 1));
    let slot = (hash[0]! >>> 0) % slots;
    for (; this.#offsets[slot] !== 0; slot = slot + step < slots ? slot + step : slot + step - slots) {
      const word = slot * HASH_WORDS;
      const isSame =
        this.#hashes[word] === hash[0] &&
        this.#hashes[word + 1] === hash[1] &&
        this.#hashes[word + 2] === hash[2] &&
        this.#hashes[word + 3] === hash[3];
      if (isSame) return slot;
    }
    return slot;
  }
}

function primeUpTo(limit: number): number {
  for (let number = limit; number > 2; number--) if (isPrime(number)) return number;
  return 2;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const scramble1 = (word: number): number => Math.imul(rotate(Math.imul(word, C1), 15), C2);
const scramble2 = (word: number): number => Math.imul(rotate(Math.imul(word, C2), 16), C3);
const scramble3 = (word: number): number => Math.imul(rotate(Math.imul(word, C3), 17), C4);
const scramble4 = (word: number): number => Math.imul(rotate(Math.imul(word, C4), 18), C1);

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** MurmurHash3 in its form of 128 bits for machines of 32, with seed 0. */
export function hashInto(into: Int32Array, bytes: Buffer, at: number, length: number): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const whole = at + (length - (length % 16));
  for (let from = at; from < whole; from += 16) {
    h1 = (Math.imul(rotate(h1 ^ scramble1(bytes.readInt32LE(from)), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble2(bytes.readInt32LE(from + 4)), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble3(bytes.readInt32LE(from + 8)), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble4(bytes.readInt32LE(from + 12)), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const end = at + length;
  if (whole < end) h1 ^= scramble1(tailWord(bytes, whole, end));
  if (whole + 4 < end) h2 ^= scramble2(tailWord(bytes, whole + 4, end));
  if (whole + 8 < end) h3 ^= scramble3(tailWord(bytes, whole + 8, end));
  if (whole + 12 < end) h4 ^= scramble4(tailWord(bytes, whole + 12, end));
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  into[0] = h1;
  into[1] = h2 + h1;
  into[2] = h3 + h1;
  into[3] = h4 + h1;
}

/** Up to four bytes from `from` on as a number. */
function tailWord(bytes: Buffer, from: number, end: number): number {
  let word = 0;
  for (let at = Math.min(from + 3, end - 1); at >= from; at--) word = (word << 8) | bytes[at]!;
  return word;
}
