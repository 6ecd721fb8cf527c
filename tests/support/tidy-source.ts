/**
 * TypeScript sources as far as the house rules need them: code without comments and string contents, comments, and
 * imports. A scanner and no parser: it knows where text stops being code, which is all that a search must know.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

export interface Source {
  /** Relative to the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
  /** `text` with comments and the contents of strings, templates and regular expressions blanked; same length. */
  readonly code: string;
  readonly comments: readonly { readonly line: number; readonly text: string }[];
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly line: number;
  /** Path without extension for a relative import, else null. */
  readonly target: string | null;
}

/** A broken rule, as `path:line: words`. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly words: string;
}

export const renderProblems = (problems: readonly Problem[]): string =>
  problems.map(({ path, line, words }) => `${path}:${line}: ${words}`).join('\n');

export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Every file below the folders whose name ends with one of `endings`, sorted; what tools leave behind is no source. */
export function listFiles(folders: readonly string[], endings: readonly string[]): readonly string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!['node_modules', 'dist', 'target', 'testdata'].includes(entry.name)) visit(path);
      } else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
    }
  };
  for (const folder of folders) visit(folder);
  return found.sort();
}

export const readSource = (path: string): Source => sourceOf(path, readFileSync(path, 'utf8'));

export function sourceOf(path: string, text: string): Source {
  const { code, comments } = blank(text);
  return { path, text, code, comments, imports: importsOf(path, text, code) };
}

function importsOf(path: string, text: string, code: string): readonly Import[] {
  const imports: Import[] = [];
  for (const match of code.matchAll(/(?<![.\w])(?:from|import|require)\s*\(?\s*(['"])( +)\1/g)) {
    const end = match.index + match[0].length - 1;
    const specifier = text.slice(end - match[2]!.length, end);
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : null;
    imports.push({ specifier, line: lineAt(text, match.index), target });
  }
  return imports;
}

/** What may stand before a `/` that opens a regular expression. */
const beforeRegularExpression = /(?:^|[=(,:;[!&|?{+\-*%~^<>]|\b(?:return|typeof|case|in|of|void|delete))$/;

function blank(text: string): { code: string; comments: { line: number; text: string }[] } {
  const code = text.split('');
  const comments: { line: number; text: string }[] = [];
  // Open `${` of templates: the brace depth at which each one's `}` returns to its template.
  const templates: number[] = [];
  let depth = 0;
  let at = 0;

  const wipe = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) if (code[index] !== '\n') code[index] = ' ';
  };
  const skipTemplate = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end))
      end += text[end] === '\\' ? 2 : 1;
    wipe(from, end);
    if (text[end] !== '$') return end + 1;
    templates.push(depth);
    depth += 1;
    return end + 2;
  };

  while (at < text.length) {
    const character = text[at]!;
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      const isLine = text[at + 1] === '/';
      const found = text.indexOf(isLine ? '\n' : '*/', at + 2);
      const end = found === -1 ? text.length : found + (isLine ? 0 : 2);
      comments.push({ line: lineAt(text, at), text: text.slice(at, end) });
      wipe(at, end);
      at = end;
    } else if (character === "'" || character === '"') {
      const end = closing(text, at, character);
      wipe(at + 1, end);
      at = end + 1;
    } else if (character === '`') at = skipTemplate(at + 1);
    else if (
      character === '/' &&
      beforeRegularExpression.test(
        code
          .slice(Math.max(0, at - 200), at)
          .join('')
          .trimEnd(),
      )
    ) {
      const end = closingExpression(text, at);
      wipe(at + 1, end);
      at = end + 1;
    } else {
      if (character === '{') depth += 1;
      if (character === '}') {
        depth -= 1;
        if (templates.at(-1) === depth) {
          templates.pop();
          at = skipTemplate(at + 1);
          continue;
        }
      }
      at += 1;
    }
  }
  return { code: code.join(''), comments };
}

function closing(text: string, open: number, quote: string): number {
  let end = open + 1;
  while (end < text.length && text[end] !== quote && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
  return end;
}

function closingExpression(text: string, open: number): number {
  let isInClass = false;
  let end = open + 1;
  for (; end < text.length && text[end] !== '\n'; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '[') isInClass = true;
    else if (text[end] === ']') isInClass = false;
    else if (text[end] === '/' && !isInClass) break;
  }
  return end;
}
