/**
 * A machine of a simulated run: the Host that src/broker.ts is built over. `crash` ends its process at the current
 * event and gives the next one what the disk kept; the wall clock can jump by days without moving a monotonic timer.
 */
import type { Host, Stream, StreamHandler } from '../../src/host';
import { SimulatedDisk } from './disk';
import { type DiskFaults, noDiskFaults } from './disk-faults';
import { SimulatedNetwork } from './network';
import { SeededRandom } from './random';
import { Lifetime, Scheduler, SimulatedBrokerTime, simulatedMonotonicClock } from './scheduler';

/** What all machines of one run share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
}

export function createWorld(seed: number): World {
  const scheduler = new Scheduler();
  const random = new SeededRandom(seed);
  return { scheduler, random, network: new SimulatedNetwork(scheduler, random.split()) };
}

export interface MachineOptions {
  readonly address?: string;
  /** Wall clock at the start of the run. Unix milliseconds. */
  readonly startUnixMs?: number;
  /** Speed of the monotonic clock against true time. */
  readonly clockRate?: number;
  readonly diskFaults?: DiskFaults;
}

/** 2026-01-01T00:00:00Z. */
const DEFAULT_START_UNIX_MS = 1_767_225_600_000;

export class SimulatedMachine {
  readonly address: string;
  disk: SimulatedDisk;
  brokerTime: SimulatedBrokerTime;
  /** The world as the current process sees it; a crash makes a new one. */
  host: Host;
  readonly #world: World;
  readonly #options: MachineOptions;
  readonly #random: SeededRandom;

  constructor(world: World, options: MachineOptions = {}) {
    this.#world = world;
    this.#options = options;
    this.address = options.address ?? '127.0.0.1';
    this.#random = world.random.split();
    this.disk = new SimulatedDisk({
      scheduler: world.scheduler,
      random: world.random.split(),
      faults: options.diskFaults ?? noDiskFaults(),
    });
    this.brokerTime = this.#clock(options.startUnixMs ?? DEFAULT_START_UNIX_MS);
    this.host = this.#createHost();
  }

  /** Ends the process. `host` is then what the next process starts with; nothing of the old one runs any more. */
  crash(kind: 'power' | 'process'): void {
    const died = this.disk.lifetime;
    const unixMs = this.brokerTime.nowMs();
    this.disk = this.disk.crash(kind);
    this.#world.network.processDied(died);
    this.brokerTime = this.#clock(unixMs);
    this.host = this.#createHost();
  }

  /** Opens a stream from an in-memory client to a listener of this machine. */
  connect(
    port: number,
    handler: StreamHandler,
    done: (error: Error | null, stream: Stream | null) => void,
    lifetime = new Lifetime(),
  ): void {
    this.#world.network.connect({ address: this.address, port }, lifetime, handler, done);
  }

  #clock(unixMs: number): SimulatedBrokerTime {
    return new SimulatedBrokerTime(this.#world.scheduler, this.disk.lifetime, unixMs);
  }

  #createHost(): Host {
    const { scheduler, network } = this.#world;
    const { lifetime } = this.disk;
    return {
      monotonic: simulatedMonotonicClock(scheduler, lifetime, this.#options.clockRate ?? 1),
      brokerTime: this.brokerTime,
      random: this.#random,
      disk: this.disk,
      network: network.of(lifetime, this.address),
      endOfTurn: (run) => scheduler.endOfTurn(lifetime, run),
    };
  }
}
