/** Rules about files as such: numbered families, mirrored tests, files that nothing uses. */
import { doors, roomOf } from './tidy-layers';
import type { Problem, Source } from './tidy-source';

const problem = (path: string, words: string): Problem => ({ path, line: 1, words });

/** A handler implies a schema and a test of the same number and name; a number stands for one name. */
export function checkNumberedFamilies(sources: ReadonlyMap<string, Source>): readonly Problem[] {
  const problems: Problem[] = [];
  const names = new Map<string, string>();
  for (const [path, source] of sources) {
    const found = /^(src\/handlers|protocol\/messages)\/((\d+)-[a-z0-9-]+)\.ts$/.exec(path);
    if (found === null) continue;
    const [, folder, name, number] = found as unknown as [string, string, string, string];
    const known = names.get(number) ?? name;
    names.set(number, known);
    if (known !== name) problems.push(problem(path, `key ${number} is already named ${known}`));

    if (folder === 'protocol/messages') {
      if (!/^\d\d+$/.test(number)) problems.push(problem(path, 'write the key with two digits'));
      const keys = [...source.code.matchAll(/\bapiKey: (\d+)/g)].map((match) => Number(match[1]));
      if (keys.length === 0 || keys.some((key) => key !== Number(number))) {
        problems.push(
          problem(path, `declares api keys ${keys.join(', ') || 'none'}, the name says ${Number(number)}`),
        );
      }
      continue;
    }
    if (!sources.has(`protocol/messages/${name}.ts`)) {
      problems.push(problem(path, `a handler implies protocol/messages/${name}.ts`));
    }
    if (!sources.has(`tests/src/handlers/${name}.test.ts`)) {
      problems.push(problem(path, `a handler implies tests/src/handlers/${name}.test.ts`));
    }
  }
  return problems;
}

/** A handler opens with what it serves: the generated page of the protocol is made from this comment. */
export function checkHandlerHeader(source: Source): readonly Problem[] {
  if (!/^src\/handlers\/\d+-/.test(source.path)) return [];
  const header = handlerHeader(source);
  if (header === null)
    return [problem(source.path, 'a handler carries a comment `Name: v0-12.` (docs/style.md)')];
  return [];
}

/** `Produce: v3-13.` and the sentences after it, from the comment of the handler. */
export function handlerHeader(
  source: Source,
): { name: string; low: number; high: number; words: string } | null {
  for (const { text } of source.comments) {
    if (!text.startsWith('/**')) continue;
    const plain = text
      .replace(/^\/\*\*|\*\/$/g, '')
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, '').trim())
      .join('\n')
      .trim();
    const found = /^([A-Z]\w+)(?: \(key \d+\))?: v(\d+)(?:-(\d+))?\b[.:,;]?\s*([\s\S]*)$/.exec(plain);
    if (found === null) continue;
    const [, name, low, high, words] = found as unknown as [
      string,
      string,
      string,
      string | undefined,
      string,
    ];
    return { name, low: Number(low), high: Number(high ?? low), words: words.trim() };
  }
  return null;
}

/** Tested as a person runs them: in a process of their own. */
const processRooms: readonly string[] = ['main', 'start'];

/** A test in the folder of a room tests that room: it reaches at least one of its files. */
export function checkTestsReachTheirRoom(sources: ReadonlyMap<string, Source>): readonly Problem[] {
  const problems: Problem[] = [];
  for (const path of sources.keys()) {
    if (!/^tests\/(?:protocol|storage|raft|src)\/.*\.test\.ts$/.test(path)) continue;
    const room = roomOf(path.replace(/^tests\//, '').replace(/\.test\.ts$/, '.ts')) ?? '';
    const isOfRoom = (file: string): boolean => {
      const other = roomOf(file);
      return (
        other !== null && (other === room || room.startsWith(`${other}-`) || room.startsWith(`${other}.`))
      );
    };
    const found = reachable(sources, [path]);
    if (!processRooms.includes(room) && ![...found].some(isOfRoom))
      problems.push(problem(path, `reaches nothing of ${room}`));
  }
  return problems;
}

/** A file with logic (a function or a class) is reached by a test of its own room: imported, or imported by what it imports. */
export function checkReachedByTests(sources: ReadonlyMap<string, Source>): readonly Problem[] {
  const reachedByRoom = new Map<string, ReadonlySet<string>>();
  const reached = (room: string): ReadonlySet<string> => {
    const known = reachedByRoom.get(room);
    if (known !== undefined) return known;
    const folder = doors.includes(room) ? `tests/${room}/` : `tests/src/${room}`;
    const tests = [...sources.keys()].filter((path) => path.startsWith(folder) && path.endsWith('.ts'));
    const found = reachable(sources, tests);
    reachedByRoom.set(room, found);
    return found;
  };
  const problems: Problem[] = [];
  for (const [path, source] of sources) {
    const room = roomOf(path);
    if (room === null || processRooms.includes(room) || !/\bfunction\b|\bclass\b|=>/.test(source.code))
      continue;
    if (!reached(room).has(path)) problems.push(problem(path, `no test of ${room} reaches it`));
  }
  return problems;
}

/** Files that no entry point uses. `entries` are paths; tests are entries of their own. */
export function checkDeadFiles(
  sources: ReadonlyMap<string, Source>,
  entries: readonly string[],
): readonly Problem[] {
  const product = reachable(sources, ['src/main.ts', 'src/embedded.ts']);
  const tests = [...sources.keys()].filter((path) => path.endsWith('.test.ts'));
  const rest = reachable(sources, [...tests, ...entries]);
  const problems: Problem[] = [];
  for (const path of sources.keys()) {
    const isProduct = roomOf(path) !== null;
    if (isProduct && !product.has(path))
      problems.push(problem(path, 'nothing that starts at src/main.ts or src/embedded.ts imports it'));
    if (!isProduct && !rest.has(path)) problems.push(problem(path, 'no test and no script imports it'));
  }
  return problems;
}

function reachable(sources: ReadonlyMap<string, Source>, from: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = from.filter((path) => sources.has(path));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const { target } of sources.get(path)!.imports) {
      const file = target === null ? undefined : resolveTarget(sources, target);
      if (file !== undefined) open.push(file);
    }
  }
  return found;
}

function resolveTarget(sources: ReadonlyMap<string, Source>, target: string): string | undefined {
  return [`${target}.ts`, `${target}/index.ts`, target].find((path) => sources.has(path));
}
