import { connect, type Socket } from 'node:net';
import type { Listener, Stream, StreamHandler } from '../../src/host';
import { nodeHost } from '../../src/host-node';
import type { Disk } from '../../storage';

const host = nodeHost(undefined as unknown as Disk);

interface Accepted extends StreamHandler {
  readonly stream: Stream;
  readonly received: Buffer[];
  isClosed: boolean;
}

async function listen(): Promise<{ listener: Listener; accepted: Accepted[] }> {
  const accepted: Accepted[] = [];
  const memory = Buffer.alloc(1024);
  const listener = await new Promise<Listener>((bound, failed) =>
    host.network.listen(
      { host: '127.0.0.1', port: 0 },
      (stream) => {
        const handler: Accepted = {
          stream,
          received: [],
          isClosed: false,
          readBuffer: () => memory,
          onData(sizeBytes) {
            this.received.push(Buffer.from(memory.subarray(0, sizeBytes)));
          },
          onClose() {
            this.isClosed = true;
          },
        };
        accepted.push(handler);
        return handler;
      },
      (error, bind) => (bind === null ? failed(error) : bound(bind)),
    ),
  );
  return { listener, accepted };
}

function dial(port: number): Promise<Socket> {
  return new Promise((connected) => {
    const socket = connect(port, '127.0.0.1', () => connected(socket));
    socket.on('error', () => {});
  });
}

async function until(isDone: () => boolean): Promise<void> {
  for (const deadlineMs = performance.now() + 3_000; !isDone(); ) {
    if (performance.now() > deadlineMs) throw new Error('not done within 3 s');
    await new Promise((turn) => setImmediate(turn));
  }
}

test('bytes land in the memory of the handler, however small it is, and answers go out in order', async () => {
  const { listener, accepted } = await listen();
  const client = await dial(listener.port);
  const sent = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
  client.write(sent);
  const size = (): number => accepted[0]?.received.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0;
  await until(() => size() === sent.length);
  const { stream, received } = accepted[0]!;
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  expect(Math.max(...received.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024);
  expect(stream).toMatchObject({
    remoteAddress: '127.0.0.1',
    localAddress: '127.0.0.1',
    localPort: listener.port,
  });
  let answered = '';
  client.on('data', (chunk) => {
    answered += chunk.toString();
  });
  let written = 0;
  stream.write([Buffer.from('one '), Buffer.from('two ')], () => written++);
  stream.write([Buffer.from('three')], () => written++);
  await until(() => answered === 'one two three' && written === 2);
  const ended = new Promise((end) => client.once('end', end));
  stream.end();
  await ended;
  client.destroy();
  await until(() => accepted[0]!.isClosed);
  await new Promise<void>((closed) => listener.close(closed));
});

test('a paused stream is not read, and goes on where it stopped', async () => {
  const { listener, accepted } = await listen();
  const client = await dial(listener.port);
  client.write('first');
  await until(() => accepted[0]?.received.length === 1);
  const { stream, received } = accepted[0]!;
  stream.pauseReading();
  client.write('second');
  await new Promise<void>((turn) => client.write('', () => turn()));
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
  expect(Buffer.concat(received).toString()).toBe('first');
  stream.resumeReading();
  await until(() => Buffer.concat(received).toString() === 'firstsecond');
  stream.destroy();
  await until(() => accepted[0]!.isClosed);
  await new Promise<void>((closed) => listener.close(closed));
});

test('a port in use is an EADDRINUSE error', async () => {
  const { listener } = await listen();
  const error = await new Promise<NodeJS.ErrnoException>((failed) =>
    host.network.listen(
      { host: '127.0.0.1', port: listener.port },
      () => null,
      (reason) => failed(reason as NodeJS.ErrnoException),
    ),
  );
  expect(error.code).toBe('EADDRINUSE');
  await new Promise<void>((closed) => listener.close(closed));
});

test('timers: a cancelled one never runs, and a delay beyond what setTimeout takes does not fire at once', async () => {
  const fired: string[] = [];
  const year = host.brokerTime.after(365 * 24 * 3_600_000, () => fired.push('year'));
  host.monotonic.after(5, () => fired.push('cancelled')).cancel();
  await new Promise<void>((run) => host.monotonic.after(20, run));
  year.cancel();
  expect(fired).toEqual([]);
});
