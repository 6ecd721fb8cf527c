/** From a frame to a running handler, and from its response to bytes. */
import {
  type Api,
  apiByKey,
  DecodeError,
  decode,
  decodeRequestHeader,
  ErrorCode,
  encodeResponse,
  type Frame,
  type InputOf,
  isServedVersion,
  type Message,
  peekApi,
  requestHeaderVersion,
} from '../../protocol';
import { unsupportedApiVersions } from '../handlers/18-api-versions';
import type { BrokerServices, ConnectionInfo, Handled, Handler, RequestContext } from '../handlers/handler';

/** A request that gets no answer; the connection closes. The message says why. */
export class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError';
  readonly code = 'REFUSED_REQUEST';
}

export interface StartedRequest extends Handled<unknown> {
  readonly api: Api;
  readonly handler: Handler;
  readonly body: unknown;
  readonly context: RequestContext;
  /** Version of the answer: the request's, but 0 for an ApiVersions request above our range. */
  readonly responseVersion: number;
}

export interface Dispatcher {
  /** @throws RefusedRequestError  unknown key, unserved version, undecodable header or body. */
  start(frame: Frame, connection: ConnectionInfo): StartedRequest;
  /** The answer of a handler that failed: a bug of ours, logged with its stack. `'close'` if its refusal fails as well. */
  failed(request: StartedRequest, error: unknown): unknown;
  /**
   * Size, header and body. A response that does not fit its schema is a bug of ours: logged, and the handler's refusal
   * takes its place; null when even that cannot be written.
   */
  encode(request: StartedRequest, response: unknown): readonly Uint8Array[] | null;
}

const apiVersionsKey = 18;

export function dispatcher(handlers: readonly Handler[], services: BrokerServices): Dispatcher {
  const byKey: (Handler | undefined)[] = [];
  for (const handler of handlers) byKey[handler.apiKey] = handler;

  const failed = (
    request: Pick<StartedRequest, 'api' | 'handler' | 'body' | 'context'>,
    error: unknown,
  ): unknown => {
    const { context, handler, body } = request;
    const { apiVersion } = context.header;
    services.logger.error(
      { error: error instanceof Error ? error.stack : String(error), client: context.header.clientId ?? '' },
      `${request.api.name} version ${apiVersion} failed`,
    );
    try {
      return handler.refuse(body, ErrorCode.UNKNOWN_SERVER_ERROR, context);
    } catch {
      return 'close';
    }
  };

  /** @throws DecodeError, RefusedRequestError */
  const begin = (frame: Frame, connection: ConnectionInfo): StartedRequest => {
    const { apiKey, apiVersion } = peekApi(frame.buffer);
    const handler = byKey[apiKey];
    const api = apiByKey(apiKey);
    if (handler === undefined || api === undefined) {
      throw new RefusedRequestError(`API key ${apiKey} is not served`);
    }
    const isServed = isServedVersion(api, apiVersion);
    if (!isServed && apiKey !== apiVersionsKey) {
      throw new RefusedRequestError(
        `${api.name} version ${apiVersion} is not served, only ${api.served[0]} to ${api.served[1]}`,
      );
    }
    // Nobody knows the header of a version from the future; the correlation id stands where it always stood.
    const headerVersion = isServed ? requestHeaderVersion(api.request, apiVersion) : 1;
    const header = decodeRequestHeader(frame.buffer, headerVersion);
    const context: RequestContext = { header, connection, lease: frame, broker: services };
    services.counters.requests[apiKey]! += 1;
    if (!isServed) {
      return { api, handler, body: null, context, responseVersion: 0, response: unsupportedApiVersions() };
    }
    const body = decode(api.request, apiVersion, frame.buffer, header.bodyOffset);
    const handled = handle(api, handler, body, context);
    const { response, ordered, cancelled, sent } = handled;
    return { api, handler, body, context, responseVersion: apiVersion, response, ordered, cancelled, sent };
  };

  const handle = (api: Api, handler: Handler, body: unknown, context: RequestContext): Handled<unknown> => {
    try {
      return handler.handle(body, context);
    } catch (error) {
      return { response: failed({ api, handler, body, context }, error) };
    }
  };

  const encode = (request: StartedRequest, response: unknown): readonly Uint8Array[] => {
    const { api, context, responseVersion } = request;
    const { correlationId } = context.header;
    return encodeResponse(api.response, responseVersion, correlationId, response as InputOf<Message>);
  };

  return {
    start(frame, connection) {
      try {
        return begin(frame, connection);
      } catch (error) {
        if (error instanceof DecodeError)
          throw new RefusedRequestError(`undecodable request: ${error.message}`);
        throw error;
      }
    },
    failed,
    encode(request, response) {
      try {
        return encode(request, response);
      } catch (error) {
        try {
          return encode(request, failed(request, error));
        } catch {
          return null;
        }
      }
    },
  };
}
