import { CHECK_AGE_MS_MAX, CheckedRanges } from '../../storage/checked-ranges';
import type { LogStore } from '../../storage/types';
import {
  batchEntry,
  closeStore,
  JOURNAL,
  LOG_CONFIG,
  memoryDisk,
  openStore,
  type Queue,
  TOPIC,
} from './store-fixture';

const MIB = 1 << 20;
const KEY = { topicId: TOPIC, partition: 0 };

test('bytes are good when all of them were noted, from the beginning of their chunk on', () => {
  const ranges = new CheckedRanges();
  ranges.add(0, 100, 0);
  ranges.add(100, 3 * MIB, 0);
  ranges.add(5 * MIB + 1, 6 * MIB, 0);
  const asked: readonly [number, number][] = [
    [0, 100],
    [50, 2 * MIB + 7],
    [0, 3 * MIB],
    [7, 7],
    [0, 3 * MIB + 1],
    [5 * MIB + 1, 5 * MIB + 2],
    [100 * MIB, 100 * MIB + 1],
  ];
  expect(asked.map(([from, to]) => ranges.has(from, to, 0))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('the oldest bytes of a chunk say how old it is', () => {
  const ranges = new CheckedRanges();
  ranges.add(0, 100, 0);
  ranges.add(100, 200, CHECK_AGE_MS_MAX - 1_000);
  expect(ranges.has(0, 200, CHECK_AGE_MS_MAX - 1)).toBe(true);
  expect(ranges.has(150, 200, CHECK_AGE_MS_MAX)).toBe(false);
  // Too old to go on from: what follows counts for nothing, a look at all of it does.
  ranges.add(200, 300, CHECK_AGE_MS_MAX);
  expect(ranges.has(200, 300, CHECK_AGE_MS_MAX)).toBe(false);
  ranges.add(0, 300, CHECK_AGE_MS_MAX);
  expect(ranges.has(0, 300, CHECK_AGE_MS_MAX)).toBe(true);
});

test('what is forgotten is not good', () => {
  const ranges = new CheckedRanges();
  ranges.add(0, 2 * MIB, 5);
  ranges.forget();
  expect(ranges.has(0, 1, 5)).toBe(false);
});

describe('damage of the medium', () => {
  const journal = { ...JOURNAL, bypassSizeBytesMin: 1 };

  function read(store: LogStore, queue: Queue): string {
    let answer = '';
    const request = { offset: 0, endOffset: 1, sizeBytesMax: 1_000, atLeastOne: true };
    store.log(KEY)!.read(request, (error, result) => {
      answer = error === null ? 'served' : error.message;
      if (error === null) result.release();
    });
    queue.settle();
    return answer;
  }

  test('is looked for when bytes may have left memory: after ten minutes, and after a start', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue, { journal });
    const log = store.create(KEY, LOG_CONFIG);
    log.append([batchEntry(log)]);
    store.flush();
    queue.pass(20);
    const data = disk.paths().find((path) => path.endsWith('.data'))!;
    disk.damage(data, 70, Buffer.from([255]));
    expect(read(store, queue)).toBe('served');
    queue.pass(CHECK_AGE_MS_MAX);
    expect(read(store, queue)).toContain('the batch fails its checksum');
  });

  test('is looked for by the first read after a start, and not again by the next', () => {
    const { disk, queue } = memoryDisk();
    const first = openStore(disk, queue, { journal });
    const log = first.store.create(KEY, LOG_CONFIG);
    log.append([batchEntry(log)]);
    first.store.flush();
    closeStore(first.store, queue);
    const damaged = disk.copy();
    const data = disk.paths().find((path) => path.endsWith('.data'))!;
    damaged.damage(data, 70, Buffer.from([255]));
    expect(read(openStore(damaged, queue, { journal }).store, queue)).toContain(
      'the batch fails its checksum',
    );
    const { store } = openStore(disk, queue, { journal });
    expect(read(store, queue)).toBe('served');
    disk.damage(data, 70, Buffer.from([255]));
    expect(read(store, queue)).toBe('served');
  });
});
