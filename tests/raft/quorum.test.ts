import { jointIndex, jointVote, majorityIndex, majorityVote, type VoteResult } from '../../raft/quorum';

// The fast routines against the definition, over every small configuration.
function naiveIndex(reached: readonly number[]): number {
  if (reached.length === 0) return Number.POSITIVE_INFINITY;
  const candidates = reached.filter(
    (index) => reached.filter((other) => other >= index).length * 2 > reached.length,
  );
  return Math.max(...candidates);
}

function naiveVote(votes: readonly (boolean | undefined)[]): VoteResult {
  const count = (vote: boolean | undefined) => votes.filter((other) => other === vote).length;
  if (votes.length === 0 || count(true) * 2 > votes.length) return 'won';
  return (count(true) + count(undefined)) * 2 > votes.length ? 'pending' : 'lost';
}

/** Every list of at most `length` elements of `values`. */
function* lists<T>(values: readonly T[], length: number): Generator<readonly T[]> {
  yield [];
  if (length === 0) return;
  for (const list of lists(values, length - 1)) for (const value of values) yield [...list, value];
}

test('majority index: the largest index that more than half have reached', () => {
  const wrong = [...lists([0, 1, 2, 5], 5)].filter(
    (reached) => majorityIndex(reached) !== naiveIndex(reached),
  );
  expect(wrong).toEqual([]);
  expect(majorityIndex([9, 7, 8, 3, 5, 1])).toBe(5);
});

test('majority vote: won, lost, or still open', () => {
  const wrong = [...lists([true, false, undefined], 5)].filter(
    (votes) => majorityVote(votes) !== naiveVote(votes),
  );
  expect(wrong).toEqual([]);
});

test('joint index: both majorities; an empty half agrees with everything', () => {
  expect(jointIndex([3, 3, 1], [2, 2, 9])).toBe(2);
  expect(jointIndex([3, 3, 1], [])).toBe(3);
  for (const incoming of lists([0, 1, 2], 3)) {
    for (const outgoing of lists([0, 1, 2], 3)) {
      expect(jointIndex(incoming, outgoing)).toBe(Math.min(naiveIndex(incoming), naiveIndex(outgoing)));
    }
  }
});

test('joint vote: won when both halves are won, lost when one is lost', () => {
  for (const incoming of lists([true, false, undefined], 3)) {
    for (const outgoing of lists([true, false, undefined], 3)) {
      const halves = [naiveVote(incoming), naiveVote(outgoing)];
      const expected = halves.includes('lost') ? 'lost' : halves.includes('pending') ? 'pending' : 'won';
      expect(jointVote(incoming, outgoing)).toBe(expected);
    }
  }
});
