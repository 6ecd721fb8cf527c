import {
  attributesOf,
  baseTimestampOf,
  CompressionCode,
  compressionOf,
  isCrcValid,
  lastOffsetDeltaOf,
  leaderEpochOf,
  maxTimestampOf,
  nextOffsetOf,
  recordCountOf,
  setAttributes,
  setMaxTimestamp,
  stampBatch,
  stampCrc,
} from '../../storage/batch';
import { compress, decompress } from '../../storage/compression';
import type { NewRecord } from '../../storage/record-build';
import { buildBatch } from '../../storage/record-build';
import { DECOMPRESSED_SIZE_BYTES_MAX, recordsOf } from '../../storage/records';
import type { ValidateConfig } from '../../storage/validate';
import { RECORD_ERRORS_MAX, validateBatch } from '../../storage/validate';
import { AppendErrorCode } from '../../storage/validate-errors';
import { describeOracle, oracleLines, sampleLines } from './oracle';

/** The clock of the oracle, the epoch its leader had, and the records that stood before in its log. */
const NOW_MS = 1_700_000_100_000;
const LEADER_EPOCH = 7;
const OFFSET = 3;

const defaults: ValidateConfig = {
  partitionName: 't-0',
  messageSizeBytesMax: 1_048_588,
  segmentSizeBytesMax: 1_073_741_824,
  decompressedSizeBytesMax: 2_147_483_639,
  isCompacted: false,
  timestampType: 'CreateTime',
  timestampBeforeMsMax: 2 ** 63,
  timestampAfterMsMax: 3_600_000,
  compression: 'producer',
  compressionLevel: null,
};

function configOf(topicConfig: Record<string, string> = {}): ValidateConfig {
  const number = (key: string, otherwise: number) => Number(topicConfig[key] ?? otherwise);
  return {
    ...defaults,
    messageSizeBytesMax: number('max.message.bytes', defaults.messageSizeBytesMax),
    decompressedSizeBytesMax: number('max.decompressed.message.bytes', defaults.decompressedSizeBytesMax),
    segmentSizeBytesMax: number('internal.segment.bytes', defaults.segmentSizeBytesMax),
    isCompacted: topicConfig['cleanup.policy'] === 'compact',
    timestampType: topicConfig['message.timestamp.type'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampBeforeMsMax: number('message.timestamp.before.max.ms', defaults.timestampBeforeMsMax),
    timestampAfterMsMax: number('message.timestamp.after.max.ms', defaults.timestampAfterMsMax),
    compression: (topicConfig['compression.type'] ?? 'producer') as ValidateConfig['compression'],
  };
}

/** A line of the sample; `bare` makes one of an oracle line. */
interface Verdict {
  case: string;
  apiVersion?: number;
  topicConfig?: Record<string, string>;
  code: number;
  recordErrors?: number[];
  lastOffset?: number;
  logAppendTime?: number;
  stored?: string;
  hex: string;
}

interface OracleOutcome {
  ok: boolean;
  code?: number;
  recordErrors?: { batchIndex: number }[];
  lastOffset?: number;
  logAppendTime?: number;
  storedHex?: string;
}

interface OracleLine {
  case: string;
  topicConfig?: Record<string, string>;
  hex?: string;
  verdicts: { produceRequest: OracleOutcome; leaderAppend?: OracleOutcome };
}

function bare(line: OracleLine): Verdict {
  const { produceRequest, leaderAppend } = line.verdicts;
  const outcome = produceRequest.ok && leaderAppend !== undefined ? leaderAppend : produceRequest;
  const version = /-in-produce-v(\d+)$/.exec(line.case)?.[1];
  return {
    case: line.case,
    ...(version === undefined ? {} : { apiVersion: Number(version) }),
    ...(line.topicConfig === undefined ? {} : { topicConfig: line.topicConfig }),
    code: outcome.ok ? 0 : outcome.code!,
    ...(outcome.recordErrors === undefined
      ? {}
      : { recordErrors: outcome.recordErrors.map((error) => error.batchIndex) }),
    ...(outcome.storedHex === undefined
      ? {}
      : {
          stored: outcome.storedHex,
          lastOffset: outcome.lastOffset!,
          logAppendTime: outcome.logAppendTime!,
        }),
    hex: line.hex!,
  };
}

/** Equal to the byte, or, where an encoder had its own way, equal in header and plain records. */
function describeBatch(batch: Buffer): string {
  const code = compressionOf(batch, 0);
  const plain = decompress(code, batch.subarray(61), 1 << 20).toString('hex');
  const header = Buffer.from(batch.subarray(0, 61));
  if (code !== CompressionCode.none) {
    header.writeInt32BE(0, 8);
    header.writeUInt32BE(0, 17);
  }
  return `${header.toString('hex')} ${plain}`;
}

function expectVerdict(line: Verdict): void {
  const valid = validateBatch(
    Buffer.from(line.hex, 'hex'),
    configOf(line.topicConfig),
    NOW_MS,
    line.apiVersion ?? 13,
  );
  expect(valid.errorCode).toBe(line.code);
  if (valid.errorCode !== 0) {
    expect(valid.errorMessage).not.toBe('');
    expect(valid.recordErrors.map((error) => error.batchIndex)).toEqual(line.recordErrors ?? []);
    return;
  }
  if (line.stored === undefined) return;
  stampBatch(valid.batch, 0, OFFSET, LEADER_EPOCH);
  expect(isCrcValid(valid.batch, 0)).toBe(true);
  expect(describeBatch(valid.batch)).toBe(describeBatch(Buffer.from(line.stored, 'hex')));
  expect(OFFSET + valid.lastOffsetDelta).toBe(line.lastOffset);
  expect(valid.logAppendTimeMs).toBe(line.logAppendTime);
  expect(valid.maxTimestamp).toBe(maxTimestampOf(valid.batch, 0));
}

// Asked of the same classes with a longer list: codecs in each other's clothes, re-compression, claims of the broker's
// own fields, mutated batches.
describe('verdicts are those of Kafka (odd ones)', () => {
  test.each(sampleLines<Verdict>('batches-odd.jsonl').map((line) => [line.case, line]))('%s', (_, line) =>
    expectVerdict(line as Verdict),
  );
});

describe('verdicts are those of Kafka (sample)', () => {
  test.each(sampleLines<Verdict>('batches-bad.jsonl').map((line) => [line.case, line]))('%s', (_, line) =>
    expectVerdict(line as Verdict),
  );
});

describeOracle('verdicts are those of Kafka (all)', () => {
  const lines = oracleLines<OracleLine>('batches-bad.jsonl');
  test.each(lines.filter((line) => line.hex !== undefined).map((line) => [line.case, line]))(
    '%s',
    (_, line) => expectVerdict(bare(line as OracleLine)),
  );

  test('the message sets of old Kafkas are refused', () => {
    const old = oracleLines<OracleLine>('batches.jsonl').filter((line) => line.case.startsWith('magic-'));
    expect(old.length).toBe(8);
    for (const line of old) expectVerdict(bare(line));
  });
});

const record = (timestamp: number, key: string | null = 'k'): NewRecord => ({
  timestamp,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from('value'),
});

test('larger than a segment', () => {
  const batch = buildBatch({ records: [{ ...record(NOW_MS), value: Buffer.alloc(2000) }] });
  expect(validateBatch(batch, { ...defaults, segmentSizeBytesMax: 1000 }, NOW_MS, 13).errorCode).toBe(18);
  expect(validateBatch(batch, { ...defaults, segmentSizeBytesMax: batch.length }, NOW_MS, 13).errorCode).toBe(
    0,
  );
});

test('a batch that re-compression makes too large for the topic is refused', () => {
  const records = [{ ...record(NOW_MS), value: Buffer.alloc(5000) }];
  const batch = buildBatch({ records, compression: CompressionCode.gzip });
  const config: ValidateConfig = { ...defaults, messageSizeBytesMax: 1000, compression: 'uncompressed' };
  expect(validateBatch(batch, config, NOW_MS, 13).errorCode).toBe(AppendErrorCode.MESSAGE_TOO_LARGE);
  expect(validateBatch(batch, { ...config, compression: 'lz4' }, NOW_MS, 13).errorCode).toBe(0);
});

test('what callers learn of a good batch, which stays where it is', () => {
  const times = [NOW_MS, NOW_MS + 9, NOW_MS + 2, NOW_MS + 9];
  const batch = buildBatch({
    records: times.map((time) => record(time)),
    producerId: 12,
    producerEpoch: 3,
    baseSequence: 4,
    isTransactional: true,
  });
  const valid = validateBatch(Buffer.concat([batch, Buffer.from('tail')]), defaults, NOW_MS, 13);
  expect(valid).toEqual({
    errorCode: 0,
    batch,
    recordCount: 4,
    lastOffsetDelta: 3,
    maxTimestamp: NOW_MS + 9,
    offsetOfMaxTimestampDelta: 1,
    producerId: 12,
    producerEpoch: 3,
    baseSequence: 4,
    isTransactional: true,
    logAppendTimeMs: -1,
  });
  const again = validateBatch(batch, defaults, NOW_MS, 13);
  expect(again.errorCode === 0 && again.batch.buffer === batch.buffer).toBe(true);
});

test('re-compression numbers records anew and makes the first one the base of times', () => {
  const batch = buildBatch({
    records: [record(NOW_MS - 5), record(NOW_MS)],
    compression: CompressionCode.gzip,
  });
  // Times of a base of its own, as a producer may choose it.
  batch.writeBigInt64BE(BigInt(NOW_MS - 10), 27);
  setMaxTimestamp(batch, 0, 1);
  stampCrc(batch, 0);
  const valid = validateBatch(batch, { ...defaults, compression: 'zstd' }, NOW_MS, 13);
  if (valid.errorCode !== 0) throw new Error(valid.errorMessage);
  expect([
    compressionOf(valid.batch, 0),
    baseTimestampOf(valid.batch, 0),
    maxTimestampOf(valid.batch, 0),
  ]).toEqual([CompressionCode.zstd, NOW_MS - 10, NOW_MS - 5]);
  expect([...recordsOf(valid.batch)].map((one) => one.timestamp)).toEqual([NOW_MS - 10, NOW_MS - 5]);
});

test('append time on a batch that claims it itself: refused, as on Kafka', () => {
  const batch = buildBatch({ records: [record(NOW_MS), record(NOW_MS)], logAppendTimeMs: NOW_MS });
  const valid = validateBatch(batch, { ...defaults, timestampType: 'LogAppendTime' }, NOW_MS, 13);
  expect(valid).toMatchObject({ errorCode: 32, recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }] });
});

// One wrong timestamp names the whole batch, whatever else is wrong with other records.
test('null keys and a wrong time in one batch: INVALID_TIMESTAMP, with all of the records', () => {
  const records = [record(NOW_MS, null), record(NOW_MS + 7_200_000), record(NOW_MS), record(NOW_MS, null)];
  const valid = validateBatch(buildBatch({ records }), { ...defaults, isCompacted: true }, NOW_MS, 13);
  expect(valid).toMatchObject({
    errorCode: AppendErrorCode.INVALID_TIMESTAMP,
    recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }, { batchIndex: 3 }],
  });
});

test('append time: the largest time is that of the first record', () => {
  const batch = buildBatch({ records: [record(NOW_MS), record(NOW_MS + 5)] });
  const valid = validateBatch(batch, { ...defaults, timestampType: 'LogAppendTime' }, NOW_MS + 9, 13);
  expect(valid).toMatchObject({
    maxTimestamp: NOW_MS + 9,
    offsetOfMaxTimestampDelta: 0,
    logAppendTimeMs: NOW_MS + 9,
  });
});

// Any negative length is a null; written anew it is the one that everybody knows.
test('re-compression writes nulls in their usual form', () => {
  const batch = buildBatch({ records: [record(NOW_MS, null)] });
  const usual = Buffer.from(batch.subarray(61));
  expect(batch[65]).toBe(1);
  batch[65] = 9;
  stampCrc(batch, 0);
  const valid = validateBatch(batch, { ...defaults, compression: 'gzip' }, NOW_MS, 13);
  if (valid.errorCode !== 0) throw new Error(valid.errorMessage);
  expect(decompress(CompressionCode.gzip, valid.batch.subarray(61), 1000).equals(usual)).toBe(true);
});

// Kafka's broker takes it, because it skips through compressed records without their lengths.
test('a compressed record with a wrong length is refused: consumers would stop at it', () => {
  const plain = buildBatch({ records: [record(NOW_MS)] });
  const records = Buffer.from(plain.subarray(61));
  records[0] = records[0]! + 2;
  const batch = Buffer.concat([plain.subarray(0, 61), compress(CompressionCode.gzip, null, records)]);
  batch.writeInt32BE(batch.length - 12, 8);
  setAttributes(batch, 0, CompressionCode.gzip);
  stampCrc(batch, 0);
  expect(validateBatch(batch, defaults, NOW_MS, 13).errorCode).toBe(AppendErrorCode.INVALID_RECORD);
});

// A name that is no UTF-8 is rare and legal; Kafka replaces it when it writes records anew.
test('re-compression keeps names of headers to the byte', () => {
  const records = [{ ...record(NOW_MS), headers: [{ key: 'name', value: null }] }];
  const batch = buildBatch({ records });
  batch[batch.indexOf('name')] = 0xff;
  stampCrc(batch, 0);
  const valid = validateBatch(batch, { ...defaults, compression: 'gzip' }, NOW_MS, 13);
  if (valid.errorCode !== 0) throw new Error(valid.errorMessage);
  const plain = decompress(CompressionCode.gzip, valid.batch.subarray(61), 1000);
  expect(plain.equals(batch.subarray(61))).toBe(true);
});

test('errors of records are counted all and listed up to a bound', () => {
  const records = Array.from({ length: RECORD_ERRORS_MAX + 7 }, () => record(NOW_MS, null));
  const valid = validateBatch(buildBatch({ records }), { ...defaults, isCompacted: true }, NOW_MS, 13);
  expect(valid.errorCode).toBe(AppendErrorCode.INVALID_RECORD);
  if (valid.errorCode === 0) return;
  expect(valid.recordErrors.length).toBe(RECORD_ERRORS_MAX);
  expect(valid.errorMessage).toContain(String(RECORD_ERRORS_MAX + 7));
});

// A megabyte of a good codec can ask for a gigabyte: the answer comes before the memory is taken.
test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'a %s batch that is too large inside is refused',
  (codec) => {
    const records = [{ ...record(NOW_MS), value: Buffer.alloc(3_000_000) }];
    const batch = buildBatch({ records, compression: CompressionCode[codec] });
    const bound = (decompressedBatchSizeBytesMax: number) =>
      validateBatch(batch, { ...defaults, decompressedBatchSizeBytesMax }, NOW_MS, 13).errorCode;
    expect(bound(2_999_999)).toBe(AppendErrorCode.INVALID_RECORD);
    expect(bound(3_000_100)).toBe(0);
    expect(DECOMPRESSED_SIZE_BYTES_MAX).toBeLessThanOrEqual(128 * 1024 * 1024);
  },
);

/** Mulberry32: small, seeded, good enough to flip bytes. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const seeds: readonly Buffer[] = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) =>
  buildBatch({
    records: Array.from({ length: 20 }, (_, at) => ({
      ...record(NOW_MS + at, at % 4 === 0 ? null : `key ${at}`),
      headers: at % 3 === 0 ? [{ key: 'h', value: Buffer.from('x') }] : [],
    })),
    compression: CompressionCode[codec],
    producerId: 5,
    producerEpoch: 0,
    baseSequence: 0,
  }),
);

function mutated(below: (bound: number) => number): Buffer {
  let bytes = Buffer.from(seeds[below(seeds.length)]!);
  for (let left = below(4); left >= 0; left--) {
    const at = below(4) === 0 ? below(Math.min(61, bytes.length)) : below(bytes.length);
    if (below(3) === 0) bytes[at] = bytes[at]! ^ (1 << below(8));
    else bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)]!;
  }
  const cut = below(8);
  if (cut === 0) bytes = bytes.subarray(0, below(bytes.length));
  if (cut === 1) bytes = Buffer.concat([bytes, bytes.subarray(0, below(bytes.length))]);
  if (bytes.length >= 61 && below(10) > 0) {
    // Past the checksum, where the interesting code is.
    if (below(5) > 0) bytes.writeInt32BE(bytes.length - 12, 8);
    if (bytes.readInt32BE(8) === bytes.length - 12) stampCrc(bytes, 0);
  }
  return bytes;
}

const configs: readonly ValidateConfig[] = [
  { ...defaults, decompressedBatchSizeBytesMax: 65_536 },
  { ...defaults, timestampType: 'LogAppendTime', decompressedBatchSizeBytesMax: 65_536 },
  {
    ...defaults,
    compression: 'uncompressed',
    timestampAfterMsMax: 2 ** 63,
    decompressedBatchSizeBytesMax: 65_536,
  },
  { ...defaults, compression: 'lz4', timestampAfterMsMax: 2 ** 63, decompressedBatchSizeBytesMax: 65_536 },
  { ...defaults, isCompacted: true, decompressedBatchSizeBytesMax: 65_536 },
  { ...defaults, timestampBeforeMsMax: 1000, timestampAfterMsMax: 10, decompressedBatchSizeBytesMax: 65_536 },
];

// Whatever a client sends is a value: an accepted batch that every reader can walk, or a refusal with a known code.
test('mutated batches are answered, never thrown at, and what is accepted can be read', () => {
  const known = new Set<number>(Object.values(AppendErrorCode));
  const seen = new Map<number, number>();
  for (let seed = 1; seed <= 12_000; seed++) {
    const below = randomFrom(seed);
    const bytes = mutated(below);
    const config = configs[below(configs.length)]!;
    const valid = validateBatch(bytes, config, NOW_MS, 3 + below(11));
    seen.set(valid.errorCode, (seen.get(valid.errorCode) ?? 0) + 1);
    expect(known.has(valid.errorCode)).toBe(true);
    if (valid.errorCode !== 0) continue;
    const { batch } = valid;
    stampBatch(batch, 0, 1000, LEADER_EPOCH);
    const records = [...recordsOf(batch)];
    if (
      !isCrcValid(batch, 0) ||
      records.length !== recordCountOf(batch, 0) ||
      lastOffsetDeltaOf(batch, 0) !== records.length - 1 ||
      nextOffsetOf(batch, 0) !== 1000 + records.length ||
      leaderEpochOf(batch, 0) !== LEADER_EPOCH ||
      (attributesOf(batch, 0) & 0x20) !== 0
    ) {
      throw new Error(`seed ${seed} accepted ${bytes.toString('hex')}`);
    }
  }
  // The generator reaches the code behind the checksum, and both outcomes.
  for (const code of [0, -1, 2, 32, 76, 87]) expect([code, (seen.get(code) ?? 0) > 50]).toEqual([code, true]);
});
