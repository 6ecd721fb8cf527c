import { fitLine } from './soak-fit';

test('a straight line is found exactly', () => {
  const { slope, standardError } = fitLine([
    [1, 5],
    [2, 7],
    [4, 11],
  ]);
  expect([slope, standardError]).toEqual([2, 0]);
});

test('samples that scatter have a slope in doubt', () => {
  const { slope, standardError } = fitLine([
    [0, 0],
    [1, 2],
    [2, 1],
    [3, 3],
  ]);
  expect(slope).toBeCloseTo(0.8);
  expect(standardError).toBeCloseTo(Math.sqrt(0.18));
});

test('two samples say nothing of their doubt', () => {
  expect(
    fitLine([
      [0, 0],
      [1, 1],
    ]).standardError,
  ).toBeNaN();
});
