// `pyralog log` as a person or a script meets it: the built program over directories of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { logCommand } from '../../../src/commands/log';
import { makePackageFolder, type PackageFolder } from '../../support/package-folder';
import { makeDirectory, ORDERS } from '../inspect/made-directory';

jest.setTimeout(60_000);

let folder: PackageFolder;
let directory: string;
beforeAll(() => {
  folder = makePackageFolder({ types: false });
  directory = mkdtempSync(join(tmpdir(), 'pyralog-log-'));
  makeDirectory(directory);
}, 60_000);
afterAll(() => {
  folder.remove();
  rmSync(directory, { recursive: true });
});

function run(...words: readonly string[]): string {
  const [program, ...rest] = folder.program;
  const { status, stdout, stderr } = spawnSync(program!, [...rest, 'log', ...words], { encoding: 'utf8' });
  return `${stdout}${stderr}exit ${status}\n`.replaceAll(directory, 'DIR');
}

test('verify: a table, and an exit code for scripts', () => {
  expect(run('verify', directory)).toMatchInlineSnapshot(`
"directory DIR
identity  cluster cluster-1, node 1, incarnation 3d0c4c8a-0000-4000-8000-000000000001
manifest  1
journal   1 file, 1048576 bytes; closed in order, nothing of it is needed

TOPIC                TOPIC ID                              PARTITION  SEGMENTS  ENTRIES  START  END  BYTES  STATE
__cluster_metadata   00000000-0000-0000-0000-000000000001          0         1        2      0    5    251  ok
__consumer_offsets   11111111-0000-4000-8000-000000000000          0         1        1      0    2    136  ok
__transaction_state  22222222-0000-4000-8000-000000000000          0         1        1      0    1     74  ok
__share_group_state  33333333-0000-4000-8000-000000000000          0         1        1      0    1     99  ok
orders               5084206b-e6d7-4e9b-8046-b9a771e52701          0         1        7      0    5    335  ok

whole
exit 0
"
`);
  const report = JSON.parse(run('verify', directory, '--json').replace(/exit 0\n$/, ''));
  expect(report).toMatchObject({ isWhole: true, damages: [], identity: { nodeId: 1 } });
  expect(run('verify', join(directory, 'nowhere'))).toMatchInlineSnapshot(`
"pyralog: DIR/nowhere is not a directory that can be read: ENOENT
exit 2
"
`);
  const file = join(directory, 'logs', `${ORDERS}-0`, '0000000002.data');
  const bytes = readFileSync(file);
  bytes[150]! ^= 1;
  writeFileSync(file, bytes);
  const damaged = run('verify', directory).split('\n').slice(-4).join('\n');
  bytes[150]! ^= 1;
  writeFileSync(file, bytes);
  expect(damaged).toMatchInlineSnapshot(`
"damage: logs/5084206b-e6d7-4e9b-8046-b9a771e52701-0/0000000002.data at byte 102: the batch fails its checksum; lost: orders-0: entry 2, offset 2
damaged: 1
exit 1
"
`);
});

test('dump: one line each, of what is asked for', () => {
  expect(run('dump', directory, '-t', 'orders', '--records', '-o', '2')).toMatchInlineSnapshot(`
"orders-0 2 time 1000 null "in a transaction"
orders-0 3 time 1000 commit {"coordinatorEpoch":3}
orders-0 4 time 1000 base64:/wA= base64:/g==
exit 0
"
`);
  expect(run('dump', directory, '-t', 'missing')).toMatchInlineSnapshot(`
"pyralog: DIR has no log of topic missing
exit 2
"
`);
  expect(run('dump', directory, '--records', '--batches')).toMatchInlineSnapshot(`
"pyralog: --batches, --records: only one of them
exit 2
"
`);
});

test('a reader that has seen enough leaves no lock behind', async () => {
  const [program, ...rest] = folder.program;
  const child = spawn(program!, [...rest, 'log', 'dump', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout!.destroy();
  const code = await new Promise((ended) => child.once('close', ended));
  expect([code, readdirSync(directory).includes('lock')]).toEqual([0, false]);
});

test('what is asked for must be one of the two', async () => {
  const asked = logCommand(yargs(['sing']))
    .exitProcess(false)
    .strict();
  const said = await new Promise<string>((heard) => asked.fail((message) => heard(message)).parse());
  expect(said).toContain('Unknown');
});
