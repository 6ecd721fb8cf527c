/**
 * One owner per data directory: the owner listens on a Unix socket in it (a named pipe on Windows). A refused
 * connection means that the former owner is gone. No pid file: in a container every broker is pid 1.
 */
import { createHash, randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';
  readonly code = 'DIRECTORY_LOCKED';

  constructor(readonly directory: string) {
    super(
      `Data directory ${directory} is in use by another running broker: stop it or name another directory.`,
    );
  }
}

export interface DirectoryLock {
  release(): void;
}

/** Longest path of a Unix socket, on the system with the smallest room (macOS 104, less the final zero). */
const socketPathLengthMax = 103;

/** `directory` must exist. @throws DirectoryLockedError, or the system's error when no socket can be made. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = socketPath(resolve(directory));
  const owner = randomBytes(16);
  for (let attempt = 0; ; attempt++) {
    const server = await listen(path, owner);
    if (server !== null) {
      // Two brokers may both have found a stale socket and replaced it; only the one that answers there owns it.
      if ((await ask(path))?.equals(owner) === true) {
        server.unref();
        return { release: () => void server.close() };
      }
      server.close();
      throw new DirectoryLockedError(directory);
    }
    if ((await ask(path)) !== null || attempt === 2) throw new DirectoryLockedError(directory);
    unlinkIfThere(path);
  }
}

function socketPath(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  if (process.platform === 'win32') return `\\\\.\\pipe\\pyralog-${digest}`;
  const inside = join(directory, 'lock');
  if (inside.length <= socketPathLengthMax) return inside;
  const fromHere = relative(process.cwd(), inside);
  return fromHere.length <= socketPathLengthMax ? fromHere : join(tmpdir(), `pyralog-${digest}.lock`);
}

/** null when the path is taken. */
function listen(path: string, owner: Buffer): Promise<Server | null> {
  return new Promise((fulfil, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(owner);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') fulfil(null);
      else reject(error);
    });
    server.listen(path, () => fulfil(server));
  });
}

/** An owner that accepts but does not answer by then is alive all the same, only busy or stopped. */
const answerTimeoutMs = 1_000;

/** What the owner at `path` says, empty if it says nothing, or null when nobody is there. */
function ask(path: string): Promise<Buffer | null> {
  return new Promise((fulfil) => {
    const chunks: Buffer[] = [];
    const socket = connect(path);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.on('close', () => fulfil(Buffer.concat(chunks)));
    socket.on('error', () => fulfil(null));
  });
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
