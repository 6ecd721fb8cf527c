// The command line as a person meets it: the real bundle in a real process on a real directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

// Processes of their own take their time on a busy machine.
jest.setTimeout(60_000);

let bundle: string;
let work: string;
const running = new Set<ChildProcess>();

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'pyralog-main-'));
  // Inside the project, so that the packages it leaves out are found.
  bundle = join(__dirname, '../../node_modules/.cache/pyralog', `main-${process.pid}.js`);
  buildSync({
    entryPoints: [join(__dirname, '../../src/main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    logLevel: 'warning',
  });
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
  rmSync(bundle, { force: true });
});

interface Started {
  readonly child: ChildProcess;
  /** Messages of the log, or plain lines. */
  readonly lines: string[];
  readonly exit: Promise<number | null>;
}

function pyralog(...options: string[]): Started {
  const child = spawn(process.execPath, [bundle, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  let rest = '';
  const read = (chunk: Buffer): void => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop()!;
    for (const part of parts)
      lines.push(part.startsWith('{') ? (JSON.parse(part) as { msg: string }).msg : part);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const exit = new Promise<number | null>((done) => child.once('close', done));
  void exit.then(() => running.delete(child));
  return { child, lines, exit };
}

async function serving(started: Started): Promise<number> {
  for (const deadlineMs = performance.now() + 20_000; performance.now() < deadlineMs; ) {
    const line = started.lines.find((text) => text.includes('serves Kafka on'));
    if (line !== undefined) return Number(/:(\d+)$/.exec(line)![1]);
    if (started.child.exitCode !== null) break;
    await new Promise((turn) => setImmediate(turn));
  }
  throw new Error(`not started: ${started.lines.join('\n')}`);
}

async function failure(...options: string[]): Promise<string> {
  const { exit, lines } = pyralog(...options);
  const code = await exit;
  return [`exit ${code}`, ...lines].join('\n').replaceAll(work, 'WORK');
}

async function freePort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((bound) => server.listen(0, () => bound()));
  return { server, port: (server.address() as { port: number }).port };
}

test('start, stop in order, start again on the same directory: the same cluster', async () => {
  const directory = join(work, 'twice');
  const identities: string[] = [];
  for (let round = 0; round < 2; round++) {
    const broker = pyralog('start', '--port', '0', '--data-dir', directory);
    expect(await serving(broker)).toBeGreaterThan(0);
    identities.push(readFileSync(join(directory, 'identity')).toString('hex'));
    broker.child.kill('SIGTERM');
    expect(await broker.exit).toBe(0);
    expect(broker.lines.slice(-2)).toEqual(['SIGTERM: stopping', 'Stopped']);
  }
  expect(identities[1]).toBe(identities[0]);
});

test('a killed broker leaves a directory that the next one opens', async () => {
  const directory = join(work, 'killed');
  const first = pyralog('start', '--port', '0', '--data-dir', directory);
  await serving(first);
  first.child.kill('SIGKILL');
  await first.exit;
  const second = pyralog('start', '--port', '0', '--data-dir', directory);
  await serving(second);
  second.child.kill('SIGINT');
  expect(await second.exit).toBe(0);
});

test('a properties file with a controller listener starts; unknown keys warn; overrides win', async () => {
  const file = join(work, 'server.properties');
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': '5',
    'controller.quorum.voters': '5@localhost:9093',
    listeners: 'PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:9093',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(work, 'from-file'),
    'made.up': '1',
  };
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
  );
  const broker = pyralog('start', file, '--override', 'listeners=PLAINTEXT://127.0.0.1:0');
  await serving(broker);
  expect(broker.lines).toContain('Unknown configuration key made.up is ignored.');
  expect(existsSync(join(work, 'from-file', 'identity'))).toBe(true);
  broker.child.kill('SIGTERM');
  await broker.exit;
});

test('what can be mended is said in one line that names it, and the exit code is 1', async () => {
  const inUse = join(work, 'in-use');
  const holder = pyralog('start', '--port', '0', '--data-dir', inUse);
  await serving(holder);
  const { server, port } = await freePort();
  const newer = join(work, 'newer');
  const made = pyralog('start', '--port', '0', '--data-dir', newer);
  await serving(made);
  made.child.kill('SIGTERM');
  await made.exit;
  const identity = readFileSync(join(newer, 'identity'));
  identity.writeUInt32LE(99, 4);
  writeFileSync(join(newer, 'identity'), identity);
  mkdirSync(join(work, 'file'));
  writeFileSync(join(work, 'file', 'data'), '');
  // A start that takes longer than usual would say whether it found the admin port free.
  const start = (...options: string[]) => failure('start', '--override', 'admin.port=-1', ...options);
  const report = {
    'port in use': await start('--port', String(port), '--data-dir', join(work, 'p')),
    'directory in use': await start('--port', '0', '--data-dir', inUse),
    'directory of a newer format': await start('--port', '0', '--data-dir', newer),
    'a file where the directory should be': await start(
      '--port',
      '0',
      '--data-dir',
      join(work, 'file', 'data'),
    ),
    'another node id': await start(
      '--port',
      '0',
      '--data-dir',
      inUse.replace('in-use', 'twice'),
      '--override',
      'node.id=9',
    ),
    'a bad value': await start('--override', 'num.partitions=many'),
    'no key': await start('--override', 'many'),
    'a bad port': await start('--port', '70000'),
    'two directories': await start('--override', 'log.dirs=/a,/b'),
    'a missing file': await start(join(work, 'missing.properties')),
  };
  server.close();
  holder.child.kill('SIGTERM');
  await holder.exit;
  const text = Object.entries(report)
    .map(([name, lines]) => `${name}: ${lines.replaceAll('\n', ' | ').replaceAll(`:${port}`, ':PORT')}`)
    .join('\n');
  const file = join(__dirname, 'testdata', 'start-failures.txt');
  if (process.env.UPDATE === '1') writeFileSync(file, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(file, 'utf8'));
}, 60_000);

// Root may write everywhere, so there is nothing to refuse.
(process.getuid?.() === 0 ? test.skip : test)('a directory that may not be written is named', async () => {
  const directory = join(work, 'read-only');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  expect(await failure('start', '--port', '0', '--data-dir', directory)).toMatch(
    /^exit 1\n.*WORK\/read-only/,
  );
});

test('help names the command and its options; the version is that of the package', async () => {
  expect(await failure('--version')).toBe(
    `exit 0\n${JSON.parse(readFileSync('package.json', 'utf8')).version}`,
  );
  const help = await failure('start', '--help');
  for (const option of ['--override', '--port', '--data-dir', 'config']) expect(help).toContain(option);
});

const adminPort = (started: Started): number =>
  Number(/:(\d+)$/.exec(started.lines.find((text) => text.startsWith('Health and metrics on')) ?? '')?.[1]);

test('the admin port: where it is asked for, and a port in use ends the start then', async () => {
  const broker = pyralog('start', '--port', '0', '--admin-port', '0', '--data-dir', join(work, 'admin'));
  await serving(broker);
  while (Number.isNaN(adminPort(broker))) await new Promise((turn) => setImmediate(turn));
  const answer = await fetch(`http://localhost:${adminPort(broker)}/readyz`);
  expect([answer.status, await answer.text()]).toEqual([200, 'ready\n']);
  const taken = String(adminPort(broker));
  const second = ['start', '--port', '0', '--data-dir', join(work, 'admin2'), '--admin-port', taken];
  expect(await failure(...second)).toContain(`Port in use: cannot listen on *:${taken} (admin)`);
  broker.child.kill('SIGTERM');
  expect(await broker.exit).toBe(0);
});

test('the admin port: without a file there is one if it is free, with a file none', async () => {
  const options = ['--port', '0', '--data-dir', join(work, 'no-admin')];
  const file = join(work, 'admin.properties');
  writeFileSync(file, '');
  const broker = pyralog('start', file, ...options);
  await serving(broker);
  broker.child.kill('SIGTERM');
  await broker.exit;
  expect(broker.lines.join('\n')).not.toMatch(/admin|Health/);
  const plain = pyralog('start', '--port', '0', '--data-dir', join(work, 'admin3'));
  const other = pyralog('start', '--port', '0', '--data-dir', join(work, 'admin4'));
  await Promise.all([serving(plain), serving(other)]);
  const told = ({ lines }: Started) =>
    lines.filter((line) => /^Health and metrics on|there is no admin port/.test(line));
  for (const deadlineMs = performance.now() + 10_000; performance.now() < deadlineMs; ) {
    if (told(plain).length + told(other).length === 2) break;
    await new Promise((turn) => setImmediate(turn));
  }
  expect(told(plain).concat(told(other)).sort().at(-1)).toBe(
    'Port in use: cannot listen on *:9644 (admin); there is no admin port. --admin-port N takes another.',
  );
  for (const { child, exit } of [plain, other]) {
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  }
}, 30_000);
