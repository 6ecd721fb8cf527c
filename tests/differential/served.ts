/** What is asked of a broker before the scenarios: which APIs it serves, and its topic of offsets. */
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  apiByKey,
  decode,
  ErrorCode,
  encodeRequest,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '../../protocol';
import type { Connection } from './client';

const ANSWER_WITHIN_MS = 10_000;

/** Their names; closes the connection. */
export async function servedBy(connection: Connection): Promise<ReadonlySet<string>> {
  const header = { correlationId: 1, clientId: 'differential' };
  connection.send(Buffer.concat(encodeRequest(ApiVersionsRequest, 0, header, {})));
  const outcome = await connection.receive(ANSWER_WITHIN_MS);
  connection.close();
  if (outcome.kind !== 'answer') throw new Error(`ApiVersions was answered by: ${outcome.kind}`);
  const { apiKeys } = decode(ApiVersionsResponse, 0, outcome.payload, 4);
  return new Set(apiKeys.map(({ apiKey }) => apiByKey(apiKey)?.name ?? String(apiKey)));
}

const COORDINATOR_WITHIN_MS = 30_000;
const PAUSE_MS = 50;

/** The first question for a coordinator creates the topic of offsets, which takes its time; closes the connection. */
export async function untilCoordinator(connection: Connection): Promise<void> {
  const untilMs = performance.now() + COORDINATOR_WITHIN_MS;
  const header = { correlationId: 1, clientId: 'differential' };
  for (;;) {
    const request = { key: 'any', keyType: 0 };
    connection.send(Buffer.concat(encodeRequest(FindCoordinatorRequest, 1, header, request)));
    const outcome = await connection.receive(ANSWER_WITHIN_MS);
    if (outcome.kind !== 'answer') throw new Error(`FindCoordinator was answered by: ${outcome.kind}`);
    const { errorCode } = decode(FindCoordinatorResponse, 1, outcome.payload, 4);
    if (errorCode === ErrorCode.NONE) break;
    if (performance.now() > untilMs) throw new Error(`no coordinator: error ${errorCode}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  connection.close();
}
