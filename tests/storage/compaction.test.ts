import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchPositions,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  lastOffsetDeltaOf,
  maxTimestampOf,
  producerIdOf,
} from '../../storage/batch';
import type { MemoryDisk } from '../../storage/disk-memory';
import type { Log } from '../../storage/log';
import { buildBatch, buildEndMarker, type NewBatch, type NewRecord } from '../../storage/record-build';
import { recordsOf } from '../../storage/records';
import {
  type CompactionRequest,
  type CompactionResult,
  EntryKind,
  type LogEntry,
  type StoredLog,
} from '../../storage/types';
import { closeStore, entriesOf, memoryDisk, openStore, type Queue, readAll, TOPIC } from './store-fixture';

const LIMITS = {
  mapSizeBytesMax: 1 << 20,
  mapLoadMax: 0.9,
  readSizeBytes: 4096,
  bytesPerSecondMax: Number.POSITIVE_INFINITY,
};

/** A store with one log, whose batches are written as text: `k=v` a record, `k!` a tombstone, `;` a new segment. */
class Bench {
  readonly disk: MemoryDisk;
  readonly queue: Queue;
  store: ReturnType<typeof openStore>['store'];
  log: StoredLog;

  constructor() {
    const { disk, queue } = memoryDisk();
    this.disk = disk;
    this.queue = queue;
    this.store = this.#open();
    this.log = this.store.create(
      { topicId: TOPIC, partition: 0 },
      { segmentSizeBytesMax: 1 << 20, segmentAgeMsMax: 1e12 },
    );
  }

  #open(): ReturnType<typeof openStore>['store'] {
    return openStore(this.disk, this.queue, {
      snapshotState: (log) => ({ index: log.lastIndex, bytes: Buffer.from(`state at ${log.lastIndex}`) }),
    }).store;
  }

  reopen(): void {
    closeStore(this.store, this.queue);
    this.store = this.#open();
    this.log = this.store.log({ topicId: TOPIC, partition: 0 })!;
  }

  kill(): void {
    this.queue.clear();
    this.store = this.#open();
    this.log = this.store.log({ topicId: TOPIC, partition: 0 })!;
  }

  append(bytes: Buffer): void {
    const count = lastOffsetDeltaOf(bytes, 0) + 1;
    const entry: LogEntry = {
      index: this.log.lastIndex + 1,
      term: 1,
      kind: EntryKind.batch,
      baseOffset: this.log.endOffset,
      nextOffset: this.log.endOffset + count,
      maxTimestamp: maxTimestampOf(bytes, 0),
      bytes,
    };
    this.log.append([entry]);
    this.store.flush();
    this.queue.settle();
  }

  noop(): void {
    const { lastIndex, endOffset } = this.log;
    this.log.append([
      {
        index: lastIndex + 1,
        term: 1,
        kind: EntryKind.noop,
        baseOffset: endOffset,
        nextOffset: endOffset,
        maxTimestamp: -1,
        bytes: Buffer.alloc(0),
      },
    ]);
  }

  records(text: string, shape: Partial<NewBatch> = {}): void {
    const records = text.split(' ').map((word, number): NewRecord => {
      const [key, value] = word.endsWith('!') ? [word.slice(0, -1), null] : word.split('=');
      return {
        timestamp: 1000 + number,
        key: Buffer.from(key!),
        value: value === null ? null : Buffer.from(value!),
      };
    });
    this.append(buildBatch({ ...shape, records, baseOffset: this.log.endOffset, leaderEpoch: 1 }));
  }

  marker(producerId: number, isCommit: boolean): void {
    const shape = { producerId, producerEpoch: 0, timestampMs: 1500, coordinatorEpoch: 0 };
    this.append(buildEndMarker({ ...shape, isCommit, baseOffset: this.log.endOffset, leaderEpoch: 1 }));
  }

  write(text: string): void {
    for (const segment of text.split(' ; ')) {
      for (const batch of segment.split(' | ')) this.records(batch);
      this.log.roll();
    }
  }

  compact(changes: Partial<CompactionRequest> = {}): CompactionResult {
    let outcome: CompactionResult | null = null;
    this.begin(changes, (error, result) => {
      if (error !== null) throw error;
      outcome = result;
    });
    for (let count = 0; outcome === null && count < 10_000; count++) this.queue.pass(1);
    expect(outcome).not.toBeNull();
    this.store.flush();
    this.queue.settle();
    return outcome!;
  }

  begin(
    changes: Partial<CompactionRequest>,
    done: (error: Error | null, result: CompactionResult) => void,
  ): void {
    const { cleanedOffset, startOffset, endOffset } = this.log;
    this.log.compact(
      {
        firstDirtyOffset: Math.max(cleanedOffset, startOffset),
        endOffset,
        nowMs: 5_000,
        deleteRetentionMs: 100,
        aborted: [],
        lastOfProducers: new Map(),
        isStateNew: false,
        segmentSizeBytesMax: 1 << 20,
        limits: LIMITS,
        ...changes,
      },
      done,
    );
  }

  /** Every batch: its offsets, what is special about it, and its records. */
  show(): string {
    return showBatches(readAll(this.log, this.queue));
  }

  shape(): string {
    return this.log.segments.map(({ baseOffset, nextOffset }) => `${baseOffset}-${nextOffset}`).join(' ');
  }

  orphans(): string[] {
    const live = new Set(
      (this.log as Log).segments.flatMap(({ dataPath, rowsPath }) => [dataPath, rowsPath]),
    );
    return this.disk.paths().filter((path) => path.startsWith('logs/') && !live.has(path));
  }

  files(): number {
    return this.disk.paths().filter((path) => path.endsWith('.data')).length;
  }
}

function showBatches(bytes: Buffer): string {
  const lines: string[] = [];
  for (const at of batchPositions(bytes)) {
    const batch = bytes.subarray(at);
    const base = baseOffsetOf(batch, 0);
    const words = [`${base}-${base + lastOffsetDeltaOf(batch, 0)}`];
    if (compressionOf(batch, 0) !== 0) words.push(`codec${compressionOf(batch, 0)}`);
    if (producerIdOf(batch, 0) >= 0) words.push(`p${producerIdOf(batch, 0)}s${baseSequenceOf(batch, 0)}`);
    if (hasDeleteHorizon(batch, 0)) words.push(`until${baseTimestampOf(batch, 0)}`);
    if (isControl(batch, 0)) words.push('marker');
    const size = 12 + batch.readInt32BE(8);
    for (const record of recordsOf(batch.subarray(0, size))) {
      const what = isControl(batch, 0)
        ? ''
        : `:${record.key}${record.value === null ? '!' : `=${record.value}`}`;
      words.push(`${record.offset}@${record.timestamp}${what}`);
    }
    lines.push(words.join(' '));
  }
  return lines.join('\n');
}

test('the last record of each key stays, with its offset, time and the span of its batch', () => {
  const bench = new Bench();
  bench.write('a=1 b=1 c=1 | a=2 d=1 ; b=2 e=1 ; z=1');
  const { hasCleaned, keyCount } = bench.compact();
  expect(bench.show()).toBe(
    ['0-2 2@1002:c=1', '3-4 3@1000:a=2 4@1001:d=1', '5-6 5@1000:b=2 6@1001:e=1', '7-7 7@1000:z=1'].join('\n'),
  );
  expect([hasCleaned, keyCount]).toEqual([true, 5]);
  expect(bench.shape()).toBe('0-7 7-8');
  expect(bench.log.cleanedOffset).toBe(7);
  expect(bench.files()).toBe(2);
});

test('a tombstone stays for delete.retention.ms after the round that found it alone, and its time stands in the batch', () => {
  const bench = new Bench();
  bench.write('a=1 b=1 | a! ; z=1');
  bench.compact({ nowMs: 5_000, deleteRetentionMs: 100 });
  expect(bench.show()).toBe(['0-1 1@1001:b=1', '2-2 until5100 2@1000:a!', '3-3 3@1000:z=1'].join('\n'));
  bench.write('c=1 ; y=1');
  bench.compact({ nowMs: 5_099, deleteRetentionMs: 100 });
  expect(bench.show()).toContain('2-2 until5100 2@1000:a!');
  bench.write('d=1 ; x=1');
  bench.compact({ nowMs: 5_100, deleteRetentionMs: 100 });
  expect(bench.show()).not.toContain('a!');
});

test('a compressed batch stays as it is when all is kept, and is compressed again when not', () => {
  const bench = new Bench();
  bench.records('a=1 b=1', { compression: 1 });
  bench.records('a=2 c=1', { compression: 1 });
  bench.log.roll();
  bench.write('z=1');
  const whole = bench.show().split('\n')[1]!;
  const before = readAll(bench.log, bench.queue, 2).subarray(0, 50).toString('hex');
  bench.compact();
  expect(bench.show()).toBe(['0-1 codec1 1@1001:b=1', whole, '4-4 4@1000:z=1'].join('\n'));
  expect(readAll(bench.log, bench.queue, 2).subarray(0, 50).toString('hex')).toBe(before);
});

test('aborted records go at once, committed ones as others; markers go when nothing else is left of theirs, and later', () => {
  const bench = new Bench();
  const of = (producerId: number) => ({
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
  });
  bench.records('a=1 b=1', of(1));
  bench.records('a=2', of(2));
  bench.marker(1, true);
  bench.marker(2, false);
  bench.log.roll();
  bench.write('z=1');
  const aborted = [{ producerId: 2, firstOffset: 2, lastOffset: 4, lastStableOffset: 5 }];
  expect(bench.compact({ aborted }).emptied).toEqual([]);
  expect(bench.show()).toBe(
    [
      '0-1 p1s0 0@1000:a=1 1@1001:b=1',
      '3-3 p1s-1 marker 3@1500',
      '4-4 p2s-1 marker 4@1500',
      '5-5 5@1000:z=1',
    ].join('\n'),
  );
  bench.write('a=3 b=2 ; y=1');
  // Both are alone now; readers are still told of the aborted one.
  expect(bench.compact({ aborted, nowMs: 6_000 }).emptied).toEqual(aborted);
  expect(bench.show().split('\n').slice(0, 2)).toEqual([
    '3-3 p1s-1 marker 3@1500',
    '4-4 p2s-1 until6100 marker 4@1500',
  ]);
  bench.write('x=1 ; w=1');
  bench.compact({ aborted, nowMs: 6_200 });
  expect(bench.show()).toContain('4-4 p2s-1 until6100 marker');
  expect(bench.show()).toContain('3-3 p1s-1 until6300 marker');
  bench.write('v=1 ; u=1');
  bench.compact({ nowMs: 6_300, isStateNew: true });
  expect(bench.show()).not.toContain('marker');
});

test('the last batch of a known producer stays without records, and so does the last of the round', () => {
  const bench = new Bench();
  bench.records('a=1', { producerId: 7, producerEpoch: 0, baseSequence: 40 });
  bench.records('a=2', { producerId: 8, producerEpoch: 0, baseSequence: 9 });
  bench.write('a=3 b=1 | a=4 ; b=2');
  const last = new Map([[7, { lastDataOffset: 0, producerEpoch: 0 }]]);
  bench.compact({ lastOfProducers: last });
  expect(bench.show()).toBe(['0-0 p7s40', '2-3 3@1001:b=1', '4-4 4@1000:a=4', '5-5 5@1000:b=2'].join('\n'));
  bench.write('a=5 ; c=1');
  bench.compact({ lastOfProducers: last });
  expect(bench.show()).toBe(['0-0 p7s40', '5-5 5@1000:b=2', '6-6 6@1000:a=5', '7-7 7@1000:c=1'].join('\n'));
});

test('a map that is full cleans as far as it knows, and the next round goes on from there', () => {
  const bench = new Bench();
  bench.write('a=1 b=1 c=1 d=1 e=1 f=1 | a=2 g=1 h=1 i=1 j=1 k=1 l=1 m=1 | a=3 b=2 ; z=1');
  const limits = { ...LIMITS, mapSizeBytesMax: 24 * 11 };
  bench.compact({ limits });
  const { cleanedOffset } = bench.log;
  expect([cleanedOffset > 0, cleanedOffset < 16]).toEqual([true, true]);
  expect(bench.shape()).toBe('0-16 16-17');
  for (let round = 0; round < 3; round++) bench.compact({ limits });
  expect(bench.log.cleanedOffset).toBe(16);
  expect(bench.show()).toBe(
    [
      '0-5 2@1002:c=1 3@1003:d=1 4@1004:e=1 5@1005:f=1',
      '6-13 7@1001:g=1 8@1002:h=1 9@1003:i=1 10@1004:j=1 11@1005:k=1 12@1006:l=1 13@1007:m=1',
      '14-15 14@1000:a=3 15@1001:b=2',
      '16-16 16@1000:z=1',
    ].join('\n'),
  );
});

test('reads find their way over holes: by offset, by index, by time, and after a restart or a crash', () => {
  const bench = new Bench();
  bench.write('a=1 | a=2 | b=1 ; a=3 | a=4 ; b=2 | a=5 ; z=1 | y=1');
  bench.noop();
  bench.compact({ segmentSizeBytesMax: 1 });
  expect(bench.shape()).toBe('0-3 3-5 5-7 7-9 9-9');
  const check = (): void => {
    expect(bench.show()).toBe(
      ['5-5 5@1000:b=2', '6-6 6@1000:a=5', '7-7 7@1000:z=1', '8-8 8@1000:y=1'].join('\n'),
    );
    for (const offset of [0, 2, 4])
      expect(showBatches(readAll(bench.log, bench.queue, offset))).toBe(bench.show());
    expect(entriesOf(bench.log, bench.queue, 1).map(({ index }) => index)).toEqual([6, 7, 8, 9, 10]);
    let heads: number[] = [];
    bench.log.readHeads(2, (_error, entries) => {
      heads = entries.map(({ index }) => index);
    });
    bench.queue.settle();
    expect(heads).toEqual([6, 7]);
    let found: Buffer | null = null;
    bench.log.batchByTimestamp(1, 0, 9, (_error, bytes) => {
      found = bytes;
    });
    bench.queue.settle();
    expect(baseOffsetOf(found!, 0)).toBe(5);
    expect(bench.log.termAt(3)).toBe(1);
    expect(bench.log.cleanedOffset).toBe(9);
  };
  check();
  bench.reopen();
  check();
  bench.kill();
  check();
  expect(bench.orphans()).toEqual([]);
});

test('a read that began before its segment was replaced ends with what the log has now', () => {
  const bench = new Bench();
  bench.write('a=1 | b=1 | a=2 ; z=1');
  bench.reopen();
  const { segments } = bench.log;
  let shown = '';
  bench.begin({}, (error) => {
    if (error !== null) throw error;
  });
  for (let count = 0; bench.log.segments[0] === segments[0] && count < 10_000; count++) {
    bench.log.read({ offset: 0, endOffset: 4, sizeBytesMax: 1000, atLeastOne: true }, (error, result) => {
      if (error !== null) throw error;
      shown = showBatches(Buffer.concat(result.buffers));
      result.release();
    });
    bench.queue.pass(1);
    if (bench.log.segments[0]!.sizeBytes < 200) break;
  }
  bench.queue.pass(5);
  expect(shown).not.toBe('');
});

test('a crash at any step leaves the old segments or the new ones, and no other files', () => {
  const text = 'a=1 | b=1 | a=2 ; b=2 | c=1 ; z=1';
  const old = '0-0 0@1000:a=1';
  const seen = new Set<string>();
  for (let steps = 0; steps < 80; steps++) {
    const bench = new Bench();
    bench.write(text);
    bench.begin({}, () => {});
    for (let count = 0; count < steps; count++) {
      bench.store.flush();
      bench.queue.step(1);
      if (count % 2 === 0) bench.queue.pass(0);
    }
    bench.kill();
    const shown = bench.show();
    const isOld = shown.startsWith(old);
    seen.add(isOld ? 'old' : 'new');
    if (!isOld)
      expect(shown).toBe(['2-2 2@1000:a=2', '3-3 3@1000:b=2', '4-4 4@1000:c=1', '5-5 5@1000:z=1'].join('\n'));
    bench.queue.pass(1);
    expect(bench.orphans()).toEqual([]);
  }
  expect([...seen].sort()).toEqual(['new', 'old']);
});

test('closing ends a round; nothing of it stays', () => {
  const bench = new Bench();
  bench.write('a=1 | a=2 ; z=1');
  let message = '';
  bench.begin({}, (error) => {
    message = error?.message ?? 'done';
  });
  bench.reopen();
  expect(message).toBe('the store closes');
  expect(bench.files()).toBe(2);
  expect(bench.show().split('\n')[0]).toBe('0-0 0@1000:a=1');
});
