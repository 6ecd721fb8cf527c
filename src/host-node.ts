/** The real world: Node's timers, sockets and random numbers. The only file besides disk-node.ts and main.ts that reaches it. */
import { randomBytes } from 'node:crypto';
import { createServer, type ListenOptions, Socket } from 'node:net';
import type { Disk } from '../storage';
import type {
  BrokerTime,
  Host,
  Listener,
  MonotonicClock,
  Network,
  Random,
  Stream,
  StreamHandler,
  Timer,
} from './host';

/** Longest delay that setTimeout takes: beyond it Node fires at once. */
const timeoutMsMax = 2 ** 31 - 1;

export function nodeHost(disk: Disk): Host {
  return {
    monotonic: nodeClock(() => performance.now()),
    brokerTime: nodeClock(() => Date.now()),
    random: nodeRandom,
    disk,
    network: nodeNetwork(),
    endOfTurn: (run) => void setImmediate(run),
  };
}

function nodeClock(nowMs: () => number): MonotonicClock & BrokerTime {
  return {
    nowMs,
    after(delayMs, run): Timer {
      if (delayMs <= timeoutMsMax) {
        const timeout = setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timeout) };
      }
      let timeout: NodeJS.Timeout;
      const wait = (remainingMs: number): void => {
        timeout = setTimeout(
          () => (remainingMs > timeoutMsMax ? wait(remainingMs - timeoutMsMax) : run()),
          Math.min(remainingMs, timeoutMsMax),
        );
      };
      wait(delayMs);
      return { cancel: () => clearTimeout(timeout) };
    },
  };
}

const nodeRandom: Random = {
  below: (bound) => Math.floor(Math.random() * bound),
  bytes: (sizeBytes) => randomBytes(sizeBytes),
};

function nodeNetwork(): Network {
  let nextStreamId = 1;
  return {
    listen({ host, port }, accept, done) {
      // Paused, so that no byte is read before the stream has the handler's memory to read into.
      const server = createServer({ pauseOnConnect: true, noDelay: true });
      server.on('connection', (accepted) => {
        const stream = new NodeStream(nextStreamId++, accepted);
        const handler = accept(stream);
        if (handler === null) accepted.destroy();
        else stream.start(handler);
      });
      const failed = (error: Error): void => done(error, null);
      server.once('error', failed);
      const at: ListenOptions = host === '' ? { port } : { host, port };
      server.listen({ ...at, backlog: 1024 }, () => {
        server.off('error', failed);
        // A later accept error (EMFILE) concerns one connection that never was; the listener goes on.
        server.on('error', () => {});
        const address = server.address();
        const bound = typeof address === 'object' && address !== null ? address : { address: host, port };
        const listener: Listener = {
          host: bound.address,
          port: bound.port,
          // Its callback would wait for the accepted sockets, which handed their handles on and never close.
          close: (closed) => {
            server.close();
            setImmediate(closed);
          },
        };
        done(null, listener);
      });
    },
  };
}

class NodeStream implements Stream {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #socket: Socket;
  #closeError: Error | null = null;

  constructor(id: number, accepted: Socket) {
    this.id = id;
    this.#socket = accepted;
    this.remoteAddress = plainAddress(accepted.remoteAddress);
    this.remotePort = accepted.remotePort ?? 0;
    this.localAddress = plainAddress(accepted.localAddress);
    this.localPort = accepted.localPort ?? 0;
  }

  start(handler: StreamHandler): void {
    const handle = (this.#socket as unknown as { readonly _handle?: unknown })._handle;
    // `onread` can only be given to a constructor, so the accepted handle moves into a new socket. Where Node has no
    // such handle, chunks are copied into the handler's memory instead.
    if (handle !== undefined && handle !== null) {
      this.#socket = new Socket({
        handle,
        onread: {
          buffer: () => handler.readBuffer(),
          callback: (sizeBytes: number): boolean => {
            handler.onData(sizeBytes);
            return true;
          },
        },
      } as unknown as ConstructorParameters<typeof Socket>[0]);
      this.#socket.setNoDelay(true);
    } else {
      this.#socket.on('data', (chunk) => deliver(handler, chunk));
    }
    this.#socket.on('error', (error) => {
      this.#closeError = error;
    });
    // The peer has finished sending: whatever it asked for and waits for no longer matters to it.
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('close', () => handler.onClose(this.#closeError));
    this.#socket.resume();
  }

  write(buffers: readonly Uint8Array[], written: () => void): void {
    const socket = this.#socket;
    const last = buffers.length - 1;
    if (last === 0) {
      socket.write(buffers[0]!, written);
      return;
    }
    socket.cork();
    for (let at = 0; at < last; at++) socket.write(buffers[at]!);
    socket.write(buffers[last]!, written);
    socket.uncork();
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function deliver(handler: StreamHandler, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) {
    const into = handler.readBuffer();
    const sizeBytes = Math.min(into.length, chunk.length - at);
    into.set(chunk.subarray(at, at + sizeBytes));
    handler.onData(sizeBytes);
    at += sizeBytes;
  }
}

/** An IPv4 peer of a dual-stack listener is shown as IPv4. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}
