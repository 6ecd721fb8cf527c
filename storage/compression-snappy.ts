/**
 * Snappy as Kafka clients write it: the framing of xerial's snappy-java (a 16-byte header, then blocks with their
 * length), or one raw block without framing (librdkafka and others before they learned it).
 */
import { damaged, tooLarge } from './compression-error';

interface Native {
  compressSync(input: Uint8Array): Buffer;
}

const loaded: { native: Native | null } = { native: null };

function native(): Native {
  loaded.native ??= require('snappy') as typeof import('snappy');
  return loaded.native;
}

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** Magic, version 1, oldest compatible version 1. */
const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
/** Block size of snappy-java; its readers take any. */
const BLOCK_SIZE_BYTES = 32 * 1024;
/** The densest element of the format is three bytes that stand for 64. */
const RATIO_MAX = 22;

/** The length that a raw block announces in front, which the memory is taken by: it must be possible and allowed. */
function announcedSize(bytes: Buffer, from: number, end: number): number {
  let size = 0;
  for (let at = from, scale = 1; at < end && at < from + 5; at++, scale *= 128) {
    const byte = bytes[at]!;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (size > (end - from) * RATIO_MAX) break;
      return size;
    }
  }
  throw damaged('snappy', 'impossible length');
}

/** Copies `length` bytes from `distance` back, byte by byte where they overlap: a short distance repeats itself. */
function copyBack(into: Buffer, out: number, distance: number, length: number): void {
  if (length > 32 && distance >= length) {
    into.copyWithin(out, out - distance, out - distance + length);
    return;
  }
  const stop = out + length;
  for (let to = out, source = out - distance; to < stop; ) into[to++] = into[source++]!;
}

/** Decodes the raw block `bytes[from, end)` to `into[start, limit)`, which it must fill exactly. */
function decodeBlock(
  bytes: Buffer,
  from: number,
  end: number,
  into: Buffer,
  start: number,
  limit: number,
): void {
  let at = from;
  while (bytes[at++]! >= 0x80);
  let out = start;
  while (at < end) {
    const tag = bytes[at++]!;
    const kind = tag & 3;
    let length = tag >>> 2;
    if (kind === 0) {
      // Above 59 the length itself follows in one to four bytes.
      if (length >= 60) {
        const sizeBytes = length - 59;
        if (sizeBytes > end - at) throw damaged('snappy', 'literal is cut off');
        length = bytes.readUIntLE(at, sizeBytes);
        at += sizeBytes;
      }
      length++;
      if (length > end - at || length > limit - out) throw damaged('snappy', 'literal does not fit');
      if (length > 32) bytes.copy(into, out, at, at + length);
      else for (let index = 0; index < length; index++) into[out + index] = bytes[at + index]!;
      at += length;
      out += length;
      continue;
    }
    let distance: number;
    const sizeBytes = kind === 3 ? 4 : kind;
    if (sizeBytes > end - at) throw damaged('snappy', 'copy is cut off');
    if (kind === 1) {
      distance = ((tag >>> 5) << 8) | bytes[at]!;
      length = ((tag >>> 2) & 7) + 4;
    } else {
      distance = kind === 2 ? bytes[at]! | (bytes[at + 1]! << 8) : bytes.readUInt32LE(at);
      length++;
    }
    at += sizeBytes;
    if (distance === 0 || distance > out - start || length > limit - out) {
      throw damaged('snappy', 'copy does not fit');
    }
    copyBack(into, out, distance, length);
    out += length;
  }
  if (out !== limit) throw damaged('snappy', 'shorter than announced');
}

interface Block {
  readonly from: number;
  readonly end: number;
  readonly sizeBytes: number;
}

const isMagic = (bytes: Buffer, at: number): boolean =>
  bytes.length - at >= HEADER.length && MAGIC.compare(bytes, at, at + MAGIC.length) === 0;

/** The blocks of a framed stream; up to three bytes behind the last one are nobody's. */
function blocksOf(bytes: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = HEADER.length; at + 4 <= bytes.length; ) {
    // Concatenated streams repeat the header, whose first bytes are no possible length.
    if (isMagic(bytes, at)) {
      at += HEADER.length;
      continue;
    }
    const from = at + 4;
    const size = bytes.readInt32BE(at);
    if (size < 0 || size > bytes.length - from) throw damaged('snappy', 'block is cut off');
    at = from + size;
    blocks.push({ from, end: at, sizeBytes: announcedSize(bytes, from, at) });
  }
  return blocks;
}

/** Decoded here and not by the native module, which takes the memory that a block announces. */
export function decompressSnappy(bytes: Buffer, sizeBytesMax: number): Buffer {
  const end = bytes.length;
  const blocks = isMagic(bytes, 0)
    ? blocksOf(bytes)
    : [{ from: 0, end, sizeBytes: announcedSize(bytes, 0, end) }];
  let sizeBytes = 0;
  for (const block of blocks) sizeBytes += block.sizeBytes;
  if (sizeBytes > sizeBytesMax) throw tooLarge('snappy', sizeBytesMax);
  const out = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const block of blocks) {
    decodeBlock(bytes, block.from, block.end, out, at, at + block.sizeBytes);
    at += block.sizeBytes;
  }
  return out;
}

export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE_BYTES) {
    const block = native().compressSync(bytes.subarray(at, at + BLOCK_SIZE_BYTES));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length, 0);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
