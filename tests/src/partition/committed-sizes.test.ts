import { CommittedSizes } from '../../../src/partition/committed-sizes';
import { SeededRandom } from '../../sim/random';

// Against a list of all batches: exact for everything that is remembered, silent about what is older.
test('bytes between two offsets are exact for the newest 512 batches, unknown before', () => {
  const random = new SeededRandom(11);
  const sizes = new CommittedSizes();
  const batches: { baseOffset: number; nextOffset: number; sizeBytes: number }[] = [];
  let offset = 100;
  for (let i = 0; i < 1500; i++) {
    const batch = {
      baseOffset: offset,
      nextOffset: offset + 1 + random.below(4),
      sizeBytes: 61 + random.below(500),
    };
    offset = batch.nextOffset;
    batches.push(batch);
    sizes.note(batch.baseOffset, batch.nextOffset, batch.sizeBytes);
    const remembered = batches.slice(-512);
    for (let check = 0; check < 4; check++) {
      const from = 90 + random.below(offset - 80);
      const to = random.below(3) === 0 ? batches[random.below(batches.length)]!.baseOffset : offset;
      const naive = remembered
        .filter((it) => it.nextOffset > from && it.baseOffset < to)
        .reduce((sum, it) => sum + it.sizeBytes, 0);
      const isKnown = from >= to || from >= remembered[0]!.baseOffset;
      expect(sizes.between(from, to)).toBe(isKnown ? naive : undefined);
    }
  }
});

test('nothing is known before the first batch, and nothing lies between equal offsets', () => {
  const sizes = new CommittedSizes();
  expect(sizes.between(0, 5)).toBeUndefined();
  expect(sizes.between(5, 5)).toBe(0);
});
