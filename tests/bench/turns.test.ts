import { compare, inTurns, median } from './turns';

test('the median of few', () => {
  expect([median([3]), median([4, 1]), median([9, 1, 5])]).toEqual([3, 2.5, 5]);
});

test('the ratio is that of the rounds, not that of the medians', () => {
  const kafka = [{ ms: 10 }, { ms: 40 }, { ms: 20 }];
  const ours = [{ ms: 10 }, { ms: 20 }, { ms: 80 }];
  expect(compare(kafka, ours)).toEqual({ ms: { median_a: 20, median_b: 20, median_ratio: 1 } });
});

test('sides alternate, and what is done for the first time does not count', async () => {
  const order: string[] = [];
  const side = (name: string) => async () => ({ at: order.push(name) });
  const { kafka, ours } = await inTurns(2, side('k'), side('o'));
  expect(order.join('')).toBe('kokook');
  expect([kafka, ours]).toEqual([
    [{ at: 3 }, { at: 6 }],
    [{ at: 4 }, { at: 5 }],
  ]);
});
