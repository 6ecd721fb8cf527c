import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32c } from '../../storage/crc32c';
import type { MemoryDisk } from '../../storage/disk-memory';
import { decodeIdentity, saltOf } from '../../storage/identity';
import { readGroupHeader } from '../../storage/journal-format';
import { ROW_SIZE_BYTES } from '../../storage/rows';
import { EntryKind, type LogStore } from '../../storage/types';
import { inspect, type Verified, verifyDirectory, walkAll } from './inspection';
import {
  batchEntry,
  closeStore,
  entriesOf,
  LOG_CONFIG,
  memoryDisk,
  openStore,
  payloadEntry,
  Queue,
  TOPIC,
} from './store-fixture';

const GOLDEN = path.join(__dirname, 'testdata', 'inspect-damage.txt');
const OTHER = '00000000-0000-0000-0000-000000000001';
const JOURNAL = { fileSizeBytes: 65_536, bypassSizeBytesMin: 4_000, lazySizeBytesMax: 1 << 20 };

/** A log of three segments with every kind of entry, a bypassed batch in the last; and one of a single batch. */
function fill(store: LogStore, queue: Queue): void {
  const log = store.create({ topicId: TOPIC, partition: 0 }, { ...LOG_CONFIG, segmentSizeBytesMax: 2_000 });
  log.saveHardState({ term: 1, votedFor: 1, votedForIncarnation: 'incarnation-1' });
  log.append([
    payloadEntry(log, EntryKind.membership, Buffer.from('a payload of more slots than one or two')),
  ]);
  for (let number = 0; number < 30; number++) {
    log.append([batchEntry(log, { count: 3, timestamp: 1_000 + number, valueSizeBytes: 30 })]);
    if (number % 10 === 9) store.flush();
    queue.settle();
  }
  log.append([payloadEntry(log, EntryKind.noop, Buffer.alloc(0), 2)]);
  log.append([batchEntry(log, { term: 2, timestamp: 2_000, valueSizeBytes: 5_000, fill: 'L' })]);
  store.flush();
  queue.settle();
  const other = store.create({ topicId: OTHER, partition: 0 }, LOG_CONFIG);
  other.append([batchEntry(other, { fill: 'm' })]);
  store.flush();
  queue.settle();
  log.append([batchEntry(log, { count: 2, term: 2, timestamp: 2_001 })]);
  log.saveState(20, Buffer.from('state'));
  store.flush();
  queue.pass(20);
}

const made = (() => {
  const { disk, queue } = memoryDisk();
  const { store } = openStore(disk, queue, { journal: JOURNAL });
  fill(store, queue);
  const crashed = disk.copy();
  closeStore(store, queue);
  return { crashed, closed: disk };
})();

function copyOf(name: keyof typeof made): { disk: MemoryDisk; queue: Queue } {
  const queue = new Queue();
  return { disk: made[name].copy(queue.schedule), queue };
}

const bytesOf = (disk: MemoryDisk, file: string): Buffer => {
  const bytes = disk.contents(file);
  if (bytes === undefined) throw new Error(`no file ${file}`);
  return bytes;
};

const flip = (file: string, at: number) => (disk: MemoryDisk) =>
  disk.damage(file, at, Buffer.from([bytesOf(disk, file)[at]! ^ 4]));
const zero = (file: string, from: number, sizeBytes: number) => (disk: MemoryDisk) =>
  disk.damage(file, from, Buffer.alloc(Math.min(sizeBytes, bytesOf(disk, file).length - from)));
const cut = (file: string, sizeBytes: number) => (disk: MemoryDisk) =>
  disk.put(file, bytesOf(disk, file).subarray(0, sizeBytes));
const lose = (file: string) => (disk: MemoryDisk) => disk.remove(file, () => {});

const directory = `logs/${TOPIC}-0`;
const data = (generation: number): string => `${directory}/000000000${generation}.data`;
const rows = (generation: number): string => `${directory}/000000000${generation}.rows`;

/** Byte of the journal where a group of the crashed directory begins. */
function groupAt(number: number): number {
  const journal = bytesOf(made.crashed, 'journal-0');
  const salt = saltOf(decodeIdentity(bytesOf(made.crashed, 'identity')));
  let found = 0;
  for (let at = 0; at < journal.length; at += 4096) {
    if (readGroupHeader(journal, at, salt) !== null && ++found === number) return at;
  }
  throw new Error(`no group ${number}`);
}

function render({ inspection, logs, stray, damages }: Verified): string {
  const lines = damages.map(({ file, position, reason, log, lost }) => {
    const name = log === null ? '' : `${log.topicId === TOPIC ? 'events' : 'other'}: `;
    return `${file} at byte ${position}: ${reason}; lost: ${name}${lost}`;
  });
  const { torn } = inspection.journal ?? { torn: null };
  if (torn !== null) lines.push(`torn ${torn.file} at byte ${torn.position}`);
  for (const file of stray.orphans) lines.push(`orphan ${file}`);
  for (const file of stray.foreign) lines.push(`foreign ${file}`);
  const counts = logs.map(({ entries, endOffset }) => `${entries} entries to ${endOffset}`);
  lines.push(`good: ${counts.join(', ')}`);
  return lines.join('\n').replaceAll(directory, 'logs/events');
}

type Case = readonly [name: string, from: keyof typeof made, damage: (disk: MemoryDisk) => void];

const cases: readonly Case[] = [
  ['nothing, closed', 'closed', () => {}],
  ['nothing, crashed', 'crashed', () => {}],
  ['bit in a batch', 'closed', flip(data(1), 1_000)],
  ['bit in the head of a batch', 'closed', flip(data(1), 7)],
  ['bit in a row', 'closed', flip(rows(1), 5 * ROW_SIZE_BYTES + 9)],
  ['bit in a payload', 'closed', flip(rows(1), ROW_SIZE_BYTES + 9)],
  ['page of rows', 'closed', zero(rows(1), 0, 4096)],
  ['some rows', 'closed', zero(rows(2), 3 * ROW_SIZE_BYTES, 4 * ROW_SIZE_BYTES)],
  ['sector of data', 'closed', zero(data(1), 512, 512)],
  ['data cut', 'closed', cut(data(2), 900)],
  ['rows cut', 'closed', cut(rows(2), 5 * ROW_SIZE_BYTES + 10)],
  ['data gone', 'closed', lose(data(1))],
  ['rows gone', 'closed', lose(rows(2))],
  [
    'a row where another belongs',
    'closed',
    (disk) => {
      const stale = bytesOf(disk, rows(2)).subarray(6 * ROW_SIZE_BYTES, 7 * ROW_SIZE_BYTES);
      disk.damage(rows(2), 3 * ROW_SIZE_BYTES, stale);
    },
  ],
  [
    'rows of another segment',
    'closed',
    (disk) => disk.damage(rows(2), 0, bytesOf(disk, rows(1)).subarray(0, 4 * ROW_SIZE_BYTES)),
  ],
  ['orphan', 'closed', (disk) => disk.put(`${directory}/0000000077.data`, Buffer.from('old'))],
  [
    'foreign files',
    'closed',
    (disk) => {
      for (const file of [`${directory}/notes`, 'x']) disk.put(file, Buffer.from('x'));
    },
  ],
  ['bit in the manifest', 'closed', flip('manifest', 60)],
  ['manifest gone', 'closed', lose('manifest')],
  ['identity cut', 'closed', cut('identity', 20)],
  ['identity gone', 'crashed', lose('identity')],
  ['count gone', 'crashed', lose('journals')],
  ['count zeroed', 'closed', zero('journals', 0, 16)],
  ['bit in the clean mark', 'closed', flip('clean', 9)],
  ['bit in a batch in the journal', 'crashed', (disk) => flip('journal-0', groupAt(3) + 900)(disk)],
  ['bit in a record of the journal', 'crashed', (disk) => flip('journal-0', groupAt(3) + 64)(disk)],
  ['bit in the header of a group', 'crashed', (disk) => flip('journal-0', groupAt(3) + 17)(disk)],
  ['page of the journal', 'crashed', (disk) => zero('journal-0', groupAt(4), 4096)(disk)],
  ['journal gone', 'crashed', lose('journal-0')],
  ['the mark', 'crashed', (disk) => flip('journal-0', groupAt(7) + 3)(disk)],
  [
    'the last group torn, none behind it',
    'crashed',
    (disk) => zero('journal-0', groupAt(7) + 200, 65_536)(disk),
  ],
  ['bypassed batch', 'crashed', flip(data(4), 3_000)],
  ['bypassed batch gone', 'crashed', lose(data(4))],
];

function verdictOf([, from, damage]: Case): string {
  const { disk, queue } = copyOf(from);
  damage(disk);
  queue.settle();
  const before = disk.copy();
  const verdict = render(verifyDirectory(disk, () => queue.settle()));
  expect(disk.paths()).toEqual(before.paths());
  for (const file of disk.paths())
    expect([file, bytesOf(disk, file).equals(bytesOf(before, file))]).toEqual([file, true]);
  return verdict;
}

test('every damage is told with file and byte and what is lost by it, and nothing is written', () => {
  const text = cases.map((each) => `# ${each[0]}\n${verdictOf(each)}\n`).join('\n');
  if (process.env.UPDATE === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

test('a directory of a newer format, or of somebody else, is refused by name', () => {
  const newer = (file: string, at = 4) => {
    const { disk, queue } = copyOf('closed');
    disk.damage(file, at, Buffer.from([9]));
    return () => inspect(disk, () => queue.settle());
  };
  for (const file of ['identity', 'manifest', 'journals']) {
    expect(newer(file)).toThrow(`${file} has format version 9, this program knows versions up to 1`);
  }
  const { disk, queue } = copyOf('crashed');
  const at = groupAt(3);
  const header = Buffer.from(bytesOf(disk, 'journal-0').subarray(at, at + 64));
  header.writeUInt16LE(2, 4);
  header.writeUInt32LE(crc32c(header, 0, 60), 60);
  disk.damage('journal-0', at, header);
  expect(() => inspect(disk, () => queue.settle())).toThrow('journal-0 has format version 2');
  const half = copyOf('crashed');
  for (const file of ['identity', 'journal-0', 'journal-1']) half.disk.remove(file, () => {});
  half.queue.settle();
  expect(() => inspect(half.disk, () => half.queue.settle())).toThrow('memory is not a data directory');
  const empty = memoryDisk();
  empty.disk.put('photo.jpg', Buffer.from('x'));
  expect(() => inspect(empty.disk, () => empty.queue.settle())).toThrow('memory is not a data directory');
});

test.each(['closed', 'crashed'] as const)('a walk gives the entries that a store gives, %s', (name) => {
  const { disk, queue } = copyOf(name);
  const run = (): void => queue.settle();
  const inspection = inspect(disk, run);
  const walks = inspection.logs.map((log) => walkAll(inspection, log, run));
  const from40 = walkAll(inspection, inspection.logs[1]!, run, 40);
  const { store } = openStore(disk, queue, { journal: JOURNAL });
  const stored = [...store.logs()].sort((left, right) => (left.key.topicId < right.key.topicId ? -1 : 1));
  const entries = stored.map((log) => entriesOf(log, queue));
  expect(walks.map((walk) => walk.map((item) => (item.kind === 'entry' ? item.entry : item)))).toEqual(
    entries,
  );
  expect(from40.map((item) => (item.kind === 'entry' ? item.entry : item))).toEqual(
    entries[1]!.filter(({ nextOffset }) => nextOffset > 40),
  );
});

test('what stopped a broker before stays said when the file reads well again', () => {
  const { disk, queue } = copyOf('closed');
  flip(data(1), 1_000)(disk);
  const { store } = openStore(disk, queue, { journal: JOURNAL });
  const log = store.log({ topicId: TOPIC, partition: 0 })!;
  const request = { offset: 0, endOffset: 93, sizeBytesMax: 1 << 20, atLeastOne: true };
  log.read(request, (_error, result) => result.release());
  queue.settle();
  closeStore(store, queue);
  flip(data(1), 1_000)(disk);
  const [damage] = verifyDirectory(disk, () => queue.settle()).damages;
  expect(`${damage!.file}: ${damage!.reason}; lost: ${damage!.lost}`).toBe(
    `manifest: ${data(1)} at byte 860: the batch fails its checksum; lost: a broker serves nothing from offset 15 on`,
  );
});

test('a saved state that its owner cannot read', () => {
  const { disk, queue } = copyOf('closed');
  const { damages } = verifyDirectory(
    disk,
    () => queue.settle(),
    (bytes) => `not mine: ${bytes}`,
  );
  expect(damages.map(({ file, reason }) => `${file}: ${reason}`)).toEqual([
    'manifest: the saved state of entry 20: not mine: state',
  ]);
});
