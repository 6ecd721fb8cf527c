import { join } from 'node:path';
import { run, runOk } from './process';
import { cacheFolder, freshTopic, type Suite, sourceFolder } from './suite';

/** A client program in Go: built from the suite's folder, whose go.mod pins what it needs; it counts by its output. */
export function goSuite(name: string, timeoutMs: number): Suite {
  const program = () => join(cacheFolder(name), 'client');
  return {
    name,
    programs: ['go'],
    timeoutMs,
    prepare: async () => {
      await runOk('go', ['build', '-o', program(), '.'], {
        cwd: sourceFolder(name),
        env: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
        timeoutMs: 300_000,
      });
    },
    run: async ({ bootstrap, report }) => {
      const { stdout, stderr } = await run(program(), [bootstrap, freshTopic(name)], {
        timeoutMs: timeoutMs - 10_000,
      });
      report.takeLines(stdout, stderr);
    },
  };
}
