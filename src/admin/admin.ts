/** The admin port: a small HTTP server beside the broker, loaded only where it is asked for. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { RunningBroker } from '../broker';
import { type AdminSource, answerOf } from './endpoints';
import { ProcessWatch } from './process-metrics';

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** The message names the address; `code` is the system's. */
export class AdminListenError extends Error {
  override readonly name = 'AdminListenError';

  constructor(
    readonly code: string,
    at: { readonly host: string; readonly port: number },
    reason: string,
  ) {
    const address = `${at.host === '' ? '*' : at.host}:${at.port}`;
    super(
      code === 'EADDRINUSE'
        ? `Port in use: cannot listen on ${address} (admin)`
        : `Cannot listen on ${address} (admin): ${reason}`,
    );
  }
}

/** More scrapers than anybody has; each may hold one answer in memory. */
const CONNECTIONS_MAX = 64;

/** @throws AdminListenError */
export async function startAdmin(
  at: { readonly host: string; readonly port: number },
  broker: () => RunningBroker | null,
): Promise<AdminServer> {
  // Loaded here, because a broker without an admin port never needs it.
  const { createServer } = require('node:http') as typeof import('node:http');
  const source: AdminSource = { broker, process: new ProcessWatch() };
  const server = createServer((request, response) => {
    // Whoever hangs up amid an answer needs none.
    answer(source, request, response).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.requestTimeout = 10_000;
  await listen(server, at);
  const address = server.address() as { readonly address: string; readonly port: number };
  return {
    host: at.host === '' ? 'localhost' : address.address,
    port: address.port,
    close: () =>
      new Promise((closed) => {
        source.process.stop();
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((fulfil, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new AdminListenError(error.code ?? 'UNKNOWN', at, error.message));
    });
    server.listen(at.host === '' ? { port: at.port } : at, () => fulfil());
  });
}

async function answer(
  source: AdminSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  const { status, contentType, body } = answerOf(path, source);
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await sendPieces(body, response);
  response.end();
}

/**
 * Sends what `body` makes, one piece a turn of the event loop: requests of clients come between two of them. A slow reader
 * holds back the making of the next one; one that hangs up ends it.
 */
export async function sendPieces(body: Iterable<string>, response: Writable): Promise<void> {
  for (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await roomOrEnd(response);
    // Room may be there at once, within the same turn.
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((turn) => setImmediate(turn));
}

function roomOrEnd(response: Writable): Promise<void> {
  return new Promise((done) => {
    const over = (): void => {
      response.off('drain', over);
      response.off('close', over);
      done();
    };
    response.once('drain', over);
    response.once('close', over);
  });
}
