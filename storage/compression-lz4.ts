/**
 * LZ4 frames within the limits of Kafka's reader: independent blocks of at most 64 KiB to 4 MiB, header checksum over
 * the descriptor alone, block checksums verified, the content checksum skipped, no dictionary, nothing after the end mark.
 *
 * Blocks are decoded here and not by the native module, which has no bound on what comes out.
 */
import { damaged, tooLarge } from './compression-error';

interface Native {
  compressSync(data: Buffer): Buffer;
}

const loaded: { native: Native | null } = { native: null };

function native(): Native {
  loaded.native ??= require('lz4-napi') as typeof import('lz4-napi');
  return loaded.native;
}

const MAGIC = 0x184d2204;
const STORED_BLOCK = 0x8000_0000;
/** Version 1, independent blocks, nothing optional; blocks of 64 KiB; checksum byte of these two. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
const BLOCK_SIZE_BYTES = 64 * 1024;

const P1 = 2654435761;
const P2 = 2246822519;
const P3 = 3266489917;
const P4 = 668265263;
const P5 = 374761393;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** xxHash, 32 bits, seed 0, of `bytes[from, to)`; unsigned. */
export function xxHash32(bytes: Buffer, from: number, to: number): number {
  let at = from;
  let hash: number;
  if (to - from >= 16) {
    let a = (P1 + P2) | 0;
    let b = P2 | 0;
    let c = 0;
    let d = -P1 | 0;
    for (; at + 16 <= to; at += 16) {
      a = Math.imul(rotate((a + Math.imul(bytes.readInt32LE(at), P2)) | 0, 13), P1);
      b = Math.imul(rotate((b + Math.imul(bytes.readInt32LE(at + 4), P2)) | 0, 13), P1);
      c = Math.imul(rotate((c + Math.imul(bytes.readInt32LE(at + 8), P2)) | 0, 13), P1);
      d = Math.imul(rotate((d + Math.imul(bytes.readInt32LE(at + 12), P2)) | 0, 13), P1);
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
  } else {
    hash = P5 | 0;
  }
  hash = (hash + (to - from)) | 0;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(bytes.readInt32LE(at), P3)) | 0, 17), P4);
  }
  for (; at < to; at++) hash = Math.imul(rotate((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Results of `decodeBlock` that are no length. */
const DAMAGED = -1;
const NO_ROOM = -2;

/**
 * Decodes `from[at, end)` into `into[start, limit)`.
 *
 * @returns Position after the last byte written, DAMAGED, or NO_ROOM when `limit` is reached.
 */
function decodeBlock(
  from: Buffer,
  start: number,
  end: number,
  into: Buffer,
  outStart: number,
  limit: number,
): number {
  let at = start;
  let out = outStart;
  while (at < end) {
    const token = from[at++]!;
    let length = token >>> 4;
    if (length === 15) {
      let byte = 255;
      while (byte === 255) {
        if (at >= end) return DAMAGED;
        byte = from[at++]!;
        length += byte;
      }
    }
    if (length > end - at) return DAMAGED;
    if (length > limit - out) return NO_ROOM;
    if (length > 32) {
      into.set(from.subarray(at, at + length), out);
      at += length;
      out += length;
    } else {
      for (const stop = at + length; at < stop; ) into[out++] = from[at++]!;
    }
    // The last sequence is literals alone.
    if (at === end) return out;

    if (end - at < 2) return DAMAGED;
    const distance = from[at]! | (from[at + 1]! << 8);
    at += 2;
    if (distance === 0 || distance > out - outStart) return DAMAGED;
    let match = (token & 15) + 4;
    if (match === 19) {
      let byte = 255;
      while (byte === 255) {
        if (at >= end) return DAMAGED;
        byte = from[at++]!;
        match += byte;
      }
    }
    if (match > limit - out) return NO_ROOM;
    if (match > 48 && distance >= match) {
      into.copyWithin(out, out - distance, out - distance + match);
      out += match;
    } else if (distance === 1 && match > 48) {
      into.fill(into[out - 1]!, out, out + match);
      out += match;
    } else {
      for (let source = out - distance, stop = out + match; out < stop; ) into[out++] = into[source++]!;
    }
  }
  return DAMAGED;
}

interface Frame {
  readonly blocksAt: number;
  readonly blockSizeBytesMax: number;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
}

function readHeader(bytes: Buffer): Frame {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw damaged('lz4', 'no frame');
  const flags = bytes[4]!;
  const descriptor = bytes[5]!;
  const isSupported = flags >>> 6 === 1 && (flags & 0x03) === 0 && (flags & 0x20) !== 0;
  const blockSizeCode = (descriptor >>> 4) & 7;
  if (!isSupported || (descriptor & 0x8f) !== 0 || blockSizeCode < 4) {
    throw damaged('lz4', 'unsupported frame descriptor');
  }
  const checksumAt = (flags & 0x08) !== 0 ? 14 : 6;
  if (bytes.length <= checksumAt) throw damaged('lz4', 'header is cut off');
  if (((xxHash32(bytes, 4, checksumAt) >>> 8) & 0xff) !== bytes[checksumAt]) {
    throw damaged('lz4', 'wrong header checksum');
  }
  return {
    blocksAt: checksumAt + 1,
    blockSizeBytesMax: 2 ** (8 + 2 * blockSizeCode),
    hasBlockChecksums: (flags & 0x10) !== 0,
    hasContentChecksum: (flags & 0x04) !== 0,
  };
}

function grown(buffer: Buffer, used: number, sizeBytes: number): Buffer {
  const larger = Buffer.allocUnsafe(sizeBytes);
  buffer.copy(larger, 0, 0, used);
  return larger;
}

export function decompressLz4(bytes: Buffer, sizeBytesMax: number): Buffer {
  const frame = readHeader(bytes);
  let out: Buffer = Buffer.allocUnsafe(Math.min(sizeBytesMax, Math.max(512, bytes.length * 4)));
  let used = 0;
  let at = frame.blocksAt;
  for (;;) {
    if (bytes.length - at < 4) throw damaged('lz4', 'no end mark');
    const word = bytes.readUInt32LE(at);
    if (word === 0) {
      if (frame.hasContentChecksum && bytes.length - at < 8) throw damaged('lz4', 'no content checksum');
      return out.subarray(0, used);
    }
    const isStored = word >= STORED_BLOCK;
    const size = word % STORED_BLOCK;
    const from = at + 4;
    const end = from + size;
    at = end + (frame.hasBlockChecksums ? 4 : 0);
    if (size > frame.blockSizeBytesMax || at > bytes.length) throw damaged('lz4', 'block is cut off');
    if (frame.hasBlockChecksums && xxHash32(bytes, from, end) !== bytes.readUInt32LE(end)) {
      throw damaged('lz4', 'wrong block checksum');
    }
    for (;;) {
      const limit = Math.min(out.length, used + frame.blockSizeBytesMax);
      const next = isStored
        ? size > limit - used
          ? NO_ROOM
          : used + bytes.copy(out, used, from, end)
        : decodeBlock(bytes, from, end, out, used, limit);
      if (next >= 0) {
        used = next;
        break;
      }
      if (next === DAMAGED || limit < out.length || limit === used + frame.blockSizeBytesMax) {
        throw damaged('lz4', 'broken block');
      }
      if (out.length >= sizeBytesMax) throw tooLarge('lz4', sizeBytesMax);
      out = grown(out, used, Math.min(sizeBytesMax, out.length * 4));
    }
  }
}

/** Frames as Kafka's own producer writes them. The native module knows one level: Kafka's `compression.lz4.level` is inert. */
export function compressLz4(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE_BYTES) {
    const plain = bytes.subarray(at, at + BLOCK_SIZE_BYTES);
    // The native module puts the length of the plain block in front.
    const block = native().compressSync(plain).subarray(4);
    const isStored = block.length >= plain.length;
    const word = Buffer.allocUnsafe(4);
    word.writeUInt32LE(isStored ? plain.length + STORED_BLOCK : block.length, 0);
    parts.push(word, isStored ? plain : block);
  }
  parts.push(Buffer.alloc(4));
  return Buffer.concat(parts);
}
