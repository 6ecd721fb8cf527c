import { DiskError } from '../../storage/disk';
import type { StoredLog } from '../../storage/types';
import {
  batchEntry,
  entriesOf,
  JOURNAL,
  LOG_CONFIG,
  memoryDisk,
  openStore,
  readAll,
  TOPIC,
} from './store-fixture';

const journal = { ...JOURNAL, bypassSizeBytesMin: 10_000 };
const key = (partition: number) => ({ topicId: TOPIC, partition });

/** A store with a group in flight that holds one small batch of partition 0. */
function busyStore() {
  const { disk, queue } = memoryDisk();
  const { store, events } = openStore(disk, queue, { journal });
  const small = store.create(key(0), LOG_CONFIG);
  small.append([batchEntry(small)]);
  store.flush();
  const large = store.create(key(1), LOG_CONFIG);
  return { disk, queue, store, events, small, large };
}

const path = `logs/${TOPIC}-1/0000000002.data`;

test('a large batch is stored when it is in its segment and its row is in a group', () => {
  const { disk, queue, store, events, large } = busyStore();
  const first = batchEntry(large, { valueSizeBytes: 20_000 });
  const { bytes } = first;
  large.append([first]);
  store.flush();
  for (let count = 0; !events.lines.includes('stored p1 1 term 1'); count++) {
    expect(count).toBeLessThan(100);
    queue.step(1);
  }
  expect(disk.contents(path)!.subarray(0, bytes.length).equals(bytes)).toBe(true);
  queue.clear();
  const again = openStore(disk, queue, { journal }).store.log(key(1))!;
  expect(readAll(again, queue).equals(bytes)).toBe(true);
});

test('what groups took between two large batches is in the file before the second', () => {
  const { disk, queue, store, large } = busyStore();
  const all: Buffer[] = [];
  for (const valueSizeBytes of [20_000, 10, 20_000, 10, 10, 30_000]) {
    const entry = batchEntry(large, { valueSizeBytes });
    all.push(entry.bytes);
    large.append([entry]);
    store.flush();
    queue.step(2);
  }
  queue.settle();
  expect(large.durableIndex).toBe(6);
  const expected = Buffer.concat(all);
  expect(readAll(large, queue).equals(expected)).toBe(true);
  expect(disk.contents(path)!.subarray(0, expected.length).equals(expected)).toBe(true);
});

test('a truncation before any group had them begins a new file, and the crash after it finds what is stored', () => {
  const { disk, queue, store, large } = busyStore();
  large.append([batchEntry(large, { valueSizeBytes: 20_000 })]);
  store.flush();
  queue.step(3);
  large.truncateSuffix(1);
  const kept = batchEntry(large, { term: 2, valueSizeBytes: 20_000 });
  large.append([kept]);
  store.flush();
  queue.settle();
  expect(disk.paths().filter((each) => each.endsWith('.data'))).toEqual([`logs/${TOPIC}-1/0000000003.data`]);
  queue.clear();
  const again = openStore(disk, queue, { journal }).store.log(key(1))!;
  expect(entriesOf(again, queue).map((entry) => [entry.term, entry.bytes.equals(kept.bytes)])).toEqual([
    [2, true],
  ]);
});

test('a small batch does not wait for a large one that is on its way', () => {
  const { queue, store, events, small, large } = busyStore();
  large.append([batchEntry(large, { valueSizeBytes: 20_000 })]);
  small.append([batchEntry(small)]);
  store.flush();
  queue.settle();
  expect(events.lines.slice(0, 2)).toEqual(['stored p0 1 term 1', 'stored p0 2 term 1']);
  expect(events.lines).toContain('stored p1 1 term 1');
});

test('a write that fails behind a deletion holds up nothing of the other logs', () => {
  const { disk, queue } = memoryDisk();
  const rows = `logs/${TOPIC}-0/0000000001.rows`;
  const syncs: (() => void)[] = [];
  const open = disk.open.bind(disk);
  disk.open = (opened, options, done) => {
    open(opened, options, (error, file) => {
      if (error === null && opened === rows) {
        file.sync = (synced) => syncs.push(() => synced(new DiskError('EIO', 'sync', opened)));
      }
      done(error, file);
    });
  };
  const lazy = { ...JOURNAL, lazySizeBytesMax: 40_000 };
  const { store, events } = openStore(disk, queue, { journal: lazy });
  const append = (log: StoredLog, count: number, valueSizeBytes: number): void => {
    for (let number = 0; number < count; number++) log.append([batchEntry(log, { valueSizeBytes })]);
    store.flush();
    queue.settle();
  };

  // More than half of what may wait in memory: it goes to the segment, rows too, and the sync is held back.
  const deleted = store.create(key(0), LOG_CONFIG);
  append(deleted, 300, 10);
  expect(syncs).toHaveLength(1);
  // The group in flight waits for this one, which waits for the files.
  append(deleted, 1, 200_000);
  expect(deleted.durableIndex).toBe(300);
  store.delete(key(0));
  syncs[0]!();
  queue.settle();

  const other = store.create(key(1), LOG_CONFIG);
  for (let count = 200; count <= 600; count += 200) {
    append(other, 200, 100);
    expect(other.durableIndex).toBe(count);
  }
  expect(events.lines.filter((line) => line.startsWith('failed'))).toEqual([]);
});
