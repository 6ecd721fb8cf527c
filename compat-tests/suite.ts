import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './report';

/** One client's suite. It must be green on Apache Kafka itself before it may judge our broker. */
export interface Suite {
  readonly name: string;
  /** Programs that must be on PATH; the rest comes from a package registry into the cache folder. */
  readonly programs: readonly string[];
  readonly timeoutMs: number;
  /** Fetches what the suite needs; its time is not the suite's. */
  prepare(): Promise<void>;
  run(context: SuiteContext): Promise<void>;
}

export interface SuiteContext {
  readonly bootstrap: string;
  readonly report: Report;
}

/** A topic name that no earlier run on the same broker has used. */
export function freshTopic(purpose: string): string {
  return `compat-${purpose}-${randomBytes(4).toString('hex')}`;
}

/** A folder that outlives runs: interpreters' environments, jars, compiled clients. Safe to delete. */
export function cacheFolder(suite: string): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(base, 'pyralog-compat', suite);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Where a suite's sources stand; the runner is started from the root of the project. */
export function sourceFolder(suite: string): string {
  return join(process.cwd(), 'compat-tests', suite);
}
