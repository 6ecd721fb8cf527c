/**
 * The package as somebody who installed it has it: a folder with `node_modules/pyralog` in it, made by the scripts of
 * package.json. Inside the project, so that the dependencies are found, and outside node_modules, where jest sees nothing.
 */
import { execFileSync, execSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const root = join(__dirname, '../..');

export interface PackageFolder {
  /** Programs in it may import `pyralog`. */
  readonly path: string;
  /** `pyralog` on a command line: the arguments before its own. */
  readonly program: readonly string[];
  write(name: string, text: string): string;
  remove(): void;
}

export function makePackageFolder(options: { readonly types: boolean }): PackageFolder {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const path = mkdtempSync(join(root, 'dist/test-package-'));
  const installed = join(path, 'node_modules/pyralog');
  const dist = join(installed, 'dist');
  mkdirSync(dist, { recursive: true });
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const binaries = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };
  execSync(scripts['build:code']!.replace('--outdir=dist', `--outdir=${dist}`), { cwd: root, env });
  if (options.types)
    execSync(`${scripts['build:types']} --outDir ${join(dist, 'types')}`, { cwd: root, env });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  return {
    path,
    program: [process.execPath, join(dist, 'pyralog.js')],
    write(name, text) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Runs a program to its end in `folder`; throws with its words when it does not end with 0. */
export function runIn(folder: PackageFolder, command: string, ...words: readonly string[]): string {
  try {
    return execFileSync(command, words, {
      cwd: folder.path,
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 60_000,
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${command} ${words.join(' ')}\n${stdout}\n${stderr}`);
  }
}
