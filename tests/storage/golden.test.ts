import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MemoryDisk } from '../../storage/disk-memory';
import type { Log } from '../../storage/log';
import { EntryKind, type LogStore } from '../../storage/types';
import {
  batchEntry,
  closeStore,
  entriesOf,
  LOG_CONFIG,
  memoryDisk,
  openStore,
  payloadEntry,
  Queue,
  readAll,
  TOPIC,
} from './store-fixture';

// A data directory of each format version is kept, and every later program must read it whole. `UPDATE=1` writes the
// directories of the current version anew: only right before that version is released, or with a new version number.
const ROOT = path.join(__dirname, 'testdata', 'format-1');
const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'storage-format.md');
const METADATA = '00000000-0000-0000-0000-000000000001';
const JOURNAL = { fileSizeBytes: 16_384, bypassSizeBytesMin: 2_000, lazySizeBytesMax: 1 << 20 };

/** A log with every kind of entry, a bypassed batch, two segments, a truncation, a moved start; and a small one. */
function fill(store: LogStore, queue: Queue): void {
  const log = store.create({ topicId: TOPIC, partition: 0 }, { ...LOG_CONFIG, segmentSizeBytesMax: 400 });
  log.saveHardState({ term: 1, votedFor: 1, votedForIncarnation: 'incarnation-1' });
  log.append([
    payloadEntry(log, EntryKind.membership, Buffer.from('one voter')),
    payloadEntry({ ...at(log), lastIndex: 1 }, EntryKind.noop, Buffer.alloc(0)),
  ]);
  store.flush();
  queue.settle();
  for (let number = 0; number < 8; number++) {
    log.append([batchEntry(log, { count: 2, timestamp: 1_000 + number, fill: 'abcdefgh'[number]! })]);
  }
  store.flush();
  queue.settle();
  log.truncateSuffix(10);
  log.append([batchEntry(log, { term: 2, timestamp: 2_000, valueSizeBytes: 2_100, fill: 'L' })]);
  log.append([
    payloadEntry(log, EntryKind.producerExpiry, Buffer.from('expiry: a payload of two slots, so to say')),
  ]);
  log.advanceStart(9);
  // Segments do not go before a manifest has a state that covers them; the kept directory is of a program that let them.
  (log as Log).checkpointedIndex = log.lastIndex;
  log.freeBelowStart();
  log.append([payloadEntry(log, EntryKind.logStart, Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]))]);
  log.saveState(11, Buffer.from('state of the partition'));
  store.flush();
  queue.settle();
  const small = store.create({ topicId: METADATA, partition: 0 }, LOG_CONFIG);
  small.append([batchEntry(small, { fill: 'm' })]);
  store.flush();
  queue.pass(20);
}

const at = (log: { lastIndex: number; endOffset: number; lastTerm: number }) => ({
  lastIndex: log.lastIndex,
  endOffset: log.endOffset,
  lastTerm: log.lastTerm,
});

function makeDirectories(): ReadonlyMap<string, MemoryDisk> {
  const { disk, queue } = memoryDisk();
  const { store } = openStore(disk, queue, { journal: JOURNAL });
  fill(store, queue);
  const crashed = disk.copy();
  closeStore(store, queue);
  return new Map([
    ['crashed', crashed],
    ['closed', disk],
  ]);
}

function save(name: string, disk: MemoryDisk): void {
  for (const file of disk.paths()) {
    const target = path.join(ROOT, name, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, disk.contents(file)!);
  }
}

function load(name: string, queue: Queue): MemoryDisk {
  const disk = new MemoryDisk(queue.schedule);
  const visit = (directory: string): void => {
    for (const entry of readdirSync(path.join(ROOT, name, directory), { withFileTypes: true })) {
      const inside = path.posix.join(directory, entry.name);
      if (entry.isDirectory()) visit(inside);
      else disk.put(inside, readFileSync(path.join(ROOT, name, inside)));
    }
  };
  visit('');
  return disk;
}

/** Everything a store says about what it holds. */
function describeStore(store: LogStore, queue: Queue): string {
  const lines = [
    `clean ${store.wasClean}`,
    `cluster ${store.identity.clusterId} node ${store.identity.nodeId}`,
  ];
  for (const log of store.logs()) {
    const { term, votedFor, votedForIncarnation } = log.hardState;
    lines.push(
      '',
      `log ${log.key.topicId} ${log.key.partition}`,
      `  hard state term ${term} vote ${votedFor} ${votedForIncarnation}`,
      `  index ${log.firstIndex} to ${log.lastIndex}, offset ${log.startOffset} to ${log.endOffset}, ${log.sizeBytes} bytes`,
      `  epochs ${log.epochs.map((each) => `${each.epoch}@${each.startOffset}/${each.startIndex}`).join(' ')}`,
      `  state ${log.savedState === null ? '-' : `${log.savedState.index} ${log.savedState.bytes}`}`,
    );
    for (const entry of entriesOf(log, queue)) {
      const payload =
        entry.kind === EntryKind.batch ? `${entry.bytes.length} bytes` : JSON.stringify(String(entry.bytes));
      const place = `${entry.baseOffset}..${entry.nextOffset}`;
      lines.push(
        `  ${entry.index} term ${entry.term} kind ${entry.kind} ${place} time ${entry.maxTimestamp} ${payload}`,
      );
    }
    lines.push(`  read ${readAll(log, queue).length} bytes`);
  }
  return `${lines.join('\n')}\n`;
}

if (process.env.UPDATE === '1') {
  rmSync(ROOT, { recursive: true, force: true });
  for (const [name, disk] of makeDirectories()) {
    save(name, disk);
    const queue = new Queue();
    const { store } = openStore(load(name, queue), queue, { journal: JOURNAL });
    writeFileSync(path.join(ROOT, `${name}.txt`), describeStore(store, queue));
  }
}

describe.each(['crashed', 'closed'])('format 1, %s', (name) => {
  test('the kept directory is read whole', () => {
    const queue = new Queue();
    const { store } = openStore(load(name, queue), queue, { journal: JOURNAL });
    expect(describeStore(store, queue)).toBe(readFileSync(path.join(ROOT, `${name}.txt`), 'utf8'));
  });

  // A change of the bytes is a change of the format: it needs a new version, not new test data.
  test('the same operations still write the same bytes', () => {
    const made = makeDirectories().get(name)!;
    const kept = load(name, new Queue());
    expect(made.paths()).toEqual(kept.paths());
    for (const file of kept.paths()) {
      const expected = kept.contents(file)!;
      const bytes = made.contents(file)!;
      expect([file, bytes.subarray(0, expected.length)]).toEqual([file, expected]);
      // A direct write ends with the rest of its last block.
      const isPadded = file.endsWith('.data') && bytes.subarray(expected.length).every((byte) => byte === 0);
      expect([file, isPadded || bytes.length === expected.length]).toEqual([file, true]);
    }
  });
});

const dump = (bytes: Buffer, from: number, to: number): string[] => {
  const lines: string[] = [];
  for (let line = from; line < to; line += 16) {
    const row = bytes.subarray(line, Math.min(line + 16, to));
    lines.push(
      `${line.toString(16).padStart(4, '0')}  ${[...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`,
    );
  }
  return lines;
};

test('the hexdumps of the document are the bytes of the kept directory', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const disk = load('closed', new Queue());
  const rows = disk.paths().find((each) => each.includes(TOPIC) && each.endsWith('.rows'))!;
  const dumps = [
    dump(disk.contents('identity')!, 0, disk.contents('identity')!.length),
    dump(disk.contents('journal-0')!, 4096, 4096 + 352),
    dump(disk.contents(rows)!, 0, 96),
  ];
  const missing = dumps.flat().filter((line) => !document.includes(line));
  expect(missing).toEqual([]);
});
