/**
 * The world, as arguments. Production passes host-node.ts, the simulator its own; nothing else reads a clock, draws a
 * random number, opens a socket or sets a timer.
 */
import type { Disk } from '../storage';

/** A pending call; `cancel` is idempotent and free after it ran. */
export interface Timer {
  cancel(): void;
}

/** Time that only goes forward: Raft, sockets, flushes. Milliseconds since an arbitrary start, fractions allowed. */
export interface MonotonicClock {
  nowMs(): number;
  after(delayMs: number, run: () => void): Timer;
}

/** Time a user can see: timestamps, retention, sessions, expiries. Unix milliseconds, whole. A test may advance it by days. */
export interface BrokerTime {
  nowMs(): number;
  after(delayMs: number, run: () => void): Timer;
}

export interface Random {
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** `sizeBytes` unpredictable bytes. */
  bytes(sizeBytes: number): Buffer;
}

/** One accepted byte stream. All callbacks come from the event loop, never from inside a call. */
export interface Stream {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Buffers are lent until `written` is called. Order is kept. */
  write(buffers: readonly Uint8Array[], written: () => void): void;
  pauseReading(): void;
  resumeReading(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Drops the connection at once. */
  destroy(): void;
}

export interface StreamHandler {
  /**
   * Memory for the next read, at least one byte: frames land where they will be used (performance.md, `onread`).
   * Lent until the next `onData` or `onClose`.
   */
  readBuffer(): Uint8Array;
  /** The first `sizeBytes` bytes of the last `readBuffer()` are filled. */
  onData(sizeBytes: number): void;
  onClose(error: Error | null): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  close(done: () => void): void;
}

export interface Network {
  /** `accept` returns the handler of a new stream, or null to refuse it. */
  listen(
    at: { readonly host: string; readonly port: number },
    accept: (stream: Stream) => StreamHandler | null,
    done: (error: Error | null, listener: Listener | null) => void,
  ): void;
}

export interface Host {
  readonly monotonic: MonotonicClock;
  readonly brokerTime: BrokerTime;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  /** Runs `run` once this turn of the event loop has delivered what it has (setImmediate): group commit hangs on it. */
  endOfTurn(run: () => void): void;
}
