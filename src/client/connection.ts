/** One connection to a broker, from a client's side: versions agreed, requests answered in order. */
import { connect, type Socket } from 'node:net';
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  decode,
  decodeResponseHeader,
  ErrorCode,
  encodeRequest,
  type Fields,
  type InputOf,
  type Message,
  responseHeaderVersion,
  type ValueOf,
} from '../../protocol';
import { version } from '../version';
import { BrokerConnectionError } from './errors';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions {
  readonly clientId: string;
  /** Milliseconds for connecting, and for an answer unless the request allows more. */
  readonly timeoutMs: number;
}

/** Request and response of one API. */
export interface Exchange<Q extends Fields, S extends Fields> {
  readonly request: Message<Q>;
  readonly response: Message<S>;
  /** Highest version that the caller understands; the schema's, if it is left out. */
  readonly versionMax?: number;
}

interface Waiting {
  readonly take: (frame: Buffer) => void;
  readonly fail: (error: Error) => void;
}

const LENGTH_PREFIX_BYTES = 4;
/** Sent before anything is known of the broker; every broker that may answer it does (KIP-511). */
const API_VERSIONS_VERSION = 3;

export class ClientConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #versions = new Map<number, readonly [number, number]>();
  #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #correlationId = 0;
  #failure: BrokerConnectionError | null = null;

  private constructor(
    readonly address: Address,
    socket: Socket,
    options: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail('CLOSED', error.message));
    socket.on('close', () => this.#fail('CLOSED', 'the broker closed the connection'));
  }

  /** @throws BrokerConnectionError */
  static async open(address: Address, options: ConnectionOptions): Promise<ClientConnection> {
    const socket = await dial(address, options.timeoutMs);
    const connection = new ClientConnection(address, socket, options);
    try {
      await connection.#agree();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#failure === null;
  }

  /** The highest version that both sides know, or null. */
  versionOf<Q extends Fields, S extends Fields>(exchange: Exchange<Q, S>): number | null {
    const theirs = this.#versions.get(exchange.request.apiKey);
    if (theirs === undefined) return null;
    const [first, last] = exchange.request.versions;
    const version = Math.min(last, exchange.versionMax ?? last, theirs[1]);
    return version < Math.max(first, theirs[0]) ? null : version;
  }

  /**
   * @param waitMs  Time that the broker may take on purpose, on top of the time for an answer.
   * @throws BrokerConnectionError, DecodeError
   */
  async send<Q extends Fields, S extends Fields>(
    exchange: Exchange<Q, S>,
    body: InputOf<Message<Q>>,
    waitMs = 0,
  ): Promise<ValueOf<Message<S>>> {
    const version = this.versionOf(exchange);
    if (version === null) {
      const api = exchange.request.name.replace(/Request$/, '');
      throw new BrokerConnectionError(
        'UNSUPPORTED',
        `${this.#at} serves no version of ${api} that is known here`,
      );
    }
    return this.#exchange(exchange, version, body, waitMs);
  }

  /** For acks 0: there is no answer. */
  sendOnly<Q extends Fields, S extends Fields>(exchange: Exchange<Q, S>, body: InputOf<Message<Q>>): void {
    if (this.#failure !== null) throw this.#failure;
    this.#write(exchange.request, this.versionOf(exchange)!, ++this.#correlationId, body);
  }

  /** What was sent still goes out; what waits for an answer fails. */
  close(): void {
    this.#failure ??= new BrokerConnectionError('CLOSED', `${this.#at}: the connection is closed`);
    this.#failWaiting(this.#failure);
    this.#socket.destroySoon();
  }

  get #at(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  async #agree(): Promise<void> {
    const exchange = { request: ApiVersionsRequest, response: ApiVersionsResponse };
    const software = { clientSoftwareName: 'pyralog', clientSoftwareVersion: version };
    let answer = await this.#exchange(exchange, API_VERSIONS_VERSION, software);
    if (answer.errorCode === ErrorCode.UNSUPPORTED_VERSION)
      answer = await this.#exchange(exchange, 0, software);
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
      this.#versions.set(apiKey, [minVersion, maxVersion]);
    }
  }

  #exchange<Q extends Fields, S extends Fields>(
    { request, response }: Exchange<Q, S>,
    version: number,
    body: InputOf<Message<Q>>,
    waitMs = 0,
  ): Promise<ValueOf<Message<S>>> {
    const correlationId = ++this.#correlationId;
    const timeoutMs = this.#options.timeoutMs + waitMs;
    return new Promise((fulfil, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(correlationId);
        const api = request.name.replace(/Request$/, '');
        reject(
          new BrokerConnectionError('TIMED_OUT', `${this.#at}: no answer to ${api} within ${timeoutMs} ms`),
        );
      }, timeoutMs);
      this.#waiting.set(correlationId, {
        take: (frame) => {
          clearTimeout(timer);
          try {
            // An ApiVersions answer of an older form says so in its first two bytes, and has the header of all ages.
            const answered = versionAnswered(request.apiKey, frame, version);
            const { bodyOffset } = decodeResponseHeader(frame, responseHeaderVersion(response, answered));
            fulfil(decode(response, answered, frame, bodyOffset));
          } catch (error) {
            reject(error);
          }
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#write(request, version, correlationId, body);
    });
  }

  #write<Q extends Fields>(
    request: Message<Q>,
    version: number,
    correlationId: number,
    body: InputOf<Message<Q>>,
  ): void {
    const { clientId } = this.#options;
    const socket = this.#socket;
    socket.cork();
    for (const part of encodeRequest(request, version, { correlationId, clientId }, body)) socket.write(part);
    socket.uncork();
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    for (;;) {
      if (this.#receivedBytes < LENGTH_PREFIX_BYTES) return;
      if (this.#chunks[0]!.length < LENGTH_PREFIX_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
      const sizeBytes = this.#chunks[0]!.readInt32BE(0);
      if (this.#receivedBytes - LENGTH_PREFIX_BYTES < sizeBytes) return;
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const end = LENGTH_PREFIX_BYTES + sizeBytes;
      this.#chunks = all.length === end ? [] : [all.subarray(end)];
      this.#receivedBytes = all.length - end;
      this.#take(all.subarray(LENGTH_PREFIX_BYTES, end));
    }
  }

  #take(frame: Buffer): void {
    if (frame.length < 4) return;
    const correlationId = frame.readInt32BE(0);
    const waiting = this.#waiting.get(correlationId);
    // The answer to a request whose time was up.
    if (waiting === undefined) return;
    this.#waiting.delete(correlationId);
    waiting.take(frame);
  }

  #fail(code: 'CLOSED', reason: string): void {
    this.#failure ??= new BrokerConnectionError(code, `${this.#at}: ${reason}`);
    this.#failWaiting(this.#failure);
    this.#socket.destroy();
  }

  #failWaiting(failure: BrokerConnectionError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { fail } of waiting) fail(failure);
  }
}

const API_VERSIONS_KEY = 18;

function versionAnswered(apiKey: number, frame: Buffer, version: number): number {
  if (apiKey !== API_VERSIONS_KEY || frame.length < 6) return version;
  return frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION ? 0 : version;
}

function dial(address: Address, timeoutMs: number): Promise<Socket> {
  return new Promise((fulfil, reject) => {
    const at = `${address.host}:${address.port}`;
    const socket = connect({ host: address.host, port: address.port });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new BrokerConnectionError('UNREACHABLE', `Cannot reach ${at}: nothing within ${timeoutMs} ms`));
    }, timeoutMs);
    const failed = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      reject(new BrokerConnectionError('UNREACHABLE', `Cannot reach ${at}: ${reasonOf(error)}`));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      fulfil(socket);
    });
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused, nothing listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'no such host';
  return error.message === '' ? (error.code ?? 'unknown reason') : error.message;
}
