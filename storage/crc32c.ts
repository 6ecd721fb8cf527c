/**
 * CRC-32C (Castagnoli), the checksum of record batches and of our own files.
 *
 * Two implementations give the same value: native code, and plain JavaScript where the call into native code costs
 * more than the sum, or where the native module has no build for the platform. Neither is loaded before it is needed.
 */
import assert from 'node:assert/strict';

type Checksum = (bytes: Uint8Array, seed: number) => number;

/**
 * Below this many bytes JavaScript is faster. Measured on Node 20: 128 bytes 136 ns against 188 ns, 256 bytes 221 ns
 * against 227 ns, 512 bytes 356 ns against 264 ns.
 */
const NATIVE_SIZE_BYTES_MIN = 256;

/** What the module loader gave; the same for every broker of the process and never anything else once it is there. */
const loaded: { script: Checksum | null; native: Checksum | null } = { script: null, native: null };

function loadScript(): Checksum {
  const { buf } = require('crc-32/crc32c') as typeof import('crc-32/crc32c');
  loaded.script = (bytes, seed) => buf(bytes, seed) >>> 0;
  return loaded.script;
}

function loadNative(): Checksum {
  try {
    const { crc32c: native } = require('@node-rs/crc32') as typeof import('@node-rs/crc32');
    // A binary that loads but computes something else must not write a single batch.
    loaded.native = native('123456789', 0) === 0xe3069283 ? native : loadScript();
  } catch {
    loaded.native = loadScript();
  }
  return loaded.native;
}

/**
 * Checksum of `bytes[from, to)`.
 *
 * @param seed  Checksum of the bytes before these, to continue it; 0 to begin.
 * @returns An unsigned 32-bit number.
 */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  assert(from >= 0 && from <= to && to <= bytes.length);
  const range = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
  if (to - from < NATIVE_SIZE_BYTES_MIN) return (loaded.script ?? loadScript())(range, seed);
  return (loaded.native ?? loadNative())(range, seed);
}
