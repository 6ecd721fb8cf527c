/**
 * The primitives of the wire as functions on (buffer, position). None of them checks bounds: callers have done that
 * (`compile-read.ts` for whole runs of fields at once). Sizes are bytes. Writers return the position behind what they wrote.
 */
import type { Int64 } from './int64';
import type { UnknownTaggedField } from './schema';

const TWO_POW_32 = 0x1_0000_0000;
/** High halves of the int64 values that a double holds exactly lie between these. */
const SAFE_HIGH_MIN = -0x20_0000;
const SAFE_HIGH_MAX = 0x1f_ffff;
/** Below this length a loop over the characters beats a call into the runtime. */
const SHORT_TEXT = 24;

/** The fast paths of Node's Buffer behind `toString` and `write`; the type package leaves them out. */
interface RawBuffer extends Buffer {
  hexSlice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, start: number, sizeBytes: number): number;
  latin1Write(text: string, start: number, sizeBytes: number): number;
}

export function readInt16(b: Uint8Array, p: number): number {
  return ((b[p]! << 24) | (b[p + 1]! << 16)) >> 16;
}

export function readUint16(b: Uint8Array, p: number): number {
  return (b[p]! << 8) | b[p + 1]!;
}

export function readInt32(b: Uint8Array, p: number): number {
  return (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!;
}

export function readUint32(b: Uint8Array, p: number): number {
  return readInt32(b, p) >>> 0;
}

/** A number if that is exact, else a bigint (house rule 12). */
export function readInt64(b: Uint8Array, p: number): Int64 {
  const high = readInt32(b, p);
  const low = readInt32(b, p + 4) >>> 0;
  if (high < SAFE_HIGH_MIN || high > SAFE_HIGH_MAX || (high === SAFE_HIGH_MIN && low === 0)) {
    return (BigInt(high) << 32n) | BigInt(low);
  }
  return high * TWO_POW_32 + low;
}

export function readFloat64(b: Buffer, p: number): number {
  return b.readDoubleBE(p);
}

/** Canonical text: 8-4-4-4-12 lower-case hex digits. */
export function readUuid(b: Buffer, p: number): string {
  const hex = (b as RawBuffer).hexSlice(p, p + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** UTF-8; malformed sequences become U+FFFD. */
export function readText(b: Buffer, p: number, sizeBytes: number): string {
  return sizeBytes === 0 ? '' : (b as RawBuffer).utf8Slice(p, p + sizeBytes);
}

export function writeInt16(b: Uint8Array, p: number, value: number): number {
  b[p] = value >> 8;
  b[p + 1] = value;
  return p + 2;
}

export function writeInt32(b: Uint8Array, p: number, value: number): number {
  b[p] = value >> 24;
  b[p + 1] = value >> 16;
  b[p + 2] = value >> 8;
  b[p + 3] = value;
  return p + 4;
}

/** The value is a safe integer or a bigint of 64 bits: `isInt64`. */
export function writeInt64(b: Uint8Array, p: number, value: Int64): number {
  if (typeof value === 'bigint') {
    writeInt32(b, p, Number(BigInt.asIntN(32, value >> 32n)));
    return writeInt32(b, p + 4, Number(BigInt.asIntN(32, value)));
  }
  writeInt32(b, p, Math.floor(value / TWO_POW_32));
  return writeInt32(b, p + 4, value | 0);
}

export function isInt64(value: unknown): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value;
  return Number.isSafeInteger(value);
}

export function writeFloat64(b: Buffer, p: number, value: number): number {
  return b.writeDoubleBE(value, p);
}

/** Value of a lower-case hex digit by character code, -1 for every other character. */
const NIBBLES = new Int8Array(128).fill(-1);
for (let n = 0; n < 16; n += 1) NIBBLES[n.toString(16).charCodeAt(0)] = n;

const HYPHENS: readonly number[] = [8, 13, 18, 23];

function isHexRange(text: string, from: number, end: number): boolean {
  for (let i = from; i < end; i += 1) {
    if (!(NIBBLES[text.charCodeAt(i)]! >= 0)) return false;
  }
  return true;
}

function writeHexRange(b: Uint8Array, p: number, text: string, from: number, end: number): number {
  let at = p;
  for (let i = from; i < end; i += 2) {
    b[at] = (NIBBLES[text.charCodeAt(i)]! << 4) | NIBBLES[text.charCodeAt(i + 1)]!;
    at += 1;
  }
  return at;
}

/** The text is canonical: `isUuid`. */
export function writeUuid(b: Uint8Array, p: number, text: string): number {
  let at = writeHexRange(b, p, text, 0, 8);
  at = writeHexRange(b, at, text, 9, 13);
  at = writeHexRange(b, at, text, 14, 18);
  at = writeHexRange(b, at, text, 19, 23);
  return writeHexRange(b, at, text, 24, 36);
}

export function isUuid(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== 36) return false;
  for (const at of HYPHENS) if (value.charCodeAt(at) !== 45) return false;
  return (
    isHexRange(value, 0, 8) &&
    isHexRange(value, 9, 13) &&
    isHexRange(value, 14, 18) &&
    isHexRange(value, 19, 23) &&
    isHexRange(value, 24, 36)
  );
}

/** Size in UTF-8. */
export function textSize(text: string): number {
  const length = text.length;
  if (length > SHORT_TEXT) return Buffer.byteLength(text);
  for (let i = 0; i < length; i += 1) {
    if (text.charCodeAt(i) > 127) return Buffer.byteLength(text);
  }
  return length;
}

/** `sizeBytes` is `textSize(text)`. */
export function writeText(b: Buffer, p: number, text: string, sizeBytes: number): number {
  if (sizeBytes > SHORT_TEXT) {
    if (sizeBytes === text.length) (b as RawBuffer).latin1Write(text, p, sizeBytes);
    else (b as RawBuffer).utf8Write(text, p, sizeBytes);
    return p + sizeBytes;
  }
  if (sizeBytes !== text.length) {
    (b as RawBuffer).utf8Write(text, p, sizeBytes);
    return p + sizeBytes;
  }
  for (let i = 0; i < sizeBytes; i += 1) b[p + i] = text.charCodeAt(i);
  return p + sizeBytes;
}

/** Size of a uint32 given as any number that is equal to it modulo 2^32. */
export function uvarintSize(value: number): number {
  const v = value >>> 0;
  if (v < 0x80) return 1;
  if (v < 0x4000) return 2;
  if (v < 0x20_0000) return 3;
  return v < 0x1000_0000 ? 4 : 5;
}

export function writeUvarint(b: Uint8Array, p: number, value: number): number {
  let v = value >>> 0;
  let at = p;
  while (v > 127) {
    b[at] = (v & 127) | 128;
    at += 1;
    v >>>= 7;
  }
  b[at] = v;
  return at + 1;
}

/** Zigzag: small magnitudes of either sign become small unsigned numbers. */
export function zigzag(value: number): number {
  return (value << 1) ^ (value >> 31);
}

export function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

export function varlongSize(value: Int64): number {
  let v = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  let size = 1;
  while (v > 127n) {
    v >>= 7n;
    size += 1;
  }
  return size;
}

export function writeVarlong(b: Uint8Array, p: number, value: Int64): number {
  let v = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  let at = p;
  while (v > 127n) {
    b[at] = Number(v & 127n) | 128;
    at += 1;
    v >>= 7n;
  }
  b[at] = Number(v);
  return at + 1;
}

/** Bytes that the varint at `p` takes, or -1 if it does not end within `maxBytes` or before `end`. */
export function varintLength(b: Uint8Array, p: number, end: number, maxBytes: number): number {
  for (let n = 0; n < maxBytes && p + n < end; n += 1) {
    if (b[p + n]! < 128) return n + 1;
  }
  return -1;
}

/** `lengthBytes` is `varintLength`. */
export function readUvarint(b: Uint8Array, p: number, lengthBytes: number): number {
  let value = 0;
  for (let n = 0; n < lengthBytes; n += 1) value |= (b[p + n]! & 127) << (7 * n);
  return value >>> 0;
}

export function readVarlong(b: Uint8Array, p: number, lengthBytes: number): Int64 {
  let raw = 0n;
  for (let n = 0; n < lengthBytes; n += 1) raw |= BigInt(b[p + n]! & 127) << BigInt(7 * n);
  raw = BigInt.asUintN(64, raw);
  const value = BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function unknownTagsSize(fields: readonly UnknownTaggedField[]): number {
  let size = 0;
  for (const { tag, bytes } of fields) size += uvarintSize(tag) + uvarintSize(bytes.length) + bytes.length;
  return size;
}

/** Writes the fields from `from` on whose tag lies below `tagEnd`, so that known and unknown tags stay in order. */
export function writeUnknownTags(
  b: Uint8Array,
  p: number,
  fields: readonly UnknownTaggedField[],
  tagFirst: number,
  tagEnd: number,
): number {
  let at = p;
  for (const { tag, bytes } of fields) {
    if (tag < tagFirst || tag >= tagEnd) continue;
    at = writeUvarint(b, at, tag);
    at = writeUvarint(b, at, bytes.length);
    b.set(bytes, at);
    at += bytes.length;
  }
  return at;
}
