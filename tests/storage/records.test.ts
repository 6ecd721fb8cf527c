import { createHash } from 'node:crypto';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchEnd,
  batchPositions,
  CompressionCode,
  compressionOf,
  crcOf,
  HEADER_SIZE_BYTES,
  hasDeleteHorizon,
  isControl,
  isCrcValid,
  isLogAppendTime,
  isTransactional,
  lastOffsetDeltaOf,
  lastSequenceOf,
  leaderEpochOf,
  maxTimestampOf,
  nextOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  sizeBytesOf,
  stampBatch,
  stampLogAppendTime,
} from '../../storage/batch';
import { decompress } from '../../storage/compression';
import { buildBatch, buildEndMarker, readEndMarker } from '../../storage/record-build';
import { firstRecordAtOrAfter, RecordCursor, recordOfMaxTimestamp, recordsOf } from '../../storage/records';
import { describeOracle, oracleLines, sampleLines } from './oracle';

interface OracleRecord {
  offset: number;
  timestamp: number;
  keyHex: string | null;
  valueHex: string | null;
  headers: { key: string; valueHex: string | null }[];
  controlType?: string;
  coordinatorEpoch?: number;
}

interface OracleBatch {
  magic?: number;
  baseOffset: number;
  partitionLeaderEpoch: number;
  crc: number;
  attributes: number;
  lastOffsetDelta: number;
  baseTimestamp: number;
  maxTimestamp: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  count: number;
  timestampType: string;
  transactional: boolean;
  control: boolean;
  deleteHorizonMs: number | null;
  lastOffset: number;
  lastSequence: number;
  recordsLength: number;
  recordsHex?: string;
  recordsSha256?: string;
  records?: OracleRecord[];
}

interface OracleCase {
  codec: keyof typeof CompressionCode;
  case: string;
  hex: string;
  batches: OracleBatch[];
}

const hexOf = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;

function headerOf(bytes: Buffer, at: number) {
  return {
    baseOffset: baseOffsetOf(bytes, at),
    partitionLeaderEpoch: leaderEpochOf(bytes, at),
    crc: crcOf(bytes, at),
    attributes: attributesOf(bytes, at),
    lastOffsetDelta: lastOffsetDeltaOf(bytes, at),
    baseTimestamp: baseTimestampOf(bytes, at),
    maxTimestamp: maxTimestampOf(bytes, at),
    producerId: producerIdOf(bytes, at),
    producerEpoch: producerEpochOf(bytes, at),
    baseSequence: baseSequenceOf(bytes, at),
    count: recordCountOf(bytes, at),
    timestampType: isLogAppendTime(bytes, at) ? 'LogAppendTime' : 'CreateTime',
    transactional: isTransactional(bytes, at),
    control: isControl(bytes, at),
    lastOffset: nextOffsetOf(bytes, at) - 1,
    lastSequence: lastSequenceOf(bytes, at),
  };
}

function expectDecoded({ codec, hex, batches }: OracleCase): void {
  const bytes = Buffer.from(hex, 'hex');
  const positions = [...batchPositions(bytes)];
  expect(positions.length).toBe(batches.length);
  for (const [index, expected] of batches.entries()) {
    const at = positions[index]!;
    const header = headerOf(bytes, at);
    // Beyond 2^53 numbers are near, not exact, and sums of them less so: see storage/batch.ts.
    const isExact = Number.isSafeInteger(expected.baseOffset);
    expect(expected).toMatchObject(isExact ? header : { ...header, lastOffset: expected.lastOffset });
    const code = compressionOf(bytes, at);
    // The cleaner leaves no compression where it leaves no records.
    expect(code).toBe(expected.count === 0 ? CompressionCode.none : CompressionCode[codec]);
    expect(hasDeleteHorizon(bytes, at)).toBe(expected.deleteHorizonMs !== null);
    expect(isCrcValid(bytes, at)).toBe(true);
    const payload = bytes.subarray(at + HEADER_SIZE_BYTES, at + sizeBytesOf(bytes, at));
    const plain = decompress(code, payload, 1 << 20);
    expect(plain.length).toBe(expected.recordsLength);
    if (expected.recordsHex !== undefined) expect(plain.toString('hex')).toBe(expected.recordsHex);
    if (expected.recordsSha256 !== undefined) {
      expect(createHash('sha256').update(plain).digest('hex')).toBe(expected.recordsSha256);
    }
    const records = [...recordsOf(bytes, at)];
    expect(records.length).toBe(expected.count);
    if (expected.records === undefined || !isExact) continue;
    expect(
      records.map(({ offset, timestamp, key, value, headers }) => ({
        offset,
        timestamp,
        keyHex: hexOf(key),
        valueHex: hexOf(value),
        headers: headers.map((header) => ({ key: header.key, valueHex: hexOf(header.value) })),
      })),
    ).toEqual(
      expected.records.map(({ offset, timestamp, keyHex, valueHex, headers }) => {
        return { offset, timestamp, keyHex, valueHex, headers };
      }),
    );
    const control = expected.records[0]?.controlType;
    const isEnd = control === 'COMMIT' || control === 'ABORT';
    expect(readEndMarker(bytes, at)).toEqual(
      isEnd
        ? { isCommit: control === 'COMMIT', coordinatorEpoch: expected.records[0]!.coordinatorEpoch }
        : null,
    );
  }
}

describe('batches that Kafka wrote are read as Kafka reads them (sample)', () => {
  test.each(sampleLines<OracleCase>('batches.jsonl').map((line) => [`${line.codec} ${line.case}`, line]))(
    '%s',
    (_, line) => expectDecoded(line as OracleCase),
  );
});

describeOracle('batches that Kafka wrote are read as Kafka reads them (all)', () => {
  const current = oracleLines<OracleCase>('batches.jsonl').filter((line) => !line.case.startsWith('magic-'));
  test.each(current.map((line) => [`${line.codec} ${line.case}`, line]))('%s', (_, line) =>
    expectDecoded(line as OracleCase),
  );
});

/** Gives the header fields and records of a decoded batch back to the builder. */
function rebuiltFrom(expected: OracleBatch, codec: OracleCase['codec']): Buffer {
  return buildBatch({
    baseOffset: expected.baseOffset,
    leaderEpoch: expected.partitionLeaderEpoch,
    compression: CompressionCode[codec],
    ...(expected.timestampType === 'LogAppendTime' ? { logAppendTimeMs: expected.maxTimestamp } : {}),
    ...(expected.deleteHorizonMs === null ? {} : { deleteHorizonMs: expected.deleteHorizonMs }),
    producerId: expected.producerId,
    producerEpoch: expected.producerEpoch,
    baseSequence: expected.baseSequence,
    isTransactional: expected.transactional,
    isControl: expected.control,
    lastOffsetDelta: expected.lastOffsetDelta,
    records: expected.records!.map((record) => ({
      timestamp: record.timestamp,
      offsetDelta: record.offset - expected.baseOffset,
      key: record.keyHex === null ? null : Buffer.from(record.keyHex, 'hex'),
      value: record.valueHex === null ? null : Buffer.from(record.valueHex, 'hex'),
      headers: record.headers.map(({ key, valueHex }) => ({
        key,
        value: valueHex === null ? null : Buffer.from(valueHex, 'hex'),
      })),
    })),
  });
}

// The builder must agree with Kafka's to the byte where nothing is compressed; log-append-time batches keep deltas of
// their own, and the times of the others are all in the records.
test('built batches equal the bytes of Kafka', () => {
  const cases = sampleLines<OracleCase>('batches.jsonl').filter(
    (line) => line.codec === 'none' && line.batches.every((batch) => (batch.records?.length ?? 0) > 0),
  );
  const names: string[] = [];
  for (const line of cases) {
    if (line.case === 'log-append-time') continue;
    names.push(line.case);
    const built = Buffer.concat(line.batches.map((batch) => rebuiltFrom(batch, line.codec)));
    expect(`${line.case} ${built.toString('hex')}`).toBe(`${line.case} ${line.hex}`);
  }
  expect(names.length).toBeGreaterThan(9);
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('a batch built with %s reads back', (codec) => {
  const records = Array.from({ length: 300 }, (_, at) => ({
    timestamp: 1_700_000_000_000 + at,
    key: at % 3 === 0 ? null : Buffer.from(`key ${at}`),
    value: Buffer.from(`value ${at}`.repeat(at % 50)),
    headers: at % 5 === 0 ? [{ key: 'h', value: null }] : [],
  }));
  const batch = buildBatch({ records, compression: CompressionCode[codec] });
  expect(isCrcValid(batch, 0)).toBe(true);
  const read = [...recordsOf(batch)];
  expect(read).toEqual(records.map((record, offset) => ({ ...record, offset })));
});

test('stamping base offset and epoch leaves the checksum valid, log append time renews it', () => {
  const record = { timestamp: 5, key: null, value: Buffer.from('v') };
  const batch = Buffer.concat([
    Buffer.from('junk'),
    buildBatch({ records: [record, record], isTransactional: true }),
  ]);
  stampBatch(batch, 4, 2 ** 40 + 7, 12);
  expect([baseOffsetOf(batch, 4), leaderEpochOf(batch, 4), isCrcValid(batch, 4)]).toEqual([
    2 ** 40 + 7,
    12,
    true,
  ]);
  stampLogAppendTime(batch, 4, 1_700_000_000_123);
  expect([isCrcValid(batch, 4), isLogAppendTime(batch, 4), isTransactional(batch, 4)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([...recordsOf(batch, 4)].map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
    [2 ** 40 + 7, 1_700_000_000_123],
    [2 ** 40 + 8, 1_700_000_000_123],
  ]);
});

test('walking ends at a batch that is cut off, of another magic, or shorter than a header', () => {
  const batch = buildBatch({ records: [{ timestamp: 0, key: null, value: null }] });
  const two = Buffer.concat([batch, batch]);
  expect([...batchPositions(two)]).toEqual([0, batch.length]);
  expect([...batchPositions(two.subarray(0, two.length - 1))]).toEqual([0]);
  expect(batchEnd(two, 0, batch.length)).toBe(batch.length);
  expect(batchEnd(two, 0, batch.length - 1)).toBe(-1);
  const otherMagic = Buffer.from(batch);
  otherMagic[16] = 1;
  expect(batchEnd(otherMagic, 0)).toBe(-1);
  const short = Buffer.from(batch);
  short.writeInt32BE(48, 8);
  expect(batchEnd(short, 0)).toBe(-1);
});

describe.each(['none', 'gzip', 'zstd'] as const)('search by time inside a batch, %s', (codec) => {
  const times = [50, 20, 90, 40, 90, 70];
  const records = times.map((timestamp) => ({ timestamp, key: null, value: Buffer.from('x') }));
  const batch = buildBatch({ records, baseOffset: 100, compression: CompressionCode[codec] });

  // Kafka answers with the first record in offset order, though a later one may be nearer in time.
  test.each([
    [10, [100, 50]],
    [50, [100, 50]],
    [51, [102, 90]],
    [90, [102, 90]],
  ])('first at or after %i', (timestamp, [offset, found]) => {
    expect(firstRecordAtOrAfter(batch, 0, timestamp)).toEqual({ offset, timestamp: found });
  });

  test.each([
    [10, 102, [102, 90]],
    [50, 101, [102, 90]],
  ])('first at or after %i from offset %i on', (timestamp, fromOffset, [offset, found]) => {
    expect(firstRecordAtOrAfter(batch, 0, timestamp, fromOffset)).toEqual({ offset, timestamp: found });
  });

  test('none at or after', () => expect(firstRecordAtOrAfter(batch, 0, 91)).toBeNull());

  test('largest time: the first record that has it', () => {
    expect(recordOfMaxTimestamp(batch, 0)).toEqual({ offset: 102, timestamp: 90 });
  });

  test('log append time counts for all records', () => {
    const stamped = Buffer.from(batch);
    stampLogAppendTime(stamped, 0, 1000);
    expect(firstRecordAtOrAfter(stamped, 0, 1000)).toEqual({ offset: 100, timestamp: 1000 });
    expect(recordOfMaxTimestamp(stamped, 0)).toEqual({ offset: 100, timestamp: 1000 });
  });
});

test('a batch that the cleaner emptied has no record of any time', () => {
  const batch = buildBatch({ records: [], lastOffsetDelta: 4 });
  expect(recordOfMaxTimestamp(batch, 0)).toBeNull();
  expect(firstRecordAtOrAfter(batch, 0, -10)).toBeNull();
});

test('a record of a compressed batch above the bound is refused, in a plain batch the batch is the bound', () => {
  const records = [{ timestamp: 0, key: null, value: Buffer.alloc(5000) }];
  const cursor = new RecordCursor();
  const read = (compression: CompressionCode, recordSizeBytesMax: number) => {
    cursor.open(buildBatch({ records, compression }), 0, recordSizeBytesMax);
    return cursor.next();
  };
  expect(read(CompressionCode.gzip, 5100)).toBe(true);
  expect(() => read(CompressionCode.gzip, 5000)).toThrow('larger than allowed');
  expect(read(CompressionCode.none, 10)).toBe(true);
});

describe('damage is named where it stands', () => {
  /** A batch around record bytes written by hand: length, attributes, time, offset, key, value, headers (zigzag). */
  const walk = (recordCount: number, ...bytes: number[]): string => {
    const batch = Buffer.concat([buildBatch({ records: [] }), Buffer.from(bytes)]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(recordCount, 57);
    // What stands behind a batch in its buffer must not be taken for a part of it.
    const buffer = Buffer.concat([batch, Buffer.from([0, 0, 0, 2, 107, 2, 118, 0, 0, 0])]);
    const cursor = new RecordCursor();
    cursor.open(buffer, 0, 1000);
    try {
      while (cursor.next());
      return 'whole';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    ['whole', 1, [16, 0, 0, 0, 2, 107, 2, 118, 0]],
    ['negative number of records', -1, []],
    ['fewer records than announced', 1, []],
    ['record is cut off', 1, [18, 0, 0, 0, 2, 107, 2, 118, 0]],
    ['the length of a record does not end', 1, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['bytes behind the last record', 1, [16, 0, 0, 0, 2, 107, 2, 118, 0, 0]],
    ['impossible number of headers', 1, [16, 0, 0, 0, 2, 107, 2, 118, 20]],
    ['impossible number of headers', 1, [16, 0, 0, 0, 2, 107, 2, 118, 1]],
    // The key's length would step back onto itself and then read as the length of a value.
    ['header without a key', 1, [18, 0, 0, 0, 2, 107, 2, 118, 2, 1]],
    ['broken record', 1, [16, 0, 0, 0, 2, 107, 60, 118, 0]],
    ['broken header', 1, [20, 0, 0, 0, 2, 107, 2, 118, 2, 60, 1]],
    ['length of a record and what it holds differ', 1, [14, 0, 0, 0, 2, 107, 2, 118, 0]],
  ] as const)('%s', (words, recordCount, bytes) => expect(walk(recordCount, ...bytes)).toBe(words));
});

test('a marker says how its transaction ended', () => {
  const marker = { producerId: 7, producerEpoch: 3, isCommit: true, coordinatorEpoch: 9, timestampMs: 55 };
  const batch = buildEndMarker({ ...marker, baseOffset: 10, leaderEpoch: 2 });
  expect(readEndMarker(batch, 0)).toEqual({ isCommit: true, coordinatorEpoch: 9 });
  expect([isControl(batch, 0), isTransactional(batch, 0), producerIdOf(batch, 0)]).toEqual([true, true, 7]);
  expect(readEndMarker(buildBatch({ records: [], isControl: true }), 0)).toBeNull();
});
