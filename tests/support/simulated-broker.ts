/** A whole broker in this process over the simulated host, and clients that ask it anything. */
import { apis, type Fields, type InputOf, type Message, type ValueOf } from '../../protocol';
import { type RunningBroker, startBroker } from '../../src/broker';
import { defaultBrokerConfig } from '../../src/config/broker-config';
import type { Logger } from '../../src/telemetry';
import { createWorld, SimulatedMachine, type World } from '../sim/host';
import { decodeAnswer, elapseUntil, MemoryClient } from './memory-client';

export interface SimulatedBroker {
  readonly world: World;
  readonly machine: SimulatedMachine;
  readonly broker: RunningBroker;
  /** What it logged, warnings and errors only. */
  readonly lines: string[];
  connect(from?: string): Promise<MemoryClient>;
  /** Asks on a connection of its own that stays open, and waits for the answer. */
  ask<Request extends Fields, Response extends Fields>(
    request: Message<Request>,
    response: Message<Response>,
    version: number,
    body: InputOf<Message<Request>>,
  ): Promise<ValueOf<Message<Response>>>;
  /** Ends the process as `kill -9` or a power cut does, and starts the next one on what the disk kept. */
  restart(kind: 'power' | 'process', overrides?: Readonly<Record<string, string>>): Promise<SimulatedBroker>;
}

/** Simulated disks remember every page: a journal of production size would cost more than the test itself. */
const smallFiles = { 'journal.file.bytes': '1048576' };

export async function startSimulatedBroker(
  overrides: Readonly<Record<string, string>> = {},
  seed = 1,
): Promise<SimulatedBroker> {
  const world = createWorld(seed);
  return startOn(world, new SimulatedMachine(world), overrides);
}

async function startOn(
  world: World,
  machine: SimulatedMachine,
  overrides: Readonly<Record<string, string>>,
): Promise<SimulatedBroker> {
  const lines: string[] = [];
  const collect = (...words: unknown[]): void => void lines.push(String(words.at(-1)));
  const ignore = (): void => {};
  const logger: Logger = { debug: ignore, info: ignore, warn: collect, error: collect, child: () => logger };
  let broker: RunningBroker | null = null;
  let failure: unknown = null;
  startBroker({
    host: machine.host,
    config: defaultBrokerConfig({ ...smallFiles, ...overrides }),
    logger,
  }).then(
    (running) => {
      broker = running;
    },
    (error: unknown) => {
      failure = error;
    },
  );
  await elapseUntil(world, () => broker !== null || failure !== null);
  if (failure !== null) throw failure;
  const running = broker as unknown as RunningBroker;
  const port = running.listeners[0]!.port;
  const connect = (from?: string): Promise<MemoryClient> =>
    MemoryClient.connect(world, port, machine.address, from);
  let client: MemoryClient | null = null;
  return {
    world,
    machine,
    broker: running,
    lines,
    connect,
    async ask(request, response, version, body) {
      if (client === null || client.isClosed) client = await connect();
      const { frames } = client;
      const before = frames.length;
      client.send(request, version, body);
      await elapseUntil(world, () => frames.length > before || client!.isClosed, 60_000);
      if (frames.length === before) throw new Error(`${request.name} v${version}: the connection was closed`);
      return decodeAnswer(response, version, frames[before]!);
    },
    restart(kind, next = overrides) {
      machine.crash(kind);
      return startOn(world, machine, next);
    },
  };
}

/** Every version of a key that the broker says it serves. */
export function servedVersions(apiKey: number): number[] {
  const [first, last] = apis.find(({ key }) => key === apiKey)!.served;
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
