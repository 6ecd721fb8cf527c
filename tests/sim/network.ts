/**
 * Byte streams between simulated processes, and from in-memory clients. Order within a stream is kept; everything
 * else is chance: where reads are cut, how long bytes travel, whether a reset overtakes what was sent before it.
 */
import type { Listener, Network, Stream, StreamHandler } from '../../src/host';
import type { SeededRandom } from './random';
import type { Lifetime, Scheduler } from './scheduler';

export interface NetworkFaults {
  /** Mean travel time of a piece of a stream. Milliseconds. */
  latencyMs: number;
  /** Probability that a write arrives in several reads. */
  fragmentRate: number;
  /** Probability per write that the connection is reset instead. */
  resetRate: number;
}

/** Bytes that a stream takes before its writer has to wait: two socket buffers. */
const WINDOW_SIZE_BYTES = 256 * 1024;

interface Binding {
  readonly lifetime: Lifetime;
  readonly accept: (stream: Stream) => StreamHandler | null;
}

export class SimulatedNetwork {
  readonly faults: NetworkFaults = { latencyMs: 0.1, fragmentRate: 0.2, resetRate: 0 };
  readonly #bindings = new Map<string, Binding>();
  #portLast = 20_000;
  #streamIdLast = 0;
  readonly #endpoints = new Set<Endpoint>();

  constructor(
    readonly scheduler: Scheduler,
    readonly random: SeededRandom,
  ) {}

  /** The network as one process sees it. `address` is what `0.0.0.0` and `localhost` mean there. */
  of(lifetime: Lifetime, address: string): Network {
    return {
      listen: ({ host, port }, accept, done) => {
        const boundPort = port === 0 ? ++this.#portLast : port;
        const name = `${address}:${boundPort}`;
        this.scheduler.after(0, lifetime, () => {
          if (this.#bindings.get(name)?.lifetime.alive === true) {
            done(Object.assign(new Error(`listen ${name}: EADDRINUSE`), { code: 'EADDRINUSE' }), null);
            return;
          }
          this.#bindings.set(name, { lifetime, accept });
          const listener: Listener = {
            host,
            port: boundPort,
            close: (closed) => {
              this.#bindings.delete(name);
              this.scheduler.after(0, lifetime, closed);
            },
          };
          done(null, listener);
        });
      },
    };
  }

  /**
   * Opens a stream to `address:port`. `done` gets the client's end, which reads into `handler`, or an ECONNREFUSED
   * error; never before this call returned.
   */
  connect(
    at: { readonly address: string; readonly port: number; readonly from?: string },
    lifetime: Lifetime,
    handler: StreamHandler,
    done: (error: Error | null, stream: Stream | null) => void,
  ): void {
    const from = at.from ?? '192.0.2.1';
    const fromPort = ++this.#portLast;
    this.scheduler.after(this.latencyMs(), lifetime, () => {
      const binding = this.#bindings.get(`${at.address}:${at.port}`);
      const serverLifetime = binding?.lifetime;
      if (binding === undefined || serverLifetime?.alive !== true) {
        const name = `${at.address}:${at.port}`;
        done(Object.assign(new Error(`connect ${name}: ECONNREFUSED`), { code: 'ECONNREFUSED' }), null);
        return;
      }
      const client = new Endpoint(this, ++this.#streamIdLast, lifetime, from, fromPort, at.address, at.port);
      const server = new Endpoint(
        this,
        ++this.#streamIdLast,
        binding.lifetime,
        at.address,
        at.port,
        from,
        fromPort,
      );
      client.peer = server;
      server.peer = client;
      client.handler = handler;
      this.#endpoints.add(client).add(server);
      server.handler = binding.accept(server);
      if (server.handler === null) server.destroy();
      done(null, client);
    });
  }

  /** The process of `lifetime` died: its peers see resets. */
  processDied(lifetime: Lifetime): void {
    for (const endpoint of this.#endpoints) {
      if (endpoint.lifetime === lifetime) endpoint.destroy();
    }
  }

  /** @internal */
  forget(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint);
  }

  latencyMs(): number {
    return this.random.exponential(this.faults.latencyMs);
  }
}

interface Write {
  readonly buffers: readonly Uint8Array[];
  /** Taken at once, or null: taken when the bytes leave, so that a changed lent buffer shows. */
  readonly early: Buffer | null;
  readonly written: () => void;
}

class Endpoint implements Stream {
  peer!: Endpoint;
  handler: StreamHandler | null = null;
  #outbox: Write[] = [];
  #isEnding = false;
  #isEndSent = false;
  #isClosed = false;
  #isPaused = false;
  /** Bytes that left the peer and were not read here yet. */
  #unreadSizeBytes = 0;
  #inbox: Buffer[] = [];
  #peerEnded = false;
  #lastArrivalMs = 0;

  constructor(
    readonly network: SimulatedNetwork,
    readonly id: number,
    readonly lifetime: Lifetime,
    readonly localAddress: string,
    readonly localPort: number,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {}

  write(buffers: readonly Uint8Array[], written: () => void): void {
    const { random, faults } = this.network;
    if (this.#isClosed || this.#isEnding) {
      this.#later(written);
      return;
    }
    this.#outbox.push({ buffers, early: random.chance(0.5) ? Buffer.concat(buffers) : null, written });
    if (faults.resetRate > 0 && random.chance(faults.resetRate)) {
      this.#later(() => this.reset());
      this.peer.#later(() => this.peer.reset());
      return;
    }
    this.#pump();
  }

  pauseReading(): void {
    this.#isPaused = true;
  }

  resumeReading(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#later(() => this.#deliver());
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#pump();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#later(() => this.#close(null));
    // What was sent may arrive before the reset or be lost with it.
    const { peer } = this;
    const delayMs = this.network.random.chance(0.5) ? 0 : peer.#lastArrivalMs - this.network.scheduler.nowMs;
    this.network.scheduler.after(Math.max(delayMs, this.network.latencyMs()), peer.lifetime, () =>
      peer.reset(),
    );
    this.#isClosed = true;
  }

  /** The connection broke under this end. */
  reset(): void {
    this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  #pump(): void {
    while (this.#outbox.length > 0 && this.peer.#unreadSizeBytes < WINDOW_SIZE_BYTES) {
      const write = this.#outbox.shift()!;
      const bytes = write.early ?? Buffer.concat(write.buffers);
      for (const piece of this.#pieces(bytes)) this.#send(piece);
      this.#later(write.written);
    }
    if (this.#outbox.length > 0 || !this.#isEnding || this.#isEndSent) return;
    this.#isEndSent = true;
    this.#send(null);
  }

  #pieces(bytes: Buffer): Buffer[] {
    const { random, faults } = this.network;
    if (bytes.length < 2 || !random.chance(faults.fragmentRate)) return [bytes];
    const cuts = [0, bytes.length];
    for (let count = random.between(1, 4); count > 0; count--) cuts.push(random.between(1, bytes.length - 1));
    cuts.sort((left, right) => left - right);
    return cuts.slice(1).map((cut, at) => bytes.subarray(cuts[at], cut));
  }

  /** Sends a piece, or with null the end of the stream, behind what was sent before. */
  #send(piece: Buffer | null): void {
    const { peer, network } = this;
    if (piece !== null) peer.#unreadSizeBytes += piece.length;
    peer.#lastArrivalMs = Math.max(peer.#lastArrivalMs, network.scheduler.nowMs + network.latencyMs());
    network.scheduler.at(peer.#lastArrivalMs, peer.lifetime, () => {
      if (peer.#isClosed) return;
      if (piece === null) peer.#peerEnded = true;
      else if (piece.length > 0) peer.#inbox.push(piece);
      peer.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#isPaused && !this.#isClosed && this.handler !== null) {
      const chunk = this.#inbox[0];
      if (chunk === undefined) break;
      const into = this.handler.readBuffer();
      const sizeBytes = Math.min(into.length, chunk.length);
      into.set(chunk.subarray(0, sizeBytes));
      if (sizeBytes === chunk.length) this.#inbox.shift();
      else this.#inbox[0] = chunk.subarray(sizeBytes);
      this.#unreadSizeBytes -= sizeBytes;
      this.handler.onData(sizeBytes);
    }
    this.peer.#pump();
    if (this.#peerEnded && this.#inbox.length === 0 && !this.#isClosed) {
      // As in host-node.ts: a peer that has finished sending waits for nothing more.
      this.#close(null);
      const { peer } = this;
      this.network.scheduler.after(this.network.latencyMs(), peer.lifetime, () => peer.#close(null));
    }
  }

  #close(error: Error | null): void {
    const { handler } = this;
    this.#isClosed = true;
    this.handler = null;
    this.network.forget(this);
    const unwritten = this.#outbox;
    this.#outbox = [];
    for (const write of unwritten) write.written();
    handler?.onClose(error);
  }

  #later(run: () => void): void {
    this.network.scheduler.after(0, this.lifetime, run);
  }
}
