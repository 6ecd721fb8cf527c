import type { DiskFile } from '../../storage/disk';
import { FilePool } from '../../storage/file-pool';
import { memoryDisk } from './store-fixture';

/** A pool over a disk that counts open files. */
function countedPool(openCountMax: number) {
  const { disk, queue } = memoryDisk();
  const open = disk.open.bind(disk);
  const counts = { now: 0, most: 0, opened: 0 };
  disk.open = (path, options, done) => {
    open(path, options, (error, file) => {
      if (error === null) {
        counts.now++;
        counts.opened++;
        counts.most = Math.max(counts.most, counts.now);
        const close = file.close.bind(file);
        file.close = (closed) => {
          counts.now--;
          close(closed);
        };
      }
      done(error, file);
    });
  };
  return { pool: new FilePool(disk, openCountMax), queue, counts };
}

test('a file that is open is used at once, and opened once for all who wait', () => {
  const { pool, queue, counts } = countedPool(4);
  const files: DiskFile[] = [];
  for (let number = 0; number < 3; number++) pool.use('a', true, (_error, file) => files.push(file));
  queue.settle();
  pool.use('a', false, (_error, file) => files.push(file));
  expect([files.length, new Set(files).size, counts.opened]).toEqual([4, 1, 1]);
});

test('hundreds of files need only a few descriptors', () => {
  const { pool, queue, counts } = countedPool(4);
  for (let number = 0; number < 300; number++) {
    pool.use(`f${number}`, true, () => pool.done(`f${number}`));
    queue.settle();
  }
  expect(counts.most).toBeLessThanOrEqual(5);
});

test('a file in use stays open until its last user is done', () => {
  const { pool, queue, counts } = countedPool(1);
  pool.use('a', true, () => {});
  queue.settle();
  pool.forget('a');
  expect(counts.now).toBe(1);
  pool.done('a');
  expect(counts.now).toBe(0);
});

test('direct writes have a handle of their own, which goes with the file', () => {
  const { pool, queue, counts } = countedPool(4);
  const files = new Set<DiskFile>();
  pool.use('a', true, (_error, file) => files.add(file));
  queue.settle();
  pool.useDirect('a', (_error, file) => files.add(file));
  queue.settle();
  expect([files.size, counts.now]).toEqual([2, 2]);
  pool.forget('a');
  pool.doneDirect('a');
  expect(counts.now).toBe(1);
  pool.done('a');
  expect(counts.now).toBe(0);
});

test('a missing file is an error for each who asked, and is asked for again later', () => {
  const { pool, queue } = countedPool(4);
  const codes: (string | undefined)[] = [];
  pool.use('a', false, (error) => codes.push(error?.code));
  pool.use('a', false, (error) => codes.push(error?.code));
  queue.settle();
  pool.use('a', true, (error) => codes.push(error?.code));
  queue.settle();
  expect(codes).toEqual(['ENOENT', 'ENOENT', undefined]);
});

test('closing waits for users', () => {
  const { pool, queue, counts } = countedPool(4);
  pool.use('a', true, () => {});
  pool.use('b', true, () => pool.done('b'));
  queue.settle();
  let isClosed = false;
  pool.closeAll(() => {
    isClosed = true;
  });
  queue.settle();
  expect(isClosed).toBe(false);
  pool.done('a');
  queue.settle();
  expect([isClosed, counts.now]).toEqual([true, 0]);
});
