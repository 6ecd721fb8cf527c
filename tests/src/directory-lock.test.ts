import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLockedError, lockDirectory } from '../../src/directory-lock';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pyralog-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a second owner is refused by name; after release the directory is free', async () => {
  const lock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toThrow(new DirectoryLockedError(directory).message);
  lock.release();
  (await lockDirectory(directory)).release();
});

// kill -9 leaves the socket's name behind; nobody answers there, so it is stale.
test('the lock of a killed owner is taken over', async () => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(join(directory, 'lock'))}, () => console.log('up'))`;
  const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((up) => owner.stdout.once('data', up));
  await expect(lockDirectory(directory)).rejects.toThrow(DirectoryLockedError);
  const exited = new Promise((exit) => owner.once('exit', exit));
  owner.kill('SIGKILL');
  await exited;
  (await lockDirectory(directory)).release();
});

test('of many that start at once, one owns the directory', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(directory)));
  const owners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  expect(owners).toHaveLength(1);
  owners[0]!.value.release();
});

test('a directory whose path is longer than a socket name may be', async () => {
  const deep = join(directory, 'd'.repeat(120));
  const lock = await lockDirectory(deep);
  await expect(lockDirectory(deep)).rejects.toThrow('is in use by another running broker');
  lock.release();
});
