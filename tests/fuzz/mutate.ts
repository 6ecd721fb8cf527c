import type { SeededRandom } from '../sim/random';

const SIZE_BYTES_MAX = 64 * 1024;
const BYTES: readonly number[] = [0, 1, 2, 3, 0x0f, 0x7f, 0x80, 0x81, 0xfe, 0xff];
const INTS: readonly number[] = [
  0, 1, -1, -2, 0x7f, 0x80, 0x7fff, -0x8000, 0xffff, 0x10000, 1_000_000, 0x7fff_ffff, -0x8000_0000,
];
/** Lengths and counts as varints: edges, two that do not end, and one with more bytes than it needs. */
const VARINTS: readonly Buffer[] = [
  '00',
  '01',
  '02',
  '7f',
  '8001',
  'ff7f',
  '808002',
  '80800200',
  'ffffffff07',
  '8080808008',
  'ffffffff0f',
  'ffffffff7f',
  'ffffffffff',
  'ffffffffffffffffffff01',
  '8000',
].map((hex) => Buffer.from(hex, 'hex'));

type Mutation = (random: SeededRandom, bytes: Buffer, other: Buffer) => Buffer;

/** Where in the bytes: anywhere, the beginning a little more often. */
function position(random: SeededRandom, bytes: Buffer): number {
  return random.below(random.chance(0.15) ? Math.min(bytes.length, 12) : bytes.length);
}

function range(random: SeededRandom, bytes: Buffer): readonly [number, number] {
  const from = position(random, bytes);
  const most = bytes.length - from;
  return [from, from + 1 + random.below(random.chance(0.7) ? Math.min(most, 16) : most)];
}

function copyOf(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

function put(bytes: Buffer, at: number, replaced: number, piece: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + replaced)]);
}

const mutations: readonly Mutation[] = [
  (random, bytes) => copyOf(bytes, (copy) => (copy[position(random, copy)]! ^= 1 << random.below(8))),
  (random, bytes) => copyOf(bytes, (copy) => (copy[position(random, copy)] = random.pick(BYTES))),
  (random, bytes) => copyOf(bytes, (copy) => (copy[position(random, copy)] = random.below(256))),
  (random, bytes) => {
    if (bytes.length < 8) return bytes;
    return copyOf(bytes, (copy) => {
      const sizeBytes = random.pick([2, 4, 8]);
      const at = Math.min(position(random, copy), copy.length - sizeBytes);
      const value = random.chance(0.2) ? copy.length - at - sizeBytes : random.pick(INTS);
      for (let i = 0; i < sizeBytes; i += 1) {
        const shift = 8 * (sizeBytes - 1 - i);
        copy[at + i] = shift > 24 ? (value < 0 ? 255 : 0) : value >> shift;
      }
    });
  },
  (random, bytes) => put(bytes, position(random, bytes), 1, random.pick(VARINTS)),
  (random, bytes) => bytes.subarray(0, position(random, bytes)),
  (random, bytes) => Buffer.concat([bytes, random.bytes(1 + random.below(40))]),
  (random, bytes) => {
    const [from, end] = range(random, bytes);
    return put(bytes, from, end - from, Buffer.alloc(0));
  },
  (random, bytes) => {
    const [from, end] = range(random, bytes);
    return put(bytes, from, 0, bytes.subarray(from, end));
  },
  (random, bytes, other) => {
    const [from, end] = range(random, bytes);
    const [otherFrom, otherEnd] = range(random, other);
    return put(bytes, from, random.chance(0.5) ? end - from : 0, other.subarray(otherFrom, otherEnd));
  },
  (random, bytes) => {
    const [from, end] = range(random, bytes);
    return copyOf(bytes, (copy) => copy.fill(random.pick([0, 1, 255]), from, end));
  },
];

/** A piece of the frame over and over: bodies beyond the size up to which values are built unchecked. */
function grow(random: SeededRandom, bytes: Buffer): Buffer {
  const [from, end] = range(random, bytes);
  const count = 1 + random.below(Math.max(1, Math.floor((SIZE_BYTES_MAX - bytes.length) / (end - from))));
  return put(bytes, from, 0, Buffer.alloc((end - from) * count, bytes.subarray(from, end)));
}

/** Bytes near `bytes`; `other` lends pieces. The same draws, the same result. */
export function mutate(random: SeededRandom, bytes: Buffer, other: Buffer): Buffer {
  let mutated = bytes;
  for (let left = 1 + random.below(random.chance(0.7) ? 2 : 6); left > 0; left -= 1) {
    if (mutated.length === 0) mutated = random.bytes(1 + random.below(20));
    mutated = random.pick(mutations)(random, mutated, other.length > 0 ? other : mutated);
  }
  if (mutated.length > 0 && random.chance(0.02)) mutated = grow(random, mutated);
  return mutated.length > SIZE_BYTES_MAX ? mutated.subarray(0, SIZE_BYTES_MAX) : mutated;
}
