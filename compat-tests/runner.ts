import { type BrokerUnderTest, foreignBroker, startBroker } from './broker';
import { isInstalled, runOk } from './process';
import { Report } from './report';
import type { Suite } from './suite';

/**
 * Runs the suites named, or all, against one broker, prints what they counted, and ends the process: 0 if all passed.
 *
 * BOOTSTRAP_SERVERS=host:port judges a broker that already runs. A suite whose program is missing is skipped with a
 * line on a developer's machine and is a failure where CI is set: a suite that silently did not run proves nothing.
 */
export function runSuites(suites: readonly Suite[], names: readonly string[]): void {
  main(suites, names).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    // A suite that failed half-way has clients open.
    process.exit(1);
  });
}

async function main(suites: readonly Suite[], names: readonly string[]): Promise<void> {
  const chosen = choose(suites, names);
  const foreign = process.env.BOOTSTRAP_SERVERS;
  if (foreign === undefined) await runOk('npm', ['run', '--silent', 'build']);
  // The one difference (docs/differences.md) that a suite would take for a missing refusal.
  const asKafka = ['--override', 'replication.factor.clamp=false'];
  const broker = foreign === undefined ? await startBroker(asKafka) : foreignBroker(foreign);

  const reports: Report[] = [];
  for (const suite of chosen) {
    const report = await runSuite(suite, broker);
    if (report !== null) reports.push(report);
  }
  if (broker.isOurs) {
    const report = new Report('broker');
    const words = broker.logTail();
    const problem = await broker.stop();
    if (problem === null) report.pass('is alive after every suite and stops in order');
    else report.fail('is alive after every suite and stops in order', `${problem}\n${words}`);
    reports.push(report);
  }

  console.log('');
  for (const report of reports)
    console.log(`${report.suite}: ${report.passed} passed, ${report.failed} failed`);
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  // Clients under test may leave sockets and timers behind; nothing that runs now is wanted any more.
  process.exit(failed === 0 && reports.length > 0 ? 0 : 1);
}

function choose(suites: readonly Suite[], names: readonly string[]): readonly Suite[] {
  if (names.length === 0) return suites;
  return names.map((name) => {
    const suite = suites.find((candidate) => candidate.name === name);
    if (suite === undefined)
      throw new Error(`no suite ${name}; there are: ${suites.map((s) => s.name).join(', ')}`);
    return suite;
  });
}

async function runSuite(suite: Suite, broker: BrokerUnderTest): Promise<Report | null> {
  const report = new Report(suite.name);
  const missing = suite.programs.filter((program) => !isInstalled(program));
  if (missing.length > 0) {
    if (process.env.CI === undefined) {
      console.log(`${suite.name}: skipped, not installed: ${missing.join(', ')}`);
      return null;
    }
    report.fail('the programs it needs are installed', `missing: ${missing.join(', ')}`);
    return report;
  }

  const startMs = performance.now();
  console.log(`${suite.name}: preparing`);
  try {
    await suite.prepare();
  } catch (error) {
    report.fail('preparation', error instanceof Error ? error.message : String(error));
    return report;
  }
  const readyMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${suite.timeoutMs} ms`)), suite.timeoutMs);
  });
  try {
    await Promise.race([suite.run({ bootstrap: broker.bootstrap, report }), late]);
  } catch (error) {
    report.fail(
      'the suite as a whole',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    clearTimeout(timer);
  }
  const seconds = (fromMs: number, toMs: number) => ((toMs - fromMs) / 1000).toFixed(1);
  console.log(
    `${suite.name}: prepared in ${seconds(startMs, readyMs)} s, ran ${seconds(readyMs, performance.now())} s`,
  );
  return report;
}
