/** Listeners, the connections they accepted, their limits, and an orderly stop. */
import { FramePool } from '../../protocol';
import type { BrokerConfig } from '../config/broker-config';
import { integerValue } from '../config/keys';
import type { ListenerConfig } from '../config/listeners';
import type { BrokerServices, Handler } from '../handlers/handler';
import type { Host, Listener, Stream, StreamHandler, Timer } from '../host';
import type { Logger } from '../telemetry';
import type { BrokerCounters } from '../telemetry-counters';
import { Connection } from './connection';
import { type Dispatcher, dispatcher } from './dispatch';
import { type FramesInFlight, framesInFlight } from './frames-in-flight';

/** What connections share. */
export interface ServerContext {
  readonly host: Host;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  readonly framePool: FramePool;
  readonly inFlight: FramesInFlight;
  readonly requestSizeBytesMax: number;
  /** Requests of one connection that were read and not yet answered; beyond it its socket is not read. */
  readonly requestsPerConnectionMax: number;
  connectionClosed(connection: Connection): void;
}

export interface BoundListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface Server {
  /** Binds every listener, or none. @throws ListenError naming the address that could not be bound. */
  listen(): Promise<readonly BoundListener[]>;
  /** Accepts nothing more, sends the answers of what was read, and closes; what is not done by `graceMs` is cut off. */
  stop(graceMs: number): Promise<void>;
}

export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(
    readonly code: string,
    listener: ListenerConfig,
    reason: string,
  ) {
    const at = `${listener.host === '' ? '*' : listener.host}:${listener.port}`;
    super(
      code === 'EADDRINUSE'
        ? `Port in use: cannot listen on ${at} (${listener.name})`
        : `Cannot listen on ${at} (${listener.name}): ${reason}`,
    );
  }
}

/** Read memory kept for the next burst. */
const pooledSizeBytesMax = 32 * 1024 * 1024;

export function createServer(services: BrokerServices, handlers: readonly Handler[]): Server {
  return new RunningServer(services, handlers);
}

class RunningServer implements Server {
  readonly #context: ServerContext;
  readonly #config: BrokerConfig;
  readonly #counters: BrokerCounters;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  #listeners: Listener[] = [];
  #idleSweep: Timer | null = null;
  #isStopping = false;
  #drained: (() => void) | null = null;

  constructor(services: BrokerServices, handlers: readonly Handler[]) {
    const { config, host, logger, counters } = services;
    this.#config = config;
    this.#counters = counters;
    this.#context = {
      host,
      logger,
      dispatcher: dispatcher(handlers, services),
      framePool: new FramePool({ pooledSizeBytesMax }),
      inFlight: framesInFlight(config.queuedRequestSizeBytesMax),
      requestSizeBytesMax: config.requestSizeBytesMax,
      requestsPerConnectionMax: integerValue(config.value('queued.max.requests')!),
      connectionClosed: (connection) => this.#forget(connection),
    };
  }

  async listen(): Promise<readonly BoundListener[]> {
    const bound: BoundListener[] = [];
    for (const listener of this.#config.listeners) {
      try {
        bound.push(await this.#bind(listener));
      } catch (error) {
        for (const open of this.#listeners.splice(0)) open.close(() => {});
        throw error;
      }
    }
    return bound;
  }

  #bind(config: ListenerConfig): Promise<BoundListener> {
    return new Promise((fulfil, reject) => {
      this.#context.host.network.listen(
        { host: config.host, port: config.port },
        (stream) => this.#accept(config, stream),
        (error, listener) => {
          if (listener === null) {
            const code = (error as { code?: string } | null)?.code ?? 'UNKNOWN';
            reject(new ListenError(code, config, error?.message ?? code));
            return;
          }
          this.#listeners.push(listener);
          fulfil({
            name: config.name,
            host: config.host === '' ? 'localhost' : config.host,
            port: listener.port,
          });
        },
      );
    });
  }

  #accept(listener: ListenerConfig, stream: Stream): StreamHandler | null {
    const { logger } = this.#context;
    const address = stream.remoteAddress;
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#isStopping) return null;
    if (this.#connections.size >= this.#config.connectionsMax) {
      this.#counters.connectionsRefused++;
      logger.warn(
        `Refusing a connection from ${address}: max.connections=${this.#config.connectionsMax} are open`,
      );
      return null;
    }
    const { connectionsPerAddressMax, connectionsPerAddressOverrides } = this.#config;
    const ofAddressMax = connectionsPerAddressOverrides.get(address) ?? connectionsPerAddressMax;
    if (ofAddress >= ofAddressMax) {
      this.#counters.connectionsRefused++;
      logger.warn(`Refusing a connection from ${address}: max.connections.per.ip=${ofAddressMax} are open`);
      return null;
    }
    const { id, remoteAddress, remotePort, localAddress, localPort } = stream;
    const connection = new Connection(
      stream,
      {
        id,
        listenerName: listener.name,
        securityProtocol: listener.securityProtocol,
        remoteAddress,
        remotePort,
        localAddress,
        localPort,
      },
      this.#context,
    );
    this.#connections.add(connection);
    this.#counters.connectionsOpened++;
    this.#perAddress.set(address, ofAddress + 1);
    this.#planIdleSweep();
    return connection;
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#counters.connectionsClosed++;
    const address = connection.info.remoteAddress;
    const left = this.#perAddress.get(address)! - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    if (this.#connections.size > 0) return;
    this.#idleSweep?.cancel();
    this.#idleSweep = null;
    this.#drained?.();
  }

  /** One timer for all connections, and none while there is no connection. */
  #planIdleSweep(): void {
    if (this.#idleSweep !== null) return;
    const { monotonic } = this.#context.host;
    const idleMsMax = this.#config.connectionIdleMsMax;
    this.#idleSweep = monotonic.after(Math.max(100, idleMsMax / 4), () => {
      this.#idleSweep = null;
      const nowMs = monotonic.nowMs();
      for (const connection of this.#connections) {
        if (connection.isIdle && nowMs - connection.lastActiveMs >= idleMsMax) connection.destroy();
      }
      if (this.#connections.size > 0) this.#planIdleSweep();
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    for (const listener of this.#listeners.splice(0)) listener.close(() => {});
    if (this.#connections.size === 0) return;
    await new Promise<void>((fulfil) => {
      const late = this.#context.host.monotonic.after(graceMs, () => {
        for (const connection of this.#connections) connection.destroy();
      });
      this.#drained = () => {
        late.cancel();
        fulfil();
      };
      for (const connection of this.#connections) connection.end();
    });
  }
}
