/**
 * Majority arithmetic, pure. An empty configuration decides nothing: it agrees with everything, so that the joint
 * functions serve plain configurations too.
 */

/** Largest index that a majority has reached; Infinity for an empty configuration. */
export function majorityIndex(reached: readonly number[]): number {
  const count = reached.length;
  if (count === 0) return Number.POSITIVE_INFINITY;
  if (count === 1) return reached[0]!;
  const descending = reached.slice();
  for (let i = 1; i < count; i++) {
    const value = descending[i]!;
    let at = i;
    while (at > 0 && descending[at - 1]! < value) {
      descending[at] = descending[at - 1]!;
      at--;
    }
    descending[at] = value;
  }
  return descending[count >> 1]!;
}

/** Largest index that majorities of both configurations have reached. */
export function jointIndex(incoming: readonly number[], outgoing: readonly number[]): number {
  return Math.min(majorityIndex(incoming), majorityIndex(outgoing));
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** One element per voter: granted, refused, or not heard (undefined). */
export function majorityVote(votes: readonly (boolean | undefined)[]): VoteResult {
  const needed = votes.length === 0 ? 0 : (votes.length >> 1) + 1;
  let granted = 0;
  let refused = 0;
  for (const vote of votes) {
    if (vote === true) granted++;
    else if (vote === false) refused++;
  }
  if (granted >= needed) return 'won';
  return votes.length - refused < needed ? 'lost' : 'pending';
}

/** Won when both are won, lost as soon as one is lost. */
export function jointVote(
  incoming: readonly (boolean | undefined)[],
  outgoing: readonly (boolean | undefined)[],
): VoteResult {
  const a = majorityVote(incoming);
  const b = majorityVote(outgoing);
  if (a === 'lost' || b === 'lost') return 'lost';
  return a === 'won' && b === 'won' ? 'won' : 'pending';
}
