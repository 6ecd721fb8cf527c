/** Rebuilding what a replica knows of its log: the saved state, then every later entry. */
import assert from 'node:assert/strict';
import type { MembershipAt } from '../../raft';
import { noteMembership } from '../../raft';
import type { LogEntry, StoredLog } from '../../storage';
import { decodeProducerExpiry, EntryKind, factsOf, ProducerState } from '../../storage';
import { decodeSavedState } from './saved-state';

export interface RecoveredState {
  /** Everything up to here is known to be committed and is applied. */
  readonly appliedIndex: number;
  readonly highWatermark: number;
  readonly memberships: MembershipAt[];
  /** Applied view as of `appliedIndex`, appended view as of the end of the log. */
  readonly producers: ProducerState;
  /** Largest start of the log that an entry above `appliedIndex` asks for; -1 for none. */
  startOffset: number;
}

/** The first offset that stays readable, as an entry of kind logStart carries it. */
export function encodeLogStart(startOffset: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(startOffset, 0);
  return bytes;
}

export function decodeLogStart(bytes: Buffer): number {
  return bytes.readDoubleBE(0);
}

/** Notes an entry in the appended view; of a batch its header and the record of a control batch are looked at. */
export function noteAppended(producers: ProducerState, entry: LogEntry): void {
  if (entry.kind === EntryKind.batch) {
    const facts = factsOf(entry.bytes, 0);
    if (facts !== null) producers.append(entry.index, facts);
  } else if (entry.kind === EntryKind.producerExpiry) {
    producers.appendExpiry(entry.index, decodeProducerExpiry(entry.bytes));
  }
}

/** `done` may be called before this returns. Errors: what the log's reads and the formats of saved states report. */
export function recoverState(
  log: StoredLog,
  done: (error: Error | null, state: RecoveredState | null) => void,
): void {
  let state: RecoveredState;
  try {
    state = stateAtSave(log);
  } catch (error) {
    done(error as Error, null);
    return;
  }
  visitEntries(
    log,
    state.appliedIndex + 1,
    (entry) => {
      noteAppended(state.producers, entry);
      noteMembership(state.memberships, entry);
      if (entry.kind === EntryKind.logStart) {
        state.startOffset = Math.max(state.startOffset, decodeLogStart(entry.bytes));
      }
    },
    (error) => done(error, error === null ? state : null),
  );
}

function stateAtSave(log: StoredLog): RecoveredState {
  const { savedState } = log;
  if (savedState === null) {
    const { firstIndex, startOffset: highWatermark } = log;
    const producers = new ProducerState();
    return { appliedIndex: firstIndex - 1, highWatermark, memberships: [], producers, startOffset: -1 };
  }
  const { highWatermark, memberships, producers } = decodeSavedState(savedState.bytes);
  return {
    appliedIndex: savedState.index,
    highWatermark: Math.max(highWatermark, log.startOffset),
    memberships,
    producers,
    startOffset: -1,
  };
}

/**
 * Every entry, of batches their heads, from `fromIndex` to the end of the log of the time it gets there. An error that `visit` throws ends the
 * walk like one of the disk.
 */
function visitEntries(
  log: StoredLog,
  fromIndex: number,
  visit: (entry: LogEntry) => void,
  done: (error: Error | null) => void,
): void {
  let nextIndex = fromIndex;
  let failure: Error | null = null;
  let isReading = false;
  let isLooping = false;

  const take = (error: Error | null, entries: readonly LogEntry[]) => {
    isReading = false;
    failure = error;
    // A reader that finds nothing where the log says there is something would be asked for ever.
    if (error === null) assert(entries.length > 0);
    try {
      for (const entry of error === null ? entries : []) {
        visit(entry);
        nextIndex = entry.index + 1;
      }
    } catch (fault) {
      failure = fault as Error;
    }
    if (!isLooping) loop();
  };
  // Reads from memory complete at once: a loop instead of a call per piece keeps the stack flat.
  const loop = () => {
    isLooping = true;
    while (!isReading && failure === null && nextIndex <= log.lastIndex) {
      isReading = true;
      log.readHeads(nextIndex, take);
    }
    isLooping = false;
    if (!isReading) done(failure);
  };
  loop();
}
