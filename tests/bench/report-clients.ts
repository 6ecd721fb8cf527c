/**
 * What everyday clients see, in one run against Apache Kafka, both brokers in turns:
 * `npm run report:clients -- [--rounds N] [--scale N] [--only WORD] [--write]`.
 *
 * `--scale 0.01` makes every load that much smaller, for a try. Needs ../shared (the load generator and the peer), Go,
 * Java and Maven; KAFKA_BOOTSTRAP=host:port takes the place of the peer as it comes, and must have
 * group.initial.rebalance.delay.ms=0. With `--write` the table replaces what stands between the marks `client-figures`
 * of docs/performance.md. Raw figures go to node_modules/.cache/pyralog/client-figures.json.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../../compat-tests/process';
import { commitsLoad, kafkajsLoad, topicsLoad } from './client-loads';
import { embeddedStartRow, installRows } from './footprint';
import { groupLoad } from './group-load';
import { atLeast, atMost, type PairRow, pairTableRow, renderTable, type TableRow } from './report-rows';
import {
  buildBench,
  cache,
  commandWords,
  end,
  idleRow,
  measure,
  needShared,
  runProgram,
  startOurs,
  startPeer,
  stopPeer,
  warm,
  warmPageCache,
  writeBetween,
} from './rivals';
import { compare, type Figures, inTurns } from './turns';

type Row = Omit<PairRow, 'command' | 'rival'>;

interface Load {
  readonly name: string;
  readonly rivals: readonly PairRow['rival'][];
  run(address: string, scale: number): Promise<Figures>;
  rows(rival: PairRow['rival']): readonly Row[];
}

const time = (what: string, figure: string): Row => ({
  what,
  figure,
  unit: 'ms',
  target: '≤ 1 ×',
  isMet: atMost(1),
});

const rate = (what: string, figure: string, unit: string): Row => ({
  what,
  figure,
  unit,
  target: '≥ 1 ×',
  isMet: atLeast(1),
});

const scaled = (count: number, scale: number, least: number): number =>
  Math.max(least, Math.round(count * scale));

const commits = (connections: number): Load => ({
  name: `commits-${connections}`,
  rivals: ['default', 'flushing'],
  run: (address, scale) => commitsLoad(address, connections, scaled(5_000, scale, 200)),
  rows: (rival) => {
    const many = connections === 1 ? '1 connection' : `${connections} connections`;
    const against = rival === 'default' ? '' : ', against Kafka that syncs too';
    return [rate(`OffsetCommit, ${many}${against}`, 'commits_s', 'commits/s')];
  },
});

const loads: readonly Load[] = [
  {
    name: 'group',
    rivals: ['default'],
    run: (address, scale) => groupLoad(address, scaled(100, scale, 3)),
    rows: () => [
      time('group of 100 members on 100 partitions: start to all assigned', 'start_ms'),
      time('the same, one leaves: to all reassigned', 'leave_ms'),
    ],
  },
  {
    name: 'topics',
    rivals: ['default'],
    run: (address, scale) => topicsLoad(address, scaled(1_000, scale, 5)),
    rows: () => [
      time('create 1,000 topics, one request', 'create_together_ms'),
      time('delete 1,000 topics, one request', 'delete_together_ms'),
      time('create 1,000 topics, a request each', 'create_single_ms'),
      time('delete 1,000 topics, a request each', 'delete_single_ms'),
    ],
  },
  {
    name: 'kafkajs',
    rivals: ['default'],
    run: (address, scale) => kafkajsLoad(address, scaled(1_000_000, scale, 4_000)),
    rows: () => [
      rate('kafkajs producer, 1 M records of 100 bytes', 'produce_records_s', 'records/s'),
      rate('kafkajs consumer group, the same records', 'consume_records_s', 'records/s'),
    ],
  },
  {
    name: 'consume',
    rivals: ['default'],
    run: consumeLoad,
    rows: () => [
      rate('consumer group of franz-go, 1 GB of 1 kB records', 'mb_s', 'MB/s'),
      time('the same: start to first record', 'first_record_ms'),
    ],
  },
  commits(1),
  commits(16),
];

async function consumeLoad(address: string, scale: number): Promise<Figures> {
  const figures = await measure([
    ...['consume', '--group', `bench-${process.pid}-${Math.floor(performance.now())}`],
    ...['--fill', `${scaled(1024, scale, 4)}M`, '--partitions', '4', '--brokers', address, '--json'],
  ]);
  return { mb_s: figures.mb_s as number, first_record_ms: figures.first_record_ms as number };
}

async function pairRows(
  rival: PairRow['rival'],
  chosen: readonly Load[],
  options: { readonly rounds: number; readonly scale: number },
  raw: Record<string, unknown>,
): Promise<readonly TableRow[]> {
  const { rounds, scale } = options;
  const noDelay = 'group.initial.rebalance.delay.ms=0';
  const name = `peer-${rival}`;
  const conf = [noDelay, 'log.segment.delete.delay.ms=1000'];
  if (rival === 'flushing') conf.push('log.flush.interval.messages=1');
  const running = rival === 'default' ? process.env.KAFKA_BOOTSTRAP : undefined;
  const kafka = running ?? (await startPeer(name, 29292, conf)).address;
  const ours = await startOurs(`pair-${rival}`, ['--override', noDelay]);
  await warm(kafka, `${scaled(30, scale, 1)}s`);
  await warm(ours.address, `${scaled(5, scale, 1)}s`);
  const table: TableRow[] = [];
  for (const load of chosen) {
    console.error(load.name);
    const results = await inTurns(
      rounds,
      () => load.run(kafka, scale),
      () => load.run(ours.address, scale),
    );
    raw[`${load.name} ${rival}`] = results;
    const figures = compare(results.kafka, results.ours);
    const rows = load.rows(rival).map((row) => pairTableRow(row, figures));
    console.error(renderTable(rows).split('\n').slice(2).join('\n'));
    table.push(...rows);
  }
  await end(ours, 'SIGTERM');
  if (running === undefined) await stopPeer(name);
  return table;
}

async function main(): Promise<number> {
  const { after, has } = commandWords();
  const rounds = Number(after('--rounds', '5'));
  const scale = Number(after('--scale', '1'));
  const only = after('--only', '');
  needShared();
  await runOk('npm', ['run', '--silent', 'build'], { timeoutMs: 300_000 });
  await buildBench();
  await warmPageCache(scaled(4096, scale, 64));

  const table: TableRow[] = [];
  const raw: Record<string, unknown> = {};
  for (const rival of ['default', 'flushing'] as const) {
    const chosen = loads.filter((load) => load.rivals.includes(rival) && load.name.includes(only));
    if (chosen.length > 0) table.push(...(await pairRows(rival, chosen, { rounds, scale }, raw)));
  }
  if ('embed'.includes(only)) table.push(await embeddedStartRow());
  if ('install'.includes(only)) table.push(...(await installRows()));
  if ('idle'.includes(only)) table.push(await idleRow(scaled(30, scale, 2)));
  writeFileSync(join(cache, 'client-figures.json'), JSON.stringify({ table, raw }, null, 1));
  const text = renderTable(table);
  console.log(text);
  if (has('--write')) writeBetween('docs/performance.md', 'client-figures', text);
  return 0;
}

runProgram(main);
