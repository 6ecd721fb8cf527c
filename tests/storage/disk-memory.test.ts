import type { DiskFile } from '../../storage/disk';
import { MemoryDisk } from '../../storage/disk-memory';
import { memoryDisk } from './store-fixture';

function open(path: string) {
  const { disk, queue } = memoryDisk();
  let file: DiskFile | null = null;
  disk.open(path, { create: 'if-missing' }, (_error, opened) => {
    file = opened;
  });
  expect(file).toBeNull();
  queue.settle();
  return { disk, queue, file: file! as DiskFile };
}

test('bytes come back, across pages and over holes', () => {
  const { queue, file } = open('a');
  const bytes = Buffer.alloc(200_000, 'abc');
  file.write(100_000, [bytes.subarray(0, 50_000), bytes.subarray(50_000)], () => {});
  const read = Buffer.alloc(300_001, 0xff);
  let count = -1;
  file.read(0, read, (_error, sizeBytes) => {
    count = sizeBytes;
  });
  queue.settle();
  expect([count, read.subarray(0, 100_000).every((byte) => byte === 0)]).toEqual([300_000, true]);
  expect(read.subarray(100_000, 300_000).equals(bytes)).toBe(true);
});

test('what was cut off is zero when the file grows again', () => {
  const { disk, queue, file } = open('a');
  file.write(0, [Buffer.from('abcdef')], () => {});
  file.truncate(2, () => {});
  file.write(5, [Buffer.from('x')], () => {});
  queue.settle();
  expect(disk.contents('a')).toEqual(Buffer.from('ab\0\0\0x'));
});

test('a file that was made longer reads as zeros behind what was written', () => {
  const { disk, queue, file } = open('a');
  file.write(0, [Buffer.from('abc')], () => {});
  file.truncate(5_000, () => {});
  file.write(4_998, [Buffer.from('z')], () => {});
  queue.settle();
  const expected = Buffer.alloc(5_000);
  expected.write('abc');
  expected.write('z', 4_998);
  expect(disk.contents('a')!.equals(expected)).toBe(true);
});

test('names: what is missing, what is in the way', () => {
  const { disk, queue } = memoryDisk();
  const codes: (string | null)[] = [];
  const note = (error: { code: string } | null): void => {
    codes.push(error?.code ?? null);
  };
  disk.open('x/a', { create: 'if-missing' }, note);
  disk.makeDirectory('x/y', note);
  disk.open('x/a', { create: 'never' }, note);
  disk.open('x/a', { create: 'exclusive' }, note);
  disk.open('x/a', { create: 'exclusive' }, note);
  disk.remove('x', note);
  disk.rename('x/a', 'x/y/b', note);
  disk.makeDirectory('x/y/b', note);
  disk.list('nowhere', note);
  disk.remove('x/y/b', note);
  disk.remove('x/y', note);
  queue.settle();
  expect(codes).toEqual([
    'ENOENT',
    null,
    'ENOENT',
    null,
    'EEXIST',
    'EOTHER',
    null,
    'ENOTDIR',
    'ENOENT',
    null,
    null,
  ]);
});

test('a disk with a limit is full at it, writes nothing of what does not fit, and takes more when files go', () => {
  const queue: (() => void)[] = [];
  const disk = new MemoryDisk((run) => queue.push(run), 3 * 65_536);
  const settle = (): void => {
    for (const run of queue.splice(0)) run();
  };
  const files: DiskFile[] = [];
  for (const path of ['a', 'b'])
    disk.open(path, { create: 'if-missing' }, (_error, file) => files.push(file));
  settle();
  const [first, second] = files as [DiskFile, DiskFile];
  const codes: (string | undefined)[] = [];
  const note = (error: { code: string } | null): void => void codes.push(error?.code);
  const page = Buffer.alloc(65_536, 1);
  first.write(0, [page, page], note);
  second.write(0, [page, page], note);
  settle();
  expect([codes, disk.contents('b')!.length]).toEqual([[undefined, 'ENOSPC'], 0]);
  first.truncate(1, note);
  second.write(0, [page, page], note);
  second.write(0, [page, page], note);
  first.write(65_536, [page], note);
  settle();
  expect(codes.slice(2)).toEqual([undefined, undefined, undefined, 'ENOSPC']);
  disk.remove('b', note);
  settle();
  first.write(65_536, [page, page], note);
  const read = Buffer.alloc(65_536);
  second.read(0, read, () => {});
  settle();
  expect([codes.slice(6), read.equals(page)]).toEqual([[undefined, undefined], true]);
});
