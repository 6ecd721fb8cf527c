/** The two ends of tests/bench/entry-format.ts and the ways in which an answer can leave. */
import fs from 'node:fs';
import { connect, type Socket } from 'node:net';
import { crc32c } from '../../storage/crc32c';
import { ROW_SIZE_BYTES } from '../../storage/rows';

const KIB = 1024;
const REQUESTS_IN_FLIGHT = 2;

export const ANSWER_SIZE_BYTES = KIB * KIB;
export const ANSWERS_PER_FILE = 128;
/** In front of the first batch: answers begin anywhere in a segment, not at the start of a page. */
export const LEAD_SIZE_BYTES = 1000;
export const HEADER_LENGTH_AT = 40;
export const BATCH_LENGTH_AT = 8;
export const BATCH_LENGTH_END = 12;

export interface Variant {
  readonly name: string;
  readonly hasHeaders: boolean;
  readonly isReused: boolean;
  /** Sends the batches in `bytes`, which are lent until `sent`. */
  readonly send: (socket: Socket, bytes: Buffer, sent: () => void) => void;
}

function sendWhole(socket: Socket, bytes: Buffer, sent: () => void): void {
  socket.write(bytes, sent);
}

/** Also looks for the end of the last whole batch, as a reader of a log must that knows only a size. */
function sendWalked(socket: Socket, bytes: Buffer, sent: () => void): void {
  let end = 0;
  while (end < bytes.length) end += BATCH_LENGTH_END + bytes.readInt32BE(end + BATCH_LENGTH_AT);
  socket.write(bytes.subarray(0, end), sent);
}

function sendGathered(socket: Socket, bytes: Buffer, sent: () => void): void {
  socket.cork();
  for (let at = 0; at < bytes.length; ) {
    const start = at + ROW_SIZE_BYTES;
    at = start + bytes.readUInt32LE(at + HEADER_LENGTH_AT);
    if (at < bytes.length) socket.write(bytes.subarray(start, at));
    else socket.write(bytes.subarray(start, at), sent);
  }
  socket.uncork();
}

function sendSqueezed(socket: Socket, bytes: Buffer, sent: () => void): void {
  let end = 0;
  for (let at = 0; at < bytes.length; ) {
    const start = at + ROW_SIZE_BYTES;
    at = start + bytes.readUInt32LE(at + HEADER_LENGTH_AT);
    bytes.copyWithin(end, start, at);
    end += at - start;
  }
  socket.write(bytes.subarray(0, end), sent);
}

/** The first is what the others are compared with. */
export const variants: readonly Variant[] = [
  { name: '**contiguous, reused buffer**', hasHeaders: false, isReused: true, send: sendWhole },
  { name: 'the same, walking batch lengths', hasHeaders: false, isReused: true, send: sendWalked },
  { name: '48-byte headers, gathered', hasHeaders: true, isReused: true, send: sendGathered },
  { name: '48-byte headers, `copyWithin`', hasHeaders: true, isReused: true, send: sendSqueezed },
  { name: 'contiguous, fresh buffers', hasHeaders: false, isReused: false, send: sendWhole },
];

/** Descriptors of the same batches, bare and with headers. */
export interface Files {
  readonly bare: number;
  readonly headed: number;
  readonly headedAnswerSizeBytes: number;
}

/** Answers requests of one byte each, in order: the next read starts when the answer before was handed to the socket. */
export class Broker {
  readonly #socket: Socket;
  readonly #free: Buffer[] = [];
  #file = 0;
  #variant = variants[0]!;
  #readSizeBytes = 0;
  #answered = 0;
  #waiting = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (requests) => {
      this.#waiting += requests.length;
      if (this.#waiting === requests.length) this.#answer();
    });
  }

  use(variant: Variant, files: Files): void {
    this.#variant = variant;
    this.#file = variant.hasHeaders ? files.headed : files.bare;
    this.#readSizeBytes = variant.hasHeaders ? files.headedAnswerSizeBytes : ANSWER_SIZE_BYTES;
    this.#answered = 0;
  }

  #answer(): void {
    const { isReused, send } = this.#variant;
    const size = this.#readSizeBytes;
    // Reused buffers fit the largest answer, so that all variants share them.
    const buffer = isReused
      ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(2 * ANSWER_SIZE_BYTES))
      : Buffer.allocUnsafe(size);
    const position = LEAD_SIZE_BYTES + (this.#answered++ % ANSWERS_PER_FILE) * size;
    fs.read(this.#file, buffer, 0, size, position, (error, bytesRead) => {
      if (error !== null || bytesRead !== size)
        throw error ?? new Error(`read ${bytesRead} of ${size} bytes`);
      send(this.#socket, buffer.subarray(0, size), () => {
        if (isReused) this.#free.push(buffer);
      });
      if (--this.#waiting > 0) this.#answer();
    });
  }
}

export interface Order {
  readonly answers: number;
  readonly isChecked: boolean;
}

export interface Fetched {
  /** 0 where it was not asked for. */
  readonly checksum: number;
  /** Of the client, since it started. */
  readonly cpuSeconds: number;
}

export function cpuSecondsUsed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Child process: fetches as many answers as it is told, then reports. */
export function runClient(port: number): void {
  let order: Order = { answers: 0, isChecked: false };
  let receivedSizeBytes = 0;
  let requested = 0;
  let checksum = 0;
  const request = (): void => {
    requested++;
    socket.write('f');
  };
  const callback = (sizeBytes: number, chunk: Uint8Array): boolean => {
    const answersBefore = Math.floor(receivedSizeBytes / ANSWER_SIZE_BYTES);
    receivedSizeBytes += sizeBytes;
    if (order.isChecked) checksum = crc32c(chunk, 0, sizeBytes, checksum);
    const answers = Math.floor(receivedSizeBytes / ANSWER_SIZE_BYTES);
    for (let answer = answersBefore; answer < answers && requested < order.answers; answer++) request();
    if (receivedSizeBytes === order.answers * ANSWER_SIZE_BYTES) {
      const fetched: Fetched = { checksum, cpuSeconds: cpuSecondsUsed() };
      process.send!(fetched);
    }
    return true;
  };
  const buffer = new Uint8Array(256 * KIB);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
  process.on('message', (next: Order) => {
    order = next;
    receivedSizeBytes = requested = checksum = 0;
    while (requested < Math.min(REQUESTS_IN_FLIGHT, order.answers)) request();
  });
  // The parent is gone or finished: its open socket must not keep this process.
  process.on('disconnect', () => process.exit());
}
