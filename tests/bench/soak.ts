/**
 * Mixed load on one broker for a long time: `npm run soak -- [--minutes N] [--rate N] [--write]`.
 *
 * Idempotent producers, a group whose members come and go, short-lived topics and groups, commits, config changes,
 * trimming. Watched are the broker's memory after forced settling, the delay of its event loop and its garbage
 * collection, the first sixth (at most 5 minutes) not counted. Everything acknowledged is checked: order, gaps, doubles,
 * committed offsets, at the end after a kill too. Exit code 1: a bound or a promise is broken. With `--write` the table
 * replaces what stands between the marks `soak` of docs/performance.md. Samples go to
 * node_modules/.cache/pyralog/soak.json.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../../compat-tests/process';
import type { Cluster } from '../../src/client/cluster';
import { committedOffsets } from '../../src/client/groups';
import { earliestTimestamp, latestTimestamp, listOffsets } from '../../src/client/offsets';
import { Reader } from '../../src/client/reader';
import { createTopics } from '../../src/client/topics';
import { clusterAt } from './group-load';
import { cache, commandWords, runProgram, writeBetween } from './rivals';
import { logTail, SoakBroker } from './soak-broker';
import { Ledger } from './soak-ledger';
import {
  changeConfigs,
  churnGroups,
  churnTopics,
  commitAlone,
  Gate,
  type LoadCounts,
  type LoadOptions,
  trim,
  write,
} from './soak-load';
import { type MemberCounts, runMember } from './soak-members';
import { renderSoak, type Sample, type SoakResult } from './soak-table';

const DATA = 'soak';
const TOPIC = 'stream';
const GROUP = 'readers';
const PARTITIONS = 8;
const MEMBERS = 4;
const DRAIN_WITHIN_MS = 120_000;

const pause = (durationMs: number): Promise<void> => new Promise((over) => setTimeout(over, durationMs));

/** Stays and absences in seconds, the same in every run. */
function* stays(): Generator<readonly [number, number]> {
  for (let turn = 0; ; turn++) yield [10_000 + ((turn * 7_919) % 25_000), 1_000 + ((turn * 3_571) % 6_000)];
}

class Soak {
  readonly ledger = new Ledger(PARTITIONS);
  readonly loadCounts: LoadCounts = { topics: 0, groups: 0, commits: 0, configs: 0, trims: 0 };
  readonly memberCounts: MemberCounts = { rebalances: 0, commits: 0, departures: 0 };
  readonly #gate = new Gate();
  readonly #broker: SoakBroker;
  readonly #tasks: Promise<void>[] = [];
  #isLoadOver = false;
  #isOver = false;
  #hasFailed = false;

  constructor(broker: SoakBroker) {
    this.#broker = broker;
  }

  async prepare(): Promise<void> {
    const cluster = clusterAt(this.#broker.address);
    const configs = [['segment.bytes', String(16 * 1024 * 1024)] as const];
    const topic = { name: TOPIC, partitions: PARTITIONS, replicationFactor: 1, configs };
    const [created] = await createTopics(cluster, [topic]);
    if (created!.error !== null) throw created!.error;
    await cluster.close();
  }

  begin(recordsPerS: number): void {
    const { address } = this.#broker;
    const options: LoadOptions = {
      ...{ gate: this.#gate, ledger: this.ledger, counts: this.loadCounts, topic: TOPIC },
      connect: () => clusterAt(address, 'soak'),
      isOver: () => this.#isLoadOver,
    };
    for (let partition = 0; partition < PARTITIONS; partition++)
      this.#task('a writer', write(options, partition, recordsPerS / PARTITIONS));
    for (const load of [churnTopics, churnGroups, commitAlone, changeConfigs, trim])
      this.#task(load.name, load(options));
    const next = stays();
    for (let member = 0; member < MEMBERS; member++) {
      const joined = runMember({
        ...{ address, group: GROUP, topic: TOPIC, ledger: this.ledger, counts: this.memberCounts },
        nextStay: () => next.next().value,
        isDraining: () => this.#isLoadOver,
        isOver: () => this.#isOver,
      });
      this.#task('a member', joined);
    }
  }

  get mustStop(): boolean {
    return this.#hasFailed || this.ledger.violations.length > 0;
  }

  /** The load rests, the broker collects its garbage: memory is what is in use. */
  async sample(): Promise<Sample> {
    await this.#gate.close();
    const reading = await this.#broker.settle();
    this.#gate.open();
    return { records: this.ledger.total, ...reading };
  }

  /** Ends the load; the group reads the rest and leaves. */
  async end(): Promise<void> {
    this.#isLoadOver = true;
    const untilMs = performance.now() + DRAIN_WITHIN_MS;
    while (!this.ledger.isRead && !this.#hasFailed && performance.now() < untilMs) await pause(100);
    if (!this.ledger.isRead)
      this.ledger.violate(`acknowledged ${this.ledger.acknowledged}, the group read ${this.ledger.read}`);
    this.#isOver = true;
    await Promise.race([Promise.all(this.#tasks), pause(DRAIN_WITHIN_MS)]);
  }

  #task(name: string, work: Promise<void>): void {
    const watched = work.catch((error: unknown) => {
      this.#hasFailed = true;
      this.ledger.violate(`${name} failed: ${error instanceof Error ? error.stack : error}`);
    });
    this.#tasks.push(watched);
  }
}

/** After a kill: ends of logs, committed offsets, and every record that was not trimmed. */
async function checkRestarted(broker: SoakBroker, ledger: Ledger): Promise<number> {
  const cluster = clusterAt(broker.address);
  const topic = await cluster.topic(TOPIC);
  const [first, last] = [
    await listOffsets(cluster, topic, earliestTimestamp),
    await listOffsets(cluster, topic, latestTimestamp),
  ];
  const stored = new Map(
    (await committedOffsets(cluster, GROUP)).map(({ partition, offset }) => [partition, offset]),
  );
  for (const [partition, count] of ledger.acknowledged.entries()) {
    if (last.get(partition) !== count)
      ledger.violate(`partition ${partition} ends at ${last.get(partition)} after a kill, not at ${count}`);
    ledger.checkCommitted(partition, stored.get(partition) ?? 0, ledger.committed[partition]!);
  }
  const checked = await readRetained(cluster, first, ledger);
  await cluster.close();
  return checked;
}

async function readRetained(
  cluster: Cluster,
  first: ReadonlyMap<number, number>,
  ledger: Ledger,
): Promise<number> {
  const next = new Map(first);
  const positions = [...first].map(([partition, offset]) => ({
    ...{ topic: TOPIC, partition, offset, endOffset: ledger.acknowledged[partition]! },
  }));
  const reader = new Reader(cluster, positions, { isolation: 'read_committed', waitMs: 1_000 });
  let checked = 0;
  const untilMs = performance.now() + DRAIN_WITHIN_MS;
  while (!reader.isAtEnd && performance.now() < untilMs) {
    for (const { partition, offset, value } of await reader.poll()) {
      if (offset !== next.get(partition)) ledger.violate(`partition ${partition}: ${offset} out of turn`);
      ledger.check(partition, offset, value);
      next.set(partition, offset + 1);
      checked++;
    }
  }
  if (!reader.isAtEnd) ledger.violate(`after a kill only ${checked} records could be read`);
  return checked;
}

async function run(broker: SoakBroker, minutes: number, recordsPerS: number): Promise<SoakResult> {
  const soak = new Soak(broker);
  await soak.prepare();
  const durationMs = minutes * 60_000;
  const warmUpMs = Math.min(durationMs / 6, 5 * 60_000);
  const sampleEveryMs = Math.min(Math.max(durationMs / 40, 2_000), 60_000);
  const startedAtMs = performance.now();
  const wait = async (untilMs: number): Promise<void> => {
    while (performance.now() < untilMs && !soak.mustStop) await pause(Math.min(200, sampleEveryMs));
  };
  soak.begin(recordsPerS);
  await wait(startedAtMs + warmUpMs);
  broker.reset();
  const samples: Sample[] = [];
  while (!soak.mustStop && performance.now() < startedAtMs + durationMs) {
    const sample = await soak.sample();
    samples.push(sample);
    console.error(
      `${Math.round((performance.now() - startedAtMs) / 1000)} s: ${sample.records} records, RSS ${(sample.rssBytes / 1e6).toFixed(1)} MB, heap ${(sample.heapUsedBytes / 1e6).toFixed(1)} MB, loop p99.9 ${sample.loopDelayMs.p999.toFixed(1)} ms`,
    );
    await wait(performance.now() + sampleEveryMs);
  }
  if (!soak.mustStop) samples.push(await soak.sample());
  await soak.end();
  const { ledger, loadCounts, memberCounts } = soak;
  let recheckedRecords = 0;
  if (ledger.violations.length === 0) {
    await broker.end('SIGKILL');
    const again = await SoakBroker.start(DATA);
    recheckedRecords = await checkRestarted(again, ledger).finally(() => again.end('SIGTERM'));
  }
  const { violations, total: records } = ledger;
  return { minutes, records, samples, violations, recheckedRecords, ...loadCounts, members: memberCounts };
}

async function main(): Promise<number> {
  const { after, has } = commandWords();
  const minutes = Number(after('--minutes', '60'));
  await runOk('npm', ['run', '--silent', 'build:code'], { timeoutMs: 300_000 });
  const broker = await SoakBroker.start(DATA);
  const result = await run(broker, minutes, Number(after('--rate', '20000'))).finally(() =>
    broker.end('SIGKILL'),
  );
  writeFileSync(join(cache, 'soak.json'), JSON.stringify(result, null, 1));
  const { text, isMet } = renderSoak(result);
  console.log(text);
  for (const violation of result.violations) console.log(`broken: ${violation}`);
  if (result.violations.length > 0) console.log(logTail(DATA));
  if (has('--write')) writeBetween('docs/performance.md', 'soak', text);
  return isMet ? 0 : 1;
}

runProgram(main);
