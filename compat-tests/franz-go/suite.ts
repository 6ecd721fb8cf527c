import { join } from 'node:path';
import { run, runOk } from '../process';
import { cacheFolder, freshTopic, type Suite, sourceFolder } from '../suite';

const program = () => join(cacheFolder('franz-go'), 'client');

/** franz-go, pinned in go.mod; the cases stand in main.go. */
export const franzGoSuite: Suite = {
  name: 'franz-go',
  programs: ['go'],
  timeoutMs: 120_000,
  prepare: async () => {
    await runOk('go', ['build', '-o', program(), '.'], {
      cwd: sourceFolder('franz-go'),
      env: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
      timeoutMs: 300_000,
    });
  },
  run: async ({ bootstrap, report }) => {
    const { stdout, stderr } = await run(program(), [bootstrap, freshTopic('franz-go')], {
      timeoutMs: 110_000,
    });
    report.takeLines(stdout, stderr);
  },
};
