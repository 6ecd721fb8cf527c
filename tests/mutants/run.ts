/**
 * `npm run mutants -- [--only WORD] [--sample N --rotate K] [--seeds N]`: proves that the simulations bite. Each mutant
 * breaks one rule in one file; the seeds must find it. Exit 1 when one survives, when its text is not in its file
 * exactly once, or when a simulation fails without a mutant within the seeds that were needed.
 *
 * `--only` takes a part of a name, a rule or a file. `--sample` tries about N of them, spread over all lists; numbers K
 * that follow each other try others, and after a full round all were tried.
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Mutant } from './mutant';
import { RAFT_MUTANTS } from './raft-mutants';
import { STORAGE_MUTANTS } from './storage-mutants';

interface Candidate {
  readonly mutant: Mutant;
  readonly seedsMax: number;
}

interface Verdict {
  readonly mutant: Mutant;
  /** Seeds run until one failed; null when none did. */
  readonly seedsNeeded: number | null;
  readonly message: string;
  readonly seconds: number;
}

interface Outcome {
  readonly seedsNeeded: number | null;
  readonly message: string;
}

const CANDIDATES: readonly Candidate[] = [
  ...STORAGE_MUTANTS.map((mutant) => ({ mutant, seedsMax: 4000 })),
  ...RAFT_MUTANTS.map((mutant) => ({ mutant, seedsMax: 12_000 })),
];
const ROOT = process.cwd();
/** Runs beside each other do not meet. */
const OUTPUT = join(ROOT, 'node_modules', '.cache', 'pyralog', `mutants-${process.pid}`);
/** A mutant that only makes the program slow is not found. */
const SECONDS_MAX = 600;

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Swaps the text (of no file for the control run) while the bundle is made; the file itself stays as it is. */
function mutate(mutant: Mutant | null): Plugin {
  return {
    name: 'mutate',
    setup(bundle) {
      if (mutant === null) return;
      bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (relative(ROOT, path).replaceAll('\\', '/') !== mutant.file) return null;
        const source = await readFile(path, 'utf8');
        const count = countOf(source, mutant.find);
        if (count !== 1) throw new Error(`${mutant.name}: its text stands ${count} times in ${mutant.file}`);
        return { contents: source.replace(mutant.find, () => mutant.replace), loader: 'ts' };
      });
    },
  };
}

async function bundle(mutant: Mutant | null, simulation: string, name: string): Promise<string> {
  const outfile = join(OUTPUT, `${name}.js`);
  const result = await build({
    entryPoints: [join(ROOT, simulation)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    outfile,
    logLevel: 'silent',
    metafile: true,
    plugins: [mutate(mutant)],
  });
  const isLoaded = mutant === null || Object.keys(result.metafile.inputs).includes(mutant.file);
  if (!isLoaded) throw new Error(`${mutant.name}: the simulation does not load ${mutant.file}`);
  return outfile;
}

/** Runs seeds until one fails; the simulation prints a line of JSON with `--until-failure`. */
function hunt(outfile: string, seeds: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const words = ['--max-semi-space-size=32', outfile, '--until-failure', '--seeds', String(seeds)];
    const child = spawn(process.execPath, words, { timeout: SECONDS_MAX * 1000 });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('close', (code, signal) => {
      const line = output.split('\n').findLast((each) => each.startsWith('{"seedsNeeded"'));
      if (line !== undefined) resolve(JSON.parse(line) as Outcome);
      // Not found: what fails is reported, what dies for another reason proves nothing.
      else
        resolve({
          seedsNeeded: null,
          message: `died (${signal ?? code}): ${output.trim().split('\n').at(-1)}`,
        });
    });
  });
}

async function tryMutant({ mutant, seedsMax }: Candidate, number: number, seeds: number): Promise<Verdict> {
  const startedMs = performance.now();
  let outcome: Outcome;
  try {
    const outfile = await bundle(mutant, mutant.simulation, `mutant-${number}`);
    outcome = await hunt(outfile, seeds > 0 ? seeds : seedsMax);
  } catch (error) {
    outcome = { seedsNeeded: null, message: String(error) };
  }
  return { mutant, ...outcome, seconds: (performance.now() - startedMs) / 1000 };
}

function line(verdict: Verdict): string {
  const { mutant, seedsNeeded, message, seconds } = verdict;
  const needed = seedsNeeded === null ? 'SURVIVED' : `seed ${seedsNeeded}`;
  const columns = [
    needed.padEnd(12),
    `${seconds.toFixed(1)} s`.padStart(8),
    mutant.rule.padEnd(8),
    mutant.name,
  ];
  return `${columns.join('  ')}\n${' '.repeat(34)}${message.split('\n')[0]!.slice(0, 140)}`;
}

function chosen(words: readonly string[]): readonly Candidate[] {
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  const only = after('--only') ?? '';
  const matching = CANDIDATES.filter(({ mutant }) =>
    [mutant.name, mutant.file, ...mutant.rule.split(' ')].some((text) =>
      /^[A-Z]\d+$/.test(only) ? text === only : text.includes(only),
    ),
  );
  const sample = Number(after('--sample') ?? matching.length);
  const rounds = Math.max(1, Math.ceil(matching.length / sample));
  const rotate = Number(after('--rotate') ?? 0) % rounds;
  return matching.filter((_, at) => at % rounds === rotate);
}

/** A program that fails without a planted bug kills every mutant and proves nothing. */
async function runControls(verdicts: readonly Verdict[]): Promise<boolean> {
  const seedsBySimulation = new Map<string, number>();
  for (const { mutant, seedsNeeded } of verdicts) {
    const most = Math.max(seedsBySimulation.get(mutant.simulation) ?? 1, seedsNeeded ?? 1);
    seedsBySimulation.set(mutant.simulation, most);
  }
  const controls = [...seedsBySimulation].map(async ([simulation, seeds], number) => {
    const { seedsNeeded, message } = await hunt(await bundle(null, simulation, `control-${number}`), seeds);
    const isSound = seedsNeeded === null && message === '';
    const outcome = isSound ? 'holds' : `FAILS at seed ${seedsNeeded}: ${message}`;
    console.log(`control: ${simulation} without a mutant, ${seeds} seeds: ${outcome}`);
    return isSound;
  });
  return (await Promise.all(controls)).every((isSound) => isSound);
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const seeds = words.includes('--seeds') ? Number(words[words.indexOf('--seeds') + 1]) : 0;
  const queue = chosen(words).map((candidate, number) => ({ candidate, number }));
  const verdicts: Verdict[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const verdict = await tryMutant(next.candidate, next.number, seeds);
      verdicts.push(verdict);
      console.log(line(verdict));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const isSound = await runControls(verdicts);
  await rm(OUTPUT, { recursive: true, force: true });
  const needed = verdicts.flatMap(({ seedsNeeded }) => seedsNeeded ?? []).sort((left, right) => left - right);
  console.log(
    `${needed.length} of ${verdicts.length} killed; seeds needed: ` +
      `median ${needed[needed.length >> 1] ?? 0}, worst ${needed.at(-1) ?? 0}`,
  );
  if (needed.length < verdicts.length || needed.length === 0 || !isSound) process.exitCode = 1;
}

void main();
