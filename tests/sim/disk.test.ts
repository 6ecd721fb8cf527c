import type { DiskError, DiskFile, Done } from '../../storage/disk';
import { SimulatedDisk } from './disk';
import { noDiskFaults } from './disk-faults';
import { SeededRandom } from './random';
import { Scheduler } from './scheduler';

/** A disk that a test drives call by call. */
class Bench {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  disk: SimulatedDisk;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.disk = new SimulatedDisk({
      scheduler: this.scheduler,
      random: this.random,
      faults: noDiskFaults(),
      alignmentBytes: 512,
    });
  }

  /** Submits one operation, runs the queue until it completes and returns its value or the code of its error. */
  run<T>(submit: (done: Done<T>) => void): T | string {
    let outcome: { readonly error: DiskError | null; readonly value: T } | undefined;
    submit((error, value) => {
      outcome = { error, value };
    });
    expect(outcome).toBeUndefined();
    this.scheduler.runUntil(() => outcome !== undefined);
    return outcome!.error === null ? outcome!.value : outcome!.error.code;
  }

  open(path: string, direct = false): DiskFile {
    return this.run<DiskFile>((done) =>
      this.disk.open(path, { create: 'if-missing', direct }, done),
    ) as DiskFile;
  }

  write(file: DiskFile, position: number, bytes: Uint8Array): void {
    expect(this.run((done) => file.write(position, [bytes], done))).toBeUndefined();
  }

  text(path: string): string | undefined {
    return this.disk.contents(path)?.toString('latin1');
  }

  /** Creates a file whose name and `size` bytes of 'a' are durable. */
  durableFile(path: string, sizeBytes: number): DiskFile {
    const file = this.open(path);
    this.write(file, 0, Buffer.alloc(sizeBytes, 'a'));
    this.run((done) => file.sync(done));
    this.run((done) => this.disk.syncDirectory('', done));
    return file;
  }
}

/** How often each outcome was seen over seeds. */
function outcomes(seeds: number, run: (bench: Bench) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = run(new Bench(seed));
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

function letters(text: string | undefined): string {
  return text === undefined
    ? 'gone'
    : text.replace(/(.)\1*/gs, (run, letter: string) => `${letter}${run.length} `).trim();
}

// Without this nothing that runs on the disk proves anything about syncs.
test('unsynced bytes are lost in some runs and kept in others; synced bytes never change', () => {
  const counts = outcomes(400, (bench) => {
    const file = bench.durableFile('f', 512);
    bench.write(file, 512, Buffer.alloc(512, 'b'));
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('f')).replaceAll('\0', '0');
  });
  expect(Object.keys(counts).sort()).toEqual(['a512', 'a512 0512', 'a512 b512']);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
});

test('sectors of an unsynced write are lost independently: later ones may survive earlier ones', () => {
  const counts = outcomes(600, (bench) => {
    const file = bench.durableFile('f', 1024);
    bench.write(file, 0, Buffer.alloc(1024, 'b'));
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('f'));
  });
  expect(Object.keys(counts).sort()).toEqual(['a1024', 'a512 b512', 'b1024', 'b512 a512']);
});

test('a sector shows one moment of its history: never a later write without an earlier one', () => {
  const counts = outcomes(400, (bench) => {
    const file = bench.durableFile('f', 3);
    bench.write(file, 0, Buffer.from('b'));
    bench.write(file, 1, Buffer.from('c'));
    bench.disk = bench.disk.crash('power');
    return bench.text('f')!;
  });
  expect(Object.keys(counts).sort()).toEqual(['aaa', 'baa', 'bca']);
});

test('a sync covers writes that completed before it was submitted, not those after', () => {
  const counts = outcomes(400, (bench) => {
    const file = bench.durableFile('f', 3);
    bench.write(file, 0, Buffer.from('b'));
    let isSynced = false;
    file.sync(() => {
      isSynced = true;
    });
    let isWritten = false;
    file.write(1, [Buffer.from('c')], () => {
      isWritten = true;
    });
    bench.scheduler.runUntil(() => isSynced && isWritten);
    bench.disk = bench.disk.crash('power');
    return bench.text('f')!;
  });
  expect(Object.keys(counts).sort()).toEqual(['baa', 'bca']);
});

test('a name is durable only after its directory was synced, whatever was synced in the file', () => {
  const counts = outcomes(200, (bench) => {
    const file = bench.open('f');
    bench.write(file, 0, Buffer.from('x'));
    bench.run((done) => file.sync(done));
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('f'));
  });
  expect(Object.keys(counts).sort()).toEqual(['gone', 'x1']);
});

test('a new directory needs its parent synced', () => {
  const counts = outcomes(200, (bench) => {
    bench.run((done) => bench.disk.makeDirectory('d', done));
    const file = bench.open('d/f');
    bench.write(file, 0, Buffer.from('x'));
    bench.run((done) => file.sync(done));
    bench.run((done) => bench.disk.syncDirectory('d', done));
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('d/f'));
  });
  expect(Object.keys(counts).sort()).toEqual(['gone', 'x1']);
});

test('a rename is atomic: the target is the old file or the new one, and is durable after a directory sync', () => {
  const counts = outcomes(200, (bench) => {
    bench.durableFile('target', 1);
    const next = bench.open('next');
    bench.write(next, 0, Buffer.from('n'));
    bench.run((done) => next.sync(done));
    bench.run((done) => bench.disk.rename('next', 'target', done));
    const isSynced = bench.random.chance(0.5);
    if (isSynced) bench.run((done) => bench.disk.syncDirectory('', done));
    bench.disk = bench.disk.crash('power');
    return `${isSynced ? 'synced' : 'unsynced'}: target ${bench.text('target')}, next ${bench.text('next')}`;
  });
  expect(Object.keys(counts).sort()).toEqual([
    'synced: target n, next undefined',
    'unsynced: target a, next n',
    'unsynced: target a, next undefined',
    'unsynced: target n, next undefined',
  ]);
});

test('a direct write is durable when it completes and torn by sector before that', () => {
  const completed = outcomes(100, (bench) => {
    const file = bench.durableFile('f', 1024);
    const direct = bench.open('f', true);
    bench.write(file, 0, Buffer.from('u'));
    const memory = bench.disk.allocateAligned(512).fill('d');
    bench.write(direct, 512, memory);
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('f')!.slice(512));
  });
  expect(completed).toEqual({ d512: 100 });

  const inFlight = outcomes(400, (bench) => {
    bench.durableFile('f', 1024);
    const direct = bench.open('f', true);
    direct.write(0, [bench.disk.allocateAligned(1024).fill('d')], () => {});
    bench.disk = bench.disk.crash('power');
    return letters(bench.text('f'));
  });
  expect(Object.keys(inFlight).sort()).toEqual(['a1024', 'a512 d512', 'd1024', 'd512 a512']);
});

test('after a failed sync readers see the bytes, later syncs succeed, and the bytes are lost', () => {
  const counts = outcomes(300, (bench) => {
    const file = bench.durableFile('f', 1);
    bench.write(file, 0, Buffer.from('b'));
    bench.disk.faults.failNext.push({ operation: 'sync', path: /f/, code: 'EIO' });
    expect(bench.run((done) => file.sync(done))).toBe('EIO');
    expect(bench.text('f')).toBe('b');
    expect(bench.run((done) => file.sync(done))).toBeUndefined();
    bench.disk = bench.disk.crash('power');
    return bench.text('f')!;
  });
  expect(counts.a).toBeGreaterThan(100);
});

test('a process that dies leaves the page cache, and a power cut after that still loses it', () => {
  const counts = outcomes(300, (bench) => {
    const file = bench.durableFile('f', 1);
    bench.write(file, 0, Buffer.from('b'));
    bench.disk = bench.disk.crash('process');
    const seen = bench.text('f');
    bench.disk = bench.disk.crash('power');
    return `${seen} then ${bench.text('f')}`;
  });
  expect(Object.keys(counts).sort()).toEqual(['b then a', 'b then b']);
});

test('a full disk takes what fits, refuses new pages, overwrites old ones, and heals', () => {
  const bench = new Bench(1);
  bench.disk.faults.spaceSizeBytes = 8192;
  const file = bench.open('f');
  bench.write(file, 0, Buffer.alloc(8192));
  expect(bench.run((done) => file.write(8192, [Buffer.alloc(1)], done))).toBe('ENOSPC');
  bench.write(file, 0, Buffer.alloc(8192, 'z'));
  bench.disk.faults.spaceSizeBytes = 16384;
  bench.write(file, 8192, Buffer.alloc(1));
  expect(bench.disk.statistics.fullErrors).toBe(1);
});

test('unsynced truncation may be undone, and cut bytes never come back where it was not', () => {
  const counts = outcomes(400, (bench) => {
    const file = bench.durableFile('f', 4);
    bench.run((done) => file.truncate(2, done));
    bench.write(file, 3, Buffer.from('b'));
    bench.disk = bench.disk.crash('power');
    return bench.text('f')!.replaceAll('\0', '0');
  });
  expect(Object.keys(counts).sort()).toEqual(['aa', 'aa00', 'aa0b', 'aaaa']);
});

test('reads are short at the end of the file', () => {
  const bench = new Bench(3);
  const file = bench.durableFile('f', 10);
  expect(bench.run((done) => file.read(8, Buffer.alloc(8), done))).toBe(2);
  expect(bench.run((done) => file.read(10, Buffer.alloc(8), done))).toBe(0);
});

test('operations complete out of order', () => {
  const counts = outcomes(50, (bench) => {
    const first = bench.durableFile('f', 10);
    const second = bench.durableFile('g', 10);
    const order: string[] = [];
    first.read(0, Buffer.alloc(1), () => order.push('first'));
    second.read(0, Buffer.alloc(1), () => order.push('second'));
    bench.scheduler.runUntil(() => order.length === 2);
    return order.join(' ');
  });
  expect(Object.keys(counts).sort()).toEqual(['first second', 'second first']);
});

test('equal seeds leave equal traces and equal disks', () => {
  const run = (seed: number): string => {
    const bench = new Bench(seed);
    const file = bench.durableFile('f', 5000);
    bench.write(file, 100, bench.random.bytes(9000));
    bench.disk = bench.disk.crash('power');
    return `${bench.scheduler.traceHash} ${bench.text('f')}`;
  };
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});
