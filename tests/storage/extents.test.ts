import { MemoryDisk } from '../../storage/disk-memory';
import { copyFromExtents, type Extent, Extents } from '../../storage/extents';
import { Segment } from '../../storage/segment';
import { TailEntry } from '../../storage/tail-entry';
import { EntryKind } from '../../storage/types';
import { JOURNAL, Queue, storeOptions } from './store-fixture';

const BLOCK = 4096;

function world(recentSizeBytesMax = 1 << 20) {
  const queue = new Queue();
  const disk = new MemoryDisk(queue.schedule);
  const options = storeOptions(queue, { lines: [] }, { journal: { ...JOURNAL, recentSizeBytesMax } });
  const extents = new Extents(disk, 1 << 18, options);
  const segment = new Segment('logs/t-0', 1, 1, 0);
  let index = 0;
  /** Builds and keeps what the next `sizeBytes` bytes of the segment are; all of them have the value `fill`. */
  const write = (sizeBytes: number, fill: number): Extent => {
    index++;
    const entry = {
      index,
      term: 1,
      kind: EntryKind.batch,
      baseOffset: index,
      nextOffset: index + 1,
    } as const;
    const bytes = Buffer.alloc(sizeBytes, fill);
    const from = segment.sizeBytes;
    const extent = extents.build(
      segment,
      [new TailEntry({ ...entry, maxTimestamp: 1, bytes }, segment, sizeBytes)],
      from,
      sizeBytes,
    );
    segment.sizeBytes += sizeBytes;
    extents.keep(extent);
    return extent;
  };
  const copy = (position: number, sizeBytes: number): string | null => {
    const into = Buffer.alloc(sizeBytes);
    return copyFromExtents(segment, position, into) ? [...new Set(into)].join(' ') : null;
  };
  return { queue, segment, write, copy };
}

/** Runs of equal bytes: value × count. */
function runs(bytes: Buffer): string {
  const parts: string[] = [];
  for (let from = 0, at = 1; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] === bytes[from]) continue;
    parts.push(`${bytes[from]}×${at - from}`);
    from = at;
  }
  return parts.join(' ');
}

test('whole blocks: what stood before is in the first one, zeros end the last one', () => {
  const { write } = world();
  const first = write(5000, 1);
  const second = write(7000, 2);
  expect([first.blocksFrom, first.isWhole, runs(first.blocks)]).toEqual([0, true, '1×5000 0×3192']);
  expect([second.blocksFrom, second.isWhole]).toEqual([BLOCK, true]);
  expect(runs(second.blocks)).toBe('1×904 2×7000 0×288');
});

test('bytes that went to the file in another way are not made up', () => {
  const { segment, write } = world();
  write(5000, 1);
  segment.sizeBytes += 100;
  const second = write(6000, 2);
  expect([second.blocksFrom, second.isWhole]).toEqual([BLOCK, false]);
  const third = write(100, 3);
  expect([third.isWhole, runs(third.blocks)]).toEqual([true, '2×2908 3×100 0×1088']);
});

test('a block that is only partly in memory is not whole', () => {
  const { segment, write } = world();
  segment.sizeBytes = 100;
  expect(write(200, 1).isWhole).toBe(false);
  expect(write(200, 2).isWhole).toBe(false);
});

test('readers get bytes over borders, and nothing where some are missing', () => {
  const { segment, write, copy } = world();
  write(5000, 1);
  write(5000, 2);
  segment.sizeBytes += 10;
  write(5000, 3);
  expect(copy(0, 5000)).toBe('1');
  expect(copy(4999, 2)).toBe('1 2');
  expect(copy(0, 10_000)).toBe('1 2');
  expect(copy(10_010, 5000)).toBe('3');
  expect(copy(9_999, 12)).toBeNull();
  expect(copy(10_005, 10)).toBeNull();
  expect(copy(15_000, 11)).toBeNull();
});

test('a truncation takes them', () => {
  const { segment, write, copy } = world();
  write(5000, 1);
  write(5000, 2);
  segment.cut(2, 2, 5000, 1);
  expect([copy(0, 5000), copy(5000, 1)]).toEqual(['1', null]);
});

test('no more is kept than the limit says, the newest longest', () => {
  const { write, copy } = world(4 * BLOCK);
  for (let number = 1; number <= 6; number++) write(BLOCK, number);
  expect([0, 1, 2, 3, 4, 5].map((block) => copy(block * BLOCK, BLOCK))).toEqual([
    null,
    null,
    '3',
    '4',
    '5',
    '6',
  ]);
});

test('nothing is kept for long when nothing comes', () => {
  const { queue, write, copy } = world();
  write(BLOCK, 1);
  queue.pass(80_000);
  write(BLOCK, 2);
  queue.pass(120_000);
  expect(copy(0, BLOCK)).toBe('1');
  queue.pass(121_000);
  expect([copy(0, BLOCK), copy(BLOCK, BLOCK)]).toEqual([null, null]);
});
