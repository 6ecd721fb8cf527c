import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runOk } from '../process';
import { cacheFolder, type Suite, sourceFolder } from '../suite';

/** The module whose go.mod pins franz-go: its tests are those of the version that the suite `franz-go` uses. */
const module = () => sourceFolder('franz-go');
const program = () => join(cacheFolder('kgo'), 'kgo.test');
const goEnvironment = { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };

/** franz-go's own tests of its client, as they come with the module; tests.allow says which. */
export const kgoSuite: Suite = {
  name: 'kgo',
  programs: ['go'],
  timeoutMs: 400_000,
  prepare: async () => {
    const build = ['test', '-c', '-o', program(), 'github.com/twmb/franz-go/pkg/kgo'];
    await runOk('go', build, { cwd: module(), env: goEnvironment, timeoutMs: 400_000 });
  },
  run: async ({ bootstrap, report }) => {
    const allowed = allowedTests(join(sourceFolder('suites'), 'kgo', 'tests.allow'));
    const pattern = `^(${allowed.join('|')})$`;
    const { stdout, stderr } = await run(program(), ['-test.v', '-test.timeout=380s', '-test.run', pattern], {
      cwd: cacheFolder('kgo'),
      timeoutMs: 390_000,
      env: {
        KGO_SEEDS: bootstrap,
        KGO_TEST_RF: '1',
        KGO_TEST_RECORDS: '50000',
        KGO_LOG_LEVEL: 'none',
      },
    });
    const verdicts = new Map<string, string>();
    let skipped = 0;
    for (const [, verdict = '', name = ''] of stdout.matchAll(/--- (PASS|FAIL|SKIP): (\S+) \(/g)) {
      verdicts.set(name, verdict);
      if (verdict === 'SKIP') skipped += 1;
      else if (verdict === 'PASS') report.pass(name);
      else report.fail(name, wordsOf(name, stdout));
    }
    for (const name of allowed) {
      if (!verdicts.has(name))
        report.fail(name, `did not run to its end\n${stdout.slice(-2_000)}\n${stderr}`);
    }
    console.log(`${skipped} tests skipped themselves`);
  },
};

function allowedTests(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What the output says between a failed test's verdict and the next line of the test runner. */
function wordsOf(name: string, output: string): string {
  const lines = output.split('\n');
  const at = lines.findIndex((line) => line.includes(`--- FAIL: ${name} (`));
  const end = lines.findIndex((line, index) => index > at && /^(=== |\s*--- )/.test(line));
  return lines.slice(at + 1, end === -1 ? at + 40 : end).join('\n');
}
