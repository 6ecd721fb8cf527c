/**
 * The variable-length integers inside records: zigzag, seven bits a byte, low bits first. 64-bit values are numbers,
 * exact up to 2^53 (`varlong` is what Kafka calls the 64-bit one).
 */

const TWO_POW_28 = 0x1000_0000;
const NOTHING = Buffer.alloc(0);

export function sizeOfVarint(value: number): number {
  const bits = 32 - Math.clz32((value << 1) ^ (value >> 31));
  return bits <= 7 ? 1 : Math.ceil(bits / 7);
}

/** @returns Position after the last byte. */
export function writeVarint(into: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let position = at;
  for (; rest > 0x7f; rest >>>= 7) into[position++] = (rest & 0x7f) | 0x80;
  into[position++] = rest;
  return position;
}

const fitsVarint = (value: number): boolean => value >= -0x4000_0000 && value < 0x4000_0000;

function zigzag64(value: number): bigint {
  const exact = BigInt(value);
  return BigInt.asUintN(64, (exact << 1n) ^ (exact >> 63n));
}

export function sizeOfVarlong(value: number): number {
  if (fitsVarint(value)) return sizeOfVarint(value);
  let size = 1;
  for (let rest = zigzag64(value); rest > 0x7fn; rest >>= 7n) size++;
  return size;
}

/** @returns Position after the last byte. */
export function writeVarlong(into: Buffer, at: number, value: number): number {
  if (fitsVarint(value)) return writeVarint(into, at, value);
  let position = at;
  let rest = zigzag64(value);
  for (; rest > 0x7fn; rest >>= 7n) into[position++] = Number(rest & 0x7fn) | 0x80;
  into[position++] = Number(rest);
  return position;
}

/**
 * Reads integers one after the other. It looks at no end: bytes past the buffer read as zero, so that every read ends,
 * and the caller compares `at` with where its data ends. One per walk, reused for every integer of it.
 */
export class VarintReader {
  bytes: Buffer = NOTHING;
  at = 0;
  /** Set when an integer had more bytes than its width allows; never reset by reads. */
  isOverlong = false;

  int32(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return (value >>> 1) ^ -(value & 1);
    }
    this.isOverlong = true;
    return 0;
  }

  int64(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let low = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++] as number;
      low |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return (low >>> 1) ^ -(low & 1);
    }
    return this.int64Tail(low);
  }

  /** The bytes from the fifth on: beyond 28 bits the sum is a double. */
  private int64Tail(low: number): number {
    let high = 0;
    let scale = 1;
    for (let index = 4; index < 10; index++) {
      const byte = this.bytes[this.at++] as number;
      high += (byte & 0x7f) * scale;
      scale *= 128;
      if (!(byte & 0x80)) {
        // Halved before it is put together: the zigzag bit would cost the 53rd bit of precision.
        const half = (low >>> 1) + high * (TWO_POW_28 / 2);
        return low & 1 ? -half - 1 : half;
      }
    }
    this.isOverlong = true;
    return 0;
  }
}
