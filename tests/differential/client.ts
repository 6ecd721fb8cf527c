/** One connection to a broker: frames out, frames in, in order. */
import { connect, type Socket } from 'node:net';

/** What came of a request. */
export type Outcome =
  | { readonly kind: 'answer'; readonly payload: Buffer }
  /** The broker closed the connection instead. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'timeout' };

export class Connection {
  isClosed = false;
  #received = Buffer.alloc(0);
  readonly #frames: Buffer[] = [];
  readonly #waiting: ((outcome: Outcome) => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      for (const waiting of this.#waiting.splice(0)) waiting({ kind: 'closed' });
    });
  }

  static open(host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  send(bytes: Uint8Array): void {
    if (!this.isClosed) this.socket.write(bytes);
  }

  /** The next frame that nobody has taken yet. */
  receive(timeoutMs: number): Promise<Outcome> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve({ kind: 'answer', payload: frame });
    if (this.isClosed) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(settle), 1);
        resolve({ kind: 'timeout' });
      }, timeoutMs);
      this.#waiting.push(settle);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0);
      if (this.#received.length < 4 + size) return;
      const frame = this.#received.subarray(4, 4 + size);
      this.#received = this.#received.subarray(4 + size);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#frames.push(frame);
      else waiting({ kind: 'answer', payload: frame });
    }
  }
}
