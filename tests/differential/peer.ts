/** The two brokers: Apache Kafka by its Maven coordinates, and ours as it is built, with the same properties file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, untilConnectable } from '../../compat-tests/broker';
import { fetchJars } from '../../compat-tests/java/tools';
import { isInstalled, runOk } from '../../compat-tests/process';
import { cacheFolder } from '../../compat-tests/suite';
import type { Dialect } from './normalise';
import type { Address } from './side';

export interface Broker {
  readonly address: Address;
  readonly dialect: Dialect;
  /** It was there before this run. */
  readonly isForeign: boolean;
  logTail(): string;
  /** Stops it in order and starts it again on its data. */
  restart(): Promise<void>;
  /** Returns what was wrong with its end, or null. */
  stop(): Promise<string | null>;
}

/** Kafka cannot be had here: no Java, no Maven, no network. */
export class NoPeerError extends Error {
  override readonly name = 'NoPeerError';
}

const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

const jars = () => join(cacheFolder('java'), 'lib', '*');

/** A broker that already runs, with `broker.properties` one hopes. */
export async function runningKafka(bootstrap: string): Promise<Broker> {
  const [host = '', port = ''] = bootstrap.split(':');
  return {
    address: { host, port: Number(port) },
    dialect: { ports: [Number(port), Number(port) + 1], dataFolder: null, firstLeaderEpoch: 0 },
    isForeign: true,
    logTail: () => '',
    restart: () => Promise.reject(new Error('a broker that was there before is not restarted')),
    stop: async () => null,
  };
}

export async function startKafka(folder: string, config: readonly string[]): Promise<Broker> {
  for (const program of ['java', 'mvn']) {
    if (!isInstalled(program)) throw new NoPeerError(`${program} is not installed`);
  }
  await fetchJars().catch((error: unknown) => {
    throw new NoPeerError(`Maven cannot bring Kafka: ${error instanceof Error ? error.message : error}`);
  });
  const home = join(folder, 'kafka');
  const { file, address, dialect } = await writeProperties(home, 0, config);
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', ...quiet(), '-cp', jars()];
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const format = ['kafka.tools.StorageTool', 'format', '--standalone', '-t', clusterId, '-c', file];
  await runOk('java', ['-Xmx128M', ...java, ...format]);
  // Long-running, so the better compiler pays.
  const heap = ['-Xms512M', '-Xmx512M', '-XX:+UseSerialGC', ...quiet(), '-cp', jars()];
  return startProcess('java', [...heap, 'kafka.Kafka', file], home, address, dialect);
}

export async function startOurs(folder: string, config: readonly string[], program: string): Promise<Broker> {
  const home = join(folder, 'ours');
  const { file, address, dialect } = await writeProperties(home, 1, config);
  return startProcess(process.execPath, [program, 'start', file], home, address, dialect);
}

function quiet(): readonly string[] {
  const settings = join(process.cwd(), 'compat-tests/java/log4j2.properties');
  return [`-Dlog4j2.configurationFile=${settings}`, '-Djava.awt.headless=true'];
}

interface Prepared {
  readonly file: string;
  readonly address: Address;
  readonly dialect: Dialect;
}

async function writeProperties(
  home: string,
  firstLeaderEpoch: number,
  config: readonly string[],
): Promise<Prepared> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  const dataFolder = join(home, 'data');
  mkdirSync(dataFolder, { recursive: true });
  const template = readFileSync(join(process.cwd(), 'tests/differential/broker.properties'), 'utf8');
  const text = template
    .replaceAll('CONTROLLER_PORT', String(controllerPort))
    .replaceAll('BROKER_PORT', String(port))
    .replaceAll('DATA_FOLDER', dataFolder);
  const file = join(home, 'server.properties');
  writeFileSync(file, [text, ...config, ''].join('\n'));
  const dialect = { ports: [port, controllerPort], dataFolder, firstLeaderEpoch };
  return { file, address: { host: '127.0.0.1', port }, dialect };
}

async function startProcess(
  command: string,
  words: readonly string[],
  home: string,
  address: Address,
  dialect: Dialect,
): Promise<Broker> {
  const logFile = join(home, 'broker.log');
  const logTail = () => readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n');
  let child = await launch(command, words, logFile, address.port);
  const restart = async (): Promise<void> => {
    const problem = await end(child);
    if (problem !== null) throw new Error(`${command} ${problem}\n${logTail()}`);
    child = await launch(command, words, logFile, address.port);
  };
  return { address, dialect, isForeign: false, logTail, restart, stop: () => end(child) };
}

/** Resolves when the program takes connections; its words are added to the file. */
async function launch(
  command: string,
  words: readonly string[],
  logFile: string,
  port: number,
): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(command, words, { stdio: ['ignore', log, log] });
  closeSync(log);
  // Whatever ends this program must not leave a broker behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  try {
    await untilConnectable(port, child, START_WITHIN_MS);
  } catch (error) {
    kill();
    const tail = readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n');
    throw new Error(`${command}: ${error instanceof Error ? error.message : error}\n${tail}`);
  }
  return child;
}

async function end(child: ChildProcess): Promise<string | null> {
  const said = () => `exit ${child.exitCode}, signal ${child.signalCode}`;
  if (child.exitCode !== null || child.signalCode !== null) return `ended by itself: ${said()}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(late);
  // A virtual machine that obeys SIGTERM says 143.
  return child.exitCode === 0 || child.exitCode === 143 ? null : `after SIGTERM: ${said()}`;
}
