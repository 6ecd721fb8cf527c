/**
 * `npm run mutants -- [--seeds N] [--only WORD]`: proves that the simulation bites. Each mutant breaks one rule in one
 * file; the seeds must find it. Exit 1 when one survives, or when its text is not in the file exactly once.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Mutant } from './mutant';
import { STORAGE_MUTANTS } from './storage-mutants';

interface Verdict {
  readonly mutant: Mutant;
  /** Seeds run until one failed; null when none did. */
  readonly seedsNeeded: number | null;
  readonly message: string;
  readonly seconds: number;
}

const ROOT = process.cwd();
const OUTPUT = join(ROOT, 'dist', 'mutants');

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
function hunt(outfile: string, seeds: number): Promise<{ seedsNeeded: number | null; message: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [outfile, '--until-failure', '--seeds', String(seeds)]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('close', (code) => {
      const line = output.split('\n').findLast((each) => each.startsWith('{"seedsNeeded"'));
      if (line !== undefined) resolve(JSON.parse(line) as { seedsNeeded: number | null; message: string });
      else
        resolve({ seedsNeeded: 0, message: `died with code ${code}: ${output.trim().split('\n').at(-1)}` });
    });
  });
}

async function tryMutant(mutant: Mutant, number: number, seeds: number): Promise<Verdict> {
  const startedMs = performance.now();
  const outfile = await bundle(mutant, mutant.simulation, `mutant-${number}`);
  const { seedsNeeded, message } = await hunt(outfile, seeds);
  return { mutant, seedsNeeded, message, seconds: (performance.now() - startedMs) / 1000 };
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

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  const seeds = Number(after('--seeds') ?? 4000);
  const only = after('--only') ?? '';
  // A program that fails without a planted bug kills every mutant and proves nothing.
  for (const simulation of new Set(STORAGE_MUTANTS.map((mutant) => mutant.simulation))) {
    const { seedsNeeded, message } = await hunt(await bundle(null, simulation, 'control'), seeds);
    if (seedsNeeded === null) continue;
    console.log(`control: ${simulation} fails without a mutant at seed ${seedsNeeded}: ${message}`);
    process.exitCode = 1;
    return;
  }
  const mutants = STORAGE_MUTANTS.filter(({ name }) => name.includes(only));
  const queue = mutants.map((mutant, number) => ({ mutant, number }));
  const verdicts: Verdict[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const verdict = await tryMutant(next.mutant, next.number, seeds);
      verdicts.push(verdict);
      console.log(line(verdict));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const survivors = verdicts.filter(({ seedsNeeded }) => seedsNeeded === null);
  const needed = verdicts.flatMap(({ seedsNeeded }) => seedsNeeded ?? []).sort((left, right) => left - right);
  console.log(
    `${verdicts.length - survivors.length} of ${verdicts.length} killed; seeds needed: ` +
      `median ${needed[needed.length >> 1]}, worst ${needed.at(-1)}`,
  );
  if (survivors.length > 0 || verdicts.length === 0) process.exitCode = 1;
}

void main();
