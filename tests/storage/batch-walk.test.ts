import { batchDamage, walkBatches } from '../../storage/batch-walk';
import { buildBatch } from '../../storage/record-build';

const batch = (baseOffset: number, count: number): Buffer =>
  buildBatch({
    baseOffset,
    leaderEpoch: 5,
    records: Array.from({ length: count }, () => ({ timestamp: 1, key: null, value: Buffer.from('value') })),
  });

const THREE = [batch(10, 2), batch(12, 1), batch(13, 4)];
const BYTES = Buffer.concat(THREE);
const [FIRST, SECOND, THIRD] = THREE.map((each) => each.length) as [number, number, number];
const ALL = { offset: 10, endOffset: 17, sizeBytesMax: 10_000, atLeastOne: true, isChecked: false };

test.each([
  ['everything', {}, BYTES.length, { from: 0, to: BYTES.length, nextOffset: 17 }],
  ['from the batch that holds the offset', { offset: 11 }, BYTES.length, { from: 0, to: BYTES.length }],
  ['from the second', { offset: 12 }, BYTES.length, { from: FIRST, to: BYTES.length }],
  ['below the end', { endOffset: 13 }, BYTES.length, { from: 0, to: FIRST + SECOND, nextOffset: 13 }],
  ['an end inside a batch leaves it out', { endOffset: 15 }, BYTES.length, { to: FIRST + SECOND }],
  ['as many as fit', { sizeBytesMax: FIRST + SECOND + THIRD - 1 }, BYTES.length, { to: FIRST + SECOND }],
  ['one at least', { sizeBytesMax: 1 }, BYTES.length, { to: FIRST }],
  ['or none', { sizeBytesMax: 1, atLeastOne: false }, BYTES.length, { from: 0, to: 0 }],
  ['whole ones, when the bytes end', {}, BYTES.length - 1, { to: FIRST + SECOND, neededSizeBytes: 0 }],
  [
    'how much the first one needs',
    { offset: 13 },
    BYTES.length - 1,
    { to: FIRST + SECOND, neededSizeBytes: THIRD },
  ],
])('gives %s', (_what, change, sizeBytes, expected) => {
  expect(walkBatches(BYTES, sizeBytes, 10, { ...ALL, ...change })).toMatchObject({
    damage: null,
    ...expected,
  });
});

test.each([
  ['a body', FIRST + 40, 'the batch fails its checksum'],
  ['the magic', FIRST + 16, 'no batch of magic 2 stands there'],
  ['the base offset', FIRST + 7, 'the batch begins below the one before it'],
])('stops before damage of %s', (_what, at, damage) => {
  const bytes = Buffer.from(BYTES);
  bytes[at] = 0x01;
  const { from, to, ...rest } = walkBatches(bytes, bytes.length, 10, ALL);
  expect([from, to, rest.damagedAt, rest.damage]).toEqual([0, FIRST, FIRST, damage]);
});

test('does not compute the checksums of bytes that are known to be good', () => {
  const bytes = Buffer.from(BYTES);
  bytes[FIRST + 40] = 0x01;
  const walk = walkBatches(bytes, bytes.length, 10, { ...ALL, isChecked: true });
  expect([walk.to, walk.damage]).toEqual([BYTES.length, null]);
});

test('an entry must be the batch that its row says', () => {
  const bytes = THREE[0]!;
  expect(batchDamage(bytes, 0, bytes.length, 10, 5)).toBeNull();
  expect(batchDamage(bytes, 0, bytes.length, 11, 5)).toBe('the batch has another base offset');
  expect(batchDamage(bytes, 0, bytes.length, 10, 6)).toBe('the batch has another leader epoch');
  expect(batchDamage(bytes, 0, bytes.length - 1, 10, 5)).toBe('the batch has another length');
});
