/** `pyralog health`: for the health check of a container; says in its exit code whether a broker serves. */
import type { Argv } from 'yargs';
import { Cluster } from '../client/cluster';
import { jsonText, write } from './output';

interface HealthArguments {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  readonly json: boolean;
}

export function healthCommand(command: Argv): Argv {
  return command
    .option('host', { type: 'string', default: 'localhost', describe: 'Address of the broker' })
    .option('port', { type: 'number', default: 9092, describe: 'Its port for clients' })
    .option('timeout', { type: 'number', default: 2_000, describe: 'Milliseconds to wait for an answer' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' }) as Argv;
}

/** A broker is healthy when it answers a client's first two questions and every partition that it tells of has a leader. */
export async function runHealth({ host, port, timeout, json }: HealthArguments): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    process.stderr.write(`pyralog: --port ${port}: expected a whole number from 1 to 65535\n`);
    process.exitCode = 1;
    return;
  }
  const cluster = new Cluster({
    bootstrap: [{ host, port }],
    clientId: 'pyralog-health',
    timeoutMs: timeout,
  });
  const startMs = performance.now();
  let problem: string | null = null;
  let leaderless = 0;
  try {
    const view = await cluster.describe(null);
    for (const { partitions } of view.topics)
      leaderless += partitions.filter(({ leaderId }) => leaderId < 0).length;
    if (leaderless > 0) problem = `${leaderless} partitions have no leader`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  } finally {
    cluster.close();
  }
  const answerMs = Math.round(performance.now() - startMs);
  if (json) await write(jsonText({ healthy: problem === null, host, port, answerMs, problem }));
  else if (problem === null) await write(`${host}:${port} serves, answered in ${answerMs} ms\n`);
  else process.stderr.write(`pyralog: ${host}:${port}: ${problem}\n`);
  process.exitCode = problem === null ? 0 : 1;
}
