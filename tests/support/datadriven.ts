import { readFileSync, writeFileSync } from 'node:fs';

/** One command of a transcript: its first line split at spaces, and the lines below it. */
export interface Command {
  readonly name: string;
  /** Words without `=`. */
  readonly words: readonly string[];
  /** Words of the form `key=value`. */
  readonly options: ReadonlyMap<string, string>;
  /** Lines between the command and `----`. */
  readonly input: readonly string[];
  /** Where it stands, for messages: `elections.txt:12`. */
  readonly where: string;
}

/**
 * Runs a transcript: blocks of a command, a line `----`, and the text that the command is expected to print, ended by
 * an empty line; lines that start with `#` between blocks are prose. The whole file is compared at once, so that a
 * difference is read in its context. With UPDATE=1 in the environment the file is rewritten instead: read the diff
 * before it is committed.
 */
export function runTranscript(path: string, run: (command: Command) => string): void {
  const expected = readFileSync(path, 'utf8');
  const actual = replay(path.slice(path.lastIndexOf('/') + 1), expected, run);
  if (process.env.UPDATE === '1') {
    if (actual !== expected) writeFileSync(path, actual);
    return;
  }
  expect(actual).toBe(expected);
}

function replay(name: string, text: string, run: (command: Command) => string): string {
  const lines = text.split('\n');
  const output: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    if (line === '' || line.startsWith('#')) {
      output.push(line);
      at++;
      continue;
    }
    const end = lines.indexOf('----', at);
    if (end === -1) throw new Error(`${name}:${at + 1}: no ---- after this command`);
    const block = lines.slice(at, end);
    const printed = run(parse(block, `${name}:${at + 1}`)).trimEnd();
    if (/\n\n/.test(printed))
      throw new Error(`${name}:${at + 1}: printed an empty line, which would end the block`);
    output.push(...block, '----', ...(printed === '' ? [] : printed.split('\n')));
    at = end + 1;
    while (at < lines.length && lines[at] !== '') at++;
  }
  return output.join('\n');
}

function parse(block: readonly string[], where: string): Command {
  const [name, ...rest] = block[0]!.split(/\s+/).filter((word) => word !== '');
  const options = new Map<string, string>();
  const words: string[] = [];
  for (const word of rest) {
    const split = word.indexOf('=');
    if (split > 0) options.set(word.slice(0, split), word.slice(split + 1));
    else words.push(word);
  }
  return { name: name!, words, options, input: block.slice(1), where };
}
