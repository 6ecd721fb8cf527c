/**
 * Logging. Readable lines on a terminal, one JSON object per line otherwise; written synchronously, so that the last
 * line before an exit is never lost.
 */
import { pino } from 'pino';

type Log = { (message: string): void; (fields: object, message: string): void };

/** The part of pino that the broker uses, so that a test may collect lines instead. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  child(bindings: Record<string, string | number>): Logger;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly readable: boolean;
}

export function createLogger({ level, readable }: LoggerOptions): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!readable) return pino(options, pino.destination({ dest: 1, sync: true }));
  // pino-pretty costs 20 ms to load, so it is loaded only where somebody reads.
  const pretty = require('pino-pretty') as typeof import('pino-pretty');
  return pino(
    options,
    pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', sync: true }),
  );
}
