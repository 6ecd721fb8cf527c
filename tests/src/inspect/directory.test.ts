// Whole directories on a real disk, as the command line meets them.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockDirectory } from '../../../src/directory-lock';
import { withDirectory } from '../../../src/inspect/directory';
import { type DumpOptions, dump } from '../../../src/inspect/dump';
import { reportLines, verifyReport } from '../../../src/inspect/verify';
import { makeDirectory, ORDERS } from './made-directory';

const FORMATS = path.join(__dirname, '..', '..', 'storage', 'testdata');
const TESTDATA = path.join(__dirname, 'testdata');

const root = mkdtempSync(path.join(tmpdir(), 'pyralog-inspect-'));
afterAll(() => rmSync(root, { recursive: true }));

const ALL: DumpOptions = { unit: 'entries', isJson: false, topic: null, partition: null, offset: null };

async function verifyText(directory: string): Promise<string> {
  const report = await withDirectory(directory, verifyReport);
  const { before, after } = reportLines(report);
  const logs = report.logs.map((log) => JSON.stringify(log));
  return `${[...before, ...logs, ...after].join('\n')}\n`.replaceAll(directory, 'DIR');
}

async function dumpText(directory: string, options: Partial<DumpOptions> = {}): Promise<string> {
  let text = '';
  await withDirectory(directory, (opened) =>
    dump(opened, { ...ALL, ...options }, async (part) => {
      text += part;
    }),
  );
  return text;
}

function expectGolden(name: string, text: string): void {
  const file = path.join(TESTDATA, name);
  if (process.env.UPDATE === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** Names and bytes of all files. */
function contentsOf(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = names
    .filter((each) => !each.isDirectory())
    .map((each) => path.join(each.parentPath, each.name));
  return new Map(files.sort().map((file) => [file, readFileSync(file, 'base64')]));
}

// The saved states of these directories are words and no states of a broker: verify says so.
const formats = readdirSync(FORMATS).filter((name) => name.startsWith('format-'));
test.each(formats.flatMap((format) => ['closed', 'crashed'].map((name) => [format, name] as const)))(
  'the kept directories: %s %s',
  async (format, name) => {
    const directory = path.join(root, `${format}-${name}`);
    cpSync(path.join(FORMATS, format, name), directory, { recursive: true });
    const before = contentsOf(directory);
    const verified = await verifyText(directory);
    const entries = await dumpText(directory);
    const batches = await dumpText(directory, { unit: 'batches' });
    const records = await dumpText(directory, {
      unit: 'records',
      topic: '6f1c2f6e-5f0d-4f6c-9a54-1b0f8c1d2e3f',
    });
    expect(contentsOf(directory)).toEqual(before);
    expectGolden(`${format}-${name}.txt`, [verified, entries, batches, records].join('\n'));
  },
);

describe('a directory with internal topics', () => {
  const directory = path.join(root, 'made');
  const base64Id = Buffer.from(ORDERS.replaceAll('-', ''), 'hex').toString('base64url');

  test('records of every internal topic are decoded, in text and in JSON', async () => {
    makeDirectory(directory);
    const parts = [await verifyText(directory)];
    for (const unit of ['entries', 'batches', 'records'] as const) {
      parts.push(await dumpText(directory, { unit }), await dumpText(directory, { unit, isJson: true }));
    }
    expectGolden('internal-topics.txt', parts.join('\n'));
    for (const line of parts
      .filter((_, at) => at > 0 && at % 2 === 0)
      .join('')
      .trim()
      .split('\n'))
      JSON.parse(line);
  });

  test('a topic by name or by id in either form, a partition, an offset', async () => {
    const lines = async (options: Partial<DumpOptions>): Promise<readonly string[]> =>
      (await dumpText(directory, { unit: 'records', ...options })).trim().split('\n');
    const orders = await lines({ topic: 'orders' });
    expect(orders.length).toBeGreaterThan(3);
    expect(await lines({ topic: ORDERS })).toEqual(orders);
    expect(await lines({ topic: base64Id })).toEqual(orders);
    expect(await lines({ topic: 'orders', partition: 0, offset: 2 })).toEqual(orders.slice(2));
    await expect(lines({ topic: 'orders', partition: 7 })).rejects.toThrow(
      'has no log of topic orders, partition 7',
    );
  });

  test('damage: the rest is printed, what is missing is said, and the answer is no', async () => {
    const hurt = path.join(root, 'hurt');
    cpSync(directory, hurt, { recursive: true });
    const file = path.join(
      hurt,
      'logs',
      `${ORDERS}-0`,
      readdirSync(path.join(hurt, 'logs', `${ORDERS}-0`))[0]!,
    );
    const bytes = readFileSync(file);
    bytes[70]! ^= 1;
    writeFileSync(file, bytes);
    const before = contentsOf(hurt);
    let isWhole = true;
    let text = '';
    await withDirectory(hurt, async (opened) => {
      isWhole = await dump(opened, { ...ALL, unit: 'batches', topic: 'orders' }, async (part) => {
        text += part;
      });
    });
    expect(isWhole).toBe(false);
    expect(contentsOf(hurt)).toEqual(before);
    expectGolden('damaged.txt', `${text}\n${await verifyText(hurt)}`);
  });

  test('one that a broker has is refused, and free again afterwards', async () => {
    const lock = await lockDirectory(directory);
    await expect(verifyText(directory)).rejects.toThrow('is in use by another running broker');
    lock.release();
    await verifyText(directory);
    expect(readdirSync(directory)).not.toContain('lock');
  });

  test('what is none is refused', async () => {
    const empty = path.join(root, 'empty');
    mkdirSync(empty);
    await expect(verifyText(empty)).rejects.toThrow("is not a data directory: it has no file 'identity'");
    await expect(verifyText(path.join(root, 'nowhere'))).rejects.toThrow(
      'is not a directory that can be read',
    );
    await expect(verifyText(path.join(directory, 'identity'))).rejects.toThrow('is not a directory');
  });
});
