/** A short run of `npm run fuzz`, and that it finds what it is for. */
import { spawnSync } from 'node:child_process';
import { loadCorpus } from './corpus';
import { valueSizeBytes } from './judge';
import { plantedFaults } from './planted';
import { allKinds, type FuzzOptions, runFuzz } from './run';
import { judgedFrames } from './verdicts';

const corpus = loadCorpus();
const judged = judgedFrames();
const options: FuzzOptions = {
  judged,
  seed: 1,
  first: 0,
  count: 10_000,
  kinds: allKinds,
  problemsMax: 3,
};

test('mutated frames, records, streams and batches are read or refused', () => {
  const report = runFuzz(corpus, options);
  expect(report.problems).toEqual([]);
  expect(report.judged).toBe(judged.length);
  expect(judged.length).toBeGreaterThan(500);
  for (const kind of allKinds) {
    const { cases, refused } = report.kinds[kind]!;
    // Neither all nothing: mutations that are always refused reach little, those never refused change little.
    expect(refused).toBeGreaterThan(0.05 * cases);
    expect(refused).toBeLessThan(0.99 * cases);
  }
});

test('equal seeds make equal cases', () => {
  const run = (seed: number) => {
    const seen: string[] = [];
    const plant = (read: (typeof corpus.request)[number]['read']) => (bytes: Buffer, chance: number) => {
      seen.push(`${chance} ${bytes.toString('hex')}`);
      return read(bytes, chance);
    };
    runFuzz(corpus, { ...options, seed, first: 5, count: 30, plant });
    return new Set(seen);
  };
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

test.each([
  ['throws', /threw RangeError/],
  ['allocates', /allocated \d{7} bytes/],
  ['dawdles', /took \d+\.\d ms/],
  ['accepts', /Apache refuses it/],
  ['refuses', /Apache takes it|is refused as it is/],
  ['forgets', /does not come back: Error: another value/],
] as const)('a planted fault is found: %s', (fault, words) => {
  const { problems } = runFuzz(corpus, {
    ...options,
    kinds: ['request'],
    problemsMax: 1,
    plant: plantedFaults[fault],
  });
  expect(problems).toHaveLength(1);
  expect(problems[0]!.problem).toMatch(words);
});

test('a planted fault is found: hangs', () => {
  const run = spawnSync(
    process.execPath,
    [
      'tests/support/run.cjs',
      'tests/fuzz/fuzz.ts',
      '--count',
      '20000',
      '--plant',
      'hangs',
      '--hang-ms',
      '500',
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/^case -?\d+ of seed 1 hangs\n$/);
  expect(run.status).toBe(1);
});

test('what a value takes', () => {
  expect(valueSizeBytes(null)).toBe(0);
  expect(valueSizeBytes([1, 'ab', null])).toBe(24 + 3 * 8 + 8 + 28);
  expect(valueSizeBytes({ a: 1n, b: Buffer.alloc(1000) })).toBe(24 + 2 * 8 + 24 + 100);
});
