/** What a storage run writes: real record batches and internal entries, of sizes that reach every path. */
import {
  HEADER_SIZE_BYTES,
  LOG_OVERHEAD_BYTES,
  setBaseOffset,
  setLastOffsetDelta,
  setLeaderEpoch,
  setMaxTimestamp,
  setProducer,
  stampCrc,
} from '../../storage/batch';
import { EntryKind, type LogEntry } from '../../storage/types';
import type { SeededRandom } from './random';

/** The swarm: each run draws its own proportions, so that rare mixes are somebody's common ones. */
export interface StorageLoad {
  readonly logCountMax: number;
  readonly smallSizeBytesMax: number;
  readonly largeSizeBytesMax: number;
  readonly largeRate: number;
  readonly internalRate: number;
  readonly segmentSizeBytesMax: number;
  readonly segmentAgeMsMax: number;
  readonly journalFileSizeBytes: number;
  readonly bypassSizeBytesMin: number;
  readonly lazySizeBytesMax: number;
  /** Mean pause between turns; a part of the runs idles past every timer. Milliseconds. */
  readonly pauseMs: number;
  readonly alignmentBytes: number;
  /** Share of the logs that have keyed records, and how many keys those have. */
  readonly compactedRate: number;
  readonly keyCount: number;
  /** Weights of the operations, by name. */
  readonly weights: Readonly<Record<OperationName, number>>;
}

export const OPERATIONS = [
  'append',
  'hardState',
  'truncate',
  'advanceStart',
  'free',
  'roll',
  'saveState',
  'read',
  'readEntries',
  'byTimestamp',
  'recreate',
  'flush',
  'pause',
  'reopen',
  'compact',
] as const;
export type OperationName = (typeof OPERATIONS)[number];

export function drawLoad(random: SeededRandom): StorageLoad {
  const bypassSizeBytesMin = random.pick([2048, 4096, 12_288, 1 << 20]);
  const weights: Record<OperationName, number> = {
    append: 40,
    hardState: random.pick([1, 4, 12]),
    truncate: random.pick([0, 2, 6, 12]),
    advanceStart: random.pick([0, 1, 3]),
    free: random.pick([0, 1, 3]),
    roll: random.pick([0, 0, 1]),
    saveState: random.pick([0, 2, 5]),
    read: 10,
    readEntries: 6,
    byTimestamp: random.pick([0, 4]),
    recreate: random.pick([0, 0.3, 1]),
    flush: 10,
    pause: random.pick([1, 5]),
    reopen: random.pick([0, 0.5, 1]),
    compact: 0,
  };
  const load = {
    logCountMax: random.pick([1, 2, 4]),
    smallSizeBytesMax: random.pick([150, 400, 1500]),
    largeSizeBytesMax: random.pick([4000, 9000, 20_000]),
    largeRate: random.pick([0, 0.05, 0.2, 0.5]),
    internalRate: random.pick([0, 0.1, 0.4]),
    segmentSizeBytesMax: random.pick([8192, 16_384, 65_536]),
    segmentAgeMsMax: random.pick([500, 5000, 1_000_000_000]),
    journalFileSizeBytes: random.pick([16_384, 32_768, 131_072]),
    bypassSizeBytesMin,
    lazySizeBytesMax: random.pick([4096, 32_768, 1 << 20]),
    pauseMs: random.pick([0.3, 2, 20]),
    alignmentBytes: random.pick([512, 4096]),
    compactedRate: 0,
    keyCount: 0,
    weights,
  };
  if (random.chance(0.5)) return load;
  weights.compact = random.pick([3, 10]);
  weights.roll = random.pick([2, 6]);
  return { ...load, compactedRate: random.pick([0.7, 1]), keyCount: random.pick([3, 10, 60]) };
}

/** Bytes to cut payloads from: random bytes are the dearest part of a batch. */
export class Payloads {
  readonly #pool: Buffer;

  constructor(random: SeededRandom) {
    this.#pool = random.bytes(1 << 15);
  }

  slice(random: SeededRandom, sizeBytes: number): Buffer {
    const start = random.below(this.#pool.length - sizeBytes);
    return this.#pool.subarray(start, start + sizeBytes);
  }
}

export interface EntryPlace {
  readonly index: number;
  readonly term: number;
  readonly baseOffset: number;
  readonly timestamp: number;
}

export function drawEntry(
  random: SeededRandom,
  load: StorageLoad,
  payloads: Payloads,
  place: EntryPlace,
): LogEntry {
  if (random.chance(load.internalRate)) return internalEntry(random, payloads, place);
  const isLarge = random.chance(load.largeRate);
  const sizeBytesMax = isLarge ? load.largeSizeBytesMax : load.smallSizeBytesMax;
  const payloadSizeBytes = random.between(isLarge ? load.smallSizeBytesMax : 8, sizeBytesMax);
  return batchEntry(random, payloads.slice(random, payloadSizeBytes), place);
}

function batchEntry(random: SeededRandom, payload: Buffer, place: EntryPlace): LogEntry {
  const { index, term, baseOffset, timestamp } = place;
  const recordCount = random.pick([1, 1, 2, 7, 500]);
  const bytes = Buffer.allocUnsafe(HEADER_SIZE_BYTES + payload.length).fill(0, 0, HEADER_SIZE_BYTES);
  payload.copy(bytes, HEADER_SIZE_BYTES);
  setBaseOffset(bytes, 0, baseOffset);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD_BYTES, 8);
  setLeaderEpoch(bytes, 0, term);
  bytes.writeInt8(2, 16);
  setLastOffsetDelta(bytes, 0, recordCount - 1);
  setMaxTimestamp(bytes, 0, timestamp);
  bytes.writeBigInt64BE(BigInt(timestamp), 27);
  setProducer(bytes, 0, -1, -1, -1);
  bytes.writeInt32BE(recordCount, 57);
  stampCrc(bytes, 0);
  const nextOffset = baseOffset + recordCount;
  return { index, term, kind: EntryKind.batch, baseOffset, nextOffset, maxTimestamp: timestamp, bytes };
}

const INTERNAL_KINDS = [EntryKind.noop, EntryKind.membership, EntryKind.logStart, EntryKind.producerExpiry];

function internalEntry(random: SeededRandom, payloads: Payloads, place: EntryPlace): LogEntry {
  const { index, term, baseOffset } = place;
  const kind = random.pick(INTERNAL_KINDS);
  const bytes =
    kind === EntryKind.noop ? Buffer.alloc(0) : Buffer.from(payloads.slice(random, random.between(1, 200)));
  return { index, term, kind, baseOffset, nextOffset: baseOffset, maxTimestamp: -1, bytes };
}

/** Picks a name by weight. */
export function drawOperation(random: SeededRandom, load: StorageLoad): OperationName {
  let total = 0;
  for (const name of OPERATIONS) total += load.weights[name];
  let left = random.fraction() * total;
  for (const name of OPERATIONS) {
    left -= load.weights[name];
    if (left < 0) return name;
  }
  return 'append';
}

export function uuidText(random: SeededRandom): string {
  const hex = random.bytes(16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
