/** What a handler is, and all it may reach. */
import type { BrokerConfig } from '../config/broker-config';
import type { GroupCoordinator } from '../coordinator/group/types';
import type { Host } from '../host';
import type { Metadata } from '../metadata/types';
import type { FetchSessions } from '../partition/fetch-sessions';
import type { Lease, Partitions } from '../partition/types';
import type { Logger } from '../telemetry';
import type { BrokerCounters } from '../telemetry-counters';
import type { LogLevels } from '../telemetry-levels';

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

export interface ConnectionInfo {
  readonly id: number;
  readonly listenerName: string;
  readonly securityProtocol: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface BrokerServices {
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly host: Host;
  readonly metadata: Metadata;
  readonly partitions: Partitions;
  readonly groups: GroupCoordinator;
  readonly fetchSessions: FetchSessions;
  readonly logger: Logger;
  readonly logLevels: LogLevels;
  readonly counters: BrokerCounters;
  /** Where a client of this connection reaches broker `nodeId`: null when it has no endpoint on that listener. */
  advertisedEndpoint(
    nodeId: number,
    connection: ConnectionInfo,
  ): { readonly host: string; readonly port: number } | null;
}

export interface RequestContext {
  readonly header: RequestHeader;
  readonly connection: ConnectionInfo;
  /** The request's frame: retain it for as long as a view of it is used after the handler's response. */
  readonly lease: Lease;
  readonly broker: BrokerServices;
}

/**
 * What `handle` gives back.
 * `response`: null = none is sent (acks 0), `'close'` = the connection is closed instead of an answer (acks 0 that failed).
 * `ordered`: the connection starts its next request when this settles; left out, when `response` does.
 * `cancelled`: called once when the connection closes before the response is there: whoever waits need not wait on.
 * `sent`: called once when the response's bytes have left or the connection is gone: gives read buffers back.
 */
export interface Handled<Response> {
  readonly response: Response | null | 'close' | Promise<Response | null | 'close'>;
  readonly ordered?: Promise<void> | 'now' | undefined;
  readonly cancelled?: (() => void) | undefined;
  readonly sent?: (() => void) | undefined;
}

/**
 * One API key. `src/handlers/NN-name.ts` exports one and `handlers/index.ts` lists them; schema and versions come from
 * the registry of `protocol/`, so that ApiVersions, decoding and dispatch cannot disagree.
 */
export interface Handler<Request = unknown, Response = unknown> {
  readonly apiKey: number;
  handle(request: Request, context: RequestContext): Handled<Response>;
  /** The API's own error shape, for a handler that failed: every place that can carry an error code carries `errorCode`. */
  refuse(request: Request, errorCode: number, context: RequestContext): Response;
}
