/**
 * Synced appends at the storage layer, on a real directory:
 *
 *   npx esbuild tests/bench/storage-append.ts --bundle --platform=node --packages=external --outfile=dist/bench/storage-append.js
 *   node dist/bench/storage-append.js DIRECTORY [--logs 100] [--size 4096] [--seconds 3] [--in-flight 16] [--bypass 102400]
 *
 * Every log keeps `--in-flight` batches of `--size` bytes under way and appends another when one is stored. Prints
 * appends and MB per second, CPU seconds per GB, and the time from append to stored.
 */

import { stampBatch } from '../../storage/batch';
import { nodeDisk } from '../../storage/disk-node';
import { openLogStore } from '../../storage/log-store';
import { buildBatch } from '../../storage/record-build';
import { EntryKind, type LogStore, type StoredLog } from '../../storage/types';

const words = process.argv.slice(2);
const option = (name: string, otherwise: number): number => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(words[at + 1]);
};
const directory = words[0];
if (directory === undefined || directory.startsWith('--')) {
  process.stderr.write('which directory?\n');
  // Nothing is open yet: a wrong call ends with a status that a script sees.
  process.exit(1);
}

const logCount = option('logs', 100);
const sizeBytes = option('size', 4096);
const seconds = option('seconds', 3);
const inFlight = option('in-flight', 16);

interface Load {
  readonly log: StoredLog;
  /** Batches used in turn: one is free again when it is stored. */
  readonly batches: Buffer[];
  readonly sentAt: Float64Array;
  stored: number;
}

const overhead = buildBatch({ records: [{ timestamp: 1, key: null, value: Buffer.alloc(0) }] }).length;
const value = Buffer.alloc(Math.max(1, sizeBytes - overhead - 4), 'x');
const loads = new Map<StoredLog, Load>();
const latencies: number[] = [];
let isOver = false;
let appended = 0;
let needsFlush = false;

function send(load: Load): void {
  const { log } = load;
  const turn = log.lastIndex % inFlight;
  const bytes = load.batches[turn]!;
  stampBatch(bytes, 0, log.endOffset, 1);
  load.sentAt[turn] = performance.now();
  log.append([
    {
      index: log.lastIndex + 1,
      term: 1,
      kind: EntryKind.batch,
      baseOffset: log.endOffset,
      nextOffset: log.endOffset + 1,
      maxTimestamp: 1,
      bytes,
    },
  ]);
  appended++;
  if (needsFlush) return;
  needsFlush = true;
  setImmediate(() => {
    needsFlush = false;
    store?.flush();
  });
}

let store: LogStore | null = null;
openLogStore(
  nodeDisk(directory),
  {
    identityIfNew: { clusterId: 'bench', nodeId: 1, incarnation: 'bench' },
    timers: {
      nowMs: () => performance.now(),
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    journal: {
      fileSizeBytes: option('journal', 64 << 20),
      bypassSizeBytesMin: option('bypass', 102_400),
      lazySizeBytesMax: option('lazy', 64 << 20),
    },
    onStored: (log, index) => {
      const load = loads.get(log)!;
      const now = performance.now();
      while (load.stored < index) {
        const turn = load.stored % inFlight;
        if ((load.stored & 15) === 0) latencies.push(now - load.sentAt[turn]!);
        load.stored++;
        if (!isOver) send(load);
      }
    },
    onHardStateStored: () => {},
    onStorageFailed: (_log, error) => {
      throw error;
    },
    onStorageHealed: () => {},
    snapshotState: () => null,
    onNotice: (_level, message) => process.stderr.write(`${message}\n`),
  },
  (error, opened) => {
    if (error !== null) throw error;
    store = opened;
    run(opened);
  },
);

function run(opened: LogStore): void {
  for (let partition = 0; partition < logCount; partition++) {
    const key = { topicId: '00000000-0000-4000-8000-000000000001', partition };
    const log = opened.log(key) ?? opened.create(key, { segmentSizeBytesMax: 1 << 30, segmentAgeMsMax: 6e8 });
    const batches = Array.from({ length: inFlight }, () =>
      buildBatch({ records: [{ timestamp: 1, key: null, value }] }),
    );
    loads.set(log, { log, batches, sentAt: new Float64Array(inFlight), stored: log.lastIndex });
  }
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (const load of loads.values()) for (let number = 0; number < inFlight; number++) send(load);
  setTimeout(() => {
    const elapsedMs = performance.now() - startedAt;
    const done = appended - inFlight * logCount;
    const cpu = process.cpuUsage(cpuBefore);
    isOver = true;
    report(done, elapsedMs, (cpu.user + cpu.system) / 1e6);
    const closing = performance.now();
    opened.close((error) => {
      process.stdout.write(`close ${(performance.now() - closing).toFixed(0)} ms ${error?.message ?? ''}\n`);
    });
  }, seconds * 1000);
}

function report(done: number, elapsedMs: number, cpuSeconds: number): void {
  const megabytes = (done * sizeBytes) / 1e6;
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => latencies[Math.floor(latencies.length * share)]?.toFixed(2) ?? '-';
  const rss = (process.memoryUsage().rss / 1e6).toFixed(0);
  process.stdout.write(
    `${Math.round((done / elapsedMs) * 1000)} appends/s  ${((megabytes / elapsedMs) * 1000).toFixed(0)} MB/s  ` +
      `${((cpuSeconds / megabytes) * 1000).toFixed(2)} CPU s/GB  p50 ${at(0.5)} p99 ${at(0.99)} ms  RSS ${rss} MB\n`,
  );
}
