/** A server whose handlers a test answers by hand. */
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import type { BrokerServices, Handled, Handler } from '../../../src/handlers/handler';
import { createServer, type Server } from '../../../src/server/server';
import type { Logger } from '../../../src/telemetry';
import { BrokerCounters } from '../../../src/telemetry-counters';
import { createWorld, SimulatedMachine, type World } from '../../sim/host';
import { elapse, MemoryClient } from '../../support/memory-client';

const port = 9092;

/** A handler of a key that the server does not look into; `started` counts requests, `finish[n]` answers the nth. */
export interface Scripted {
  readonly handler: Handler;
  readonly started: number[];
  readonly finish: ((response: unknown) => void)[];
}

export function scripted(apiKey: number, options: { ordered?: 'now'; sent?: () => void } = {}): Scripted {
  const started: number[] = [];
  const finish: ((response: unknown) => void)[] = [];
  const handler: Handler = {
    apiKey,
    handle: (_request, { header }): Handled<unknown> => {
      started.push(header.correlationId);
      return { response: new Promise((fulfil) => finish.push(fulfil)), ...options };
    },
    refuse: (_request, errorCode) => producerId(errorCode),
  };
  return { handler, started, finish };
}

export const producerId = (errorCode: number) => ({
  throttleTimeMs: 0,
  errorCode,
  producerId: 7,
  producerEpoch: 0,
});
export const cluster = { includeClusterAuthorizedOperations: false };
export const idempotent = { transactionalId: null, transactionTimeoutMs: 1 };

export interface Rig {
  readonly world: World;
  readonly server: Server;
  readonly lines: string[];
  connect(from?: string): Promise<MemoryClient>;
}

export async function startServer(
  handlers: readonly Handler[],
  overrides: Record<string, string> = {},
): Promise<Rig> {
  const world = createWorld(1);
  const machine = new SimulatedMachine(world);
  const lines: string[] = [];
  const collect = (...words: unknown[]): void => void lines.push(String(words.at(-1)));
  const logger: Logger = {
    debug: collect,
    info: collect,
    warn: collect,
    error: collect,
    child: () => logger,
  };
  const config = defaultBrokerConfig(overrides);
  const services = { config, host: machine.host, logger, counters: new BrokerCounters() } as BrokerServices;
  const server = createServer(services, handlers);
  const listening = server.listen();
  await elapse(world, 1);
  await listening;
  return {
    world,
    server,
    lines,
    connect: (from) => MemoryClient.connect(world, port, machine.address, from),
  };
}
