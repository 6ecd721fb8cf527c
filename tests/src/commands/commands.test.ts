// The command line as a person meets it: the built program in processes of its own, a broker in this one.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { declareCommand } from '../../../src/commands/commands';
import { Broker } from '../../../src/embedded';
import { makePackageFolder, type PackageFolder } from '../../support/package-folder';

// Processes of their own take their time on a busy machine.
jest.setTimeout(60_000);

let folder: PackageFolder;
let broker: Broker;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = makePackageFolder({ types: false });
  broker = await Broker.start();
}, 60_000);
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await broker.stop();
  folder.remove();
});

function start(...words: readonly string[]): ChildProcess {
  const [program, ...rest] = folder.program;
  const child = spawn(program!, [...rest, ...words], { stdio: 'pipe' });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function finished(child: ChildProcess): Promise<Finished> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((done) =>
    child.once('close', (code) =>
      done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    ),
  );
}

async function run(command: string, input = ''): Promise<Finished> {
  const words = command.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'|'$/g, ''));
  const needsBroker = !words.includes('-b') && !words.includes('--port') && !words.includes('--help');
  const child = start(...words, ...(needsBroker ? ['-b', broker.bootstrapServers] : []));
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  return finished(child);
}

/** What changes from run to run. */
const settled = (text: string): string =>
  text
    .replaceAll(String(broker.port), 'PORT')
    .replace(/"timestamp":\d+/g, '"timestamp":TIME')
    .replace(/(id |"id": ")[A-Za-z0-9_-]{22}/g, '$1ID')
    .replace(/in \d+ ms/g, 'in N ms')
    .replace(/"answerMs": \d+/, '"answerMs": N');

const atOnce = '# From here on in any order, several at a time.\n';

/** One command of a script with what it printed. */
async function played(block: string): Promise<string> {
  const command = /^\$ (?:printf '([^\n]*)' \| )?pyralog (.*)$/m.exec(block)!;
  const input = (command[1] ?? '').replaceAll('\\n', '\n');
  const { code, stdout, stderr } = await run(command[2]!.replace('PORT', String(broker.port)), input);
  const [first] = block.split('\n');
  return `${first}\n${settled(stdout)}${settled(stderr)}${code === 0 ? '' : `exit ${code}\n`}\n`;
}

test('a session: what each command prints and how it ends', async () => {
  const file = join(__dirname, 'testdata', 'session.txt');
  const script = readFileSync(file, 'utf8');
  const [inOrder, together] = script.split(atOnce).map((part) => part.split(/^(?=\$ )/m));
  let text = '';
  for (const block of inOrder!) text += await played(block);
  text += atOnce + (await Promise.all(together!.map(played))).join('');
  if (process.env.UPDATE === '1') writeFileSync(file, text);
  expect(text).toBe(script);
}, 120_000);

test('a reader that has seen enough ends consume without a word', async () => {
  const values = Array.from({ length: 20_000 }, (_, at) => `a line with number ${at}\n`).join('');
  expect((await run('produce piped', values)).code).toBe(0);
  const child = start('consume', 'piped', '-b', broker.bootstrapServers);
  const end = finished(child);
  await new Promise((some) => child.stdout!.once('data', some));
  child.stdout!.destroy();
  expect(await end).toMatchObject({ code: 0, stderr: '' });
});

test('consume follows, in a group too, and an interrupt ends it with its positions committed', async () => {
  await run('topic create followed -p 1');
  const child = start('consume', 'followed', '-g', 'followers', '-b', broker.bootstrapServers);
  const end = finished(child);
  const seen = new Promise((some) => child.stdout!.once('data', some));
  expect((await run('produce followed', 'one\n')).code).toBe(0);
  await seen;
  child.kill('SIGINT');
  expect(await end).toEqual({ code: 0, stdout: 'one\n', stderr: '' });
  const { stdout } = await run('group describe followers --json');
  expect(JSON.parse(stdout)).toMatchObject([
    { group: 'followers', state: 'Empty', members: 0, places: [{ partition: 0, committed: 1, lag: 0 }] },
  ]);
}, 30_000);

test('a line that somebody typed goes at once', async () => {
  const child = start('produce', 'typed', '--json', '-b', broker.bootstrapServers);
  const end = finished(child);
  child.stdin!.write('first\n');
  const [first] = await new Promise<Buffer[]>((some) => child.stdout!.once('data', (chunk) => some([chunk])));
  expect(JSON.parse(first!.toString())).toMatchObject({ topic: 'typed', baseOffset: 0, count: 1 });
  child.stdin!.end('second');
  expect((await end).stdout.trim().split('\n')).toHaveLength(2);
  expect((await run('consume typed -e')).stdout.split('\n').sort()).toEqual(['', 'first', 'second']);
});

test('with acks 0 nothing is waited for, and what was sent arrives', async () => {
  await run('topic create unacknowledged -p 1');
  expect(await run('produce unacknowledged -a 0', 'one\ntwo\n')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await run('consume unacknowledged -n 2')).stdout).toBe('one\ntwo\n');
});

test('every codec is written and read', async () => {
  await run('topic create codecs -p 1');
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    expect((await run(`produce codecs -z ${codec}`, `by ${codec}\n`)).stderr).toBe('');
  expect((await run('consume codecs -e')).stdout).toBe('by none\nby gzip\nby snappy\nby lz4\nby zstd\n');
}, 30_000);

test('a name that is no command of ours is nobody', () => {
  expect(() => declareCommand('nonsense', undefined as never)).toThrow(TypeError);
});
