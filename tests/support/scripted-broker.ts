/** A broker on a real socket whose answers a test writes: for what a healthy broker never does. */
import { createServer, type Server, type Socket } from 'node:net';
import {
  apiByKey,
  decode,
  decodeRequestHeader,
  encodeResponse,
  type InputOf,
  type Message,
  peekApi,
  requestHeaderVersion,
} from '../../protocol';

/** null: no answer ever; 'close': the connection ends instead. */
export type Script = (request: never, version: number) => unknown;

export interface ScriptedBroker {
  readonly port: number;
  /** `key version` of each request, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

const API_VERSIONS_KEY = 18;

/**
 * @param scripts  By API key. ApiVersions is answered with all of them, at the versions of the schemas, unless it has a
 *                 script of its own.
 */
export async function scriptedBroker(scripts: Readonly<Record<number, Script>>): Promise<ScriptedBroker> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const served = {
    errorCode: 0,
    apiKeys: Object.keys(scripts).map((key) => {
      const [minVersion, maxVersion] = apiByKey(Number(key))!.request.versions;
      return { apiKey: Number(key), minVersion, maxVersion };
    }),
    throttleTimeMs: 0,
  };
  const serve = (socket: Socket, frame: Buffer): void => {
    const { apiKey, apiVersion } = peekApi(frame);
    const api = apiByKey(apiKey)!;
    const header = decodeRequestHeader(frame, requestHeaderVersion(api.request, apiVersion));
    const body = decode(api.request, apiVersion, frame, header.bodyOffset);
    requests.push(`${apiKey} ${apiVersion}`);
    const script = scripts[apiKey] ?? (apiKey === API_VERSIONS_KEY ? () => served : () => 'close');
    const answer = script(body as never, apiVersion);
    if (answer === null) return;
    if (answer === 'close') {
      socket.destroy();
      return;
    }
    // An answer of version 0 to a version that the broker does not know.
    const isOld = apiKey === API_VERSIONS_KEY && (answer as { readonly errorCode?: number }).errorCode === 35;
    const version = isOld ? 0 : apiVersion;
    const parts = encodeResponse(api.response, version, header.correlationId, answer as InputOf<Message>);
    // Byte by byte at first: a reader must not depend on where the network cuts.
    const bytes = Buffer.concat(parts);
    for (let at = 0; at < Math.min(6, bytes.length); at++) socket.write(bytes.subarray(at, at + 1));
    socket.write(bytes.subarray(6));
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        const frame = rest.subarray(4, end);
        rest = rest.subarray(end);
        serve(socket, frame);
      }
    });
  });
  await new Promise<void>((bound) => server.listen(0, '127.0.0.1', () => bound()));
  return {
    port: (server.address() as { readonly port: number }).port,
    requests,
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
}
