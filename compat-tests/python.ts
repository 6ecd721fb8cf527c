import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runOk } from './process';
import { cacheFolder, freshTopic, type SuiteContext, sourceFolder } from './suite';

const environment = (suite: string) => join(cacheFolder(suite), 'venv');

/** Makes the suite's virtual environment, once per version of its requirements.txt. */
export async function prepareEnvironment(suite: string): Promise<void> {
  const requirements = join(sourceFolder(suite), 'requirements.txt');
  const mark = join(cacheFolder(suite), 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(environment(suite))) return;
  await runOk('python3', ['-m', 'venv', '--clear', environment(suite)], { timeoutMs: 120_000 });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  await runOk(join(environment(suite), 'bin', 'python3'), install, { timeoutMs: 300_000 });
  writeFileSync(mark, wanted);
}

/** Runs the suite's client.py and counts its verdicts. */
export async function runClient(
  suite: string,
  { bootstrap, report }: SuiteContext,
  timeoutMs: number,
): Promise<void> {
  const client = join(sourceFolder(suite), 'client.py');
  const python = join(environment(suite), 'bin', 'python3');
  const { stdout, stderr } = await run(python, [client, bootstrap, freshTopic(suite)], {
    timeoutMs,
    // Nothing that runs writes into the sources.
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  report.takeLines(stdout, stderr);
}
