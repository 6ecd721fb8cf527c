/**
 * Words that a file may not contain, each with a sample that must be caught and one that must not: a rule that cannot
 * fail protects nothing.
 */
import { doors, isWithin, worldFiles } from './tidy-layers';
import { lineAt, type Problem, type Source } from './tidy-source';

export interface Ban {
  readonly name: string;
  readonly instead: string;
  /** Searched in code: comments and strings are blank there. */
  readonly pattern: RegExp;
  /** Folders (ending in `/`) where the ban holds. */
  readonly where: readonly string[];
  /** Files and folders where it does not. */
  readonly except: readonly string[];
  readonly bad: readonly string[];
  readonly good: readonly string[];
}

const product = ['protocol/', 'storage/', 'raft/', 'src/'];
const all = [...product, 'tests/', 'compat-tests/'];
const mayWait = [
  'src/handlers/',
  'src/server/',
  'src/admin/',
  'src/inspect/',
  'src/broker/',
  'src/broker.ts',
];

export const bans: readonly Ban[] = [
  {
    name: 'clock',
    instead: 'take host.monotonic or host.brokerTime',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bhrtime\b|\bprocess\.uptime\b/g,
    where: product,
    except: ['src/host-node.ts', ...worldFiles.main],
    bad: [
      'const nowMs = Date.now();',
      'const at = new Date();',
      'performance.now()',
      'process.hrtime.bigint()',
    ],
    good: ["const words = 'Date.now';", '// Date.now', 'const at = new Date(timestampMs);'],
  },
  {
    name: 'random',
    instead: 'take host.random',
    pattern: /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/g,
    where: product,
    except: ['src/host-node.ts', ...worldFiles.lock],
    bad: ['const at = Math.random() * 5;', 'const id = randomUUID();', 'crypto.randomBytes(16)'],
    good: ['host.random.bytes(16)', 'random.below(5)'],
  },
  {
    name: 'timer',
    instead: 'take host.monotonic.after, host.brokerTime.after or host.endOfTurn',
    pattern: /\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.nextTick\b|\bqueueMicrotask\b/g,
    where: product,
    except: [
      'src/host-node.ts',
      'src/server/listener.ts',
      ...worldFiles.admin,
      ...worldFiles.disk,
      ...worldFiles.lock,
      ...worldFiles.main,
    ],
    bad: ['setTimeout(run, 5);', 'setImmediate(run);', 'process.nextTick(run);', 'queueMicrotask(run);'],
    good: ['host.monotonic.after(5, run);', 'clearTimeout(timer);', "const label = 'setTimeout';"],
  },
  {
    name: 'promise',
    instead: 'submit, and be called: below the handlers nothing waits (docs/decisions/0004)',
    pattern: /\basync\b|\bawait\b(?!\()|\bPromise\b|\.then\(/g,
    where: product,
    except: [...mayWait, ...worldFiles.lock, ...worldFiles.main],
    bad: [
      'async function read() {}',
      'await done;',
      'function read(): Promise<void> {}',
      'read().then(done);',
    ],
    good: ['const awaiting = 1;', 'waits.await(1, done);', '// the Promise is kept', "fail('await');"],
  },
  {
    name: 'process',
    instead: 'only main.ts reads the environment and ends the process',
    pattern: /\bprocess\.(?:env|argv|exit|on|once|cwd)\b/g,
    where: product,
    except: [...worldFiles.main, ...worldFiles.lock],
    bad: ['const home = process.env.HOME;', 'process.exit(1);'],
    good: ['process.platform', 'const process1 = { exits: 1 };'],
  },
  {
    name: 'console',
    instead: 'take a Logger (src/telemetry.ts)',
    pattern: /\bconsole\./g,
    where: product,
    except: [],
    bad: ['console.log(1);'],
    good: ["const name = 'console.log';"],
  },
  {
    name: 'module state',
    instead: 'several brokers live in one process: hold state in what broker.ts constructs',
    pattern:
      /^(?:export )?(?:declare )?(?:let|var)\b|^\s+(?:(?:public|private|protected) )?static (?!readonly\b|async\b|\*)#?\w+\s*[:=]/gm,
    where: product,
    except: [],
    bad: ['let count = 0;', 'export let count = 0;', 'var count = 0;', 'class A {\n  static count = 0;\n}'],
    good: [
      'function f() {\n  let count = 0;\n}',
      'class A {\n  static readonly max = 5;\n}',
      'class A {\n  static of() {}\n}',
    ],
  },
  {
    name: 'default export',
    instead: 'named exports: a name that is searched for is found',
    pattern: /^export default\b|\bas default\b/gm,
    where: all,
    except: [],
    bad: ['export default class A {}', 'export { a as default };'],
    good: ['export const byDefault = 1;'],
  },
  {
    name: 'barrel',
    instead: 'import from the file that declares it; the doors alone export for others',
    pattern: /^export (?:type )?(?:\*|\{[^}]*\}) *(?:as \w+ )?from\b/gm,
    where: all,
    except: doors.map((door) => `${door}/index.ts`),
    bad: [
      "export * from './types';",
      "export { a } from './a';",
      "export type { A } from './a';",
      "export * as a from './a';",
    ],
    good: ['export { a };', 'export const a = 1;', "import { a } from './a';"],
  },
];

export function checkBan(ban: Ban, source: Source): readonly Problem[] {
  if (!isWithin(source.path, ban.where) || isWithin(source.path, ban.except)) return [];
  return [...source.code.matchAll(ban.pattern)].map((match) => ({
    path: source.path,
    line: lineAt(source.code, match.index + match[0].length - match[0].trimStart().length),
    words: `${ban.name} \`${match[0].trim()}\`: ${ban.instead}`,
  }));
}

/** Classes of which a constant may be made at module level: they hold nothing that a broker could change. */
const inert =
  /^new (?:RegExp|TextDecoder|TextEncoder|DataView|(?:Big)?(?:Ui|I)nt(?:8|16|32|64)(?:Clamped)?Array|Float(?:32|64)Array)\b/;
const collection = /^(?:new (?:Map|Set|WeakMap|WeakSet|Array)\b|\[|\{\s*\}|Object\.create\b)/;

/**
 * A collection at module level is state unless its type says that nobody changes it, so `readonly`, `Readonly…` or
 * `as const` is demanded; an instance of a class at module level has a lifetime that no broker owns. Typed arrays and
 * Buffers pass: tables and scratch space, which no rule of this kind can tell from state.
 */
export function checkModuleCollections(source: Source): readonly Problem[] {
  if (!isWithin(source.path, product)) return [];
  const problems: Problem[] = [];
  for (const match of source.code.matchAll(/^(?:export )?const (\w+)\s*(?::([^=]*(?:=>[^=]*)*?))? = /gm)) {
    const start = match.index + match[0].length;
    const initial = source.code.slice(start, statementEnd(source.code, start));
    const type = match[2] ?? '';
    const isReadonly = /\breadonly\b|\bReadonly/.test(type) || /\bas const\b|^Object\.freeze\b/.test(initial);
    const isState = collection.test(initial)
      ? !isReadonly
      : /^new /.test(initial) && !isReadonly && !inert.test(initial);
    if (!isState) continue;
    const words = `module state \`${match[1]}\`: type it readonly if it is a table, else let the broker own it`;
    problems.push({ path: source.path, line: lineAt(source.code, match.index), words });
  }
  return problems;
}

/** Libraries that are loaded by their first use and kept: of the process, not of a broker. */
const lazyLibraries = [
  ...['zstd', 'lz4', 'snappy'].map((codec) => `storage/compression-${codec}.ts`),
  'storage/crc32c.ts',
];

const target = (name: string): string => `(?<![.\\w#])${name}(?:!?\\.\\w+|!?\\[[^\\]\\n]*\\])+`;
const assignment = '!?\\s*(?:(?:[-+*/|&^]|\\?\\?|<<|>>)?=(?![=>])|\\+\\+|--)';
const mutator = '\\.(?:set|add|push|delete|clear|splice|unshift|pop|shift)\\(';

/** Changes to what a module-level constant holds. */
export function checkModuleMutations(source: Source): readonly Problem[] {
  if (!isWithin(source.path, product) || isWithin(source.path, lazyLibraries)) return [];
  const problems: Problem[] = [];
  for (const [, name] of source.code.matchAll(
    /^(?:export )?const (\w+)\b[^=]*= (?!new \w+Array\b|Buffer\.)/gm,
  )) {
    const change = new RegExp(
      `${target(name!)}${assignment}|(?<![.\\w#])${name}(?:!?\\[[^\\]\\n]*\\])*!?${mutator}`,
      'g',
    );
    for (const match of source.code.matchAll(change)) {
      const words = `module state: \`${match[0]}\` changes what every broker of the process shares`;
      problems.push({ path: source.path, line: lineAt(source.code, match.index), words });
    }
  }
  return problems;
}

/** End of the statement that runs at `start`: its `;` outside any bracket. */
function statementEnd(code: string, start: number): number {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    if ('([{'.includes(code[at]!)) depth += 1;
    else if (')]}'.includes(code[at]!)) depth -= 1;
    else if (code[at] === ';' && depth === 0) return at;
  }
  return code.length;
}

/** Words in comments that promise work without saying where it is kept, or silence a tool. */
export function checkComments(source: Source): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { line, text } of source.comments) {
    const report = (words: string) => problems.push({ path: source.path, line, words });
    if (/\bTODO\b(?! ?\((?:issue )?#?\d+\))/.test(text)) report('a TODO names its issue: TODO(issue 12)');
    if (/\b(?:FIXME|XXX|HACK)\b/.test(text)) report('finish it, or file it as an issue');
    if (/@ts-(?:ignore|nocheck|expect-error)|biome-ignore|eslint-disable/.test(text))
      report('tools are not silenced here');
  }
  return problems;
}

// Split, so that this file does not contain what it looks for.
const machinePath = new RegExp(
  `(?:^|[\\s"'\`(=])/(?:${['work', 'farm', 'root', 'home', 'Users'].join('|')})/[\\w.]`,
);
const registryHost = new RegExp(
  ['registry\\.npmjs', 'files\\.pythonhosted', 'proxy\\.golang', 'repo1?\\.maven', 'deb\\.debian'].join('|'),
);

/** Any text file of the project. */
export function checkWords(path: string, text: string): readonly Problem[] {
  const problems: Problem[] = [];
  text.split('\n').forEach((words, index) => {
    if (machinePath.test(words)) problems.push({ path, line: index + 1, words: 'a path of one machine' });
    if (registryHost.test(words))
      problems.push({ path, line: index + 1, words: 'the host of a package registry' });
  });
  return problems;
}
