import { MemoryDisk } from '../../storage/disk-memory';
import { EntryKind, type StoredLog } from '../../storage/types';
import { verifyDirectory } from '../storage/inspection';
import { entriesOf, openStore, Queue } from '../storage/store-fixture';
import { damageOneFile } from './storage-damage';
import { drawOperation } from './storage-load';
import { LOG_OPERATIONS } from './storage-operations';
import { isEverythingStored, StorageWorld } from './storage-world';

const OPERATIONS = 90;
const ALIGNMENT_BYTES = 4096;

/** A directory as a store leaves it after some life without faults, killed or closed in order. */
function lived(seed: number): StorageWorld {
  // The other disk of this test knows no other alignment.
  const world = new StorageWorld(seed, { isTracing: true, load: { alignmentBytes: ALIGNMENT_BYTES } });
  open(world);
  for (let count = 0; count < OPERATIONS; count++) {
    playOne(world);
    world.store!.flush();
    if (world.random.chance(0.3)) world.pass(world.random.exponential(20));
    else world.step();
  }
  world.store!.flush();
  world.runUntil(() => isEverythingStored(world), 'flush');
  // The mark follows the last group; damage before that is a double fault.
  world.pass(100);
  if (world.random.chance(0.4)) close(world);
  world.settleAll();
  world.crash('process');
  return world;
}

function open(world: StorageWorld): void {
  let isOpen = false;
  world.open((error) => {
    if (error !== null) throw error;
    isOpen = true;
  });
  world.runUntil(() => isOpen, 'open');
  world.adopt(world.store!);
}

function close(world: StorageWorld): void {
  let isClosed = false;
  world.releaseHeld();
  world.store!.close((error) => {
    if (error !== null) throw error;
    isClosed = true;
  });
  world.runUntil(() => isClosed, 'close');
}

function playOne(world: StorageWorld): void {
  const { random, load } = world;
  const models = world.liveModels();
  if (models.length === 0 || (models.length < load.logCountMax && random.chance(0.1))) {
    world.addLog();
    return;
  }
  const model = random.pick(models);
  LOG_OPERATIONS[drawOperation(random, load)]?.(world, model, world.logOf(model));
}

function imageOf(world: StorageWorld): { disk: MemoryDisk; queue: Queue } {
  const queue = new Queue();
  const disk = new MemoryDisk(queue.schedule);
  disk.makeDirectory('logs', () => {});
  queue.settle();
  for (const [path] of world.disk.files()) disk.put(path, world.disk.contents(path)!);
  return { disk, queue };
}

/** Everything that a store over these files answers. */
function answersOf({ disk, queue }: { disk: MemoryDisk; queue: Queue }): string {
  try {
    const { store } = openStore(disk, queue);
    return [...store.logs()].map((log) => answersOfLog(log, queue)).join('\n');
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

function answersOfLog(log: StoredLog, queue: Queue): string {
  const { key, hardState, firstIndex, lastIndex, startOffset, endOffset, epochs, savedState } = log;
  const head = JSON.stringify({
    key,
    hardState,
    firstIndex,
    lastIndex,
    startOffset,
    endOffset,
    epochs,
    savedState,
  });
  try {
    const entries = entriesOf(log, queue).map(
      ({ index, term, kind, bytes }) => `${index} ${term} ${kind} ${checkedText(kind, bytes)}`,
    );
    return [head, ...entries].join('\n');
  } catch (error) {
    return `${head}\n${(error as Error).message}`;
  }
}

const checkedText = (kind: number, bytes: Buffer): string =>
  `${kind === EntryKind.batch ? 'batch' : 'payload'} ${bytes.toString('base64')}`;

interface Judged {
  readonly kind: 'missed' | 'found' | 'harmless';
  readonly text: string;
}

/** Damages one file and compares what a store answers before and after with what verify says. */
function judge(seed: number): Judged {
  const world = lived(seed);
  const whole = imageOf(world);
  const before = verifyDirectory(whole.disk, () => whole.queue.settle());
  expect([seed, before.damages, before.stray.foreign]).toEqual([seed, [], []]);
  // Compaction leaves fewer than there are indexes.
  const { disk, queue } = imageOf(world);
  const { store } = openStore(disk, queue);
  const stored = before.logs.map(({ key }) => entriesOf(store.log(key)!, queue).length);
  expect([seed, before.logs.map(({ entries }) => entries)]).toEqual([seed, stored]);
  damageOneFile(world);
  const path = /damage (\S+): /.exec(world.lines.at(-1)!)?.[1];
  const hurt = imageOf(world);
  let text: string;
  let files: readonly string[];
  try {
    const { damages } = verifyDirectory(hurt.disk, () => hurt.queue.settle());
    text = damages.map(({ file, position, reason }) => `${file} at byte ${position}: ${reason}`).join('\n');
    // A group that cannot be read may have said that these files go.
    const isDropped = (lost: string): boolean =>
      path!.startsWith('journal-') && lost.includes('dropped them');
    files = damages.filter(({ lost }) => !isDropped(lost)).map(({ file }) => file);
  } catch (error) {
    // A bit in the version: refused by name.
    text = (error as Error).message;
    files = [text.split(' ')[0]!];
  }
  const isChanged = answersOf(imageOf(world)) !== answersOf(whole);
  if (isChanged && text === '') return { kind: 'missed', text: `seed ${seed}: ${world.lines.at(-1)}` };
  // Nothing else is accused. A group whose first bytes are damaged is missed where the one before it ends, which may be the
  // end of another file of the journal.
  const isOfJournal = (file: string): boolean => file.startsWith('journal-') && path!.startsWith('journal-');
  expect([seed, files.filter((file) => file !== path && !isOfJournal(file))]).toEqual([seed, []]);
  return { kind: text === '' ? 'harmless' : 'found', text };
}

test('verify finds every damage of the storage simulation that a store would answer differently for', () => {
  const counts = { missed: 0, found: 0, harmless: 0 };
  const missed: string[] = [];
  for (let seed = 1; seed <= 50; seed++) {
    const { kind, text } = judge(seed);
    counts[kind]++;
    if (kind === 'missed') missed.push(text);
  }
  expect(missed).toEqual([]);
  expect(counts.found).toBeGreaterThan(15);
  expect(counts.harmless).toBeGreaterThan(0);
}, 60_000);
