/** Terms that have entries, ascending, with where each begins. Terms change rarely, so a small array is enough. */
export interface LeaderEpoch {
  readonly epoch: number;
  readonly startOffset: number;
  readonly startIndex: number;
}

/** Notes that an entry of `epoch` was appended. */
export function appendEpoch(
  epochs: LeaderEpoch[],
  epoch: number,
  startOffset: number,
  startIndex: number,
): void {
  if (epochs[epochs.length - 1]?.epoch !== epoch) epochs.push({ epoch, startOffset, startIndex });
}

/** Forgets what begins at `index` or later. */
export function truncateEpochs(epochs: LeaderEpoch[], index: number): void {
  while (epochs.length > 0 && epochs[epochs.length - 1]!.startIndex >= index) epochs.pop();
}

/** Forgets what ends below `firstIndex`; the first that is left begins there. */
export function trimEpochs(epochs: LeaderEpoch[], firstIndex: number, firstOffset: number): void {
  while (epochs.length > 1 && epochs[1]!.startIndex <= firstIndex) epochs.shift();
  const first = epochs[0];
  if (first !== undefined && first.startIndex < firstIndex) {
    epochs[0] = { epoch: first.epoch, startOffset: firstOffset, startIndex: firstIndex };
  }
}

/** Epoch that covers `index`, or undefined when all begin behind it. */
export function epochAtIndex(epochs: readonly LeaderEpoch[], index: number): number | undefined {
  let low = 0;
  let high = epochs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (epochs[middle]!.startIndex <= index) low = middle + 1;
    else high = middle;
  }
  return epochs[low - 1]?.epoch;
}
