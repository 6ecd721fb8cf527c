/**
 * The figures of README.md and docs/performance.md, in one run against Apache Kafka:
 * `npm run report -- [--rounds N] [--seconds N] [--only WORD] [--write]`.
 *
 * Needs ../shared (the load generator and the peer), Go, Java and Maven. With `--write` the table replaces what stands
 * between the marks `figures` in both. Raw figures go to node_modules/.cache/pyralog/figures.json.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, untilConnectable } from '../../compat-tests/broker';
import { runOk } from '../../compat-tests/process';
import { figure, pairRows, pairTableRow, renderTable, type TableRow } from './report-rows';

const cache = resolve('node_modules/.cache/pyralog');
const bench = join(cache, 'bench');
const peer = resolve('../shared/peers/kafka/kafka');
const folder = mkdtempSync(join(tmpdir(), 'pyralog-report-'));

interface Running {
  readonly address: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

const startCommand = (port: number, data: string): readonly string[] => [
  ...[process.execPath, 'dist/pyralog.js', 'start', '--port', String(port), '--data-dir', join(folder, data)],
];

async function startOurs(data: string): Promise<Running> {
  const port = await freePort();
  const [command = '', ...words] = startCommand(port, data);
  const child = spawn(command, words, { stdio: 'ignore' });
  await untilConnectable(port, child, 20_000);
  return { address: `127.0.0.1:${port}`, pid: child.pid!, child };
}

async function end({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill(signal);
  await ended;
}

async function startPeer(
  name: string,
  port: number,
  conf: readonly string[],
): Promise<{ address: string; pid: number }> {
  const dir = join(folder, name);
  const settings = conf.flatMap((pair) => ['--conf', pair]);
  await runOk(peer, ['start', '--port', String(port), '--dir', dir, ...settings], { timeoutMs: 120_000 });
  return { address: `127.0.0.1:${port}`, pid: Number(readFileSync(join(dir, 'node-1', 'pid'), 'utf8')) };
}

const stopPeer = (name: string): Promise<string> => runOk(peer, ['stop', '--dir', join(folder, name)]);

async function measure(words: readonly string[], timeoutMs = 900_000): Promise<Record<string, unknown>> {
  console.error(`bench ${words.join(' ')}`);
  return JSON.parse(await runOk(bench, words, { timeoutMs })) as Record<string, unknown>;
}

/** Memory that a virtual machine has never touched is slow at first: page cache as large as the runs will want. */
async function warmPageCache(): Promise<void> {
  const file = join(folder, 'warm');
  await runOk('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', 'count=4096'], { timeoutMs: 300_000 });
  rmSync(file);
}

async function readyRows(): Promise<readonly TableRow[]> {
  const bare: number[] = [];
  for (let at = 0; at < 9; at += 1) {
    const startMs = performance.now();
    await runOk(process.execPath, ['-e', '0']);
    bare.push(performance.now() - startMs);
  }
  const bareMs = bare.sort((left, right) => left - right)[4]!;
  const port = await freePort();
  const command = `exec ${startCommand(port, 'ready').join(' ')}`;
  const at = ['--brokers', `127.0.0.1:${port}`, '--json', `--cmd=${command}`];
  const clear = `--before-cmd=rm -rf ${join(folder, 'ready')}`;
  const fresh = (await measure(['ready', '--runs', '9', clear, ...at])).ready_median_ms as number;

  const filled = await startOurs('ready');
  const topic = ['--topic', 'filled', '--partitions', '4', '--brokers', filled.address, '--json'];
  await measure(['raw-fetch', '--fill', '1G', ...topic]);
  await end(filled, 'SIGKILL');
  const after: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    after.push((await measure(['ready', '--runs', '1', ...at])).ready_median_ms as number);
    await end(await startOurs('ready'), 'SIGKILL');
  }
  const afterMs = after.sort((left, right) => left - right)[1]!;
  rmSync(join(folder, 'ready'), { recursive: true, force: true });
  const row = { kafka: '2.5–3.9 s', ratio: '–' };
  return [
    {
      ...row,
      what: `ready on an empty directory (a bare \`node -e 0\`: ${figure(bareMs)} ms)`,
      ours: `${figure(fresh)} ms`,
      target: '≤ 300 ms, ≤ 4 × bare',
      isMet: fresh <= 300 && fresh <= 4 * bareMs,
    },
    {
      ...row,
      what: 'ready after `kill -9` with 1 GB of data',
      ours: `${figure(afterMs)} ms`,
      kafka: '12.7 s',
      target: '≤ 600 ms',
      isMet: afterMs <= 600,
    },
  ];
}

async function idleRow(): Promise<TableRow> {
  const ours = await startOurs('idle');
  const kafka = await startPeer('idle-peer', 29192, []);
  const at = (running: { address: string; pid: number }) =>
    measure([
      'idle',
      '--duration',
      '30s',
      '--brokers',
      running.address,
      '--broker-pid',
      String(running.pid),
      '--json',
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

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const after = (flag: string, otherwise: string): string =>
    words[words.indexOf(flag) + 1 || words.length] ?? otherwise;
  const rounds = after('--rounds', '5');
  const seconds = after('--seconds', '5');
  const only = after('--only', '');
  if (!existsSync(peer)) throw new Error('needs ../shared: the load generator and the peer');
  const source = { cwd: resolve('../shared/bench'), timeoutMs: 300_000 };
  await runOk('npm', ['run', '--silent', 'build']);
  await runOk('go', ['build', '-o', bench, '.'], source);
  await warmPageCache();

  const table: TableRow[] = [];
  const raw: Record<string, unknown> = {};
  if ('ready'.includes(only)) table.push(...(await readyRows()));
  if ('idle'.includes(only)) table.push(await idleRow());
  for (const rival of ['default', 'flushing'] as const) {
    const rows = pairRows.filter(
      (row) => row.rival === rival && `${row.command.join(' ')} ${row.what}`.includes(only),
    );
    if (rows.length === 0) continue;
    const ours = await startOurs(`pair-${rival}`);
    const conf = rival === 'flushing' ? ['log.flush.interval.messages=1'] : [];
    const kafka = await startPeer(`peer-${rival}`, 29292, [...conf, 'log.segment.delete.delay.ms=1000']);
    // A JVM needs half a minute of load before it is what it will be.
    for (const [address, duration] of [[kafka.address, '30s'] as const, [ours.address, '5s'] as const]) {
      await measure([
        'raw-produce',
        '--partitions',
        '4',
        '--duration',
        duration,
        '--brokers',
        address,
        '--json',
      ]);
    }
    for (const row of rows) {
      const pair = [
        ...['pair', '--a', kafka.address, '--a-pid', String(kafka.pid), '--b', ours.address],
        ...['--b-pid', String(ours.pid), '--rounds', rounds, '--json', '--', ...row.command],
        ...(row.command[0] === 'raw-fetch' ? [] : ['--duration', `${seconds}s`]),
      ];
      const figures = await measure(pair);
      raw[row.what] = figures;
      table.push(pairTableRow(row, figures));
      console.error(renderTable(table.slice(-1)).split('\n')[2]);
    }
    await Promise.all([end(ours, 'SIGTERM'), stopPeer(`peer-${rival}`)]);
  }
  writeFileSync(join(cache, 'figures.json'), JSON.stringify({ table, raw }, null, 1));
  const text = renderTable(table);
  console.log(text);
  if (words.includes('--write')) writeTable(text);
}

function writeTable(text: string): void {
  const between = /(<!-- figures -->)[\s\S]*(<!-- \/figures -->)/;
  for (const path of ['README.md', 'docs/performance.md']) {
    const page = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      page.replace(between, (_, open, close) => `${open}\n${text}\n${close}`),
    );
  }
}

main()
  .then(
    () => 0,
    (error: unknown) => {
      console.error(error);
      return 1;
    },
  )
  .then((code) => {
    rmSync(folder, { recursive: true, force: true });
    // After a failure brokers and their pipes may still be open.
    process.exit(code);
  });
