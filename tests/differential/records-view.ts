/** Record batches as objects, so that each field of each batch and record is compared by its name. */
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchEnd,
  compressionOf,
  HEADER_SIZE_BYTES,
  isCrcValid,
  isLogAppendTime,
  lastOffsetDeltaOf,
  leaderEpochOf,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  recordsOf,
  sizeBytesOf,
} from '../../storage';
import { bytesText, type Lens } from './normalise';

/** The batches in `bytes`; a piece of a batch at their end becomes one element that says so. */
export function viewRecords(bytes: Buffer, lens: Lens): readonly unknown[] {
  const batches: unknown[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER_SIZE_BYTES) {
    const end = batchEnd(bytes, at);
    if (end <= at || end > bytes.length) break;
    batches.push(viewBatch(bytes.subarray(at, end), lens));
    at = end;
  }
  if (at < bytes.length) batches.push({ baseOffset: 'piece', recordCount: -1 });
  return batches;
}

function viewBatch(batch: Buffer, lens: Lens): unknown {
  // The broker's clock is in these; a client's own timestamps stay what they are.
  const time = (value: number): unknown => (isLogAppendTime(batch, 0) ? lens.moment(value) : value);
  return {
    baseOffset: baseOffsetOf(batch, 0),
    // What a codec makes of the same records is its own affair.
    sizeBytes: compressionOf(batch, 0) === 0 ? sizeBytesOf(batch, 0) : '<compressed>',
    leaderEpoch: lens.leaderEpoch(leaderEpochOf(batch, 0)),
    magic: magicOf(batch, 0),
    crc: isCrcValid(batch, 0) ? 'right' : 'wrong',
    attributes: attributesOf(batch, 0),
    lastOffsetDelta: lastOffsetDeltaOf(batch, 0),
    baseTimestamp: baseTimestampOf(batch, 0),
    maxTimestamp: time(maxTimestampOf(batch, 0)),
    producerId: lens.producerId(producerIdOf(batch, 0)),
    producerEpoch: producerEpochOf(batch, 0),
    baseSequence: baseSequenceOf(batch, 0),
    recordCount: recordCountOf(batch, 0),
    records: viewEach(batch, lens, time),
  };
}

function viewEach(batch: Buffer, lens: Lens, time: (value: number) => unknown): unknown {
  const content = (bytes: Buffer | null): string | null => (bytes === null ? null : bytesText(bytes, lens));
  try {
    return [...recordsOf(batch)].map((record) => ({
      offset: record.offset,
      timestamp: time(record.timestamp),
      key: content(record.key),
      value: content(record.value),
      headers: record.headers.map(({ key, value }) => `${key}=${content(value)}`),
    }));
  } catch {
    // Some batches are taken although their records cannot be read; then the bytes themselves must be the same.
    return batch.subarray(HEADER_SIZE_BYTES).toString('hex');
  }
}
