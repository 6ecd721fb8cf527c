/** Little-endian 64-bit integers of our own files: exact within ±2^53, the nearest double beyond. */

const TWO_POW_32 = 0x1_0000_0000;
const HIGH_MAX = 0x7fff_ffff;

export function writeInt64LittleEndian(into: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_POW_32);
  // 2^63 - 1 arrives here rounded up to 2^63, which has no int64.
  into.writeUInt32LE(high > HIGH_MAX ? 0xffff_ffff : value - high * TWO_POW_32, at);
  into.writeInt32LE(Math.min(high, HIGH_MAX), at + 4);
}

export const readInt64LittleEndian = (from: Buffer, at: number): number =>
  from.readInt32LE(at + 4) * TWO_POW_32 + from.readUInt32LE(at);
