/**
 * `npm run prove:sync`: one acknowledged produce under strace, and the three lines that show receive → completed sync →
 * answer. Exits 1 when the trace does not show it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { freePort, untilConnectable } from '../compat-tests/broker';
import { isInstalled } from '../compat-tests/process';
import { proveSync } from './support/sync-proof';

const systemCalls = [
  ...['openat', 'read', 'readv', 'recvfrom', 'recvmsg', 'write', 'writev', 'pwrite64', 'pwritev', 'pwritev2'],
  ...['sendto', 'sendmsg', 'fdatasync', 'fsync'],
];

async function main(): Promise<number> {
  if (!isInstalled('strace')) {
    console.error('prove:sync needs strace');
    return 1;
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pyralog-sync-')));
  const dataDirectory = join(folder, 'data');
  const traceFile = join(folder, 'trace');
  const port = await freePort();
  const broker = spawn(
    'strace',
    [
      ...['-f', '-tt', '-yy', '-s', '16384', '-o', traceFile, '-e', `trace=${systemCalls.join(',')}`],
      ...[process.execPath, 'dist/pyralog.js', 'start', '--port', String(port), '--data-dir', dataDirectory],
    ],
    // File operations through io_uring would be invisible to strace.
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, UV_USE_IO_URING: '0' } },
  );
  try {
    await untilConnectable(port, broker, 60_000);
    const marker = `prove-sync-${randomBytes(8).toString('hex')}`;
    await produceOne(`127.0.0.1:${port}`, marker);
    await stop(broker, traceFile);
    const { lines, problem } = proveSync(readFileSync(traceFile, 'utf8'), marker, dataDirectory);
    for (const line of lines) console.log(line);
    console.log(problem ?? 'The record was on stable storage before its acknowledgement left.');
    return problem === null ? 0 : 1;
  } finally {
    broker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function produceOne(bootstrap: string, marker: string): Promise<void> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  const kafka = new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 30_000,
    requestTimeout: 60_000,
  });
  const producer = kafka.producer();
  await producer.connect();
  // The topic exists before the record under test comes, so that nothing but its own sync stands in the trace.
  await producer.send({ topic: 'prove-sync', acks: -1, messages: [{ value: 'first' }] });
  await producer.send({ topic: 'prove-sync', acks: -1, messages: [{ value: marker }] });
  await producer.disconnect();
}

/** Ends the traced process (its id opens the trace) in order, so that strace writes out what it has seen. */
async function stop(broker: ReturnType<typeof spawn>, traceFile: string): Promise<void> {
  const ended = new Promise<void>((resolve) => broker.once('exit', () => resolve()));
  const [first = ''] = readFileSync(traceFile, 'utf8').split(' ', 1);
  process.kill(Number(first), 'SIGTERM');
  const late = setTimeout(() => process.kill(Number(first), 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

main().then(
  // Whatever the proof left running, its status is the verdict.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    // The traced broker's pipes may be open.
    process.exit(1);
  },
);
