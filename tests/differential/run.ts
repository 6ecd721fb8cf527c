/**
 * The same requests to Apache Kafka and to Pyralog, and every field of their answers compared:
 *
 *     npm run differential [-- --only SCENARIO,... --keep --kafka HOST:PORT --kafka-only --program FILE --triples --show]
 *
 * Ends with 1 on a difference that `allowed.txt` does not name, on a line there that nothing needs, on a scenario in which
 * Kafka does not do what the scenario says, and when too little was compared. Without Java, Maven or Kafka's jars there is
 * nothing to compare with: skipped with a line, a failure where CI is set. A broker named by --kafka must have been started
 * with the settings of `broker.properties`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOk } from '../../compat-tests/process';
import { parseAllowed } from './allowed';
import { Connection } from './client';
import { runScenario } from './interpreter';
import { apisOf, parseScenario, type Scenario } from './language';
import { type Broker, NoPeerError, runningKafka, startKafka, startOurs } from './peer';
import { Report } from './report';
import { servedBy, untilCoordinator } from './served';
import { Side } from './side';

/** Scenarios beside each other: most of their time is waiting. */
const SIDE_BY_SIDE = 4;
/** Of (API, version, error code) that Kafka produces when all scenarios run. */
const TRIPLES_MIN = 700;
const HERE = 'tests/differential';

interface Options {
  readonly only: readonly string[];
  readonly kafka: string | null;
  /** Another build of ours, as it is; null builds the tree. */
  readonly program: string | null;
  readonly isKept: boolean;
  readonly isKafkaOnly: boolean;
  readonly withTriples: boolean;
  /** Print every answer of Kafka: for whoever writes a scenario. */
  readonly isShown: boolean;
}

function parseArguments(words: readonly string[]): Options {
  const after = (name: string): string | null => {
    const at = words.indexOf(name);
    return at < 0 ? null : (words[at + 1] ?? null);
  };
  return {
    only: after('--only')?.split(',') ?? [],
    kafka: after('--kafka'),
    program: after('--program'),
    isKept: words.includes('--keep'),
    isKafkaOnly: words.includes('--kafka-only'),
    withTriples: words.includes('--triples'),
    isShown: words.includes('--show'),
  };
}

function readScenarios(only: readonly string[]): readonly Scenario[] {
  const folder = join(process.cwd(), HERE, 'scenarios');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -4))
    .sort();
  for (const name of only) if (!names.includes(name)) throw new Error(`no scenario ${name}`);
  return names
    .filter((name) => only.length === 0 || only.includes(name))
    .map((name) => parseScenario(name, readFileSync(join(folder, `${name}.txt`), 'utf8')));
}

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2));
  const scenarios = readScenarios(options.only);
  const allowed = parseAllowed(readFileSync(join(process.cwd(), HERE, 'allowed.txt'), 'utf8'));
  const report = new Report(allowed, options.isShown);
  if (options.program === null && !options.isKafkaOnly) await runOk('npm', ['run', '--silent', 'build']);
  try {
    for (const config of new Set(scenarios.map((scenario) => scenario.config.join(' ')))) {
      const alike = scenarios.filter((scenario) => scenario.config.join(' ') === config);
      if (config !== '' && options.kafka !== null) {
        console.log(`skipped, needs brokers with ${config}: ${alike.map(({ name }) => name).join(', ')}`);
      } else await runWith(config === '' ? [] : config.split(' '), alike, options, report);
    }
  } catch (error) {
    if (!(error instanceof NoPeerError)) throw error;
    const isTolerated = process.env.CI === undefined;
    console.log(`differential: ${isTolerated ? 'skipped' : 'cannot run'}, ${error.message}`);
    return isTolerated ? 0 : 1;
  }
  const isWhole = options.only.length === 0 && !options.isKafkaOnly && options.kafka === null;
  return report.finish({ isWhole, triplesMin: TRIPLES_MIN, withTriples: options.withTriples }) ? 0 : 1;
}

/** Starts a pair of brokers, runs the scenarios, stops the brokers. */
async function runWith(
  config: readonly string[],
  scenarios: readonly Scenario[],
  options: Options,
  report: Report,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pyralog-differential-'));
  const brokers: Broker[] = [];
  const start = async (starting: Promise<Broker>): Promise<Broker> => {
    const broker = await starting;
    brokers.push(broker);
    return broker;
  };
  try {
    const given = options.kafka;
    const kafka = await start(given === null ? startKafka(folder, config) : runningKafka(given));
    const program = options.program ?? 'dist/pyralog.js';
    const ours = options.isKafkaOnly ? null : await start(startOurs(folder, config, program));
    await runAll(scenarios, kafka, ours, report);
  } finally {
    for (const broker of brokers) {
      const problem = await broker.stop();
      if (problem !== null) report.failed(`a broker ${problem}\n${broker.logTail()}`);
    }
    if (options.isKept) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(
  scenarios: readonly Scenario[],
  kafka: Broker,
  ours: Broker | null,
  report: Report,
): Promise<void> {
  const served = ours === null ? null : await servedBy(await open(ours));
  await untilCoordinator(await open(kafka));
  if (ours !== null && served?.has('FindCoordinator')) await untilCoordinator(await open(ours));
  const queue = scenarios.filter((scenario) => !scenario.isAlone);
  const one = async (scenario: Scenario): Promise<void> => {
    const missing = served === null ? [] : [...apisOf(scenario.steps)].filter((api) => !served.has(api));
    const startMs = performance.now();
    const side = (broker: Broker): Side => {
      // The same names in every run, hence the same order in Kafka's hash tables; unless Kafka keeps those of earlier runs.
      const prefix = `${scenario.name}-${kafka.isForeign ? `${report.runName}-` : ''}`;
      return new Side(broker.address, broker.dialect, prefix, report.startMs);
    };
    const own = missing.length > 0 ? null : ours;
    const restart = async (): Promise<void> => {
      for (const broker of own === null ? [kafka] : [kafka, own]) {
        await broker.restart();
        await untilCoordinator(await open(broker));
      }
    };
    const pair = { kafka: side(kafka), ours: own === null ? null : side(own), restart };
    if (missing.length > 0) report.failed(`${scenario.name}: not served: ${missing.join(', ')}`);
    try {
      await runScenario(scenario, pair, report);
    } catch (error) {
      report.failed(`${scenario.name}: ${error instanceof Error ? error.message : error}`);
    }
    report.scenarioDone(scenario.name, performance.now() - startMs);
  };
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  };
  for (const scenario of scenarios) if (scenario.isAlone) await one(scenario);
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

function open(broker: Broker): Promise<Connection> {
  return Connection.open(broker.address.host, broker.address.port);
}

// Brokers are killed when this program exits, which a signal alone does not make it do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
