/**
 * One client. Requests start in the order in which they came, each when its predecessor's ordered stage is over, and
 * answers leave in that order (behaviours 1-3). Answers that become ready in one turn leave in one write.
 */
import { type Frame, FrameReader, FrameSizeError } from '../../protocol';
import type { ConnectionInfo } from '../handlers/handler';
import type { Stream, StreamHandler } from '../host';
import { type Dispatcher, RefusedRequestError, type StartedRequest } from './dispatch';
import type { ServerContext } from './server';
import { describeStranger } from './stranger';

/** One request from its frame to its last byte out. */
interface Slot {
  /** null for the end of a connection, which no request asked for. */
  readonly frame: Frame | null;
  readonly request: StartedRequest | null;
  /** null until it is known; empty when nothing is sent (acks 0). */
  buffers: readonly Uint8Array[] | null;
  closesAfter: boolean;
}

/** Bytes of answers that are ready but not yet taken by the socket: beyond this the next request waits, so that a slow reader costs little. */
const unsentSizeBytesMax = 8 * 1024 * 1024;

export class Connection implements StreamHandler {
  readonly info: ConnectionInfo;
  lastActiveMs: number;
  readonly #stream: Stream;
  readonly #context: ServerContext;
  readonly #dispatcher: Dispatcher;
  readonly #reader: FrameReader;
  /** Frames whose request has not started. */
  readonly #waiting: Frame[] = [];
  /** Started requests, oldest first: the order of the answers. */
  readonly #slots: Slot[] = [];
  /** The last started request has not finished its ordered stage. */
  #isOrdering = false;
  #isPaused = false;
  #isWaitingForRoom = false;
  #isFlushPlanned = false;
  /** `stream.end` was called: nothing can be written any more. */
  #isEnded = false;
  #isClosed = false;
  #isEnding = false;
  /** A failed acks-0 produce or a broken request ended the connection: nothing behind it is served. */
  #isCut = false;
  /** What came behind the frames that wait, and is no frame. Those are served first, as if it had come later. */
  #stranger: string | null = null;
  #unsentSizeBytes = 0;

  constructor(stream: Stream, info: ConnectionInfo, context: ServerContext) {
    this.#stream = stream;
    this.info = info;
    this.#context = context;
    this.#dispatcher = context.dispatcher;
    this.#reader = new FrameReader(context.framePool, { frameSizeBytesMax: context.requestSizeBytesMax });
    this.lastActiveMs = context.host.monotonic.nowMs();
  }

  get isIdle(): boolean {
    return this.#slots.length === 0 && this.#waiting.length === 0 && this.#unsentSizeBytes === 0;
  }

  readBuffer(): Uint8Array {
    return this.#reader.readBuffer();
  }

  onData(sizeBytes: number): void {
    if (this.#isClosed || this.#isCut || this.#stranger !== null) return;
    this.lastActiveMs = this.#context.host.monotonic.nowMs();
    try {
      this.#reader.advance(sizeBytes);
      for (let frame = this.#reader.next(); frame !== null; frame = this.#reader.next()) {
        this.#context.inFlight.add(frame.buffer.length);
        this.#waiting.push(frame);
      }
    } catch (error) {
      if (!(error instanceof FrameSizeError)) throw error;
      this.#stranger = describeStranger(error);
      this.#stream.pauseReading();
    }
    this.#startRequests();
    this.#pauseIfFull();
  }

  onClose(_error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close();
    this.#dropWaiting();
    // Requests that run keep their frames until they finish; their answers go nowhere.
    for (const slot of this.#slots) if (slot.buffers !== null) slot.request?.sent?.();
    this.#slots.splice(0, this.#slots.length, ...this.#slots.filter((slot) => slot.buffers === null));
    for (const slot of [...this.#slots]) slot.request?.cancelled?.();
    this.#context.connectionClosed(this);
  }

  /** Serves what was read, sends the answers and closes. */
  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    this.#stream.pauseReading();
    this.#endIfDone();
  }

  destroy(): void {
    this.#stream.destroy();
    this.onClose(null);
  }

  #dropWaiting(): void {
    for (const frame of this.#waiting.splice(0)) this.#dropFrame(frame);
  }

  #dropFrame(frame: Frame): void {
    this.#context.inFlight.remove(frame.buffer.length);
    frame.release();
  }

  #startRequests(): void {
    while (
      !this.#isOrdering &&
      !this.#isClosed &&
      !this.#isCut &&
      this.#waiting.length > 0 &&
      this.#slots.length < this.#context.requestsPerConnectionMax &&
      this.#unsentSizeBytes < unsentSizeBytesMax
    ) {
      this.#start(this.#waiting.shift()!);
    }
    if (this.#stranger === null || this.#isOrdering || this.#isCut || this.#waiting.length > 0) return;
    this.#refuse(this.#stranger, null);
  }

  #start(frame: Frame): void {
    let request: StartedRequest;
    try {
      request = this.#dispatcher.start(frame, this.info);
    } catch (error) {
      if (!(error instanceof RefusedRequestError)) throw error;
      this.#refuse(error.message, frame);
      return;
    }
    const slot: Slot = { frame, request, buffers: null, closesAfter: false };
    this.#slots.push(slot);
    const { response, ordered } = request;
    if (!(response instanceof Promise)) {
      this.#finish(slot, response);
      return;
    }
    const settled = response.then(
      (value) => this.#finish(slot, value),
      (error: unknown) => this.#finish(slot, this.#dispatcher.failed(request, error)),
    );
    if (ordered === 'now') return;
    this.#isOrdering = true;
    (ordered ?? settled).then(this.#orderedSettled, this.#orderedSettled);
  }

  readonly #orderedSettled = (): void => {
    this.#isOrdering = false;
    this.#startRequests();
    this.#resumeIfRoom();
  };

  /** Never throws: it is called from the settling of promises that nobody else watches. */
  #finish(slot: Slot, response: unknown): void {
    const request = slot.request!;
    if (this.#isClosed) {
      this.#dropFrame(slot.frame!);
      request.sent?.();
      const at = this.#slots.indexOf(slot);
      if (at >= 0) this.#slots.splice(at, 1);
      return;
    }
    const buffers =
      response === null || response === 'close' ? [] : this.#dispatcher.encode(request, response);
    this.#dropFrame(slot.frame!);
    if (response === 'close' || buffers === null) this.#cut(slot);
    slot.buffers = buffers ?? [];
    for (const buffer of slot.buffers) this.#unsentSizeBytes += buffer.length;
    this.#planFlush();
  }

  /** The connection ends behind this slot: what came after it is dropped, what comes is not looked at. */
  #cut(slot: Slot): void {
    slot.closesAfter = true;
    this.#isCut = true;
    this.#stream.pauseReading();
    this.#dropWaiting();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.#context.host.endOfTurn(this.#flush);
  }

  /** Sends every answer that is ready and whose predecessors are. */
  readonly #flush = (): void => {
    this.#isFlushPlanned = false;
    if (this.#isClosed || this.#isEnded) return;
    const slots = this.#slots;
    const buffers: Uint8Array[] = [];
    const sent: (() => void)[] = [];
    let sizeBytes = 0;
    let taken = 0;
    let closes = false;
    while (taken < slots.length && !closes) {
      const slot = slots[taken]!;
      if (slot.buffers === null) break;
      for (const buffer of slot.buffers) {
        buffers.push(buffer);
        sizeBytes += buffer.length;
      }
      if (slot.request?.sent !== undefined) sent.push(slot.request.sent);
      closes = slot.closesAfter;
      taken++;
    }
    slots.splice(0, taken);
    if (buffers.length > 0) {
      this.#stream.write(buffers, () => this.#written(sizeBytes, sent));
    } else {
      for (const done of sent) done();
    }
    if (closes) {
      this.#isEnded = true;
      this.#stream.end();
      return;
    }
    this.#startRequests();
    this.#resumeIfRoom();
    this.#endIfDone();
  };

  #written(sizeBytes: number, sent: readonly (() => void)[]): void {
    this.#unsentSizeBytes -= sizeBytes;
    for (const done of sent) done();
    if (this.#isClosed) return;
    this.lastActiveMs = this.#context.host.monotonic.nowMs();
    this.#startRequests();
    this.#resumeIfRoom();
    this.#endIfDone();
  }

  #pauseIfFull(): void {
    if (this.#isPaused || this.#isClosed) return;
    const isFull = this.#context.inFlight.isFull;
    const isCrowded = this.#waiting.length >= this.#context.requestsPerConnectionMax;
    if (!isFull && !isCrowded) return;
    this.#isPaused = true;
    this.#stream.pauseReading();
    if (isFull) this.#waitForRoom();
  }

  #waitForRoom(): void {
    if (this.#isWaitingForRoom) return;
    this.#isWaitingForRoom = true;
    this.#context.inFlight.waitForRoom(() => {
      this.#isWaitingForRoom = false;
      this.#resumeIfRoom();
    });
  }

  #resumeIfRoom(): void {
    if (!this.#isPaused || this.#isClosed || this.#isEnding || this.#isCut || this.#stranger !== null) return;
    if (this.#waiting.length >= this.#context.requestsPerConnectionMax / 2) return;
    if (this.#context.inFlight.isFull) {
      this.#waitForRoom();
      return;
    }
    this.#isPaused = false;
    this.#stream.resumeReading();
  }

  #endIfDone(): void {
    if (this.#isEnding && !this.#isClosed && this.isIdle) this.#stream.end();
  }

  /**
   * Something that no client of ours sends: one line, and the connection is gone (behaviour 4), but not before the
   * answers to what came earlier are out.
   */
  #refuse(reason: string, frame: Frame | null): void {
    this.#context.logger.warn(
      { connection: this.info.id, listener: this.info.listenerName },
      `Closing the connection from ${this.info.remoteAddress}:${this.info.remotePort}: ${reason}`,
    );
    if (frame !== null) this.#dropFrame(frame);
    const end: Slot = { frame: null, request: null, buffers: [], closesAfter: true };
    this.#cut(end);
    this.#slots.push(end);
    this.#planFlush();
  }
}
