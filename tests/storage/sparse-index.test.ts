import { SparseIndex } from '../../storage/sparse-index';

const filled = (count: number): SparseIndex => {
  const index = new SparseIndex();
  for (let number = 0; number < count; number++) {
    index.add(number * 128, number * 100 + 1, number * 1000, number * 65_536, number - 1);
  }
  return index;
};

test('finds the last point at or before an offset, an index and a timestamp', () => {
  const index = filled(10);
  expect(index.at(index.lastAtOffset(4999))).toMatchObject({ offset: 4000, slot: 512 });
  expect(index.at(index.lastAtOffset(5000))).toMatchObject({ offset: 5000 });
  expect(index.at(index.lastAtIndex(301))).toMatchObject({ index: 301 });
  expect(index.at(index.lastBeforeTimestamp(5))).toMatchObject({ maxTimestampBefore: 4 });
  expect([index.lastAtOffset(-1), index.at(-1), index.at(10)]).toEqual([-1, null, null]);
});

test('points too near to the last one are not taken', () => {
  const index = filled(1);
  index.add(1, 2, 10, 100, 0);
  expect(index.count).toBe(1);
});

// Trap: a log of many small batches must not grow an index without bound.
test('stays bounded, and still finds a point not far before', () => {
  const index = filled(100_000);
  expect(index.count).toBeLessThanOrEqual(1024);
  for (const offset of [0, 1_234_567, 50_000_000, 99_999_000]) {
    const found = index.at(index.lastAtOffset(offset))!;
    expect(offset - found.offset).toBeLessThan(300_000);
    expect(found.position).toBe((found.offset / 1000) * 65_536);
  }
});

test('forgets what a truncation took', () => {
  const index = filled(10);
  index.truncate(512);
  expect([index.count, index.at(3)?.slot]).toEqual([4, 384]);
});
