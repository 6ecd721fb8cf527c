#!/usr/bin/env node
/** The command line. */
import { mkdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import yargs from 'yargs';
import { nodeDisk } from '../storage';
import { type RunningBroker, startBroker } from './broker';
import { type BrokerConfig, loadBrokerConfig } from './config/broker-config';
import { parseProperties } from './config/properties';
import { type DirectoryLock, lockDirectory } from './directory-lock';
import { nodeHost } from './host-node';
import { createLogger, type Logger } from './telemetry';
import { version } from './version';

interface StartArguments {
  readonly config?: string | undefined;
  readonly override: readonly string[];
  readonly port?: number | undefined;
  readonly dataDir?: string | undefined;
}

/** What a person can mend: printed without a stack trace. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readConfig(options: StartArguments, logger: Logger): BrokerConfig {
  let file: Map<string, string> | null = null;
  if (options.config !== undefined) {
    try {
      file = parseProperties(readFileSync(options.config, 'utf8'));
    } catch (error) {
      throw new UsageError(`Cannot read ${options.config}: ${(error as Error).message}`);
    }
  }
  const overrides = new Map<string, string>();
  for (const text of options.override) {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new UsageError(`--override ${text}: expected key=value`);
    overrides.set(text.slice(0, equals).trim(), text.slice(equals + 1).trim());
  }
  if (options.port !== undefined) {
    if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
      throw new UsageError(`--port ${options.port}: expected a whole number from 0 to 65535`);
    }
    overrides.set('listeners', `PLAINTEXT://:${options.port}`);
  }
  if (options.dataDir !== undefined) overrides.set('log.dirs', options.dataDir);
  const { config, errors, warnings } = loadBrokerConfig({ file, overrides });
  for (const warning of warnings) logger.warn(warning);
  if (config === null) throw new UsageError(errors.join('\n'));
  return config;
}

async function start(options: StartArguments): Promise<void> {
  const logger = createLogger({ level: 'info', readable: process.stdout.isTTY === true });
  const serving = stopOnSignal(logger);
  try {
    const config = readConfig(options, logger);
    const directory = resolve(config.logDir);
    makeDirectory(directory);
    const lock = await lockDirectory(directory);
    const broker = await openBroker(directory, config, logger);
    serving(broker, lock);
    const at = broker.listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
    logger.info(
      {
        clusterId: broker.clusterId,
        nodeId: config.nodeId,
        dataDirectory: directory,
        startMs: Math.round(performance.now()),
      },
      `Pyralog ${version} serves Kafka on ${at}`,
    );
  } catch (error) {
    // Whatever has a code or a name of ours says itself what is wrong; anything else is a bug and keeps its stack.
    const isExplained = error instanceof UsageError || (error as { code?: unknown }).code !== undefined;
    for (const line of (isExplained ? (error as Error).message : String((error as Error).stack)).split(
      '\n',
    )) {
      logger.error(line);
    }
    // A start that failed half-way may hold timers and a socket that would keep the process alive.
    process.exit(1);
  }
}

/** What storage says names its files within the directory; a person needs to know which directory. */
async function openBroker(directory: string, config: BrokerConfig, logger: Logger): Promise<RunningBroker> {
  try {
    return await startBroker({ host: nodeHost(nodeDisk(directory)), config, logger });
  } catch (error) {
    const isExplained = error instanceof Error && (error as { code?: unknown }).code !== undefined;
    if (!isExplained || error.name === 'ListenError') throw error;
    throw new UsageError(`Data directory ${directory}: ${error.message}`);
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new UsageError(`Cannot create data directory ${directory}: ${(error as Error).message}`);
  }
}

/** Returns what is to be told when the broker serves. */
function stopOnSignal(logger: Logger): (broker: RunningBroker, lock: DirectoryLock) => void {
  let serving: { readonly broker: RunningBroker; readonly lock: DirectoryLock } | null = null;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal means that the person does not want to wait: what is acknowledged is on disk anyway. Before it
    // serves nothing is acknowledged. (Left to the system, a signal to the first process of a container is ignored.)
    if (isStopping || serving === null) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    const { broker, lock } = serving;
    logger.info(`${signal}: stopping`);
    broker.stop().then(
      () => {
        lock.release();
        logger.info('Stopped');
        // Connections that were cut off may still be closing: they must not keep the process.
        process.exit(0);
      },
      (error: unknown) => {
        logger.error(`Stop failed: ${String(error)}`);
        // A disk that failed may never answer; what is acknowledged is in the journal.
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return (broker, lock) => {
    serving = { broker, lock };
  };
}

void yargs(process.argv.slice(2))
  .scriptName('pyralog')
  .version(version)
  .command(
    'start [config]',
    'Start a broker',
    (command) =>
      command
        .positional('config', { type: 'string', describe: "A properties file in Kafka's format" })
        .option('override', {
          type: 'string',
          array: true,
          nargs: 1,
          describe: 'key=value, wins over the file; may be repeated',
        })
        .option('port', {
          type: 'number',
          describe: 'Port for clients; 0 takes a free one',
          defaultDescription: '9092',
        })
        .option('data-dir', {
          type: 'string',
          describe: 'Directory of the data (log.dirs)',
          defaultDescription: './data',
        }),
    ({ config, override, port, dataDir }) => start({ config, override: override ?? [], port, dataDir }),
  )
  .demandCommand(1, 'Name a command: pyralog start')
  .strict()
  .parseAsync();
