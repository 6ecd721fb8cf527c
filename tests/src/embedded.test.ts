// Pyralog inside a program: real sockets, one process.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/client/cluster';
import { RefusedError } from '../../src/client/errors';
import { Producer } from '../../src/client/producer';
import { Reader } from '../../src/client/reader';
import { createTopics } from '../../src/client/topics';
import { Broker, type BrokerOptions, type LogEntry } from '../../src/embedded';
import { CompressionCode } from '../../storage';
import { makePackageFolder, type PackageFolder, runIn } from '../support/package-folder';

// Processes of their own take their time on a busy machine.
jest.setTimeout(60_000);

const open: { stop(): Promise<void> }[] = [];
const clusters: Cluster[] = [];
let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'pyralog-embedded-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.close();
  for (const broker of open.splice(0)) await broker.stop();
});

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await Broker.start(options);
  open.push(broker);
  return broker;
}

function clusterOf(broker: Broker, timeoutMs = 5_000): Cluster {
  const { host, port } = broker;
  const cluster = new Cluster({ bootstrap: [{ host, port }], clientId: 'test', timeoutMs });
  clusters.push(cluster);
  return cluster;
}

async function produce(
  cluster: Cluster,
  topic: string,
  ...values: readonly (string | Buffer)[]
): Promise<void> {
  const producer = new Producer(cluster, {
    topic,
    acks: -1,
    compression: CompressionCode.none,
    partition: 0,
    allowAutoTopicCreation: true,
  });
  await producer.start();
  const timestamp = Date.now();
  await producer.write(values.map((value) => ({ timestamp, key: null, value: Buffer.from(value) })));
}

async function read(cluster: Cluster, topic: string, endOffset: number): Promise<string[]> {
  await cluster.describe([topic]);
  const positions = [{ topic, partition: 0, offset: 0, endOffset }];
  const reader = new Reader(cluster, positions, { isolation: 'read_committed', waitMs: 100 });
  const values: string[] = [];
  while (!reader.isAtEnd) for (const { value } of await reader.poll()) values.push(value!.toString());
  return values;
}

const problemOf = (starting: Promise<unknown>): Promise<{ code: string; message: string }> =>
  starting.then(
    () => Promise.reject(new Error('it started')),
    (error) => error,
  );

test('a broker in memory: a free port on the loopback, records, and no file', async () => {
  const folder = mkdtempSync(join(work, 'cwd-'));
  const before = process.cwd();
  process.chdir(folder);
  try {
    const broker = await start();
    expect(broker.bootstrapServers).toBe(`127.0.0.1:${broker.port}`);
    expect([broker.adminPort, broker.nodeId, broker.clusterId.length]).toEqual([null, 1, 22]);
    const cluster = clusterOf(broker);
    await produce(cluster, 'greetings', 'hello', 'world');
    expect(await read(cluster, 'greetings', 2)).toEqual(['hello', 'world']);
    await broker.stop();
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    process.chdir(before);
  }
});

test('many in one process share nothing', async () => {
  const brokers = await Promise.all(Array.from({ length: 12 }, () => start()));
  expect(new Set(brokers.map(({ clusterId }) => clusterId)).size).toBe(12);
  await Promise.all(
    brokers.map(async (broker, at) => {
      const cluster = clusterOf(broker);
      await produce(cluster, 'same', `of ${at}`);
      expect(await read(cluster, 'same', 1)).toEqual([`of ${at}`]);
    }),
  );
  await brokers[0]!.stop();
  expect(await read(clusterOf(brokers[1]!), 'same', 1)).toEqual(['of 1']);
});

test('a directory keeps records, belongs to one broker at a time, and is free after a stop and a failed start', async () => {
  const storage = { directory: join(work, 'kept', 'deep') };
  const first = await start({ storage });
  await produce(clusterOf(first), 't', 'kept');
  expect((await problemOf(Broker.start({ storage }))).code).toBe('DIRECTORY_LOCKED');
  await first.stop();
  const taken = createServer();
  await new Promise<void>((bound) => taken.listen(0, '127.0.0.1', () => bound()));
  const { port } = taken.address() as { port: number };
  expect((await problemOf(Broker.start({ storage, port }))).code).toBe('EADDRINUSE');
  expect((await problemOf(Broker.start({ storage, adminPort: port }))).code).toBe('EADDRINUSE');
  await new Promise((closed) => taken.close(closed));
  const second = await start({ storage });
  expect(second.clusterId).toBe(first.clusterId);
  expect(await read(clusterOf(second), 't', 1)).toEqual(['kept']);
});

test('any key of a properties file is taken; the topic settings of clients see it', async () => {
  const broker = await start({
    config: {
      'num.partitions': 7,
      'auto.create.topics.enable': false,
      'log.retention.ms': 9223372036854775807n,
    },
  });
  const cluster = clusterOf(broker);
  await expect(cluster.topic('missing', false)).rejects.toThrow('Topic missing');
  const made = await createTopics(cluster, [
    { name: 't', partitions: -1, replicationFactor: -1, configs: [] },
  ]);
  expect(made).toEqual([{ name: 't', error: null }]);
  expect((await cluster.topic('t')).partitions).toHaveLength(7);
});

test('several listeners, and an address of the newer kind', async () => {
  const several = await start({
    config: {
      listeners: 'PLAINTEXT://127.0.0.1:0,INSIDE://127.0.0.1:0',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT',
    },
  });
  expect(several.listeners.map(({ name }) => name)).toEqual(['PLAINTEXT', 'INSIDE']);
  const [first, second] = several.listeners.map(({ port }) => port);
  expect(several.bootstrapServers).toBe(`127.0.0.1:${first},127.0.0.1:${second}`);
  for (const port of [first!, second!]) {
    const cluster = new Cluster({
      bootstrap: [{ host: '127.0.0.1', port }],
      clientId: 'test',
      timeoutMs: 5_000,
    });
    clusters.push(cluster);
    expect((await cluster.describe([])).brokers).toMatchObject([{ host: '127.0.0.1', port }]);
  }
  const hasLoopback6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );
  if (!hasLoopback6) return;
  const newer = await start({ host: '::1' });
  expect([newer.host, newer.bootstrapServers]).toEqual(['::1', `[::1]:${newer.port}`]);
  await clusterOf(newer).describe([]);
});

test('options that cannot be are named, all of a kind at once', async () => {
  const messages: string[] = [];
  for (const options of [
    { port: 99_999, storage: { memoryBytesMax: 1 } },
    { config: { 'num.partitons': 3, 'log.dirs': '/tmp/x', 'num.partitions': 'many' } },
    { port: 1, config: { listeners: 'PLAINTEXT://:0' } },
    { storage: 'disk' as 'memory' },
  ]) {
    const { code, message } = await problemOf(Broker.start(options));
    messages.push(`${code}: ${message}`);
  }
  expect(messages.join('\n')).toBe(
    `BROKER_OPTIONS: option port: 99999: expected a whole number from 0 to 65535
option storage: {"memoryBytesMax":1}: expected 'memory', { memoryBytesMax } from 33554432 on, or { directory }
BROKER_OPTIONS: config log.dirs: use the option storage: { directory } instead
Unknown configuration key num.partitons
Invalid value many for configuration num.partitions: Not a number of type INT
BROKER_OPTIONS: config listeners: leave the options host and port out, the listeners say both
BROKER_OPTIONS: option storage: "disk": expected 'memory', { memoryBytesMax } from 33554432 on, or { directory }`,
  );
});

test('at the limit of memory appends are refused, reads go on, and others do not notice', async () => {
  const broker = await start({ storage: { memoryBytesMax: 32 * 1024 * 1024 }, log: 'silent' });
  // A refusal may heal, so the client asks again until its time is up.
  const cluster = clusterOf(broker, 500);
  await produce(cluster, 't', 'first');
  const large = Buffer.alloc(900_000, 1);
  const failure = await problemOf(
    (async () => {
      for (let count = 0; count < 100; count++) await produce(cluster, 't', large);
    })(),
  );
  expect(failure).toBeInstanceOf(RefusedError);
  expect(failure.code).toBe('KAFKA_STORAGE_ERROR');
  expect(await read(cluster, 't', 1)).toEqual(['first']);
  await produce(clusterOf(await start()), 't', large);
}, 30_000);

test('entries of the log go where the program wants them, and its mistakes are its own', async () => {
  const entries: LogEntry[] = [];
  const broker = await start({ log: (entry) => void entries.push(entry), config: { 'max.connections': 1 } });
  const cluster = clusterOf(broker);
  await cluster.describe([]);
  await expect(clusterOf(broker).describe([])).rejects.toThrow();
  expect(entries).toContainEqual({
    level: 'warn',
    message: 'Refusing a connection from 127.0.0.1: max.connections=1 are open',
    fields: {},
  });
});

test('await using stops it at the end of the block, and a stop that is asked for twice is one', async () => {
  let port = 0;
  {
    await using broker = await Broker.start();
    port = broker.port;
    await clusterOf(broker).describe([]);
  }
  const gone = new Cluster({ bootstrap: [{ host: '127.0.0.1', port }], clientId: 'test', timeoutMs: 1_000 });
  await expect(gone.any()).rejects.toThrow('connection refused');
  const broker = await Broker.start();
  await Promise.all([broker.stop(), broker.stop()]);
});

test('a stop does not wait for a long poll', async () => {
  const broker = await start();
  const cluster = clusterOf(broker);
  await produce(cluster, 't', 'a');
  const positions = [{ topic: 't', partition: 0, offset: 1, endOffset: null }];
  const reader = new Reader(cluster, positions, { isolation: 'read_committed', waitMs: 60_000 });
  const polled = reader.poll().catch(() => []);
  await cluster.describe(['t']);
  await broker.stop();
  expect(await polled).toEqual([]);
});

describe('as an installed package', () => {
  let folder: PackageFolder;
  beforeAll(() => {
    folder = makePackageFolder({ types: true });
  }, 60_000);
  afterAll(() => folder.remove());

  test('require and import find it, and the process ends by itself after a stop', () => {
    const body =
      'const broker = await Broker.start({ adminPort: 0 }); await broker.stop(); console.log(typeof broker.port, process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap" && name !== "TTYWrap").join());';
    folder.write('a.cjs', `const { Broker } = require('pyralog'); (async () => { ${body} })();`);
    folder.write('a.mjs', `import { Broker } from 'pyralog'; ${body}`);
    for (const file of ['a.cjs', 'a.mjs']) expect(runIn(folder, process.execPath, file)).toBe('number \n');
  });

  // Each start makes and drops everything there is; what stays behind would add up here.
  test('many starts one after the other leave nothing behind', () => {
    folder.write(
      'leak.cjs',
      `const { Broker } = require('pyralog');
       const round = async (count) => {
         for (let at = 0; at < count; at++) await (await Broker.start({ adminPort: at % 2 ? 0 : undefined })).stop();
         // Buffers are freed some turns after the collection that found them: the least of several says what stays.
         const least = { heapUsed: Infinity, arrayBuffers: Infinity };
         for (let look = 0; look < 20; look++) {
           await new Promise((turn) => setTimeout(turn, 10));
           gc();
           const { heapUsed, arrayBuffers } = process.memoryUsage();
           least.heapUsed = Math.min(least.heapUsed, heapUsed);
           least.arrayBuffers = Math.min(least.arrayBuffers, arrayBuffers);
         }
         return least;
       };
       (async () => {
         await round(20);
         const before = await round(20);
         const after = await round(60);
         const handles = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap');
         console.log(JSON.stringify({
           heap: after.heapUsed - before.heapUsed, buffers: after.arrayBuffers - before.arrayBuffers, handles,
         }));
       })();`,
    );
    const result = JSON.parse(runIn(folder, process.execPath, '--expose-gc', 'leak.cjs')) as {
      readonly heap: number;
      readonly buffers: number;
      readonly handles: readonly string[];
    };
    expect(result.handles).toEqual([]);
    // One broker holds more than a megabyte of heap and buffers: 60 of them that stay would be seen by far.
    expect(result.heap).toBeLessThan(2_000_000);
    expect(result.buffers).toBeLessThan(8_000_000);
  }, 60_000);

  test.each([
    ['node16', ['a.mts', 'a.cts']],
    ['bundler', ['a.ts']],
  ])(
    'its types hold without this project, resolved by %s from %p',
    (resolution, names) => {
      const text = `
      import { Broker, BrokerOptionsError, type BrokerOptions, type LogEntry } from 'pyralog';
      const options: BrokerOptions = { port: 0, storage: 'memory', config: { 'num.partitions': 3 } };
      export async function run(): Promise<string> {
        await using broker = await Broker.start({ ...options, log: (entry: LogEntry) => void entry.message });
        const port: number = broker.port;
        const admin: number | null = broker.adminPort;
        return \`\${broker.bootstrapServers} \${port} \${admin} \${broker instanceof BrokerOptionsError}\`;
      }
      // @ts-expect-error no such storage
      void Broker.start({ storage: 'tape' });
      // @ts-expect-error only start makes one
      void new Broker();
    `;
      const files = names.map((name) => folder.write(name, text));
      const module = resolution === 'bundler' ? 'esnext' : resolution;
      const words = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--ignoreConfig',
        '--target',
        'es2022',
      ];
      const rest = ['--module', module, '--moduleResolution', resolution, '--types', '', ...files];
      expect(runIn(folder, join(__dirname, '../../node_modules/.bin/tsc'), ...words, ...rest)).toBe('');
    },
    30_000,
  );
});
