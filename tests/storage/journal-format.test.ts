import { decodeCleanMark, encodeCleanMark } from '../../storage/clean-mark';
import { DamagedStoreError, NewerFormatError } from '../../storage/errors';
import { decodeIdentity, encodeIdentity } from '../../storage/identity';
import { decodeJournalCount, encodeJournalCount } from '../../storage/journal-count';
import {
  GROUP_HEADER_SIZE_BYTES,
  readGroupHeader,
  recordSizeBytes,
  stampOf,
  writeGroupHeader,
} from '../../storage/journal-format';
import { decodeManifest, encodeLogs, encodeManifest } from '../../storage/manifest';

const HEADER = {
  flags: 1,
  fileGeneration: 7,
  boot: 3,
  sequence: 9_007_199_254_740_991,
  sizeBytes: 8192,
  usedSizeBytes: 5000,
  recordCount: 12,
  previousGeneration: 6,
  previousEnd: 4096,
};

test('a group header gives back its fields, in its own directory only', () => {
  const bytes = Buffer.alloc(4096, 0xee);
  writeGroupHeader(bytes, 0, HEADER, 99);
  expect(readGroupHeader(bytes, 0, 99)).toEqual(HEADER);
  expect(readGroupHeader(bytes, 0, 98)).toBeNull();
  expect(readGroupHeader(bytes.subarray(0, 63), 0, 99)).toBeNull();
});

test('a group header with one byte changed does not pass', () => {
  const bytes = Buffer.alloc(GROUP_HEADER_SIZE_BYTES);
  writeGroupHeader(bytes, 0, HEADER, 99);
  for (let at = 0; at < GROUP_HEADER_SIZE_BYTES; at++) {
    bytes[at]! ^= 0x40;
    expect(readGroupHeader(bytes, 0, 99)).toBeNull();
    bytes[at]! ^= 0x40;
  }
});

test('stamps differ between groups and between processes', () => {
  const stamps = new Set<number>();
  for (let sequence = 1; sequence <= 100; sequence++)
    for (let boot = 1; boot <= 10; boot++) stamps.add(stampOf(sequence, boot));
  expect(stamps.size).toBe(1000);
});

test('records are padded to eight bytes', () => {
  expect([0, 1, 8, 9].map(recordSizeBytes)).toEqual([16, 24, 24, 32]);
  expect([2 ** 31 - 1, 2 ** 32 - 1].map(recordSizeBytes)).toEqual([2 ** 31 + 16, 2 ** 32 + 16]);
});

const HEAD = {
  sequence: 4,
  place: { number: 1, generation: 2, position: 4096, sequence: 17 },
  boot: 3,
  nextJournalGeneration: 5,
  nextLogNumber: 6,
  nextSegmentGeneration: 7,
};

test('a manifest and an identity give back what they were made of', () => {
  expect(decodeManifest(encodeManifest(HEAD, encodeLogs([])))).toEqual({ ...HEAD, logs: [] });
  const identity = { clusterId: 'c', nodeId: 12, incarnation: 'i' };
  expect(decodeIdentity(encodeIdentity(identity))).toEqual(identity);
});

test.each([
  ['manifest', encodeManifest(HEAD, encodeLogs([])), decodeManifest],
  ['journals', encodeJournalCount(3), decodeJournalCount],
  ['identity', encodeIdentity({ clusterId: 'c', nodeId: 12, incarnation: 'i' }), decodeIdentity],
] as [string, Buffer, (bytes: Buffer) => unknown][])(
  '%s: damage, truncation and a newer version are refused',
  (_name, bytes, decode) => {
    const damaged = Buffer.from(bytes);
    damaged[10]! ^= 1;
    expect(() => decode(damaged)).toThrow(DamagedStoreError);
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decode(Buffer.from(bytes.subarray(0, size)))).toThrow(DamagedStoreError);
    }
    const newer = Buffer.from(bytes);
    newer.writeUInt32LE(2, 4);
    expect(() => decode(newer)).toThrow(NewerFormatError);
  },
);

// A mark that says nothing costs a scan; one that is believed wrongly costs data.
test('a damaged clean mark says nothing', () => {
  const mark = Buffer.from(encodeCleanMark(12));
  expect(decodeCleanMark(mark)).toBe(12);
  mark[9]! ^= 1;
  expect([
    decodeCleanMark(mark),
    decodeCleanMark(Buffer.alloc(0)),
    decodeCleanMark(Buffer.alloc(20)),
  ]).toEqual([-1, -1, -1]);
});
