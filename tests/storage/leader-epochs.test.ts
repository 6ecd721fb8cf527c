import {
  appendEpoch,
  epochAtIndex,
  type LeaderEpoch,
  trimEpochs,
  truncateEpochs,
} from '../../storage/leader-epochs';

function epochs(): LeaderEpoch[] {
  const list: LeaderEpoch[] = [];
  for (const [epoch, index] of [
    [1, 1],
    [1, 2],
    [3, 5],
    [3, 6],
    [4, 9],
  ] as const) {
    appendEpoch(list, epoch, index * 10, index);
  }
  return list;
}

test('one per term, and the term of any index', () => {
  expect(epochs().map(({ epoch, startIndex }) => [epoch, startIndex])).toEqual([
    [1, 1],
    [3, 5],
    [4, 9],
  ]);
  expect([0, 1, 4, 5, 8, 9, 100].map((index) => epochAtIndex(epochs(), index))).toEqual([
    undefined,
    1,
    1,
    3,
    3,
    4,
    4,
  ]);
});

test('a truncation takes those that begin behind it', () => {
  const list = epochs();
  truncateEpochs(list, 5);
  expect(list.map(({ epoch }) => epoch)).toEqual([1]);
});

test('a moved start takes those that end below it, and the first that is left begins there', () => {
  const list = epochs();
  trimEpochs(list, 7, 75);
  expect(list).toEqual([
    { epoch: 3, startOffset: 75, startIndex: 7 },
    { epoch: 4, startOffset: 90, startIndex: 9 },
  ]);
});
