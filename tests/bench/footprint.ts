/** What the package costs before it serves anybody: its start inside a program, and its room on disk. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../../compat-tests/process';
import { figure, type TableRow } from './report-rows';
import { folder } from './rivals';

const alone = { kafka: '–', ratio: '–' };

/** The figure of `npm run bench:embed`. */
export async function embeddedStartRow(): Promise<TableRow> {
  const program = ['--expose-gc', 'tests/support/run.cjs', 'tests/bench/embedded-start.ts'];
  const text = await runOk(process.execPath, program, { timeoutMs: 600_000 });
  const match = /start in a warm process[^|]*\| ([\d.]+) ms \/ ([\d.]+) ms \/ ([\d.]+) ms/.exec(text);
  if (match === null) throw new Error(`no start in\n${text}`);
  const [p50 = 0, p90 = 0] = match.slice(1).map(Number);
  return {
    ...alone,
    what: '`Broker.start()` in a warm process, memory storage: p50, p90',
    ours: `${figure(p50)} ms, ${figure(p90)} ms`,
    target: '≤ 50 ms',
    isMet: p50 <= 50,
  };
}

/** Of the package as npm would publish it, installed into an empty folder. */
export async function installRows(): Promise<readonly TableRow[]> {
  const place = join(folder, 'install');
  mkdirSync(place);
  const packed = await runOk('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place]);
  const [{ filename, size }] = JSON.parse(packed) as [{ filename: string; size: number }];
  writeFileSync(join(place, 'package.json'), '{ "name": "empty", "private": true }');
  const quiet = ['--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
  await runOk('npm', ['install', ...quiet, join(place, filename)], { cwd: place, timeoutMs: 300_000 });
  const listed = await runOk('npm', ['ls', '--all', '--omit=dev', '--parseable'], { cwd: place });
  // The first line is the empty folder, one is the package itself.
  const dependencies = new Set(listed.trim().split('\n')).size - 2;
  const sizeMb = sizeOf(join(place, 'node_modules')) / 1e6;
  const ownMb = sizeOf(join(place, 'node_modules', 'pyralog')) / 1e6;
  return [
    {
      ...alone,
      what: '`npm install`: size, of which the package itself; dependencies, theirs included',
      ours: `${figure(sizeMb)} MB, ${figure(ownMb)} MB (packed: ${figure(size / 1e6)} MB); ${dependencies}`,
      target: '–',
      isMet: null,
    },
  ];
}

function sizeOf(path: string): number {
  let sizeBytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sizeBytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return sizeBytes;
}
