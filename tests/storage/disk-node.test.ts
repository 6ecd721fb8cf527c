import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Disk, DiskError, DiskFile, Done } from '../../storage/disk';
import { nodeDisk } from '../../storage/disk-node';

let root: string;
let disk: Disk;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'pyralog-disk-'));
  disk = nodeDisk(root);
});

afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

/** Also holds the rule that nothing completes before the submitting call has returned. */
function call<T>(submit: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let returned = false;
    submit((error: DiskError | null, value: T) => {
      if (!returned) reject(new Error('completed inside the submitting call'));
      else if (error !== null) reject(error);
      else resolve(value);
    });
    returned = true;
  });
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: DiskError) => `${error.code} ${error.operation}`,
  );

async function readAll(file: DiskFile): Promise<Buffer> {
  const into = Buffer.alloc(await call<number>((done) => file.size(done)));
  const bytesRead = await call<number>((done) => file.read(0, into, done));
  return into.subarray(0, bytesRead);
}

test('writes at positions, reads short only at the end, truncates', async () => {
  const file = await call<DiskFile>((done) => disk.open('a', { create: 'exclusive' }, done));
  await call<void>((done) => file.write(3, [Buffer.from('def'), Buffer.alloc(0), Buffer.from('gh')], done));
  await call<void>((done) => file.write(0, [Buffer.from('abc')], done));
  await call<void>((done) => file.write(0, [], done));
  await call<void>((done) => file.sync(done));
  const into = Buffer.alloc(10);
  expect(await call<number>((done) => file.read(5, into, done))).toBe(3);
  expect(into.toString('latin1', 0, 3)).toBe('fgh');
  expect(await call<number>((done) => file.read(100, into, done))).toBe(0);
  await call<void>((done) => file.truncate(4, done));
  expect((await readAll(file)).toString()).toBe('abcd');
  await call<void>((done) => file.close(done));
});

// More buffers than one writev may take (IOV_MAX is 1024 on Linux).
test('writes any number of buffers in order', async () => {
  const file = await call<DiskFile>((done) => disk.open('many', { create: 'if-missing' }, done));
  const buffers = Array.from({ length: 2500 }, (_, at) => Buffer.from(`${at},`));
  await call<void>((done) => file.write(0, buffers, done));
  expect((await readAll(file)).equals(Buffer.concat(buffers))).toBe(true);
  await call<void>((done) => file.close(done));
});

test('direct: aligned writes arrive, and memory of any alignment may read them', async () => {
  const file = await call<DiskFile>((done) =>
    disk.open('direct', { create: 'exclusive', direct: true }, done),
  );
  const block = disk.allocateAligned(2 * disk.alignmentBytes);
  expect(block.every((byte) => byte === 0)).toBe(true);
  block.fill(7);
  await call<void>((done) => file.write(disk.alignmentBytes, [block, block], done));
  const into = Buffer.alloc(5000);
  expect(await call<number>((done) => file.read(disk.alignmentBytes + 1, into, done))).toBe(5000);
  expect(into.every((byte) => byte === 7)).toBe(true);
  expect(await call<number>((done) => file.size(done))).toBe(5 * disk.alignmentBytes);
  await call<void>((done) => file.truncate(disk.alignmentBytes, done));
  expect((await readAll(file)).equals(Buffer.alloc(disk.alignmentBytes))).toBe(true);
  await call<void>((done) => file.close(done));
});

// The promise is the same where O_DIRECT is refused: an open that says EINVAL must leave no half-made file behind that
// makes the second, buffered open of an exclusive file fail, and each write must be followed by a sync.
test('direct where the file system refuses it at open: buffered, and synced on every write', async () => {
  const open = fs.open;
  const direct = (fs.constants as { O_DIRECT?: number }).O_DIRECT ?? 0;
  if (direct === 0) return;
  const syncs = jest.spyOn(fs, 'fdatasync');
  const opens = jest.spyOn(fs, 'open').mockImplementation(((
    at: string,
    flags: number,
    mode: unknown,
    done: unknown,
  ) => {
    if (!(flags & direct)) return (open as (...rest: unknown[]) => void)(at, flags, mode, done);
    fs.writeFileSync(at, '', { flag: 'a' });
    setImmediate(() =>
      (done as (error: Error) => void)(Object.assign(new Error('refused'), { code: 'EINVAL' })),
    );
  }) as typeof fs.open);
  try {
    const file = await call<DiskFile>((done) => disk.open('x', { create: 'exclusive', direct: true }, done));
    const before = syncs.mock.calls.length;
    await call<void>((done) => file.write(1, [Buffer.from('yz')], done));
    expect(syncs.mock.calls.length).toBe(before + 1);
    expect((await readAll(file)).toString()).toBe('\0yz');
    await call<void>((done) => file.close(done));
  } finally {
    opens.mockRestore();
    syncs.mockRestore();
  }
});

test('direct where the first write is refused: goes on buffered and synced', async () => {
  const file = await call<DiskFile>((done) => disk.open('late', { create: 'exclusive', direct: true }, done));
  const block = disk.allocateAligned(disk.alignmentBytes).fill(1);
  const syncs = jest.spyOn(fs, 'fdatasync');
  const writes = jest.spyOn(fs, 'writev').mockImplementationOnce(((...all: unknown[]) => {
    const done = all.at(-1) as (error: Error) => void;
    setImmediate(() => done(Object.assign(new Error('refused'), { code: 'EINVAL' })));
  }) as typeof fs.writev);
  try {
    await call<void>((done) => file.write(0, [block], done));
    expect(syncs.mock.calls.length).toBe(
      (fs.constants as { O_DIRECT?: number }).O_DIRECT === undefined ? 0 : 1,
    );
    expect((await readAll(file)).equals(block)).toBe(true);
    await call<void>((done) => file.close(done));
  } finally {
    writes.mockRestore();
    syncs.mockRestore();
  }
});

test('short writes are continued, also in the middle of a buffer', async () => {
  const writev = fs.writev as (...all: unknown[]) => void;
  const short = jest
    .spyOn(fs, 'writev')
    .mockImplementation(((
      descriptor: number,
      buffers: readonly Uint8Array[],
      position: number,
      done: unknown,
    ) =>
      writev(
        descriptor,
        [buffers.find((b) => b.length > 0)!.subarray(0, 3)],
        position,
        done,
      )) as typeof fs.writev);
  try {
    const file = await call<DiskFile>((done) => disk.open('short', { create: 'exclusive' }, done));
    const parts = ['ab', '', 'cdefgh', 'i', 'jklmnopq'];
    await call<void>((done) =>
      file.write(
        2,
        parts.map((part) => Buffer.from(part)),
        done,
      ),
    );
    expect((await readAll(file)).toString()).toBe('\0\0abcdefghijklmnopq');
    await call<void>((done) => file.close(done));
  } finally {
    short.mockRestore();
  }
});

test('directories: made with parents, listed sorted, renamed, removed, synced', async () => {
  await call<void>((done) => disk.makeDirectory('x/y', done));
  await call<void>((done) => disk.makeDirectory('x/y', done));
  for (const name of ['x/c', 'x/a', 'x/b']) {
    const file = await call<DiskFile>((done) => disk.open(name, { create: 'exclusive' }, done));
    await call<void>((done) => file.close(done));
  }
  await call<void>((done) => disk.rename('x/c', 'x/0', done));
  expect(await call<string[]>((done) => disk.list('x', done))).toEqual(['0', 'a', 'b', 'y']);
  await call<void>((done) => disk.remove('x/y', done));
  await call<void>((done) => disk.remove('x/0', done));
  await call<void>((done) => disk.syncDirectory('x', done));
  expect(await call<string[]>((done) => disk.list('x', done))).toEqual(['a', 'b']);
});

test('errors carry the code and the operation', async () => {
  fs.writeFileSync(path.join(root, 'there'), '');
  fs.mkdirSync(path.join(root, 'full/inner'), { recursive: true });
  const open = (at: string, create: 'never' | 'exclusive') =>
    codeOf(call((done: Done<DiskFile>) => disk.open(at, { create }, done)));
  expect(await open('absent', 'never')).toBe('ENOENT open');
  expect(await open('there', 'exclusive')).toBe('EEXIST open');
  expect(await open('there/under', 'exclusive')).toBe('ENOTDIR open');
  expect(await codeOf(call((done: Done<string[]>) => disk.list('absent', done)))).toBe('ENOENT list');
  expect(await codeOf(call((done: Done) => disk.remove('full', done)))).toBe('EOTHER remove');
  expect(await codeOf(call((done: Done) => disk.syncDirectory('absent', done)))).toBe('ENOENT syncDirectory');
});

test.each(['../out', 'a/../../out', '/etc/passwd', 'a\\..\\out', 'C:/out', 'nul\0'])(
  'a path that leaves the directory is refused: %j',
  async (at) => {
    expect(await codeOf(call((done: Done<DiskFile>) => disk.open(at, { create: 'if-missing' }, done)))).toBe(
      'EINVAL open',
    );
    expect(await codeOf(call((done: Done) => disk.rename('a', at, done)))).toBe('EINVAL rename');
    expect(await codeOf(call((done: Done) => disk.remove(at, done)))).toBe('EINVAL remove');
  },
);
