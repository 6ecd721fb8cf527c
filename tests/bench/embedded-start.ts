/**
 * Brokers inside a program: what a start takes, what many starts leave behind, what a scrape of 10,000 partitions costs.
 * `npm run bench:embed` builds first and runs what an installed package runs.
 */
import { get } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/client/cluster';
import { createTopics } from '../../src/client/topics';
import type { Broker as BrokerClass } from '../../src/embedded';

const ROUNDS = 100;
const LEAK_ROUNDS = 500;
const TARGET_MS = 50;

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function memory(): { rss: number; heapUsed: number; arrayBuffers: number } {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage();
}

async function main(): Promise<void> {
  const beforeImportMs = performance.now();
  const { Broker } = require(join(process.cwd(), 'dist/index.js')) as { readonly Broker: typeof BrokerClass };
  const importedMs = performance.now() - beforeImportMs;
  const firstAtMs = performance.now();
  const first = await Broker.start();
  const firstMs = performance.now() - firstAtMs;
  await first.stop();

  const starts: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const atMs = performance.now();
    const broker = await Broker.start();
    const startedMs = performance.now();
    await broker.stop();
    starts.push(startedMs - atMs);
    stops.push(performance.now() - startedMs);
  }
  starts.sort((left, right) => left - right);
  stops.sort((left, right) => left - right);

  const before = memory();
  for (let round = 0; round < LEAK_ROUNDS; round++) await (await Broker.start()).stop();
  await new Promise((turn) => setTimeout(turn, 100));
  const after = memory();
  const handles = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe)Wrap$/.test(name));

  const many = await Promise.all(Array.from({ length: 50 }, () => Broker.start()));
  const withMany = memory();
  await Promise.all(many.map((broker) => broker.stop()));

  console.log(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})\n`);
  const rows = [
    ['loading the package', ms(importedMs)],
    ['first start of the process', ms(firstMs)],
    [
      `start in a warm process, p50 / p90 / max of ${ROUNDS} (target: ${TARGET_MS} ms)`,
      `${ms(quantile(starts, 0.5))} / ${ms(quantile(starts, 0.9))} / ${ms(starts.at(-1)!)}`,
    ],
    ['stop, p50 / max', `${ms(quantile(stops, 0.5))} / ${ms(stops.at(-1)!)}`],
    [
      `left behind by ${LEAK_ROUNDS} starts and stops: heap / buffers / handles`,
      `${mb(after.heapUsed - before.heapUsed)} / ${mb(after.arrayBuffers - before.arrayBuffers)} / ${handles.length}`,
    ],
    [
      'each of 50 brokers at once: heap / buffers',
      `${mb((withMany.heapUsed - after.heapUsed) / 50)} / ${mb((withMany.arrayBuffers - after.arrayBuffers) / 50)}`,
    ],
    ...(await scrape(Broker)),
  ];
  for (const [what, value] of rows) console.log(`| ${what} | ${value} |`);
  if (quantile(starts, 0.5) > TARGET_MS || handles.length > 0) process.exitCode = 1;
}

/**
 * The most CPU time that one turn of the event loop takes: what it would hold up clients on a machine with nothing else to
 * do. On a busy one a clock would measure the others.
 */
class LongestTurn {
  longestMs = 0;
  #isOn = false;

  start(): void {
    this.#isOn = true;
    let before = process.cpuUsage();
    const turn = (): void => {
      if (!this.#isOn) return;
      const { user, system } = process.cpuUsage(before);
      this.longestMs = Math.max(this.longestMs, (user + system) / 1000);
      before = process.cpuUsage();
      setImmediate(turn);
    };
    setImmediate(turn);
  }

  stop(): void {
    this.#isOn = false;
  }
}

async function scrape(Broker: typeof BrokerClass): Promise<string[][]> {
  const broker = await Broker.start({ adminPort: 0 });
  const { host, port } = broker;
  const cluster = new Cluster({ bootstrap: [{ host, port }], clientId: 'bench', timeoutMs: 120_000 });
  const topics = Array.from({ length: 100 }, (_, at) => ({
    name: `t${at}`,
    partitions: 100,
    replicationFactor: 1,
    configs: [],
  }));
  for (const topic of topics) await createTopics(cluster, [topic]);
  await cluster.close();
  // What the creation leaves to be written comes first, and the garbage of the rounds before.
  await new Promise((turn) => setTimeout(turn, 3_000));
  memory();
  const times: number[] = [];
  let sizeBytes = 0;
  const turns = new LongestTurn();
  for (let round = 0; round < 6; round++) {
    // The first one compiles.
    if (round === 1) turns.start();
    const atMs = performance.now();
    sizeBytes = await body(broker.adminPort!);
    if (round > 0) times.push(performance.now() - atMs);
  }
  turns.stop();
  await broker.stop();
  times.sort((left, right) => left - right);
  return [
    ['scrape of 10,000 partitions, p50 of 5, size', `${ms(quantile(times, 0.5))}, ${mb(sizeBytes)}`],
    ['longest turn of the event loop meanwhile, in CPU time', ms(turns.longestMs)],
  ];
}

function body(port: number): Promise<number> {
  return new Promise((fulfil, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, (response) => {
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
      });
      response.on('end', () => fulfil(sizeBytes));
    }).on('error', reject);
  });
}

void main();
