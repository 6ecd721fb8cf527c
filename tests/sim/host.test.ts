import type { Stream, StreamHandler } from '../../src/host';
import { createWorld, SimulatedMachine } from './host';

/** Reads into a small buffer and keeps everything. */
class Collector implements StreamHandler {
  text = '';
  closed: string | null = null;
  onText: () => void = () => {};
  readonly #memory = Buffer.alloc(7);

  readBuffer(): Uint8Array {
    return this.#memory;
  }

  onData(sizeBytes: number): void {
    this.text += this.#memory.toString('latin1', 0, sizeBytes);
    this.onText();
  }

  onClose(error: Error | null): void {
    expect(this.closed).toBeNull();
    this.closed = error === null ? 'end' : error.message;
  }
}

interface Pair {
  readonly world: ReturnType<typeof createWorld>;
  readonly machine: SimulatedMachine;
  readonly server: { stream: Stream; reader: Collector };
  readonly client: { stream: Stream; reader: Collector };
}

function connectedPair(seed: number): Pair {
  const world = createWorld(seed);
  const machine = new SimulatedMachine(world);
  const reader = new Collector();
  const clientReader = new Collector();
  let serverStream: Stream | undefined;
  let clientStream: Stream | null = null;
  const accept = (stream: Stream): StreamHandler => {
    serverStream = stream;
    return reader;
  };
  machine.host.network.listen({ host: '', port: 9092 }, accept, (error) => {
    expect(error).toBeNull();
    machine.connect(9092, clientReader, (_error, stream) => {
      clientStream = stream;
    });
  });
  world.scheduler.runUntil(() => clientStream !== null);
  return {
    world,
    machine,
    server: { stream: serverStream!, reader },
    client: { stream: clientStream!, reader: clientReader },
  };
}

test('bytes arrive in order, however they are cut, and the end after them', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { world, server, client } = connectedPair(seed);
    let sent = '';
    let writtenCount = 0;
    for (let count = 0; count < 20; count++) {
      const text = `message ${count};`;
      sent += text;
      client.stream.write([Buffer.from(text.slice(0, 3)), Buffer.from(text.slice(3))], () => writtenCount++);
    }
    client.stream.end();
    world.scheduler.advance(100);
    expect(server.reader.text).toBe(sent);
    expect(writtenCount).toBe(20);
    expect([server.reader.closed, client.reader.closed]).toEqual(['end', 'end']);
  }
});

test('a paused reader holds the writer back after a window', () => {
  const { world, server, client } = connectedPair(1);
  server.stream.pauseReading();
  let writtenCount = 0;
  for (let count = 0; count < 20; count++)
    client.stream.write([Buffer.alloc(64 * 1024)], () => writtenCount++);
  world.scheduler.advance(100);
  expect(writtenCount).toBeLessThan(6);
  expect(server.reader.text.length).toBe(0);
  server.stream.resumeReading();
  world.scheduler.advance(100);
  expect(writtenCount).toBe(20);
  expect(server.reader.text.length).toBe(20 * 64 * 1024);
});

test('a process that dies resets its connections, refuses new ones and runs no more timers', () => {
  const { world, machine, server, client } = connectedPair(1);
  let ticks = 0;
  machine.host.monotonic.after(1, () => ticks++);
  machine.crash('process');
  world.scheduler.advance(100);
  expect(client.reader.closed).toBe('read ECONNRESET');
  expect(server.reader.closed).toBeNull();
  expect(ticks).toBe(0);
  let refused = '';
  machine.connect(9092, new Collector(), (error) => {
    refused = error!.message;
  });
  world.scheduler.advance(1);
  expect(refused).toMatch(/ECONNREFUSED/);
});

test('broker time jumps seven days: its timers fire in order, the monotonic ones do not move', () => {
  const world = createWorld(1);
  const machine = new SimulatedMachine(world);
  const { monotonic, brokerTime } = machine.host;
  const startMs = brokerTime.nowMs();
  const fired: string[] = [];
  monotonic.after(1_000, () => fired.push('monotonic'));
  brokerTime.after(86_400_000, () => fired.push('day'));
  brokerTime.after(60_000, () => fired.push('minute'));
  brokerTime.after(8 * 86_400_000, () => fired.push('eight days'));
  brokerTime.after(1, () => fired.push('cancelled')).cancel();
  machine.brokerTime.advance(7 * 86_400_000);
  world.scheduler.advance(10);
  expect(fired).toEqual(['minute', 'day']);
  expect(monotonic.nowMs()).toBe(10);
  expect(brokerTime.nowMs() - startMs).toBe(7 * 86_400_000 + 10);
  world.scheduler.advance(1_000);
  expect(fired).toEqual(['minute', 'day', 'monotonic']);
});

test('the end of a turn comes after everything due at the same instant', () => {
  const world = createWorld(1);
  const { host } = new SimulatedMachine(world);
  const order: string[] = [];
  host.monotonic.after(5, () => {
    host.endOfTurn(() => {
      order.push('end');
      host.endOfTurn(() => order.push('next end'));
      host.monotonic.after(0, () => order.push('third'));
    });
    order.push('first');
  });
  host.monotonic.after(5, () => order.push('second'));
  host.monotonic.after(6, () => order.push('later'));
  world.scheduler.advance(10);
  expect(order).toEqual(['first', 'second', 'end', 'third', 'next end', 'later']);
});
