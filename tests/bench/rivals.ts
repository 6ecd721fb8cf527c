/** The two brokers that a report compares, the load generator beside the project, and pages that carry the tables. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, untilConnectable } from '../../compat-tests/broker';
import { runOk } from '../../compat-tests/process';
import { figure, type TableRow } from './report-rows';

export const cache = resolve('node_modules/.cache/pyralog');
const bench = join(cache, 'bench');
const peer = resolve('../shared/peers/kafka/kafka');

/** Everything that a run writes; removed at its end. */
export const folder = mkdtempSync(join(tmpdir(), 'pyralog-report-'));
/** What runs now: a run that fails ends it too. */
const children = new Set<ChildProcess>();
const peers = new Set<string>();

export interface Running {
  readonly address: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

export const startCommand = (port: number, data: string, more: readonly string[] = []): readonly string[] => [
  ...[process.execPath, 'dist/pyralog.js', 'start', '--port', String(port), '--data-dir', join(folder, data)],
  ...more,
];

export async function startOurs(data: string, more: readonly string[] = []): Promise<Running> {
  const port = await freePort();
  const [command = '', ...words] = startCommand(port, data, more);
  const child = spawn(command, words, { stdio: 'ignore' });
  watch(child);
  await untilConnectable(port, child, 20_000);
  return { address: `127.0.0.1:${port}`, pid: child.pid!, child };
}

/** It ends with this program at the latest. */
export function watch(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

export async function end({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill(signal);
  await ended;
}

/** @throws Error  where there is no ../shared. */
export function needShared(): void {
  if (!existsSync(peer)) throw new Error('needs ../shared: the load generator and the peer');
}

export async function startPeer(
  name: string,
  port: number,
  conf: readonly string[],
): Promise<{ address: string; pid: number }> {
  const dir = join(folder, name);
  const settings = conf.flatMap((pair) => ['--conf', pair]);
  peers.add(name);
  await runOk(peer, ['start', '--port', String(port), '--dir', dir, ...settings], { timeoutMs: 120_000 });
  return { address: `127.0.0.1:${port}`, pid: Number(readFileSync(join(dir, 'node-1', 'pid'), 'utf8')) };
}

export async function stopPeer(name: string): Promise<void> {
  await runOk(peer, ['stop', '--dir', join(folder, name)]);
  peers.delete(name);
}

export async function buildBench(): Promise<void> {
  await runOk('go', ['build', '-o', bench, '.'], { cwd: resolve('../shared/bench'), timeoutMs: 300_000 });
}

/** Runs the load generator; its figures by name. */
export async function measure(
  words: readonly string[],
  timeoutMs = 900_000,
): Promise<Record<string, unknown>> {
  console.error(`bench ${words.join(' ')}`);
  return JSON.parse(await runOk(bench, words, { timeoutMs })) as Record<string, unknown>;
}

/** A JVM needs half a minute of load before it is what it will be. */
export async function warm(address: string, duration: string): Promise<void> {
  await measure([
    ...['raw-produce', '--partitions', '4', '--duration', duration],
    ...['--brokers', address, '--json'],
  ]);
}

/** Memory that a virtual machine has never touched is slow at first: page cache as large as the runs will want. */
export async function warmPageCache(sizeMb = 4096): Promise<void> {
  const file = join(folder, 'warm');
  await runOk('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${sizeMb}`], { timeoutMs: 300_000 });
  rmSync(file);
}

export async function idleRow(seconds = 30): Promise<TableRow> {
  const ours = await startOurs('idle');
  const kafka = await startPeer('idle-peer', 29192, []);
  const at = ({ address, pid }: { address: string; pid: number }) =>
    measure([
      ...['idle', '--duration', `${seconds}s`, '--brokers', address],
      ...['--broker-pid', String(pid), '--json'],
    ]);
  const [us, them] = [await at(ours), await at(kafka)];
  await Promise.all([end(ours, 'SIGTERM'), stopPeer('idle-peer')]);
  const words = (idle: Record<string, unknown>): string =>
    `${figure(idle.rss_mb as number)} MB, ${figure(idle.cpu_percent as number)} %`;
  return {
    what: 'idle: memory, share of a core',
    ours: words(us),
    kafka: words(them),
    ratio: '–',
    target: '≤ 100 MB, ≤ 0.5 %',
    isMet: (us.rss_mb as number) <= 100 && (us.cpu_percent as number) <= 0.5,
  };
}

/** Replaces what stands between the marks `mark` of a page. */
export function writeBetween(path: string, mark: string, text: string): void {
  const page = readFileSync(path, 'utf8');
  const between = new RegExp(`(<!-- ${mark} -->)[\\s\\S]*(<!-- /${mark} -->)`);
  if (!between.test(page)) throw new Error(`${path} has no marks <!-- ${mark} -->`);
  writeFileSync(
    path,
    page.replace(between, (_, open, close) => `${open}\n${text}\n${close}`),
  );
}

export interface Words {
  /** The word behind a flag. */
  after(flag: string, otherwise: string): string;
  has(flag: string): boolean;
}

export function commandWords(): Words {
  const words = process.argv.slice(2);
  return {
    after: (flag, otherwise) => words[words.indexOf(flag) + 1 || words.length] ?? otherwise,
    has: (flag) => words.includes(flag),
  };
}

/** Runs a program to its exit code (2: it failed or was told to end), and ends what it left running. */
export function runProgram(main: () => Promise<number>): void {
  const told = new Promise<number>((tell) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => tell(2));
  });
  Promise.race([main(), told])
    .catch((error: unknown) => {
      console.error(error);
      return 2;
    })
    .then(async (code) => {
      for (const child of children) child.kill('SIGKILL');
      for (const name of peers) await stopPeer(name).catch((error: unknown) => console.error(error));
      rmSync(folder, { recursive: true, force: true });
      process.exit(code);
    });
}
