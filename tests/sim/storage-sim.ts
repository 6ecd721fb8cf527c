/**
 * `npm run sim:storage -- --seeds 20000`: runs seeds of the storage simulation on every core and judges each against
 * the model. `--seed 42 --trace` replays one. Exit 1 when a seed fails or does not repeat itself.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { DiskStatistics } from './disk-faults';
import { type RunReport, runStorage } from './storage-run';
import { shrink } from './storage-shrink';

interface Totals {
  runs: number;
  repeated: number;
  operations: number;
  opens: number;
  crashes: number;
  logs: number;
  compactions: number;
  damaged: number;
  faults: Partial<DiskStatistics>;
  failures: { readonly seed: number; readonly message: string }[];
}

interface Arguments {
  readonly seeds: number;
  readonly first: number;
  readonly step: number;
  readonly workers: number;
  readonly failuresMax: number;
  readonly seed: number | null;
  readonly isTracing: boolean;
  readonly isWorker: boolean;
  readonly untilFailure: boolean;
}

/** One seed in so many runs twice: equal seeds must leave equal traces. */
const REPEAT_EVERY = 100;
const LINES_SHOWN = 60;
/** Runs make much short-lived garbage: a larger nursery halves the time spent on it. */
const WORKER_FLAGS = ['--enable-source-maps', '--max-semi-space-size=32'];

function parseArguments(words: readonly string[]): Arguments {
  const number = (flag: string, otherwise: number): number => {
    const at = words.indexOf(flag);
    return at < 0 ? otherwise : Number(words[at + 1]);
  };
  return {
    seeds: number('--seeds', 2000),
    first: number('--first', 1),
    step: number('--step', 1),
    workers: number('--workers', availableParallelism()),
    failuresMax: number('--failures', 3),
    seed: words.includes('--seed') ? number('--seed', 1) : null,
    isTracing: words.includes('--trace'),
    isWorker: words.includes('--worker'),
    untilFailure: words.includes('--until-failure'),
  };
}

function emptyTotals(): Totals {
  return {
    runs: 0,
    repeated: 0,
    operations: 0,
    opens: 0,
    crashes: 0,
    logs: 0,
    compactions: 0,
    damaged: 0,
    faults: {},
    failures: [],
  };
}

function addReport(totals: Totals, seed: number, report: RunReport): void {
  totals.runs++;
  totals.operations += report.operations;
  totals.opens += report.opens;
  totals.crashes += report.crashes;
  totals.logs += report.logs;
  totals.compactions += report.compactions;
  totals.damaged += report.damaged;
  addFaults(totals.faults, report.statistics);
  if (report.failure !== null) totals.failures.push({ seed, message: report.failure });
}

function addFaults(into: Partial<DiskStatistics>, from: Partial<DiskStatistics>): void {
  for (const [kind, count] of Object.entries(from) as [keyof DiskStatistics, number][]) {
    into[kind] = (into[kind] ?? 0) + count;
  }
}

/** Errors of the disk are part of a run, and their stacks the dearest part of them; who explains a failure has them. */
function forgetStacks(): void {
  Error.stackTraceLimit = 0;
}

/** Runs every `step`-th seed and returns what happened. */
function runSeeds({ first, seeds, step, failuresMax }: Arguments): Totals {
  const totals = emptyTotals();
  forgetStacks();
  for (let at = 0; at < seeds && totals.failures.length < failuresMax; at += step) {
    const seed = first + at;
    const report = runStorage({ seed });
    addReport(totals, seed, report);
    if (at % REPEAT_EVERY !== 0) continue;
    totals.repeated++;
    const again = runStorage({ seed });
    if (again.traceHash === report.traceHash) continue;
    totals.failures.push({
      seed,
      message: `not deterministic: ${report.traceHash}, then ${again.traceHash}`,
    });
  }
  return totals;
}

function merge(into: Totals, from: Totals): void {
  into.runs += from.runs;
  into.repeated += from.repeated;
  into.operations += from.operations;
  into.opens += from.opens;
  into.crashes += from.crashes;
  into.logs += from.logs;
  into.compactions += from.compactions;
  into.damaged += from.damaged;
  addFaults(into.faults, from.faults);
  into.failures.push(...from.failures);
}

function runWorkers(options: Arguments, done: (totals: Totals) => void): void {
  const totals = emptyTotals();
  let running = options.workers;
  for (let at = 0; at < options.workers; at++) {
    const words = [
      ...['--worker', '--first', options.first + at, '--step', options.workers],
      ...['--seeds', options.seeds - at, '--failures', options.failuresMax],
    ];
    const worker: ChildProcess = fork(__filename, words.map(String), { execArgv: WORKER_FLAGS });
    let hasReported = false;
    worker.on('message', (message) => {
      hasReported = true;
      merge(totals, message as Totals);
    });
    worker.on('exit', (code) => {
      if (!hasReported) totals.failures.push({ seed: -1, message: `a worker ended with code ${code}` });
      running--;
      if (running === 0) done(totals);
    });
  }
}

function print(totals: Totals, seconds: number): void {
  const { runs, operations, opens, crashes, repeated, logs, damaged, compactions } = totals;
  const perRunMs = ((seconds * 1000) / Math.max(1, runs)).toFixed(1);
  console.log(`${runs} runs in ${seconds.toFixed(1)} s (${perRunMs} ms each), ${repeated} run twice`);
  console.log(
    `${operations} operations, ${logs} logs, ${compactions} compactions, ${crashes} crashes, ${opens} opens, ${damaged} files damaged`,
  );
  const faults = Object.entries(totals.faults).map(([kind, count]) => `${kind} ${count}`);
  console.log(`disk: ${faults.join(', ')}`);
}

/** For tests/mutants/run.ts: how many seeds it takes until one fails. */
function reportFirstFailure({ first, seeds }: Arguments): void {
  forgetStacks();
  for (let at = 0; at < seeds; at++) {
    const { failure } = runStorage({ seed: first + at });
    if (failure === null) continue;
    console.log(JSON.stringify({ seedsNeeded: at + 1, message: failure }));
    return;
  }
  console.log(JSON.stringify({ seedsNeeded: null, message: '' }));
}

function explain(seed: number): void {
  const { options, report } = shrink(seed);
  console.log(`\nseed ${seed}, shrunk: ${JSON.stringify(options)}`);
  for (const line of report.lines.slice(-LINES_SHOWN)) console.log(`  ${line}`);
  console.log(`  => ${report.failure}`);
}

function main(): void {
  const options = parseArguments(process.argv.slice(2));
  if (options.isWorker) {
    process.send!(runSeeds(options));
    return;
  }
  if (options.untilFailure) {
    reportFirstFailure(options);
    return;
  }
  if (options.seed !== null) {
    const report = runStorage({ seed: options.seed, isTracing: options.isTracing });
    for (const line of report.lines) console.log(line);
    console.log(`seed ${options.seed}: ${report.failure ?? 'kept every promise'} (${report.traceHash})`);
    process.exitCode = report.failure === null ? 0 : 1;
    return;
  }
  const startedMs = performance.now();
  runWorkers(options, (totals) => {
    print(totals, (performance.now() - startedMs) / 1000);
    totals.failures.sort((left, right) => left.seed - right.seed);
    for (const { seed, message } of totals.failures) console.log(`FAILED seed ${seed}: ${message}`);
    const first = totals.failures[0];
    if (first === undefined) return;
    process.exitCode = 1;
    if (first.seed >= 0) explain(first.seed);
  });
}

main();
