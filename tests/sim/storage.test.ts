import { runStorage } from './storage-run';
import { KNOWN_SEEDS } from './storage-seeds';

// The gate runs 20,000 seeds (`npm run sim:storage`); these few keep the harness and the engine honest in between.
test('every promise of the log store holds over some seeds of crashes', () => {
  let seed = 1;
  let crashes = 0;
  const judge = (number: number): void => {
    const report = runStorage({ seed: number });
    expect(`seed ${number}: ${report.failure}`).toBe(`seed ${number}: null`);
    crashes += report.crashes;
  };
  for (const number of KNOWN_SEEDS) judge(number);
  for (; seed <= 30; seed++) judge(seed);
  expect(crashes).toBeGreaterThan(2 * (seed - 1));
}, 60_000);

test('a seed repeats itself event by event', () => {
  for (const seed of [3, 77]) expect(runStorage({ seed }).traceHash).toBe(runStorage({ seed }).traceHash);
});
