/** Walks whole batches in bytes that came from a data file, and checks each that is handed out unless that was done. */
import {
  baseOffsetOf,
  HEADER_SIZE_BYTES,
  isCrcValid,
  leaderEpochOf,
  magicOf,
  nextOffsetOf,
  sizeBytesOf,
} from './batch';

export interface WalkRequest {
  /** Offset that the first byte must begin at or before. */
  readonly offset: number;
  /** Batches must end at or below it. */
  readonly endOffset: number;
  readonly sizeBytesMax: number;
  readonly atLeastOne: boolean;
  /** The bytes are known to be good: their checksums are not computed. */
  readonly isChecked: boolean;
}

export interface WalkResult {
  /** Range of the whole batches that answer the request. */
  from: number;
  to: number;
  /** Base offset of what follows `to`. */
  nextOffset: number;
  /** Bytes from `from` that the first batch needs, when the buffer ends inside it; 0 otherwise. */
  neededSizeBytes: number;
  /** What is wrong with the batch at `damagedAt`, or null. Batches before it are good. */
  damage: string | null;
  damagedAt: number;
}

/**
 * @param expectedOffset  Base offset of the first batch; later ones are not below the end of the one before.
 * @param sizeBytes  Bytes of `bytes` that count.
 */
export function walkBatches(
  bytes: Buffer,
  sizeBytes: number,
  expectedOffset: number,
  request: WalkRequest,
): WalkResult {
  const result: WalkResult = {
    from: 0,
    to: 0,
    nextOffset: expectedOffset,
    neededSizeBytes: 0,
    damage: null,
    damagedAt: 0,
  };
  let at = 0;
  let isFirst = true;
  while (at < sizeBytes) {
    if (sizeBytes - at < HEADER_SIZE_BYTES) {
      if (isFirst) result.neededSizeBytes = HEADER_SIZE_BYTES;
      break;
    }
    const damage = headerDamage(bytes, at, result.nextOffset);
    if (damage !== null) return damaged(result, at, damage);
    const size = sizeBytesOf(bytes, at);
    const next = nextOffsetOf(bytes, at);
    if (next > request.endOffset) break;
    const isWanted = next > request.offset;
    if (isWanted && isFirst) {
      result.from = result.to = at;
      if (size > request.sizeBytesMax && !request.atLeastOne) break;
    } else if (isWanted && at + size - result.from > request.sizeBytesMax) break;
    if (at + size > sizeBytes) {
      if (isFirst) {
        result.from = result.to = at;
        result.neededSizeBytes = size;
      }
      break;
    }
    if (isWanted) {
      if (!request.isChecked && !isCrcValid(bytes, at))
        return damaged(result, at, 'the batch fails its checksum');
      isFirst = false;
      result.to = at + size;
    }
    result.nextOffset = next;
    at += size;
    if (isFirst) result.from = result.to = at;
  }
  return result;
}

/** What is wrong with the bytes of an entry, or null. */
export function batchDamage(
  bytes: Buffer,
  at: number,
  length: number,
  baseOffset: number,
  term: number,
): string | null {
  if (length < HEADER_SIZE_BYTES || sizeBytesOf(bytes, at) !== length) return 'the batch has another length';
  if (magicOf(bytes, at) !== 2) return 'no batch of magic 2 stands there';
  if (baseOffsetOf(bytes, at) !== baseOffset) return 'the batch has another base offset';
  if (leaderEpochOf(bytes, at) !== term) return 'the batch has another leader epoch';
  return isCrcValid(bytes, at) ? null : 'the batch fails its checksum';
}

function damaged(result: WalkResult, at: number, damage: string): WalkResult {
  result.damage = damage;
  result.damagedAt = at;
  return result;
}

function headerDamage(bytes: Buffer, at: number, expectedOffset: number): string | null {
  if (magicOf(bytes, at) !== 2) return 'no batch of magic 2 stands there';
  if (sizeBytesOf(bytes, at) < HEADER_SIZE_BYTES) return 'the batch has an impossible length';
  // Compaction leaves holes: a batch may begin above the end of the one before it.
  if (baseOffsetOf(bytes, at) < expectedOffset) return 'the batch begins below the one before it';
  return null;
}
