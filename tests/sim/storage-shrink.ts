/** Makes a failing seed smaller: fewer operations, fewer logs, fewer kinds of operation, as long as it still fails. */
import { OPERATIONS, type OperationName, type StorageLoad } from './storage-load';
import { type RunOptions, type RunReport, runStorage } from './storage-run';

export interface Shrunk {
  readonly options: RunOptions;
  readonly report: RunReport;
}

/** Smaller runs draw other numbers, so what fails in the end may be another bug: the report says what it is. */
export function shrink(seed: number): Shrunk {
  let options: RunOptions = { seed };
  const fails = (candidate: RunOptions): boolean => runStorage(candidate).failure !== null;
  const tryOut = (candidate: RunOptions): void => {
    if (fails(candidate)) options = candidate;
  };
  for (const operationsMax of [200, 120, 60, 30, 15]) tryOut({ ...options, operationsMax });
  const lean: Partial<StorageLoad>[] = [
    { logCountMax: 1 },
    { internalRate: 0 },
    { largeRate: 0 },
    { pauseMs: 2 },
  ];
  for (const load of lean) tryOut({ ...options, load: { ...options.load, ...load } });
  for (const name of OPERATIONS) {
    if (name === 'append') continue;
    const weights = { ...weightsOf(options), [name]: 0 };
    tryOut({ ...options, load: { ...options.load, weights } });
  }
  return { options, report: runStorage({ ...options, isTracing: true }) };
}

const DEFAULT_WEIGHTS: Record<OperationName, number> = {
  append: 40,
  hardState: 4,
  truncate: 6,
  advanceStart: 2,
  free: 2,
  roll: 0.5,
  saveState: 2,
  read: 10,
  readEntries: 6,
  byTimestamp: 4,
  recreate: 0.5,
  flush: 10,
  pause: 3,
  reopen: 1,
  compact: 2,
};

function weightsOf(options: RunOptions): Record<OperationName, number> {
  return { ...(options.load?.weights ?? DEFAULT_WEIGHTS) };
}
