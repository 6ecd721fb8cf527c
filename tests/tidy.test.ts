/**
 * The rules of the house that a search can check: layers, bans, families, dead files. The rules themselves are data
 * in tests/support/tidy-*.ts; each is tried here on a sample that breaks it before it judges the tree.
 */
import { readFileSync } from 'node:fs';
import {
  bans,
  checkBan,
  checkComments,
  checkModuleCollections,
  checkModuleMutations,
  checkWords,
} from './support/tidy-bans';
import {
  checkDeadFiles,
  checkHandlerHeader,
  checkNumberedFamilies,
  checkReachedByTests,
  checkTestsReachTheirRoom,
} from './support/tidy-families';
import { checkLayers, rooms } from './support/tidy-layers';
import {
  listFiles,
  type Problem,
  readSource,
  renderProblems,
  type Source,
  sourceOf,
} from './support/tidy-source';

const sizeLinesMax = 500;
const folders = ['protocol', 'storage', 'raft', 'src', 'tests', 'compat-tests'];

const sources: ReadonlyMap<string, Source> = new Map(
  listFiles(folders, ['.ts']).map((path) => [path, readSource(path)]),
);

const map = (files: Readonly<Record<string, string>>): ReadonlyMap<string, Source> =>
  new Map(Object.entries(files).map(([path, text]) => [path, sourceOf(path, text)]));
const inEach = (check: (source: Source) => readonly Problem[]): string =>
  renderProblems([...sources.values()].flatMap(check));

describe('the scanner', () => {
  test('blanks comments, strings, templates and regular expressions, and nothing else', () => {
    const text = [
      "const a = 'x // y'; // comment await",
      `const b = \`await $\{nested(\`inner $\{deep}\`)} await\`;`,
      'const c = /await["/]/g.test(text) / divided;',
      '/* let */ const d = "\\"await";',
    ].join('\n');
    expect(sourceOf('src/x.ts', text).code).toBe(
      [
        "const a = '      ';                 ",
        `const b = \`      $\{nested(\`      $\{deep}\`)}      \`;`,
        'const c = /         /g.test(text) / divided;',
        '          const d = "       ";',
      ].join('\n'),
    );
  });

  test('finds imports of every kind, and none in strings', () => {
    const text = [
      "import { a } from '../b/c';",
      "import type { T } from './t';",
      "import './side';",
      'const d = require("node:fs");',
      "const e = await import('./late');",
      `const f = "import g from './no'";`,
    ].join('\n');
    const { imports } = sourceOf('src/room/x.ts', text);
    expect(imports.map(({ target, specifier, line }) => `${line} ${target ?? specifier}`)).toEqual([
      '1 src/b/c',
      '2 src/room/t',
      '3 src/room/side',
      '4 node:fs',
      '5 src/room/late',
    ]);
  });
});

describe('layers', () => {
  const layers = (path: string, text: string): string => renderProblems(checkLayers(sourceOf(path, text)));

  test.each([
    ['raft/log.ts', "import { openLog } from '../storage';", 'raft may not import from storage'],
    ['storage/log.ts', "import type { Host } from '../src/host';", 'storage may not import from host'],
    [
      'src/metadata/image.ts',
      "import { produce } from '../handlers/00-produce';",
      'metadata may not import from handlers',
    ],
    ['src/broker.ts', "import { nodeHost } from './host-node';", 'broker may not import from host-node'],
    [
      'src/handlers/03-metadata.ts',
      "import { decode } from '../../protocol/codec';",
      'protocol is entered by its door',
    ],
    ['protocol/codec.ts', "import { apis } from '.';", 'inside protocol, import the file and not the door'],
    ['src/attic/x.ts', '', 'the room attic has no line'],
    ['src/host.ts', "import { fixture } from '../tests/support/fixtures';", 'leads out of the product'],
    ['src/metadata/image.ts', "import { readFileSync } from 'node:fs';", 'node:fs may only be imported in'],
    [
      'src/server/connection.ts',
      "import { createServer } from 'node:net';",
      'node:net may only be imported in',
    ],
    ['src/telemetry.ts', "import left from 'left-pad';", 'left-pad is not in the table'],
  ])('%s: %s', (path, text, words) => {
    expect(layers(path, text)).toContain(words);
  });

  test('what is allowed passes', () => {
    expect(layers('src/handlers/03-metadata.ts', "import { ErrorCode } from '../../protocol';")).toBe('');
    expect(layers('src/partition/reads.ts', "import type { StoredLog } from '../../storage';")).toBe('');
    expect(layers('src/main.ts', "import yargs from 'yargs';\nimport { start } from './start';")).toBe('');
    expect(layers('storage/log.ts', "import { crc32c } from './crc32c';")).toBe('');
  });

  test('the table has no circle', () => {
    const visit = (room: string, above: readonly string[]): void => {
      expect(above).not.toContain(room);
      for (const below of rooms[room] ?? []) visit(below, [...above, room]);
    };
    visit('main', []);
    visit('broker', []);
  });

  test('the tree keeps them', () => {
    expect(inEach(checkLayers)).toBe('');
  });
});

describe('bans', () => {
  const catches = (name: string, text: string): boolean => {
    const ban = bans.find((one) => one.name === name)!;
    return checkBan(ban, sourceOf(`${ban.where[0]}sample.ts`, text)).length > 0;
  };

  test.each(bans.flatMap(({ name, bad }) => bad.map((text) => [name, text])))(
    '%s is caught in: %s',
    (name, text) => {
      expect(catches(name, text)).toBe(true);
    },
  );

  test.each(bans.flatMap(({ name, good }) => good.map((text) => [name, text])))(
    '%s: this passes: %s',
    (name, text) => {
      expect(catches(name, text)).toBe(false);
    },
  );

  test('an exception holds for its file alone', () => {
    const timer = bans.find((one) => one.name === 'timer')!;
    const lines = (path: string) =>
      checkBan(timer, sourceOf(path, '\nsetTimeout(run, 1);')).map(({ line }) => line);
    expect([lines('src/host-node.ts'), lines('src/host.ts')]).toEqual([[], [2]]);
  });

  test.each(bans)('the tree keeps: no $name', (ban) => {
    expect(inEach((source) => checkBan(ban, source))).toBe('');
  });
});

describe('module-level collections', () => {
  test.each([
    ['const seen = new Map<string, number>();', 1],
    ['export const seen: Set<string> = new Set();', 1],
    ['const rows = [1, 2];', 1],
    ['const cache: Record<string, number> = {};', 1],
    ['const broker = new Broker();', 1],
    ['const seen: ReadonlyMap<string, number> = new Map([[1, 2]]);', 0],
    ['const rows: readonly number[] = [1, 2];', 0],
    ['const rows = [1, 2] as const;', 0],
    ['const table = new Uint32Array(256);', 0],
    ['function f() {\n  const seen = new Map();\n}', 0],
    ['const names = { a: 1 };', 0],
  ])('%s', (text, count) => {
    expect(checkModuleCollections(sourceOf('storage/x.ts', text))).toHaveLength(count);
  });

  test.each([
    ['const held = { codec: null };\nfunction f() {\n  held.codec = 1;\n}', 1],
    ['const rows: readonly number[][] = [[]];\nfunction f() {\n  rows[0]!.push(1);\n  rows[0] = 1;\n}', 2],
    ['const seen = make();\nfunction f() {\n  seen.add(1);\n}', 1],
    ['const held = { codec: null };\nfunction f(a) {\n  return held.codec === a && held.codec;\n}', 0],
    ['const held = 1;\nfunction f(a) {\n  a.held.codec = 1;\n}', 0],
    ['const table = new Uint32Array(256);\nfunction f() {\n  table[1] = 1;\n}', 0],
  ])('a change of what a constant holds: %j', (text, count) => {
    expect(checkModuleMutations(sourceOf('storage/x.ts', text))).toHaveLength(count);
  });

  test('the tree keeps them', () => {
    expect(inEach(checkModuleCollections)).toBe('');
    expect(inEach(checkModuleMutations)).toBe('');
  });
});

describe('comments and words', () => {
  // Split, so that this file does not contain what the rule looks for.
  const todo = 'TO' + 'DO';

  test.each([
    [`// ${todo}: later`, 1],
    [`// ${todo}(issue 12): later`, 0],
    [`// FIX${'ME'}`, 1],
    [`// @ts-${'ignore'}`, 1],
    [`/* biome-${'ignore'} lint: no */`, 1],
    [`const text = '${todo}';`, 0],
  ])('%s', (text, count) => {
    expect(checkComments(sourceOf('src/x.ts', text))).toHaveLength(count);
  });

  test.each([
    [`see /${'work'}/main`, 1],
    [`"/${'root'}/.cache"`, 1],
    [`https://${'registry.npm'}js.org/x`, 1],
    ['see ../shared/oracle and /tmp/x and a/work/b', 0],
  ])('%s', (text, count) => {
    expect(checkWords('README.md', text)).toHaveLength(count);
  });

  test('the tree keeps both', () => {
    const texts = listFiles(['.ci', 'docs', ...folders], ['']).concat([
      'README.md',
      'CHANGELOG.md',
      'package.json',
    ]);
    const words = texts.flatMap((path) => checkWords(path, readFileSync(path, 'utf8')));
    expect(renderProblems([...words, ...[...sources.values()].flatMap(checkComments)])).toBe('');
  });
});

describe('families', () => {
  const message = 'export const ProduceRequest = message({ apiKey: 0 });';

  test('a handler implies a schema and a test', () => {
    expect(renderProblems(checkNumberedFamilies(map({ 'src/handlers/00-produce.ts': '' })))).toBe(
      [
        'src/handlers/00-produce.ts:1: a handler implies protocol/messages/00-produce.ts',
        'src/handlers/00-produce.ts:1: a handler implies tests/src/handlers/00-produce.test.ts',
      ].join('\n'),
    );
    const whole = {
      'src/handlers/00-produce.ts': '',
      'protocol/messages/00-produce.ts': message,
      'tests/src/handlers/00-produce.test.ts': '',
    };
    expect(checkNumberedFamilies(map(whole))).toEqual([]);
  });

  test('a number stands for one name, and the file declares its number', () => {
    const files = { 'protocol/messages/01-fetch.ts': message, 'src/handlers/01-fetching.ts': '' };
    const words = renderProblems(checkNumberedFamilies(map(files)));
    expect(words).toContain('declares api keys 0, the name says 1');
    expect(words).toContain('key 01 is already named 01-fetch');
  });

  test('a handler says what it serves', () => {
    const header = (text: string) => checkHandlerHeader(sourceOf('src/handlers/00-produce.ts', text)).length;
    expect(header('/** Produce: v3-13. One batch per partition. */')).toBe(0);
    expect(header('/**\n * DescribeCluster: v0-2\n *\n * Behaviour: … */')).toBe(0);
    expect(header('/** Appends things. */')).toBe(1);
  });

  test('the tree keeps them', () => {
    expect(renderProblems([...checkNumberedFamilies(sources)])).toBe('');
    expect(inEach(checkHandlerHeader)).toBe('');
  });
});

describe('tests stand where their subjects stand', () => {
  test('a test of something else is found', () => {
    const files = {
      'storage/log.ts': '',
      'raft/log.ts': '',
      'src/broker.ts': '',
      'tests/storage/transcripts.test.ts': "import { run } from './transcript';",
      'tests/storage/transcript.ts': "import { log } from '../../storage/log';",
      'tests/storage/stray.test.ts': "import { log } from '../../raft/log';",
      'tests/src/broker-restart.test.ts': "import { broker } from '../../src/broker';",
    };
    expect(checkTestsReachTheirRoom(map(files)).map(({ path }) => path)).toEqual([
      'tests/storage/stray.test.ts',
    ]);
  });

  test('a file with logic that no test of its room reaches is found', () => {
    const files = {
      'storage/log.ts': "import { row } from './row';\nexport function log() {}",
      'storage/row.ts': 'export const row = () => 1;',
      'storage/types.ts': 'export interface Row {}',
      'storage/lost.ts': 'export function lost() {}',
      'tests/storage/log.test.ts': "import { log } from '../../storage/log';",
      'src/errors.ts': "import { lost } from '../storage/lost';\nexport function code() {}",
      'tests/src/errors.test.ts': "import { code } from '../../src/errors';",
    };
    expect(checkReachedByTests(map(files)).map(({ path }) => path)).toEqual(['storage/lost.ts']);
  });

  test('the tree keeps both', () => {
    expect(renderProblems([...checkTestsReachTheirRoom(sources), ...checkReachedByTests(sources)])).toBe('');
  });
});

describe('files', () => {
  test('a file that nothing uses is found', () => {
    const files = {
      'src/main.ts': "import { a } from './a';",
      'src/a.ts': "import type { Disk } from '../storage';",
      'storage/index.ts': '',
      'storage/dead.ts': '',
      'tests/support/used.ts': '',
      'tests/support/dead.ts': '',
      'tests/x.test.ts': "import { dead } from '../storage/dead';\nimport { used } from './support/used';",
    };
    const found = checkDeadFiles(map(files), []).map(({ path }) => path);
    expect(found).toEqual(['storage/dead.ts', 'tests/support/dead.ts']);
  });

  test('every file is used', () => {
    const scripts = JSON.stringify(
      (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts,
    );
    const entries = [...sources.keys()].filter((path) => scripts.includes(path));
    expect(renderProblems(checkDeadFiles(sources, entries))).toBe('');
  });

  test('long files are named', () => {
    const long = [...sources.values()]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > sizeLinesMax)
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    // A habit and no law: a file past the limit is usually two, split by role or noun.
    if (long.length > 0) process.stderr.write(`Longer than ${sizeLinesMax} lines:\n  ${long.join('\n  ')}\n`);
    expect(sources.size).toBeGreaterThan(0);
  });
});
