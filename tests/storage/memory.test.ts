import { Arena } from '../../storage/arena';
import { ReadBuffers } from '../../storage/read-buffers';
import { memoryDisk } from './store-fixture';

test('a slab comes back when its last user lets go, and not before', () => {
  const { disk } = memoryDisk();
  const arena = new Arena(disk, { slabSizeBytes: 8192, freeSizeBytesMax: 8192 });
  const first = arena.take(4096);
  first.at += 4096;
  const same = arena.take(4096);
  same.at += 4096;
  expect([same, arena.usedSizeBytes]).toEqual([first, 8192]);
  const second = arena.take(4096);
  expect(second).not.toBe(first);
  arena.release(first);
  expect(arena.usedSizeBytes).toBe(16_384);
  arena.release(first);
  expect([arena.usedSizeBytes, first.at]).toEqual([8192, 0]);
  second.at = 8192;
  expect(arena.take(4096)).toBe(first);
});

test('a slab that nobody uses is written from its beginning again', () => {
  const { disk } = memoryDisk();
  const arena = new Arena(disk, { slabSizeBytes: 8192, freeSizeBytesMax: 8192 });
  for (let number = 0; number < 10; number++) {
    const slab = arena.take(4096);
    expect(slab.at).toBe(0);
    slab.at += 4096;
    arena.release(slab);
  }
});

test('more than a slab holds gets its own memory, once', () => {
  const { disk } = memoryDisk();
  const arena = new Arena(disk, { slabSizeBytes: 8192, freeSizeBytesMax: 65_536 });
  const large = arena.take(20_000);
  expect(large.memory.length).toBe(20_000);
  arena.release(large);
  expect(arena.usedSizeBytes).toBe(0);
});

test('read buffers are used again, and kept up to a limit', () => {
  const buffers = new ReadBuffers(32_768);
  const first = buffers.take(10_000);
  expect(first.length).toBe(16_384);
  buffers.give(first);
  expect(buffers.take(16_384)).toBe(first);
  const many = [1, 2, 3].map(() => buffers.take(16_384));
  for (const each of many) buffers.give(each);
  const again = [1, 2, 3].map(() => buffers.take(16_384));
  expect(again.filter((each) => many.includes(each))).toHaveLength(2);
});
