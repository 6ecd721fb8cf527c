import { renderSoak, type Sample, type SoakResult } from './soak-table';

function sample(records: number, rssMb: number, loopP999Ms: number): Sample {
  return {
    records,
    rssBytes: rssMb * 1e6,
    heapUsedBytes: 20e6,
    externalBytes: 30e6,
    arrayBuffersBytes: 30e6,
    elapsedMs: 1_000_000,
    cpuMs: 250_000,
    gcMs: 10_000,
    loopDelayCount: 100_000,
    loopDelayMs: { p50: 0.2, p99: 3, p999: loopP999Ms, max: 80 },
    ownDelayP999Ms: 4,
  };
}

function result(samples: readonly Sample[], violations: readonly string[] = []): SoakResult {
  const counts = { topics: 1, groups: 2, commits: 3, configs: 4, trims: 5 };
  const members = { rebalances: 6, commits: 7, departures: 8 };
  return { ...counts, minutes: 10, records: 12e6, samples, violations, recheckedRecords: 9, members };
}

const verdicts = (soak: SoakResult): string[] =>
  renderSoak(soak)
    .text.split('\n')
    .filter((line) => /met|missed|short/.test(line))
    .map((line) => line.split(' | ').slice(0, 3).join(' | '));

test('bounds that hold', () => {
  const soak = result([sample(0, 100, 12), sample(10e6, 100.5, 12), sample(20e6, 101, 12)]);
  expect(verdicts(soak)).toEqual([
    '| RSS, slope per 10 M records | 0.50 ± 0.00 MB | ≤ 1 MB',
    '| delay of the event loop, p99.9 | 12 ms | ≤ 30 ms',
    '| promises broken; records read again after `kill -9` | 0; 9 | 0',
  ]);
  expect(renderSoak(soak).isMet).toBe(true);
});

test.each([
  ['memory that grows', [sample(0, 100, 12), sample(10e6, 102, 12), sample(20e6, 104, 12)], []],
  ['a late event loop', [sample(0, 100, 31), sample(10e6, 100, 31), sample(20e6, 100, 31)], []],
  ['a broken promise', [], ['lost']],
] as const)('%s is a failure', (_, samples, violations) => {
  expect(renderSoak(result(samples, violations)).isMet).toBe(false);
});

test('a short run is not judged by its slope', () => {
  const soak = result([sample(0, 100, 12), sample(1e6, 120, 12), sample(2e6, 140, 12)]);
  expect(renderSoak(soak).isMet).toBe(true);
  expect(renderSoak(soak).text).toContain('too short to judge');
});
