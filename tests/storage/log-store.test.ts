import { CorruptEntryError, DamagedStoreError, NewerFormatError } from '../../storage/errors';
import { EntryKind, type LogStore } from '../../storage/types';
import {
  batchEntry,
  closeStore,
  entriesOf,
  JOURNAL,
  LOG_CONFIG,
  memoryDisk,
  openStore,
  payloadEntry,
  type Queue,
  readAll,
  TOPIC,
} from './store-fixture';

const KEY = { topicId: TOPIC, partition: 0 };

/** Appends `count` batches, one group each, and lets them become durable. */
function appendStored(
  store: LogStore,
  queue: Queue,
  count: number,
  options: Parameters<typeof batchEntry>[1] = {},
): void {
  const log = store.log(KEY) ?? store.create(KEY, LOG_CONFIG);
  for (let number = 0; number < count; number++) {
    log.append([batchEntry(log, options)]);
    store.flush();
    queue.settle();
  }
}

describe('append', () => {
  test('is read at once, and stored only when the disk has it', () => {
    const { disk, queue } = memoryDisk();
    const { store, events } = openStore(disk, queue);
    const log = store.create(KEY, LOG_CONFIG);
    const entry = batchEntry(log);
    log.append([entry]);
    store.flush();
    let bytes: Buffer | null = null;
    log.read({ offset: 0, endOffset: 1, sizeBytesMax: 1, atLeastOne: true }, (_error, result) => {
      bytes = Buffer.concat(result.buffers);
      result.release();
    });
    expect(bytes).toEqual(entry.bytes);
    expect([events.lines, log.durableIndex, store.pendingSizeBytes]).toEqual([[], 0, entry.bytes.length]);
    queue.settle();
    expect([events.lines, log.durableIndex, store.pendingSizeBytes]).toEqual([['stored p0 1 term 1'], 1, 0]);
  });

  test('what comes while a group is in flight joins the next, which leaves by itself', () => {
    const { disk, queue } = memoryDisk();
    const { store, events } = openStore(disk, queue);
    const log = store.create(KEY, LOG_CONFIG);
    for (let number = 0; number < 4; number++) {
      log.append([batchEntry(log)]);
      store.flush();
    }
    queue.settle();
    expect(events.lines).toEqual(['stored p0 1 term 1', 'stored p0 4 term 1']);
  });

  test('a gap in index or offset is a broken invariant', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    const log = store.create(KEY, LOG_CONFIG);
    const entry = batchEntry(log);
    expect(() => log.append([{ ...entry, index: 2 }])).toThrow();
    expect(() => log.append([{ ...entry, baseOffset: 1, nextOffset: 2 }])).toThrow();
  });

  test('a log costs no file before its bytes leave memory', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 3);
    expect(disk.paths()).toEqual(['identity', 'journal-0', 'journals', 'manifest']);
  });

  test('many bytes go past the journal, and are in the segment before they are stored', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue, { journal: { ...JOURNAL, bypassSizeBytesMin: 10_000 } });
    const log = store.create(KEY, LOG_CONFIG);
    const small = batchEntry(log);
    log.append([small]);
    store.flush();
    queue.settle();
    const large = batchEntry(log, { valueSizeBytes: 20_000 });
    log.append([large]);
    store.flush();
    while (log.durableIndex < 2) queue.step(1);
    const data = disk.paths().find((path) => path.endsWith('.data'))!;
    expect(disk.contents(data)).toEqual(Buffer.concat([small.bytes, large.bytes]));
    expect(disk.contents('journal-0')!.includes(large.bytes.subarray(100, 300))).toBe(false);
  });
});

describe('what is found again', () => {
  test('after a crash and after a close', () => {
    const { disk, queue } = memoryDisk();
    const first = openStore(disk, queue);
    expect(first.store.isNew).toBe(true);
    const log = first.store.create(KEY, LOG_CONFIG);
    log.append([payloadEntry(log, EntryKind.membership, Buffer.from('voters: 1'))]);
    const written: Buffer[] = [];
    for (let number = 0; number < 20; number++) {
      const entry = batchEntry(log, { count: 3, fill: `n${number}` });
      written.push(entry.bytes);
      log.append([entry]);
      if (number % 5 === 4) first.store.flush();
    }
    log.saveHardState({ term: 1, votedFor: 1, votedForIncarnation: 'x' });
    first.store.flush();
    queue.settle();

    const crashed = openStore(disk.copy(), queue);
    expect([crashed.store.isNew, crashed.store.wasClean]).toEqual([false, false]);
    const again = crashed.store.log(KEY)!;
    expect([again.lastIndex, again.endOffset, again.durableIndex, again.hardState.term]).toEqual([
      21, 60, 21, 1,
    ]);
    expect(readAll(again, queue)).toEqual(Buffer.concat(written));

    closeStore(first.store, queue);
    const second = openStore(disk, queue);
    expect(second.store.wasClean).toBe(true);
    const reopened = second.store.log(KEY)!;
    expect(readAll(reopened, queue)).toEqual(Buffer.concat(written));
    expect(entriesOf(reopened, queue)).toHaveLength(21);
    expect(entriesOf(reopened, queue)[0]!.bytes.toString()).toBe('voters: 1');
    expect(second.events.lines).toEqual([]);
  });

  test('the same when the journal went round many times, and nothing of its former generations', () => {
    const { disk, queue } = memoryDisk();
    const journal = { ...JOURNAL, fileSizeBytes: 65_536 };
    const first = openStore(disk, queue, { journal });
    appendStored(first.store, queue, 400, { valueSizeBytes: 3_000 });
    const bytes = readAll(first.store.log(KEY)!, queue);
    expect(disk.paths().filter((path) => path.startsWith('journal-')).length).toBeLessThanOrEqual(8);
    const crashed = openStore(disk.copy(), queue, { journal });
    expect(crashed.store.log(KEY)!.lastIndex).toBe(400);
    expect(readAll(crashed.store.log(KEY)!, queue).equals(bytes)).toBe(true);
  });

  test('from as many groups as are read at once', () => {
    const { disk, queue } = memoryDisk();
    const journal = { ...JOURNAL, fileSizeBytes: 64 << 20 };
    const { store } = openStore(disk, queue, { journal });
    appendStored(store, queue, 6_000);
    const crashed = openStore(disk.copy(), queue, { journal });
    expect(crashed.store.log(KEY)!.durableIndex).toBe(6_000);
  });

  test('a clean mark does not outlive the next process', () => {
    const { disk, queue } = memoryDisk();
    const first = openStore(disk, queue);
    appendStored(first.store, queue, 2);
    closeStore(first.store, queue);
    const second = openStore(disk, queue);
    expect(disk.paths()).not.toContain('clean');
    appendStored(second.store, queue, 2);
    const third = openStore(disk.copy(), queue);
    expect([third.store.wasClean, third.store.log(KEY)!.lastIndex]).toEqual([false, 4]);
  });

  test('a truncation, and not what it cut', () => {
    const { disk, queue } = memoryDisk();
    const { store, events } = openStore(disk, queue);
    appendStored(store, queue, 5, { fill: 'old' });
    const log = store.log(KEY)!;
    log.truncateSuffix(3);
    expect([log.lastIndex, log.endOffset, log.durableIndex]).toEqual([2, 2, 2]);
    const entry = batchEntry(log, { term: 2, fill: 'new' });
    log.append([entry]);
    store.flush();
    queue.settle();
    expect(events.lines.at(-1)).toBe('stored p0 3 term 2');
    const crashed = openStore(disk.copy(), queue).store.log(KEY)!;
    expect([crashed.lastIndex, crashed.termAt(2), crashed.termAt(3)]).toEqual([3, 1, 2]);
    expect(readAll(crashed, queue, 2)).toEqual(entry.bytes);
  });

  test('a group in flight does not store what was cut meanwhile (trap T17)', () => {
    const { disk, queue } = memoryDisk();
    const { store, events } = openStore(disk, queue);
    const log = store.create(KEY, LOG_CONFIG);
    log.append([batchEntry(log), batchEntry({ lastIndex: 1, endOffset: 1, lastTerm: 1 })]);
    store.flush();
    log.truncateSuffix(2);
    log.append([batchEntry(log, { term: 2 })]);
    queue.settle();
    expect(events.lines).toEqual(['stored p0 1 term 1', 'stored p0 2 term 2']);
  });

  test('a moved start drops whole segments and their files', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    const log = store.create(KEY, { ...LOG_CONFIG, segmentSizeBytesMax: 1_000 });
    appendStored(store, queue, 20, { valueSizeBytes: 400 });
    closeStore(store, queue);
    const second = openStore(disk, queue);
    const files = disk.paths().length;
    const again = second.store.log(KEY)!;
    again.advanceStart(11);
    second.store.flush();
    queue.settle();
    expect([again.startOffset, again.firstIndex]).toEqual([11, 1]);
    // Nothing speaks for the producers and the voters of what would go.
    again.freeBelowStart();
    second.store.flush();
    queue.settle();
    expect([again.firstIndex, disk.paths().length]).toEqual([1, files]);
    again.saveState(10, Buffer.from('state'));
    again.freeBelowStart();
    second.store.flush();
    queue.settle();
    expect([again.startOffset, again.firstIndex, again.epochs]).toEqual([
      11,
      11,
      [{ epoch: 1, startOffset: 10, startIndex: 11 }],
    ]);
    expect(disk.paths().length).toBeLessThan(files);
    const crashed = openStore(disk.copy(), queue).store.log(KEY)!;
    expect([crashed.startOffset, crashed.firstIndex, crashed.termAt(10)]).toEqual([11, 11, 1]);
    expect(log.key).toEqual(KEY);
  });

  test('a deleted log is gone, and one of the same name that came after it is there', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue, { journal: { ...JOURNAL, bypassSizeBytesMin: 10 } });
    appendStored(store, queue, 3, { fill: 'old' });
    store.delete(KEY);
    const log = store.create(KEY, LOG_CONFIG);
    const entry = batchEntry(log, { fill: 'new' });
    log.append([entry]);
    store.flush();
    queue.settle();
    expect(disk.paths().filter((path) => path.endsWith('.data'))).toHaveLength(1);
    const crashed = openStore(disk.copy(), queue).store;
    expect([...crashed.logs()]).toHaveLength(1);
    expect(readAll(crashed.log(KEY)!, queue)).toEqual(entry.bytes);
  });

  test('saved states, the newest that a truncation left', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 6);
    const log = store.log(KEY)!;
    log.saveState(2, Buffer.from('at 2'));
    log.saveState(5, Buffer.from('at 5'));
    log.truncateSuffix(4);
    closeStore(store, queue);
    const again = openStore(disk, queue).store.log(KEY)!;
    expect([again.savedState?.index, again.savedState?.bytes.toString()]).toEqual([2, 'at 2']);
  });

  test('a torn last group is cut, the one before it stays', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 2);
    const torn = disk.copy();
    torn.damage('journal-0', 2 * 4096 + 200, Buffer.from([255]));
    const log = openStore(torn, queue).store.log(KEY)!;
    expect([log.lastIndex, log.quarantine]).toEqual([1, null]);
  });
});

describe('damage below the mark', () => {
  test('of a batch quarantines its log from there on, and nothing is cut', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 3);
    // Ten idle milliseconds later the mark covers the last group.
    queue.pass(20);
    disk.damage('journal-0', 2 * 4096 + 64 + 64 + 70, Buffer.from([255, 255]));
    const log = openStore(disk, queue).store.log(KEY)!;
    expect([log.lastIndex, log.quarantine?.offset]).toEqual([3, 1]);
    expect(log.quarantine?.reason).toMatch(/^journal-0 at byte \d+/);
    const answers: string[] = [];
    for (const offset of [0, 1, 2]) {
      log.read({ offset, endOffset: 3, sizeBytesMax: 1_000, atLeastOne: true }, (error, result) => {
        answers.push(error instanceof CorruptEntryError ? error.code : `${result.sizeBytes} bytes`);
      });
    }
    expect(answers).toEqual(['78 bytes', 'CORRUPT_ENTRY', 'CORRUPT_ENTRY']);
    expect(() => log.append([batchEntry(log)])).toThrow(/journal-0 at byte/);
  });

  test.each([
    ['a group header', 2 * 4096 + 20],
    ['a record header', 2 * 4096 + 64 + 12],
    ['a row', 2 * 4096 + 64 + 16 + 20],
    ['the last group, which the mark covers', 3 * 4096 + 64 + 16 + 20],
  ])('of %s refuses to open and names file and byte', (_what, position) => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 3);
    queue.pass(20);
    const before = disk.copy();
    before.damage('journal-0', position, Buffer.from([255, 255]));
    expect(() => openStore(before, queue)).toThrow(DamagedStoreError);
    expect(() => openStore(before, queue)).toThrow(
      /^journal-0 at byte \d+: a group that was whole is damaged/,
    );
  });

  // The groups in the files before it end cleanly: only the count says that there was more.
  test('that took a whole journal file refuses to open and names it', () => {
    const { disk, queue } = memoryDisk();
    const journal = { fileSizeBytes: 16_384, bypassSizeBytesMin: 1 << 20, lazySizeBytesMax: 1 << 20 };
    const { store } = openStore(disk, queue, { journal });
    for (let number = 0; number < 12; number++) appendStored(store, queue, 1);
    queue.pass(20);
    const journals = disk.paths().filter((path) => path.startsWith('journal-'));
    expect(journals.length).toBeGreaterThan(2);
    for (const path of journals) {
      const lost = disk.copy();
      lost.remove(path, () => {});
      queue.settle();
      expect(() => openStore(lost, queue)).toThrow(DamagedStoreError);
      expect(() => openStore(lost, queue)).toThrow(`${path} at byte 0: the file is missing`);
    }
  });

  test('of a segment is found by the read that meets it', () => {
    const { disk, queue } = memoryDisk();
    const first = openStore(disk, queue);
    appendStored(first.store, queue, 3);
    closeStore(first.store, queue);
    const data = disk.paths().find((path) => path.endsWith('.data'))!;
    disk.damage(data, 78 + 70, Buffer.from([255]));
    const { store, events } = openStore(disk, queue);
    const log = store.log(KEY)!;
    const results: string[] = [];
    for (const offset of [0, 1, 2]) {
      log.read({ offset, endOffset: 3, sizeBytesMax: 1_000, atLeastOne: true }, (error, result) => {
        results.push(error?.message ?? `${result.sizeBytes} bytes`);
        if (error === null) result.release();
      });
      queue.settle();
    }
    expect(results).toEqual([
      '78 bytes',
      `logs/${TOPIC}-0 at byte 1: ${data} at byte 78: the batch fails its checksum`,
      `logs/${TOPIC}-0 at byte 2: ${data} at byte 78: the batch fails its checksum`,
    ]);
    expect(events.lines.at(-1)).toMatch(/nothing from offset 1 on is served/);
  });
});

describe('a directory that is refused', () => {
  test('a newer identity, named with both versions', () => {
    const { disk, queue } = memoryDisk();
    openStore(disk, queue);
    disk.damage('identity', 4, Buffer.from([9]));
    expect(() => openStore(disk, queue)).toThrow(NewerFormatError);
    expect(() => openStore(disk, queue)).toThrow(
      'identity has format version 9, this program knows versions up to 1',
    );
  });

  test.each(['identity', 'manifest'])('a damaged %s', (file) => {
    const { disk, queue } = memoryDisk();
    openStore(disk, queue);
    disk.damage(file, 30, Buffer.from([255, 254]));
    expect(() => openStore(disk, queue)).toThrow(`${file} at byte 0: it fails its checksum`);
  });

  test('a manifest that speaks of logs, without identity and journal', () => {
    const { disk, queue } = memoryDisk();
    const { store } = openStore(disk, queue);
    appendStored(store, queue, 1);
    closeStore(store, queue);
    disk.remove('identity', () => {});
    disk.remove('journal-0', () => {});
    queue.settle();
    expect(() => openStore(disk, queue)).toThrow('identity at byte 0: the file is missing');
  });

  test('a journal without an identity', () => {
    const { disk, queue } = memoryDisk();
    openStore(disk, queue);
    disk.remove('identity', () => {});
    queue.settle();
    expect(() => openStore(disk, queue)).toThrow('identity at byte 0: the file is missing');
  });
});

describe('searches by time', () => {
  test('find the batch wherever its row is: file, backlog, memory', () => {
    const { disk, queue } = memoryDisk();
    const first = openStore(disk, queue);
    for (const timestamp of [50, 10, 70, 20]) appendStored(first.store, queue, 1, { timestamp });
    closeStore(first.store, queue);
    const { store } = openStore(disk, queue);
    for (const timestamp of [30, 90, 90, 40]) appendStored(store, queue, 1, { timestamp });
    const log = store.log(KEY)!;
    const offsets: (number | null)[] = [];
    const note = (error: Error | null, bytes: Buffer | null): void => {
      if (error !== null) throw error;
      offsets.push(bytes === null ? null : Number(bytes.readBigInt64BE(0)));
    };
    for (const timestamp of [0, 51, 71, 91]) log.batchByTimestamp(timestamp, 0, log.endOffset, note);
    log.batchByTimestamp(0, 3, log.endOffset, note);
    log.batchOfMaxTimestamp(log.endOffset, note);
    log.batchOfMaxTimestamp(5, note);
    log.batchOfMaxTimestamp(0, note);
    queue.settle();
    expect(offsets.sort()).toEqual([0, 2, 2, 3, 5, 5, null, null]);
  });
});
