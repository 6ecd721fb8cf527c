/** What every command that talks to a broker shares: its options, its connection, its exit code. */
import type { Argv } from 'yargs';
import { Cluster, parseBootstrap } from '../client/cluster';
import type { Cell } from './output';
import { ArgumentError, endQuietlyOnClosedPipe, errorText, jsonText, tableText, write } from './output';

export interface SessionArguments {
  readonly bootstrap: string;
  readonly timeout: number;
  readonly json: boolean;
}

export function withSessionOptions<T>(command: Argv<T>): Argv<T & SessionArguments> {
  return command
    .option('bootstrap', {
      alias: 'b',
      type: 'string',
      default: 'localhost:9092',
      describe: 'Brokers to begin with, host:port, separated by commas',
    })
    .option('timeout', { type: 'number', default: 10_000, describe: 'Milliseconds to wait for an answer' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' });
}

export interface Session {
  readonly cluster: Cluster;
  readonly isJson: boolean;
  table(columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void>;
  /** The value with --json, what `readable` prints without. */
  show(value: unknown, readable: () => Promise<void>): Promise<void>;
  line(text: string): Promise<void>;
  /** A part of the work failed and is told; the rest goes on, and the exit code is 1. */
  failed(error: unknown): void;
}

/** Runs `work` with a connection to the cluster; exit code 1 and one line on standard error when it fails. */
export async function inSession(
  argv: SessionArguments,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  endQuietlyOnClosedPipe();
  const failed = (error: unknown): void => {
    process.stderr.write(errorText(error));
    process.exitCode = 1;
  };
  let cluster: Cluster | null = null;
  try {
    const bootstrap = parseBootstrap(argv.bootstrap);
    if (bootstrap === null)
      throw new ArgumentError(`--bootstrap ${argv.bootstrap}: expected host:port, separated by commas`);
    if (!(argv.timeout > 0)) throw new ArgumentError(`--timeout ${argv.timeout}: expected milliseconds`);
    cluster = new Cluster({ bootstrap, clientId: 'pyralog-cli', timeoutMs: argv.timeout });
    await work({
      cluster,
      isJson: argv.json,
      table: (columns, rows) => write(tableText(columns, rows)),
      show: (value, readable) => (argv.json ? write(jsonText(value)) : readable()),
      line: (text) => write(`${text}\n`),
      failed,
    });
  } catch (error) {
    failed(error);
  } finally {
    cluster?.close();
  }
}

/** `key=value` words. @throws ArgumentError */
export function parsePairs(option: string, words: readonly string[]): readonly (readonly [string, string])[] {
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals <= 0) throw new ArgumentError(`${option} ${word}: expected key=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** `0,2,5-7`; null when nothing is named. @throws ArgumentError */
export function parsePartitions(option: string, text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const partitions = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (match === null) throw new ArgumentError(`${option} ${text}: expected numbers, as 0,2,5-7`);
    const last = Number(match[2] ?? match[1]);
    for (let index = Number(match[1]); index <= last; index++) partitions.add(index);
  }
  return [...partitions];
}
