import { coordinatorPartition } from '../../../protocol';
import { hasOracle, rawLines } from '../support/oracle';

function checkAll(folder: 'oracle' | 'sample'): void {
  const lines = rawLines(folder, 'coordinator-partition.jsonl').map(
    (text) => JSON.parse(text) as { id: string; of50: number; of1: number; of3: number; of16: number },
  );
  expect(lines.length).toBeGreaterThan(80);
  const ours = lines.map(({ id }) => [50, 1, 3, 16].map((count) => coordinatorPartition(id, count)));
  expect(ours).toEqual(lines.map(({ of50, of1, of3, of16 }) => [of50, of1, of3, of16]));
}

test('sample of the oracle', () => {
  checkAll('sample');
});

(hasOracle ? test : test.skip)('oracle', () => {
  checkAll('oracle');
});

// Java's hash of this text is -2^31, whose magnitude is no int32.
test('the hash without a magnitude counts as 0', () => {
  expect(coordinatorPartition('polygenelubricants', 50)).toBe(0);
});
