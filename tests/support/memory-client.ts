/** A client over a simulated stream: sends requests of any kind, keeps what came back, in order. */
import {
  decode,
  decodeResponseHeader,
  encodeRequest,
  type Fields,
  type InputOf,
  type Message,
  responseHeaderVersion,
  type ValueOf,
} from '../../protocol';
import type { Stream, StreamHandler } from '../../src/host';
import type { World } from '../sim/host';
import { Lifetime } from '../sim/scheduler';

/** Lets simulated time pass; promises settle between its steps. */
export async function elapse(world: World, durationMs: number, stepMs = 0.5): Promise<void> {
  const untilMs = world.scheduler.nowMs + durationMs;
  do {
    world.scheduler.advance(Math.min(stepMs, Math.max(0, untilMs - world.scheduler.nowMs)));
    await new Promise((settled) => setImmediate(settled));
  } while (world.scheduler.nowMs < untilMs);
}

/** Lets time pass until `isDone`; throws when that takes more than `withinMs`. */
export async function elapseUntil(world: World, isDone: () => boolean, withinMs = 5_000): Promise<void> {
  const deadlineMs = world.scheduler.nowMs + withinMs;
  while (!isDone()) {
    if (world.scheduler.nowMs >= deadlineMs) throw new Error(`not done within ${withinMs} simulated ms`);
    await elapse(world, 0.5);
  }
}

export class MemoryClient implements StreamHandler {
  isClosed = false;
  /** Payloads of whole response frames, oldest first. */
  readonly frames: Buffer[] = [];
  #received = Buffer.alloc(0);
  #stream: Stream | null = null;
  #correlationId = 0;
  readonly #memory = Buffer.alloc(64 * 1024);

  /** Opens a connection; the stream is there when simulated time has passed a little. */
  static async connect(
    world: World,
    port: number,
    address = '127.0.0.1',
    from = '192.0.2.1',
  ): Promise<MemoryClient> {
    const client = new MemoryClient();
    let failure: Error | null = null;
    world.network.connect({ address, port, from }, new Lifetime(), client, (error, stream) => {
      failure = error;
      client.#stream = stream;
    });
    await elapseUntil(world, () => failure !== null || client.#stream !== null);
    if (failure !== null) throw failure;
    return client;
  }

  readBuffer(): Uint8Array {
    return this.#memory;
  }

  onData(sizeBytes: number): void {
    this.#received = Buffer.concat([this.#received, this.#memory.subarray(0, sizeBytes)]);
    while (this.#received.length >= 4) {
      const size = this.#received.readInt32BE(0);
      if (this.#received.length < 4 + size) return;
      this.frames.push(this.#received.subarray(4, 4 + size));
      this.#received = this.#received.subarray(4 + size);
    }
  }

  onClose(): void {
    this.isClosed = true;
  }

  sendBytes(bytes: Uint8Array): void {
    this.#stream!.write([bytes], () => {});
  }

  /** Requests so far. */
  get sent(): number {
    return this.#correlationId;
  }

  /** Correlation ids count from 1. */
  send<F extends Fields>(message: Message<F>, version: number, body: InputOf<Message<F>>): void {
    const header = { correlationId: ++this.#correlationId, clientId: 'memory' };
    this.sendBytes(Buffer.concat(encodeRequest(message, version, header, body)));
  }

  stopReading(): void {
    this.#stream!.pauseReading();
  }

  resumeReading(): void {
    this.#stream!.resumeReading();
  }

  close(): void {
    this.#stream!.end();
  }
}

export function correlationIdOf(frame: Buffer): number {
  return frame.readInt32BE(0);
}

export function decodeAnswer<F extends Fields>(
  message: Message<F>,
  version: number,
  frame: Buffer,
): ValueOf<Message<F>> {
  const { bodyOffset } = decodeResponseHeader(frame, responseHeaderVersion(message, version));
  return decode(message, version, frame, bodyOffset);
}
