/**
 * What a fetch of 1 MiB costs when the data file holds bare batches, and when a header stands in front of each:
 *
 *   node tests/support/run.cjs tests/bench/entry-format.ts [--rounds 9] [--answers 512] [--others 0.1]
 *
 * The broker side is this process: one positional read through the thread pool from a warm page cache, then a write to a
 * loopback socket. The client is a child that keeps two requests under way and drops what it reads. Variants take turns
 * within a round, each round begins with another one, and before each a few answers run unmeasured, so that no variant
 * pays for the garbage of the one before. A round counts only if other programs took less than `--others` of the machine
 * meanwhile. Prints the tables of docs/decisions/0001-index-and-offset.md.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROW_SIZE_BYTES } from '../../storage/rows';
import {
  ANSWER_SIZE_BYTES,
  ANSWERS_PER_FILE,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_END,
  Broker,
  cpuSecondsUsed,
  type Fetched,
  type Files,
  HEADER_LENGTH_AT,
  LEAD_SIZE_BYTES,
  type Order,
  runClient,
  variants,
} from './entry-format-ends';

const LEAD_IN_ANSWERS = 32;
const PROBE_MS = 500;
const ATTEMPTS_MAX = 1500;
const KIB = 1024;
/** The least that the store writes lazily in one piece. */
const LAZY_PIECE_SIZE_BYTES = 256 * KIB;
const batchSizesBytes: readonly number[] = [KIB, 4 * KIB, 16 * KIB, 256 * KIB];

interface Options {
  readonly rounds: number;
  readonly answers: number;
  readonly othersShareMax: number;
}

function writeFiles(directory: string, batchSizeBytes: number): Files {
  const batchesPerAnswer = ANSWER_SIZE_BYTES / batchSizeBytes;
  const files = {
    bare: fs.openSync(join(directory, `bare-${batchSizeBytes}`), 'w+'),
    headed: fs.openSync(join(directory, `headed-${batchSizeBytes}`), 'w+'),
    headedAnswerSizeBytes: ANSWER_SIZE_BYTES + batchesPerAnswer * ROW_SIZE_BYTES,
  };
  const bare = randomFillSync(Buffer.alloc(ANSWER_SIZE_BYTES));
  const headed = randomFillSync(Buffer.alloc(files.headedAnswerSizeBytes));
  for (const file of [files.bare, files.headed]) fs.writeSync(file, Buffer.alloc(LEAD_SIZE_BYTES));
  for (let answer = 0; answer < ANSWERS_PER_FILE; answer++) {
    for (let number = 0; number < batchesPerAnswer; number++) {
      const at = number * batchSizeBytes;
      bare.writeBigInt64BE(BigInt(answer * batchesPerAnswer + number), at);
      bare.writeInt32BE(batchSizeBytes - BATCH_LENGTH_END, at + BATCH_LENGTH_AT);
      const headerAt = number * (batchSizeBytes + ROW_SIZE_BYTES);
      headed.writeUInt32LE(batchSizeBytes, headerAt + HEADER_LENGTH_AT);
      bare.copy(headed, headerAt + ROW_SIZE_BYTES, at, at + batchSizeBytes);
    }
    fs.writeSync(files.bare, bare);
    fs.writeSync(files.headed, headed);
  }
  // Nothing may be left for the kernel to write while reads are measured.
  for (const file of [files.bare, files.headed]) fs.fsyncSync(file);
  return files;
}

async function fetchAll(client: ChildProcess, order: Order): Promise<Fetched> {
  client.send(order);
  return (await once(client, 'message'))[0] as Fetched;
}

interface Figures {
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
}

async function measure(client: ChildProcess, answers: number): Promise<Figures> {
  await fetchAll(client, { answers: LEAD_IN_ANSWERS, isChecked: false });
  const cpuBefore = cpuSecondsUsed();
  const startedAt = performance.now();
  await fetchAll(client, { answers, isChecked: false });
  const seconds = (performance.now() - startedAt) / 1000;
  const gigabytes = (answers * ANSWER_SIZE_BYTES) / 1e9;
  return {
    megabytesPerSecond: (gigabytes * 1000) / seconds,
    cpuSecondsPerGigabyte: (cpuSecondsUsed() - cpuBefore) / gigabytes,
  };
}

/** CPU seconds of the whole machine and of the two ends, and what could have been used, since some start. */
async function usage(client: ChildProcess): Promise<{ all: number; ours: number; possible: number }> {
  const { cpuSeconds } = await fetchAll(client, { answers: 1, isChecked: false });
  const times = cpus().map((core) => core.times);
  const all = times.reduce((sum, { user, nice, sys }) => sum + user + nice + sys, 0) / 1000;
  return { all, ours: cpuSecondsUsed() + cpuSeconds, possible: (performance.now() / 1000) * times.length };
}

/** Share of the machine that other programs take while `run` does. */
async function othersShare(client: ChildProcess, run: () => Promise<unknown>): Promise<number> {
  const before = await usage(client);
  await run();
  const after = await usage(client);
  return (after.all - before.all - (after.ours - before.ours)) / (after.possible - before.possible);
}

/** One figure per variant, from a quiet moment. */
async function measureRound(
  round: number,
  broker: Broker,
  client: ChildProcess,
  files: Files,
  options: Options,
) {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if ((await othersShare(client, () => sleep(PROBE_MS))) > options.othersShareMax) continue;
    const figures: Figures[] = [];
    const others = await othersShare(client, async () => {
      for (let turn = 0; turn < variants.length; turn++) {
        const at = (round + turn) % variants.length;
        broker.use(variants[at]!, files);
        figures[at] = await measure(client, options.answers);
      }
    });
    if (others <= options.othersShareMax) return figures;
  }
  throw new Error('other programs keep the machine busy: see --others');
}

/** Figures by round and variant. */
async function measureBatchSize(broker: Broker, client: ChildProcess, files: Files, options: Options) {
  const checksums = new Set<number>();
  for (const variant of variants) {
    broker.use(variant, files);
    checksums.add((await fetchAll(client, { answers: ANSWERS_PER_FILE, isChecked: true })).checksum);
  }
  if (checksums.size !== 1) throw new Error('the variants do not send the same bytes');
  const rounds: Figures[][] = [];
  while (rounds.length < options.rounds) {
    rounds.push(await measureRound(rounds.length, broker, client, files, options));
    process.stderr.write('.');
  }
  return rounds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median of the ratios of each round, and their range. */
function ratio(values: readonly number[], bases: readonly number[]): string {
  const ratios = values.map((value, round) => value / bases[round]!);
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const table = (title: string, rows: readonly (readonly string[])[]): string =>
  tableRow([title, ...batchSizesBytes.map((size) => `${size / KIB} KiB`)]) +
  tableRow(['---', ...batchSizesBytes.map(() => '---')]) +
  `${rows.map(tableRow).join('')}\n`;

/** @param results  By batch size, round and variant. */
function renderTables(results: readonly (readonly (readonly Figures[])[])[]): string {
  const byVariant = (figure: keyof Figures): readonly (readonly (readonly number[])[])[] =>
    results.map((rounds) => variants.map((_, at) => rounds.map((figures) => figures[at]![figure])));
  const speeds = byVariant('megabytesPerSecond');
  const costs = byVariant('cpuSecondsPerGigabyte');
  const figures = variants.map(({ name }, at) => [
    name,
    ...batchSizesBytes.map((_, size) => {
      const speed = Math.round(median(speeds[size]![at]!)).toLocaleString('en');
      return `${speed} · ${median(costs[size]![at]!).toFixed(2)}`;
    }),
  ]);
  const ratios = (of: typeof costs): readonly (readonly string[])[] =>
    variants.slice(1).map(({ name }, at) => [name, ...of.map((size) => ratio(size[at + 1]!, size[0]!))]);
  const rows = [
    ['of the batches', ...batchSizesBytes.map((size) => `${((ROW_SIZE_BYTES / size) * 100).toFixed(2)} %`)],
    [
      'bytes of rows to a lazy write of 256 KiB',
      ...batchSizesBytes.map((size) => `${(LAZY_PIECE_SIZE_BYTES / size) * ROW_SIZE_BYTES}`),
    ],
  ];
  return (
    table('MB/s · CPU s/GB', figures) +
    table('CPU, times contiguous', ratios(costs)) +
    table('MB/s, times contiguous', ratios(speeds)) +
    table('a row of 48 bytes for each batch', rows)
  );
}

async function runBench(options: Options): Promise<void> {
  const directory = fs.mkdtempSync(join(tmpdir(), 'pyralog-entry-format-'));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = fork(__filename, ['client', String((server.address() as AddressInfo).port)]);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const broker = new Broker(socket);
  const results: (readonly (readonly Figures[])[])[] = [];
  try {
    for (const size of batchSizesBytes) {
      process.stderr.write(`\nbatches of ${size} bytes `);
      const files = writeFiles(directory, size);
      results.push(await measureBatchSize(broker, client, files, options));
      for (const file of [files.bare, files.headed]) fs.closeSync(file);
    }
  } finally {
    client.disconnect();
    socket.destroy();
    server.close();
    fs.rmSync(directory, { recursive: true });
  }
  process.stdout.write(renderTables(results));
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} cores, ${options.rounds} rounds of ${options.answers} answers, ` +
      `other programs below ${options.othersShareMax * 100} % of the machine\n`,
  );
}

const words = process.argv.slice(2);
const option = (name: string, otherwise: number): number => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(words[at + 1]);
};
if (words[0] === 'client') runClient(Number(words[1]));
else {
  void runBench({
    rounds: option('rounds', 9),
    answers: option('answers', 512),
    othersShareMax: option('others', 0.1),
  });
}
