/** Log levels that can be changed while the broker runs (KIP-412). They last as long as the process. */
import type { Logger } from './telemetry';

export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The logger that the others follow until they are given a level of their own. */
export const ROOT_LOGGER = 'root';

const INITIAL: LogLevel = 'INFO';

export class LogLevels {
  readonly #sink: Logger;
  /** Own levels by name; null follows the root. */
  readonly #levels = new Map<string, LogLevel | null>([[ROOT_LOGGER, INITIAL]]);

  /** @param sink  Gets every line that passes. A level of its own that is higher than ours hides lines from us. */
  constructor(sink: Logger) {
    this.#sink = sink;
  }

  get names(): readonly string[] {
    return [...this.#levels.keys()];
  }

  has(name: string): boolean {
    return this.#levels.has(name);
  }

  /** Of a logger that there is. */
  level(name: string): LogLevel {
    return this.#levels.get(name) ?? this.#levels.get(ROOT_LOGGER) ?? INITIAL;
  }

  /** Of a logger that there is. null: that of the root again, which itself has none to follow. */
  setLevel(name: string, level: LogLevel | null): void {
    this.#levels.set(name, level);
  }

  /** A logger whose lines pass by the level of `name` at the time when they are written. */
  named(name: string): Logger {
    if (!this.#levels.has(name)) this.#levels.set(name, null);
    return this.#gated(name, this.#sink);
  }

  #gated(name: string, sink: Logger): Logger {
    const gate = (method: 'debug' | 'info' | 'warn' | 'error', severity: LogLevel): Logger['info'] => {
      const rank = logLevels.indexOf(severity);
      return (first: string | object, message?: string): void => {
        if (rank < logLevels.indexOf(this.level(name))) return;
        if (typeof first === 'string') sink[method](first);
        else sink[method](first, message ?? '');
      };
    };
    return {
      debug: gate('debug', 'DEBUG'),
      info: gate('info', 'INFO'),
      warn: gate('warn', 'WARN'),
      error: gate('error', 'ERROR'),
      child: (bindings) => this.#gated(name, sink.child(bindings)),
    };
  }
}
