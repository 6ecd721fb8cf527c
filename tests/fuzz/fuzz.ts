/**
 * `npm run fuzz -- --count 1200000 --seed 7`: mutations of everything that Apache's classes wrote, read as the broker
 * reads. `--first N --count 1` replays a case, `--kinds request,batch` narrows, `--plant hangs` puts a fault in front
 * that has to be found, `--write` and `--verdicts` see verdicts.ts. Exit 1 when something is wrong.
 *
 * The cases run in a thread of their own: a reading that never ends is seen from here.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { apiByKey, peekApi } from '../../protocol';
import { type Kind, loadCorpus } from './corpus';
import { type PlantedFault, plantedFaults } from './planted';
import { allKinds, caseOf, type FuzzOptions, type FuzzReport, runFuzz } from './run';
import { judgedFrames } from './verdicts';

interface Arguments extends Omit<FuzzOptions, 'onCase' | 'plant' | 'judged'> {
  readonly planted: PlantedFault | null;
  readonly verdicts: string | undefined;
  readonly write: string | null;
  readonly hangMs: number;
}

interface Task {
  readonly options: Arguments;
  readonly progress: SharedArrayBuffer;
}

/** Room for so much garbage that collections seldom fall into a measured reading. */
const YOUNG_GENERATION_MIB = 96;

function parseArguments(words: readonly string[]): Arguments {
  const value = (flag: string): string | null => {
    const at = words.indexOf(flag);
    return at < 0 ? null : (words[at + 1] ?? null);
  };
  const number = (flag: string, otherwise: number): number => Number(value(flag) ?? otherwise);
  const planted = value('--plant');
  if (planted !== null && !(planted in plantedFaults)) throw new Error(`no fault is called ${planted}`);
  const kinds = value('--kinds')?.split(',') ?? allKinds;
  for (const kind of kinds)
    if (!allKinds.includes(kind as Kind)) throw new Error(`no kind is called ${kind}`);
  return {
    seed: number('--seed', 1),
    first: number('--first', 0),
    count: number('--count', 1_200_000),
    kinds: kinds as readonly Kind[],
    problemsMax: number('--problems', 10),
    planted: planted as PlantedFault | null,
    verdicts: value('--verdicts') ?? undefined,
    write: value('--write'),
    hangMs: number('--hang-ms', 10_000),
  };
}

function work({ options, progress }: Task): FuzzReport {
  const cases = new Float64Array(progress);
  const plant = options.planted === null ? undefined : plantedFaults[options.planted];
  return runFuzz(loadCorpus(), {
    ...options,
    judged: judgedFrames(options.verdicts),
    onCase: (index) => {
      cases[0] = index;
      cases[1]! += 1;
    },
    ...(plant === undefined ? {} : { plant }),
  });
}

function print(options: Arguments, report: FuzzReport, elapsedMs: number): void {
  const lines = [`seed ${options.seed}, cases ${options.first} to ${options.first + options.count - 1}`];
  lines.push(`${report.judged} frames with a verdict of Apache's`);
  for (const [kind, row] of Object.entries(report.kinds)) {
    lines.push(
      `${kind.padEnd(9)} ${String(row.cases).padStart(8)} cases, ${row.refused} refused, ` +
        `those at most 3 x their size + ${row.refusedSizeBytesMax} bytes; at most ${row.elapsedMsMax.toFixed(2)} ms`,
    );
  }
  for (const { index, name, problem, hex } of report.problems) {
    lines.push(
      `case ${index}, from ${name}: ${problem}`,
      `  ${hex.length > 2000 ? `${hex.slice(0, 2000)}...` : hex}`,
    );
  }
  lines.push(`${report.problems.length} problems in ${(elapsedMs / 1000).toFixed(1)} s`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function watch(options: Arguments): void {
  const progress = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
  const cases = new Float64Array(progress);
  const task: Task = { options, progress };
  const startMs = performance.now();
  const worker = new Worker(__filename, {
    workerData: task,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
  let seen = -1;
  let seenMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (cases[1] !== seen) {
      seen = cases[1]!;
      seenMs = nowMs;
    } else if (seen > 0 && nowMs - seenMs > options.hangMs) {
      process.stdout.write(`case ${cases[0]} of seed ${options.seed} hangs\n`);
      process.exit(1);
    }
  }, 50);
  worker.once('message', (report: FuzzReport) => {
    clearInterval(timer);
    print(options, report, performance.now() - startMs);
    process.exitCode = report.problems.length > 0 ? 1 : 0;
  });
  worker.once('error', (error) => {
    clearInterval(timer);
    process.stdout.write(`case ${cases[0]} of seed ${options.seed} ends the thread: ${error}\n`);
    process.exitCode = 1;
  });
}

/** The request frames of these cases, those with a schema, in hex. */
function write(options: Arguments, path: string): void {
  const corpus = loadCorpus();
  const file = openSync(path, 'w');
  for (let index = options.first; index < options.first + options.count; index += 1) {
    const { bytes } = caseOf(corpus, ['request'], options.seed, index);
    if (bytes.length < 4 || apiByKey(peekApi(bytes).apiKey) === undefined) continue;
    writeSync(file, `${bytes.toString('hex')}\n`);
  }
  closeSync(file);
}

function main(): void {
  const options = parseArguments(process.argv.slice(2));
  if (options.write === null) watch(options);
  else write(options, options.write);
}

if (isMainThread) main();
else parentPort?.postMessage(work(workerData as Task));
