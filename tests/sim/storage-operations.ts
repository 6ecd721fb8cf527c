/** The operations of a storage run, each done to the engine and to the model at the same instant. */
import { DiskFullError, StorageFailedError } from '../../storage/errors';
import { HEAD_SIZE_BYTES } from '../../storage/head-read';
import type { LogEntry, StoredLog } from '../../storage/types';
import { compact, keyedEntry } from './storage-compaction';
import { ask, expectedBatches, fitting, judgeBatch, judgeEntries, judgeRead } from './storage-judge';
import { drawEntry, type OperationName } from './storage-load';
import { check, isBatch, type ModelLog, name } from './storage-model';
import { type StorageWorld, stateBytes } from './storage-world';

type Operation = (world: StorageWorld, model: ModelLog, log: StoredLog) => void;

/** Wall clock of the first batch. */
const START_TIMESTAMP = 1_700_000_000_000;

/** One append more, which the store may refuse. */
export function tryAppend(world: StorageWorld): void {
  const model = world.liveModels()[0];
  if (model !== undefined) append(world, model, world.logOf(model));
}

export const LOG_OPERATIONS: Readonly<Partial<Record<OperationName, Operation>>> = {
  append,
  hardState: (world, model, log) => raiseTerm(world, model, log),
  truncate,
  advanceStart,
  free,
  roll: (world, model, log) => {
    world.note(() => `roll ${name(model.key)}`);
    log.roll();
  },
  saveState,
  read,
  readEntries,
  byTimestamp,
  compact,
};

function append(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  moveCommitted(world, model, log);
  let { term } = model.hardState;
  // A follower may get entries of older terms than its own.
  const previousTerm = model.termAt(model.lastIndex);
  if (term > previousTerm && random.chance(0.2)) term = random.between(Math.max(1, previousTerm), term);
  if (term === 0 || model.wasAppended(model.lastIndex + 1, term)) {
    raiseTerm(world, model, log);
    term = model.hardState.term;
  }
  appendEntries(world, model, log, term, random.pick([1, 1, 1, 2, 5]));
}

function appendEntries(
  world: StorageWorld,
  model: ModelLog,
  log: StoredLog,
  term: number,
  count: number,
): void {
  const { random, load } = world;
  const entries: LogEntry[] = [];
  let index = model.lastIndex + 1;
  let baseOffset = model.endOffset;
  for (; entries.length < count && !model.wasAppended(index, term); index++) {
    model.timestampLast += random.between(-30, 100);
    const timestamp = START_TIMESTAMP + model.timestampLast;
    const place = { index, term, baseOffset, timestamp };
    const isKeyed = model.isCompacted && !random.chance(load.internalRate / 4);
    const entry = isKeyed
      ? keyedEntry(random, load, world.payloads, model, entries, place)
      : drawEntry(random, model.isCompacted ? { ...load, internalRate: 1 } : load, world.payloads, place);
    entries.push(entry);
    baseOffset = entry.nextOffset;
  }
  world.note(() => `append ${name(model.key)} ${entries.map(show).join(' ')}`);
  try {
    log.append(entries.map((entry) => world.lend(model, entry)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    check(world.isFaulty, () => `${name(model.key)}: append refused without a fault: ${error.message}`);
    world.note(() => 'refused');
    return;
  }
  for (const entry of entries) model.append(++world.sequence, entry);
}

/** The store takes no appends just now; nothing changed. */
function isRefusal(error: unknown): error is Error {
  return error instanceof DiskFullError || error instanceof StorageFailedError;
}

function raiseTerm(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  const { term, votedFor } = model.hardState;
  const isVoteOnly = term > 0 && votedFor < 0 && random.chance(0.5);
  const votes = random.chance(0.7) || isVoteOnly;
  const state = {
    term: isVoteOnly ? term : term + random.between(1, 3),
    votedFor: votes ? random.between(1, 5) : -1,
    votedForIncarnation: votes ? `incarnation-${random.below(100)}` : '',
  };
  if (state.term === term && model.wasAppended(model.lastIndex + 1, term)) state.term++;
  model.saveHardState(++world.sequence, state);
  world.note(() => `hard state ${name(model.key)} ${state.term}/${state.votedFor}`);
  log.saveHardState(state);
}

/** A new leader's entries take the place of ours: term, cut and entries leave in one group, or the cut alone. */
function truncate(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  if (model.lastIndex <= model.committedIndex || world.lifeFault === 'reads') return;
  const index = random.between(model.committedIndex + 1, model.lastIndex);
  if (model.entries[index - 1]!.baseOffset < model.startOffset || index < log.firstIndex) return;
  const overwrites = random.chance(0.8);
  if (overwrites) raiseTerm(world, model, log);
  model.truncate(++world.sequence, index);
  world.note(() => `truncate ${name(model.key)} from ${index}`);
  log.truncateSuffix(index);
  // Where the cut lies may have to be read from the disk first.
  world.runUntil(() => log.lastIndex === index - 1, 'truncation');
  if (!overwrites || model.wasAppended(index, model.hardState.term)) return;
  appendEntries(world, model, log, model.hardState.term, random.between(1, 3));
}

function moveCommitted(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  check(log.durableIndex <= model.lastIndex, () => {
    return `${name(model.key)}: durable index ${log.durableIndex} is beyond the last, ${model.lastIndex}`;
  });
  if (log.durableIndex > 0) {
    model.acknowledge(log.durableIndex, model.termAt(log.durableIndex), world.sequence);
  }
  const most = Math.min(model.durableLastIndex, model.lastIndex);
  if (most > model.committedIndex && world.random.chance(0.3)) {
    model.commitTo(world.random.between(model.committedIndex + 1, most));
  }
}

function advanceStart(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  if (model.committedIndex === 0) return;
  const committed = model.entries[random.below(model.committedIndex)]!;
  const offset = random.chance(0.7)
    ? committed.nextOffset
    : random.between(committed.baseOffset, committed.nextOffset);
  if (offset <= model.startOffset) return;
  model.advanceStart(++world.sequence, offset);
  world.note(() => `advance start ${name(model.key)} to ${offset}`);
  log.advanceStart(offset);
}

/** Whole segments below the start go, as soon as a state speaks for them; now and then everything is done for that. */
function free(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  world.note(() => `free ${name(model.key)} below ${model.startOffset}`);
  log.freeBelowStart();
  if (world.isFaulty || world.failure !== null || world.random.chance(0.6)) return;
  world.store!.flush();
  world.runUntil(() => world.failure !== null || log.durableIndex === model.lastIndex, 'flush');
  moveCommitted(world, model, log);
  model.commitTo(model.lastIndex);
  log.freeBelowStart();
  world.store!.flush();
  const isFreed = (): boolean => log.segments.length < 2 || log.segments[0]!.nextOffset > log.startOffset;
  world.runUntil(() => world.failure !== null || isFreed(), 'segments below the start to go');
}

function saveState(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  // Mostly of what is committed; a state of entries that are cut later must go with them.
  const index = world.random.chance(0.3) ? model.lastIndex : model.committedIndex;
  if (index < log.firstIndex || model.savedStates.at(-1)?.index === index) return;
  const bytes = stateBytes(model, index);
  model.saveState(index, bytes);
  world.note(() => `save state ${name(model.key)} at ${index}`);
  log.saveState(index, bytes);
}

/** An offset where a batch begins or ends, or one inside. */
function drawOffset(world: StorageWorld, model: ModelLog): number {
  const { random } = world;
  if (random.chance(0.1)) return random.between(Math.max(0, model.startOffset - 3), model.endOffset + 2);
  return random.between(model.startOffset, model.endOffset);
}

function read(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  const offset = drawOffset(world, model);
  const later = model.entries.filter((entry) => entry.nextOffset >= offset);
  const endOffset =
    random.chance(0.5) || later.length === 0 ? model.endOffset : random.pick(later).nextOffset;
  const request = {
    offset,
    endOffset: Math.max(offset, endOffset),
    sizeBytesMax: random.pick([1, 500, 4000, 30_000]),
    atLeastOne: random.chance(0.7),
  };
  const asked = ask(model, log);
  const before = expectedBatches(asked, request.offset, request.endOffset);
  const isFaulty = world.isFaulty;
  const answered = world.question(() => `read ${name(model.key)} ${JSON.stringify(request)}`);
  log.read(request, (error, result) => {
    answered(() => {
      const expected = fitting(asked, request, before, error === null ? result : null);
      judgeRead(asked, request, expected, error, result, isFaulty);
      if (error !== null) return;
      // The bytes leave through a socket: they must not change before they are released. What is not stored yet may
      // stand in the submitter's memory; nobody is sent that.
      world.hold(model.isDurable(expected.at(-1)?.index ?? 0), () => {
        judgeRead(asked, request, expected, error, result, isFaulty);
        result.release();
      });
    });
  });
}

function readEntries(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  if (log.lastIndex < log.firstIndex) return;
  const fromIndex = world.random.between(log.firstIndex, log.lastIndex);
  const sizeBytesMax = world.random.pick([1, 1000, 20_000]);
  const asked = ask(model, log);
  const isFaulty = world.isFaulty;
  if (world.random.chance(0.3)) {
    const headsAnswered = world.question(() => `heads ${name(model.key)} from ${fromIndex}`);
    log.readHeads(fromIndex, (error, entries) => {
      headsAnswered(() => judgeEntries(asked, fromIndex, error, entries, isFaulty, HEAD_SIZE_BYTES));
    });
    return;
  }
  const answered = world.question(() => `entries ${name(model.key)} from ${fromIndex}`);
  log.readEntries(fromIndex, sizeBytesMax, (error, entries) => {
    answered(() => {
      judgeEntries(asked, fromIndex, error, entries, isFaulty);
      // Replication keeps entries for as long as it takes.
      world.hold(model.isDurable(model.lastIndex), () =>
        judgeEntries(asked, fromIndex, error, entries, isFaulty),
      );
    });
  });
}

function byTimestamp(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  const ends = model.entries.filter((entry) => entry.nextOffset >= model.startOffset);
  const endOffset = ends.length === 0 || random.chance(0.5) ? model.endOffset : random.pick(ends).nextOffset;
  const asked = ask(model, log);
  const batches = expectedBatches(asked, model.startOffset, endOffset);
  const isFaulty = world.isFaulty;
  if (random.chance(0.3)) {
    let largest: LogEntry | undefined;
    for (const batch of batches) {
      if (largest === undefined || batch.maxTimestamp > largest.maxTimestamp) largest = batch;
    }
    const title = `largest timestamp below ${endOffset}`;
    const answered = world.question(() => `${title} of ${name(model.key)}`);
    log.batchOfMaxTimestamp(endOffset, (error, bytes) => {
      answered(() => judgeBatch(asked, title, largest, error, bytes, isFaulty));
    });
    return;
  }
  const timestamp = START_TIMESTAMP + random.between(-50, model.timestampLast + 150);
  const first = batches.find((batch) => batch.maxTimestamp >= timestamp);
  const title = `timestamp ${timestamp} below ${endOffset}`;
  const answered = world.question(() => `${title} of ${name(model.key)}`);
  log.batchByTimestamp(timestamp, 0, endOffset, (error, bytes) => {
    answered(() => judgeBatch(asked, title, first, error, bytes, isFaulty));
  });
}

function show(entry: LogEntry): string {
  return `${entry.index}/${entry.term}${isBatch(entry) ? '' : `k${entry.kind}`}:${entry.bytes.length}`;
}
