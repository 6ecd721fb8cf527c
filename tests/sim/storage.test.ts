import { runStorage } from './storage-run';

// The gate runs 20,000 seeds (`npm run sim:storage`); these few keep the harness and the engine honest in between.
test('every promise of the log store holds over a few hundred seeds of crashes', () => {
  const startedMs = performance.now();
  let seed = 1;
  let crashes = 0;
  for (; seed <= 300 && performance.now() - startedMs < 10_000; seed++) {
    const report = runStorage({ seed });
    expect(`seed ${seed}: ${report.failure}`).toBe(`seed ${seed}: null`);
    crashes += report.crashes;
  }
  expect(seed).toBeGreaterThan(20);
  expect(crashes).toBeGreaterThan(2 * (seed - 1));
}, 60_000);

test('a seed repeats itself event by event', () => {
  for (const seed of [3, 77]) expect(runStorage({ seed }).traceHash).toBe(runStorage({ seed }).traceHash);
});
