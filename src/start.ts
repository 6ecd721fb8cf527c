/** `pyralog start`: a broker on a directory in a process of its own, until a signal ends it. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { type AdminServer, startAdmin } from './admin/admin';
import type { RunningBroker } from './broker';
import { type BrokerConfig, loadBrokerConfig } from './config/broker-config';
import { integerValue } from './config/keys';
import { parseProperties } from './config/properties';
import { startInDirectory } from './directory-broker';
import { createLogger, type Logger } from './telemetry';
import { version } from './version';

export interface StartArguments {
  readonly config?: string | undefined;
  readonly override: readonly string[];
  readonly port?: number | undefined;
  readonly dataDir?: string | undefined;
  readonly adminPort?: number | undefined;
}

/** What a person can mend: printed without a stack trace. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface StartConfig {
  readonly config: BrokerConfig;
  /** The admin port was asked for: without it there is no start. */
  readonly needsAdmin: boolean;
}

function readConfig(options: StartArguments, logger: Logger): StartConfig {
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
    overrides.set('listeners', `PLAINTEXT://:${checkedPort('--port', options.port)}`);
  }
  if (options.adminPort !== undefined) {
    overrides.set('admin.port', String(checkedPort('--admin-port', options.adminPort)));
  }
  if (options.dataDir !== undefined) overrides.set('log.dirs', options.dataDir);
  const { config, errors, warnings } = loadBrokerConfig({ file, overrides });
  for (const warning of warnings) logger.warn(warning);
  if (config === null) throw new UsageError(errors.join('\n'));
  return { config, needsAdmin: overrides.has('admin.port') || file?.has('admin.port') === true };
}

function checkedPort(option: string, port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${option} ${port}: expected a whole number from 0 to 65535`);
}

/** A start that takes longer shows on the admin port that it is alive and not ready; a shorter one does not pay for it. */
const ADMIN_EARLY_MS = 300;

export async function start(options: StartArguments): Promise<void> {
  // What is written is decided by the broker's log levels, which a client may change.
  const logger = createLogger({ level: 'debug', readable: process.stdout.isTTY === true });
  const serving = stopOnSignal(logger);
  try {
    const { config, needsAdmin } = readConfig(options, logger);
    let broker: RunningBroker | null = null;
    const admin = adminOf(config, needsAdmin, logger, () => broker);
    const early = setTimeout(admin.open, ADMIN_EARLY_MS);
    const started = await startInDirectory({ directory: config.logDir, config, logger });
    broker = started;
    clearTimeout(early);
    serving(started);
    const at = started.listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
    logger.info(
      {
        clusterId: started.clusterId,
        nodeId: config.nodeId,
        dataDirectory: started.directory,
        startMs: Math.round(performance.now()),
      },
      `Pyralog ${version} serves Kafka on ${at}`,
    );
    await admin.open();
  } catch (error) {
    fail(error, logger);
  }
}

/** Ends a start that cannot be. */
function fail(error: unknown, logger: Logger): void {
  // Whatever has a code or a name of ours says itself what is wrong; anything else is a bug and keeps its stack.
  const isExplained = error instanceof UsageError || (error as { code?: unknown }).code !== undefined;
  const words = isExplained ? (error as Error).message : String((error as Error).stack);
  for (const line of words.split('\n')) logger.error(line);
  // A start that failed half-way may hold timers and a socket that would keep the process alive.
  process.exit(1);
}

/** `open` opens the admin port if there is to be one; asked again, it is the same. It never rejects. */
function adminOf(
  config: BrokerConfig,
  isNeeded: boolean,
  logger: Logger,
  broker: () => RunningBroker | null,
): { open(): Promise<void> } {
  const port = integerValue(config.value('admin.port')!);
  const host = config.value('admin.host') ?? '';
  const open = async (): Promise<void> => {
    try {
      const admin: AdminServer = await startAdmin({ host, port }, broker);
      logger.info(`Health and metrics on ${admin.host}:${admin.port}`);
    } catch (error) {
      if (isNeeded) fail(error, logger);
      else logger.info(`${(error as Error).message}; there is no admin port. --admin-port N takes another.`);
    }
  };
  let opening: Promise<void> | null = null;
  return {
    open: () => {
      if (port < 0) return Promise.resolve();
      opening ??= open();
      return opening;
    },
  };
}

/** Returns what is to be told when the broker serves. */
function stopOnSignal(logger: Logger): (broker: RunningBroker) => void {
  let serving: RunningBroker | null = null;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal means that the person does not want to wait: what is acknowledged is on disk anyway. Before it
    // serves nothing is acknowledged. (Left to the system, a signal to the first process of a container is ignored.)
    if (isStopping || serving === null) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    logger.info(`${signal}: stopping`);
    serving.stop().then(
      () => {
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
  return (broker) => {
    serving = broker;
  };
}
