/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Pyralog inside a Node program: `import { Broker } from 'pyralog'`. The declarations generated from this file are all
 * that a program sees, so nothing public here may name a type of another file.
 */
import { MemoryDisk } from '../storage';
import { type AdminServer, startAdmin } from './admin/admin';
import { type RunningBroker, startBroker } from './broker';
import { type BrokerConfig, loadBrokerConfig } from './config/broker-config';
import { startInDirectory } from './directory-broker';
import { nodeHost } from './host-node';
import type { Logger } from './telemetry';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  /** What else is known, by name; empty if nothing is. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Where records live.
 *
 * `'memory'`: in this process, gone when the broker stops. No file is touched.
 * `{ memoryBytesMax }`: the same with another limit. At the limit, appends are refused (KAFKA_STORAGE_ERROR) and reads
 * go on, as on a full disk.
 * `{ directory }`: in that directory, made if it is missing; one broker at a time.
 */
export type BrokerStorage = 'memory' | { readonly memoryBytesMax: number } | { readonly directory: string };

export interface BrokerOptions {
  /** Port for clients; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Address to listen on; `'127.0.0.1'` if it is left out. `''` listens on every address. */
  readonly host?: string | undefined;
  /** `'memory'` if it is left out. */
  readonly storage?: BrokerStorage | undefined;
  /** Any key of a `server.properties` file, for instance `{ 'auto.create.topics.enable': false }`. */
  readonly config?: Readonly<Record<string, string | number | bigint | boolean>> | undefined;
  /**
   * Least severe level that is written to standard error, a function that takes every entry, or `'silent'`. `'error'` if
   * it is left out.
   */
  readonly log?: LogLevel | 'silent' | ((entry: LogEntry) => void) | undefined;
  /** Port for `/livez`, `/readyz`, `/metrics` and `/version`; 0 takes a free one. Left out: none is opened. */
  readonly adminPort?: number | undefined;
}

/** An option or a configuration key that cannot be: the message has one line for each, and names what is allowed. */
export class BrokerOptionsError extends Error {
  override readonly name = 'BrokerOptionsError';
  readonly code = 'BROKER_OPTIONS';
}

const DEFAULT_MEMORY_BYTES_MAX = 1024 ** 3;

/**
 * The journal of a broker in memory protects nothing, and its files are written whole when they are made: small ones are
 * made fast and keep little.
 */
const MEMORY_JOURNAL_FILE_BYTES = 2 * 1024 * 1024;

/** A running broker. Any number of them may live in one process; they share nothing. */
export class Broker {
  readonly #running: RunningBroker;
  readonly #admin: AdminServer | null;

  private constructor(running: RunningBroker, admin: AdminServer | null) {
    this.#running = running;
    this.#admin = admin;
  }

  /**
   * Starts a broker; when this resolves, clients can connect.
   *
   * Rejects with an error whose `code` says what is wrong: `BROKER_OPTIONS`, `EADDRINUSE` and other codes of the system,
   * `DIRECTORY_LOCKED`, `DATA_DIRECTORY`. Nothing is left open then.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const logger = loggerOf(options.log ?? 'error');
    const storage = options.storage ?? 'memory';
    const config = configOf(options, storage);
    const running = await openStorage(storage, config, logger);
    if (options.adminPort === undefined) return new Broker(running, null);
    try {
      const at = { host: options.host ?? '127.0.0.1', port: options.adminPort };
      return new Broker(running, await startAdmin(at, () => running));
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  /** Where clients connect, `host:port`, with several listeners separated by commas: `bootstrap.servers`. */
  get bootstrapServers(): string {
    const addresses = this.listeners.map(
      ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
    );
    return addresses.join(',');
  }

  get host(): string {
    return this.listeners[0]!.host;
  }

  get port(): number {
    return this.listeners[0]!.port;
  }

  get listeners(): readonly { readonly name: string; readonly host: string; readonly port: number }[] {
    return this.#running.listeners;
  }

  get clusterId(): string {
    return this.#running.clusterId;
  }

  get nodeId(): number {
    return this.#running.nodeId;
  }

  /** null when none was asked for. */
  get adminPort(): number | null {
    return this.#admin?.port ?? null;
  }

  /**
   * Lets answers that are under way go out for a moment, closes every connection and gives the storage back. Asked
   * again, it is the same stop.
   */
  async stop(): Promise<void> {
    await this.#admin?.close();
    await this.#running.stop();
  }

  /** `await using broker = await Broker.start()` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

// Node before 20.4, and test runners that give programs a world of their own, lack the symbol; what compilers make of
// `await using` takes this one there.
if ((Symbol.asyncDispose as symbol | undefined) === undefined) {
  Object.defineProperty(Broker.prototype, Symbol.for('Symbol.asyncDispose'), {
    value: Broker.prototype.stop,
  });
}

function openStorage(storage: BrokerStorage, config: BrokerConfig, logger: Logger): Promise<RunningBroker> {
  if (typeof storage === 'object' && 'directory' in storage) {
    return startInDirectory({ directory: storage.directory, config, logger });
  }
  const sizeBytesMax = storage === 'memory' ? DEFAULT_MEMORY_BYTES_MAX : storage.memoryBytesMax;
  return startInMemory(new MemoryDisk((run) => void setImmediate(run), sizeBytesMax), config, logger);
}

async function startInMemory(disk: MemoryDisk, config: BrokerConfig, logger: Logger): Promise<RunningBroker> {
  const running = await startBroker({ host: nodeHost(disk), config, logger });
  const stop = async (): Promise<void> => {
    // What a full disk keeps back is of no use to anybody now: the end of the broker is the end of the disk.
    disk.liftLimit();
    await running.stop().catch((error: { readonly code?: unknown }) => {
      if (error.code !== 'ENOSPC') throw error;
    });
  };
  return { ...running, stop };
}

function configOf(options: BrokerOptions, storage: BrokerStorage): BrokerConfig {
  const problems = [...portProblems(options), ...storageProblems(storage)];
  if (problems.length > 0) throw new BrokerOptionsError(problems.join('\n'));
  const overrides = new Map(Object.entries(options.config ?? {}).map(([key, value]) => [key, String(value)]));
  for (const key of ['log.dirs', 'log.dir', 'admin.port', 'admin.host']) {
    if (overrides.has(key)) problems.push(`config ${key}: use the option ${ownOptions[key]} instead`);
  }
  if (overrides.has('listeners')) {
    if (options.port !== undefined || options.host !== undefined)
      problems.push('config listeners: leave the options host and port out, the listeners say both');
  } else {
    const host = options.host ?? '127.0.0.1';
    const address = host.includes(':') ? `[${host}]` : host;
    overrides.set('listeners', `PLAINTEXT://${address}:${options.port ?? 0}`);
  }
  const isInMemory = storage === 'memory' || !('directory' in storage);
  if (isInMemory && !overrides.has('journal.file.bytes'))
    overrides.set('journal.file.bytes', String(MEMORY_JOURNAL_FILE_BYTES));
  const { config, errors, warnings } = loadBrokerConfig({ file: null, overrides });
  // A file may be shared with other brokers; what a program says here it says to this one, so a key that nobody knows
  // is a slip.
  problems.push(...warnings.map((words) => words.replace(' is ignored.', '')), ...(errors ?? []));
  if (config === null || problems.length > 0) throw new BrokerOptionsError(problems.join('\n'));
  return config;
}

const ownOptions: Readonly<Record<string, string>> = {
  'log.dirs': 'storage: { directory }',
  'log.dir': 'storage: { directory }',
  'admin.port': 'adminPort',
  'admin.host': 'host',
};

function portProblems(options: BrokerOptions): string[] {
  const problems: string[] = [];
  for (const name of ['port', 'adminPort'] as const) {
    const port = options[name];
    if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) continue;
    problems.push(`option ${name}: ${port}: expected a whole number from 0 to 65535`);
  }
  return problems;
}

function storageProblems(storage: BrokerStorage): string[] {
  if (storage === 'memory') return [];
  if (typeof storage === 'object' && storage !== null) {
    if ('directory' in storage && typeof storage.directory === 'string' && storage.directory !== '')
      return [];
    if ('memoryBytesMax' in storage && storage.memoryBytesMax >= MEMORY_BYTES_MIN) return [];
  }
  const allowed = `'memory', { memoryBytesMax } from ${MEMORY_BYTES_MIN} on, or { directory }`;
  return [`option storage: ${JSON.stringify(storage)}: expected ${allowed}`];
}

/** Room for the journal and some records. */
const MEMORY_BYTES_MIN = 32 * 1024 * 1024;

const severity: Readonly<Record<LogLevel | 'silent', number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  silent: 4,
};

function loggerOf(log: LogLevel | 'silent' | ((entry: LogEntry) => void), bindings: object = {}): Logger {
  const take = typeof log === 'function' ? log : writeEntry;
  const least = typeof log === 'function' ? severity.debug : severity[log];
  const at = (level: LogLevel) => (first: object | string, message?: string) => {
    if (severity[level] < least) return;
    const own = typeof first === 'string' ? {} : first;
    const entry = {
      level,
      message: typeof first === 'string' ? first : message!,
      fields: { ...bindings, ...own },
    };
    try {
      take(entry);
    } catch (error) {
      // A mistake of the program that embeds the broker: it must hear of it, and the broker must not be torn by it.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => loggerOf(log, { ...bindings, ...more }),
  };
}

function writeEntry({ level, message, fields }: LogEntry): void {
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  process.stderr.write(`pyralog ${level}: ${message}${rest}\n`);
}
