import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The broker under test: ours, started for this run, or one that already runs (BOOTSTRAP_SERVERS). */
export interface BrokerUnderTest {
  readonly bootstrap: string;
  readonly isOurs: boolean;
  /** The tail of the broker's own log, for a failed run; empty for a foreign broker. */
  logTail(): string;
  /** Ends our broker in order and removes its data; returns what was wrong with the end, or null. */
  stop(): Promise<string | null>;
}

export function foreignBroker(bootstrap: string): BrokerUnderTest {
  return { bootstrap, isOurs: false, logTail: () => '', stop: async () => null };
}

/** Starts `node dist/pyralog.js start` on a free port and an empty directory; resolves when it takes connections. */
export async function startBroker(extraArguments: readonly string[] = []): Promise<BrokerUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'pyralog-compat-'));
  const logFile = join(folder, 'broker.log');
  const port = await freePort();
  const log = openSync(logFile, 'w');
  const child = spawn(
    process.execPath,
    [
      'dist/pyralog.js',
      'start',
      '--port',
      String(port),
      '--data-dir',
      join(folder, 'data'),
      ...extraArguments,
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const logTail = () => readFileSync(logFile, 'utf8').split('\n').slice(-40).join('\n');
  try {
    await untilConnectable(port, child, 10_000);
  } catch (error) {
    child.kill('SIGKILL');
    const words = logTail();
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${error instanceof Error ? error.message : error}\n${words}`);
  }
  return {
    bootstrap: `127.0.0.1:${port}`,
    isOurs: true,
    logTail,
    stop: async () => {
      const problem = await stopChild(child);
      rmSync(folder, { recursive: true, force: true });
      return problem;
    },
  };
}

async function stopChild(child: ChildProcess): Promise<string | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return `the broker ended by itself: exit ${child.exitCode}, signal ${child.signalCode}`;
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
  if (child.exitCode === 0) return null;
  return `after SIGTERM: exit ${child.exitCode}, signal ${child.signalCode}`;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

/** Tries to connect until it works; rejects when `child` ends first or time is up. */
export async function untilConnectable(port: number, child: ChildProcess, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    if (child.exitCode !== null)
      throw new Error(`the broker ended with ${child.exitCode} before it was ready`);
    if (await canConnect(port)) return;
    await delay(20);
  }
  throw new Error(`port ${port} took no connection within ${timeoutMs} ms`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
