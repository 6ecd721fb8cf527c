/**
 * The figures of README.md and docs/performance.md, in one run against Apache Kafka:
 * `npm run report -- [--rounds N] [--seconds N] [--only WORD] [--write]`.
 *
 * Needs ../shared (the load generator and the peer), Go, Java and Maven. With `--write` the table replaces what stands
 * between the marks `figures` in both. Raw figures go to node_modules/.cache/pyralog/figures.json.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../compat-tests/broker';
import { runOk } from '../../compat-tests/process';
import { figure, pairRows, pairTableRow, renderTable, type TableRow } from './report-rows';
import {
  buildBench,
  cache,
  commandWords,
  end,
  folder,
  idleRow,
  measure,
  needShared,
  runProgram,
  startCommand,
  startOurs,
  startPeer,
  stopPeer,
  warm,
  warmPageCache,
  writeBetween,
} from './rivals';

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

async function main(): Promise<number> {
  const { after, has } = commandWords();
  const rounds = after('--rounds', '5');
  const seconds = after('--seconds', '5');
  const only = after('--only', '');
  needShared();
  await runOk('npm', ['run', '--silent', 'build']);
  await buildBench();
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
    await warm(kafka.address, '30s');
    await warm(ours.address, '5s');
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
  if (has('--write')) {
    for (const path of ['README.md', 'docs/performance.md']) writeBetween(path, 'figures', text);
  }
  return 0;
}

runProgram(main);
