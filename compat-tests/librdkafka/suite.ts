import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runOk } from '../process';
import { cacheFolder, freshTopic, type Suite, sourceFolder } from '../suite';

const environment = () => join(cacheFolder('librdkafka'), 'venv');

/** librdkafka through confluent-kafka for Python, pinned in requirements.txt; the cases stand in client.py. */
export const librdkafkaSuite: Suite = {
  name: 'librdkafka',
  programs: ['python3'],
  timeoutMs: 150_000,
  prepare: async () => {
    const requirements = join(sourceFolder('librdkafka'), 'requirements.txt');
    const mark = join(cacheFolder('librdkafka'), 'installed.txt');
    const wanted = readFileSync(requirements, 'utf8');
    if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(environment())) return;
    await runOk('python3', ['-m', 'venv', '--clear', environment()], { timeoutMs: 120_000 });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await runOk(join(environment(), 'bin', 'python3'), install, { timeoutMs: 300_000 });
    writeFileSync(mark, wanted);
  },
  run: async ({ bootstrap, report }) => {
    const client = join(sourceFolder('librdkafka'), 'client.py');
    const python = join(environment(), 'bin', 'python3');
    const args = [client, bootstrap, freshTopic('librdkafka')];
    const { stdout, stderr } = await run(python, args, { timeoutMs: 140_000 });
    report.takeLines(stdout, stderr);
  },
};
