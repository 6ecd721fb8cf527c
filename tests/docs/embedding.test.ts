// The examples of docs/embedding.md, as they stand there, by a jest of their own in a folder with the package installed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePackageFolder, type PackageFolder, runIn } from '../support/package-folder';

// Processes of their own take their time on a busy machine.
jest.setTimeout(60_000);

const page = readFileSync('docs/embedding.md', 'utf8');
const examples = new Map(
  [...page.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(([, name, text]) => [
    name!,
    text!,
  ]),
);
let folder: PackageFolder;

beforeAll(() => {
  folder = makePackageFolder({ types: true });
}, 60_000);
afterAll(() => folder.remove());

test('they pass, leave no handle open, and jest ends by itself', () => {
  expect([...examples.keys()]).toEqual(['orders.test.ts', 'alone.test.ts']);
  const transform = join(__dirname, '../support/esbuild-transform.cjs');
  folder.write(
    'jest.config.json',
    JSON.stringify({
      testEnvironment: 'node',
      transform: { '\\.ts$': transform },
      testMatch: ['**/*.test.ts'],
    }),
  );
  for (const [name, text] of examples) folder.write(name, text);
  const jest = join(__dirname, '../../node_modules/jest/bin/jest.js');
  const words = [jest, '--config', 'jest.config.json', '--runInBand', '--detectOpenHandles', '--json'];
  const options = ['--outputFile=result.json', '--testPathIgnorePatterns', '^$'];
  runIn(folder, process.execPath, ...words, ...options);
  const result = JSON.parse(readFileSync(join(folder.path, 'result.json'), 'utf8')) as {
    readonly numPassedTests: number;
    readonly numTotalTests: number;
    readonly openHandles: readonly unknown[];
  };
  expect(result).toMatchObject({ numPassedTests: 3, numTotalTests: 3, openHandles: [] });
}, 60_000);

test('their types hold', () => {
  const files = [...examples].map(([name, text]) => folder.write(name, text));
  const words = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--target', 'es2022'];
  const types = ['--module', 'preserve', '--types', 'node,jest'];
  const roots = ['--typeRoots', join(__dirname, '../../node_modules/@types')];
  const tsc = join(__dirname, '../../node_modules/.bin/tsc');
  expect(runIn(folder, tsc, ...words, ...types, ...roots, ...files)).toBe('');
}, 30_000);

test('the pages that it leads to are there', () => {
  for (const [, target] of page.matchAll(/\]\(([a-z0-9/-]+\.md)\)/g))
    expect([target, existsSync(join('docs', target!))]).toEqual([target, true]);
});
