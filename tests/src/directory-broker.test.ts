import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { defaultBrokerConfig } from '../../src/config/broker-config';
import { type DirectoryBroker, startInDirectory } from '../../src/directory-broker';
import { lineLogger } from '../support/fixtures';

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'pyralog-directory-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const start = (
  directory: string,
  overrides: Readonly<Record<string, string>> = {},
): Promise<DirectoryBroker> =>
  startInDirectory({
    directory,
    config: defaultBrokerConfig({
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'journal.file.bytes': '1048576',
      ...overrides,
    }),
    logger: lineLogger(),
  });

test('the directory is made, named in full, and free again when the broker has stopped', async () => {
  const directory = join(work, 'a', 'b');
  const broker = await start(relative(process.cwd(), directory));
  expect([broker.directory, existsSync(join(directory, 'identity'))]).toEqual([directory, true]);
  await expect(start(directory)).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
  await broker.stop();
  const again = await start(directory);
  expect(again.clusterId).toBe(broker.clusterId);
  await again.stop();
});

test('what is wrong with a directory is told with its path, and does not keep it', async () => {
  const file = join(work, 'file');
  writeFileSync(file, '');
  await expect(start(file)).rejects.toMatchObject({
    code: 'DATA_DIRECTORY',
    message: expect.stringContaining(`Cannot create data directory ${file}: `),
  });
  const directory = join(work, 'newer');
  await (await start(directory)).stop();
  const identity = readFileSync(join(directory, 'identity'));
  const newer = Buffer.from(identity);
  newer.writeUInt32LE(99, 4);
  writeFileSync(join(directory, 'identity'), newer);
  await expect(start(directory)).rejects.toMatchObject({
    code: 'DATA_DIRECTORY',
    message: expect.stringContaining(`Data directory ${directory}: identity has format version 99`),
  });
  writeFileSync(join(directory, 'identity'), identity);
  await (await start(directory)).stop();
});
