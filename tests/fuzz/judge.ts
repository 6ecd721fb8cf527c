/**
 * One reading of one piece of bytes, judged: nothing but a refusal is thrown, it ends soon, and what it allocates is in
 * proportion. A refused frame costs at most three times its size and a constant; an accepted one may cost in addition
 * what its value takes. Allocation is the growth of V8's heap and of memory outside it, to the byte.
 */
import { getHeapStatistics } from 'node:v8';
import { DecodeError } from '../../protocol';
import type { Kind, Read, Reading } from './corpus';
import { readerSizeBytesMax, UNPACKED_SIZE_BYTES_MAX } from './readers';

export interface Judgement {
  /** Why the bytes were refused; null: they were taken. */
  readonly refusal: string | null;
  /** null: nothing is wrong. */
  readonly problem: string | null;
  readonly allocatedSizeBytes: number;
  readonly elapsedMs: number;
}

/** The error with its stack, and the values of a body small enough to be built before it is refused. */
const ALLOCATED_SIZE_BYTES_BASE = 64 * 1024;
const ALLOCATED_PER_BYTE_MAX = 3;
/** Four bytes may be a frame, an object that lives until it is handled, and one more to compare it with. */
const ALLOCATED_PER_STREAM_BYTE_MAX = 100;
/** A value made of objects, texts and numbers takes a few times what stands in its fields. */
const ALLOCATED_PER_VALUE_BYTE_MAX = 4;
/** A known tag may stand there again and again. The last one counts; those before it were built too, at worst uuids. */
const ALLOCATED_PER_REPLACED_BYTE_MAX = 30;
const ELAPSED_MS_MAX: Readonly<Record<Kind, number>> = {
  request: 20,
  response: 20,
  record: 20,
  stream: 40,
  batch: 100,
};
/** Unpacking fills a buffer that grows, and a batch may be written anew. */
const BATCH_SIZE_BYTES_BASE = 8 * UNPACKED_SIZE_BYTES_MAX;
/** What else the machine does, compilation and collections make single readings too large: the smallest of a few counts. */
const REPEATS_MAX = 8;

interface Attempt {
  readonly reading: Reading | null;
  readonly error: unknown;
  readonly allocatedSizeBytes: number;
  readonly elapsedMs: number;
}

export function judge(kind: Kind, read: Read, bytes: Buffer, chance: number): Judgement {
  let attempt = attemptOf(read, bytes, chance);
  let { allocatedSizeBytes, elapsedMs } = attempt;
  const elapsedMsMax = ELAPSED_MS_MAX[kind];
  let allowed = allowedSizeBytes(kind, bytes, null);
  if (allocatedSizeBytes > allowed) allowed = allowedSizeBytes(kind, bytes, attempt.reading);
  for (let i = 0; i < REPEATS_MAX && (allocatedSizeBytes > allowed || elapsedMs > elapsedMsMax); i += 1) {
    attempt = attemptOf(read, bytes, chance);
    // Less than nothing: a collection fell into it.
    if (attempt.allocatedSizeBytes >= -OVERHEAD_SIZE_BYTES) {
      allocatedSizeBytes = Math.min(allocatedSizeBytes, attempt.allocatedSizeBytes);
    }
    elapsedMs = Math.min(elapsedMs, attempt.elapsedMs);
  }
  const { reading, error } = attempt;
  const refusal = error instanceof DecodeError ? error.message : null;
  const judged = (problem: string | null) => ({ refusal, problem, allocatedSizeBytes, elapsedMs });
  if (reading === null && refusal === null) return judged(`threw ${describe(error)}`);
  if (allocatedSizeBytes > allowed) {
    return judged(`allocated ${allocatedSizeBytes} bytes for ${bytes.length}, ${allowed} are allowed`);
  }
  if (elapsedMs > elapsedMsMax) return judged(`took ${elapsedMs.toFixed(1)} ms, ${elapsedMsMax} are allowed`);
  try {
    reading?.again?.();
  } catch (caught) {
    return judged(`does not come back: ${describe(caught)}`);
  }
  return judged(null);
}

/** What `heapSize` itself takes. */
const OVERHEAD_SIZE_BYTES = ((): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 1000; i += 1) {
    const before = heapSize();
    const growth = heapSize() - before;
    if (growth >= 0 && growth < least) least = growth;
  }
  return least;
})();

function heapSize(): number {
  const { used_heap_size: inside, external_memory: outside } = getHeapStatistics();
  return inside + outside;
}

function attemptOf(read: Read, bytes: Buffer, chance: number): Attempt {
  let reading: Reading | null = null;
  let error: unknown = null;
  const startMs = performance.now();
  const before = heapSize();
  try {
    reading = read(bytes, chance);
  } catch (caught) {
    error = caught;
  }
  const after = heapSize();
  const elapsedMs = performance.now() - startMs;
  return { reading, error, allocatedSizeBytes: after - before - OVERHEAD_SIZE_BYTES, elapsedMs };
}

function allowedSizeBytes(kind: Kind, bytes: Buffer, reading: Reading | null): number {
  const perByte = kind === 'stream' ? ALLOCATED_PER_STREAM_BYTE_MAX : ALLOCATED_PER_BYTE_MAX;
  const refused = baseSizeBytes(kind, bytes) + perByte * bytes.length;
  if (reading === null) return refused;
  const ofValue = ALLOCATED_PER_VALUE_BYTE_MAX * valueSizeBytes(reading.value);
  return refused + Math.max(ofValue, ALLOCATED_PER_REPLACED_BYTE_MAX * bytes.length);
}

function baseSizeBytes(kind: Kind, bytes: Buffer): number {
  if (kind === 'batch') return BATCH_SIZE_BYTES_BASE;
  return ALLOCATED_SIZE_BYTES_BASE + (kind === 'stream' ? readerSizeBytesMax(bytes.length) : 0);
}

const SLOT_BYTES = 8;
const HEADER_BYTES = 24;
const VIEW_BYTES = 100;
/** Cut into five pieces and put together again. */
const UUID_BYTES = 160;
const UUID_LENGTH = 36;

/** What a value takes on the heap of a 64-bit V8, about. */
export function valueSizeBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      if (value.length === UUID_LENGTH) return UUID_BYTES;
      return value.length === 0 ? 0 : HEADER_BYTES + 2 * value.length;
    case 'bigint':
      return HEADER_BYTES;
    case 'number':
      return SLOT_BYTES;
    case 'object': {
      if (value === null) return 0;
      if (value instanceof Uint8Array) return VIEW_BYTES;
      let sum = HEADER_BYTES;
      const parts = Array.isArray(value) ? value : Object.values(value);
      for (const part of parts) sum += SLOT_BYTES + valueSizeBytes(part);
      return sum;
    }
    default:
      return 0;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
