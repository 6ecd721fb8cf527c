/**
 * Producer state on disk, and the payload of a producer-expiry entry. Big-endian; version in front, CRC-32C of
 * everything before it at the end. Newer versions are refused.
 */
import { readInt64, writeInt64 } from './batch';
import { crc32c } from './crc32c';
import type { ProducerEntry, RememberedBatch } from './producer-entry';
import type { AbortedTransaction } from './transaction-index';

export interface ProducerSnapshot {
  readonly startOffset: number;
  readonly entries: readonly ProducerEntry[];
  readonly aborted: readonly AbortedTransaction[];
}

/** Bytes that are no state of ours: damaged, or written by a newer version. */
export class SnapshotFormatError extends Error {
  override readonly name = 'SnapshotFormatError';
  readonly code = 'SNAPSHOT_FORMAT';
}

const VERSION = 1;
const EXPIRY_VERSION = 1;
/** Version, start of the log, number of producers, number of aborted transactions. */
const HEADER_SIZE_BYTES = 2 + 8 + 4 + 4;
const ENTRY_SIZE_BYTES = 8 + 2 + 4 + 8 + 8 + 1;
const BATCH_SIZE_BYTES = 4 + 4 + 8 + 8 + 8;
const ABORTED_SIZE_BYTES = 4 * 8;
const CRC_SIZE_BYTES = 4;

export function encodeSnapshot(snapshot: ProducerSnapshot): Buffer {
  const { entries, aborted } = snapshot;
  let batchCount = 0;
  for (const entry of entries) batchCount += entry.batches.length;
  const bytes = Buffer.alloc(
    HEADER_SIZE_BYTES +
      entries.length * ENTRY_SIZE_BYTES +
      batchCount * BATCH_SIZE_BYTES +
      aborted.length * ABORTED_SIZE_BYTES +
      CRC_SIZE_BYTES,
  );
  bytes.writeUInt16BE(VERSION, 0);
  writeInt64(bytes, 2, snapshot.startOffset);
  bytes.writeUInt32BE(entries.length, 10);
  bytes.writeUInt32BE(aborted.length, 14);
  let at = HEADER_SIZE_BYTES;
  for (const entry of entries) at = writeEntry(bytes, at, entry);
  for (const transaction of aborted) {
    writeInt64(bytes, at, transaction.producerId);
    writeInt64(bytes, at + 8, transaction.firstOffset);
    writeInt64(bytes, at + 16, transaction.lastOffset);
    writeInt64(bytes, at + 24, transaction.lastStableOffset);
    at += ABORTED_SIZE_BYTES;
  }
  bytes.writeUInt32BE(crc32c(bytes, 0, at), at);
  return bytes;
}

function writeEntry(bytes: Buffer, start: number, entry: ProducerEntry): number {
  writeInt64(bytes, start, entry.producerId);
  bytes.writeInt16BE(entry.producerEpoch, start + 8);
  bytes.writeInt32BE(entry.coordinatorEpoch, start + 10);
  writeInt64(bytes, start + 14, entry.lastTimestamp);
  writeInt64(bytes, start + 22, entry.transactionFirstOffset);
  bytes.writeUInt8(entry.batches.length, start + 30);
  let at = start + ENTRY_SIZE_BYTES;
  for (const batch of entry.batches) {
    bytes.writeInt32BE(batch.baseSequence, at);
    bytes.writeInt32BE(batch.lastSequence, at + 4);
    writeInt64(bytes, at + 8, batch.firstOffset);
    writeInt64(bytes, at + 16, batch.lastOffset);
    writeInt64(bytes, at + 24, batch.timestamp);
    at += BATCH_SIZE_BYTES;
  }
  return at;
}

/** Reads one part after the other and refuses to leave the buffer. */
class Reader {
  at = 0;

  constructor(
    readonly bytes: Buffer,
    private readonly end: number,
  ) {}

  /** Position of the next `sizeBytes` bytes. */
  take(sizeBytes: number): number {
    const at = this.at;
    if (sizeBytes > this.end - at) throw new SnapshotFormatError('producer state is cut off');
    this.at = at + sizeBytes;
    return at;
  }
}

/** @throws SnapshotFormatError */
export function decodeSnapshot(bytes: Buffer): ProducerSnapshot {
  const end = bytes.length - CRC_SIZE_BYTES;
  if (end < HEADER_SIZE_BYTES) throw new SnapshotFormatError('producer state is cut off');
  const version = bytes.readUInt16BE(0);
  if (version !== VERSION) {
    throw new SnapshotFormatError(`producer state has version ${version}, this release reads ${VERSION}`);
  }
  if (bytes.readUInt32BE(end) !== crc32c(bytes, 0, end)) {
    throw new SnapshotFormatError('the checksum of the producer state does not fit');
  }
  const reader = new Reader(bytes, end);
  reader.take(HEADER_SIZE_BYTES);
  const entries: ProducerEntry[] = [];
  for (let left = bytes.readUInt32BE(10); left > 0; left--) entries.push(readEntry(reader));
  const aborted: AbortedTransaction[] = [];
  for (let left = bytes.readUInt32BE(14); left > 0; left--) {
    const at = reader.take(ABORTED_SIZE_BYTES);
    aborted.push({
      producerId: readInt64(bytes, at),
      firstOffset: readInt64(bytes, at + 8),
      lastOffset: readInt64(bytes, at + 16),
      lastStableOffset: readInt64(bytes, at + 24),
    });
  }
  if (reader.at !== end) throw new SnapshotFormatError('bytes behind the producer state');
  return { startOffset: readInt64(bytes, 2), entries, aborted };
}

function readEntry(reader: Reader): ProducerEntry {
  const { bytes } = reader;
  const at = reader.take(ENTRY_SIZE_BYTES);
  const batches: RememberedBatch[] = [];
  for (let left = bytes.readUInt8(at + 30); left > 0; left--) {
    const batchAt = reader.take(BATCH_SIZE_BYTES);
    batches.push({
      baseSequence: bytes.readInt32BE(batchAt),
      lastSequence: bytes.readInt32BE(batchAt + 4),
      firstOffset: readInt64(bytes, batchAt + 8),
      lastOffset: readInt64(bytes, batchAt + 16),
      timestamp: readInt64(bytes, batchAt + 24),
    });
  }
  return {
    producerId: readInt64(bytes, at),
    producerEpoch: bytes.readInt16BE(at + 8),
    coordinatorEpoch: bytes.readInt32BE(at + 10),
    lastTimestamp: readInt64(bytes, at + 14),
    transactionFirstOffset: readInt64(bytes, at + 22),
    batches,
  };
}

/** Payload of an entry of kind `producerExpiry`: the leader stamps the cutoff, so that all replicas expire the same. */
export function encodeProducerExpiry(cutoffMs: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt16BE(EXPIRY_VERSION, 0);
  writeInt64(bytes, 2, cutoffMs);
  return bytes;
}

/** @returns The cutoff, Unix milliseconds. @throws SnapshotFormatError */
export function decodeProducerExpiry(bytes: Buffer): number {
  if (bytes.length !== 10 || bytes.readUInt16BE(0) !== EXPIRY_VERSION) {
    throw new SnapshotFormatError('a producer expiry of another version');
  }
  return readInt64(bytes, 2);
}
