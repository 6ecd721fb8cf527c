/** Judges answers of a log against the model: exact bytes, whole batches, right bounds. */
import { CorruptEntryError, OffsetOutOfRangeError } from '../../storage/errors';
import type { LogEntry, ReadResult, StoredLog } from '../../storage/types';
import { check, differenceOf, isBatch, type ModelLog, name } from './storage-model';

export interface ReadRequest {
  readonly offset: number;
  readonly endOffset: number;
  readonly sizeBytesMax: number;
  readonly atLeastOne: boolean;
}

/** What a question was asked about: answers that come after a change are judged only where it does not matter. */
export interface Asked {
  readonly model: ModelLog;
  readonly truncationCount: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Segments may go between question and answer. */
  readonly log: StoredLog;
  /** What the log showed then, by index - 1; null where compaction took an entry. */
  readonly view: readonly (LogEntry | null)[];
  /** States of the compacted segments up to then. */
  readonly stateCount: number;
}

export function ask(model: ModelLog, log: StoredLog): Asked {
  const { truncationCount, startOffset, endOffset } = model;
  const view = viewOf(model, log);
  const { stateCount } = model.content;
  return { model, truncationCount, startOffset, endOffset, log, view, stateCount };
}

/**
 * What the log showed since the question was asked. Rounds of compaction may end between a read and its answer, or while
 * somebody keeps the answer: it is of one instant, which need be neither the first nor the last.
 */
function* viewsSince({ model, log, view, stateCount }: Asked): Generator<readonly (LogEntry | null)[]> {
  yield view;
  if (model.isCompacted) yield* model.content.viewsSince(stateCount, model, log);
}

/** Compaction replaced a segment since the question was asked. */
function isSwapped({ model, log, view }: Asked): boolean {
  return model.isCompacted && viewOf(model, log).some((entry, at) => at < view.length && entry !== view[at]);
}

const isUnchanged = ({ model, truncationCount, startOffset }: Asked): boolean =>
  model.truncationCount === truncationCount && model.startOffset === startOffset && model.deletion === null;

/** Batches from the one that contains `offset` on, as far as they end at or below `endOffset`. */
export function expectedBatches(
  { model, view }: Pick<Asked, 'model' | 'view'>,
  offset: number,
  endOffset: number,
): LogEntry[] {
  const batches: LogEntry[] = [];
  for (let at = positionOf(model.entries, offset); at < view.length; at++) {
    const entry = view[at];
    if (entry === null || entry === undefined) continue;
    if (entry.nextOffset > endOffset) break;
    if (isBatch(entry)) batches.push(entry);
  }
  return batches;
}

export function viewOf(model: ModelLog, log: StoredLog): readonly (LogEntry | null)[] {
  return model.isCompacted ? model.content.view(model, log) : model.entries;
}

/** What a read must have found: compactions between question and answer may show or not. */
export function fitting(
  asked: Asked,
  request: ReadRequest,
  expected: readonly LogEntry[],
  result: ReadResult | null,
): readonly LogEntry[] {
  const { model } = asked;
  if (!model.isCompacted || result === null || model.deletion !== null) return expected;
  let candidate = expected;
  for (const view of viewsSince(asked)) {
    if (view !== asked.view) candidate = expectedBatches({ model, view }, request.offset, request.endOffset);
    const { reason, count } = compareBatches(candidate, result.buffers, result.sizeBytes);
    if (reason === null && (count > 0 || candidate.length === 0)) return candidate;
  }
  return candidate;
}

/** First entry whose span ends after `offset`. */
function positionOf(entries: readonly LogEntry[], offset: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.nextOffset > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The caller releases the result. `isFaulty`: reads may fail, because the run injects such faults. */
export function judgeRead(
  asked: Asked,
  request: ReadRequest,
  expected: readonly LogEntry[],
  error: Error | null,
  result: ReadResult,
  isFaulty: boolean,
): void {
  const { model } = asked;
  const title = (): string =>
    `${name(model.key)}: read [${request.offset}, ${request.endOffset}) of ${request.sizeBytesMax} bytes`;
  if (error !== null) {
    if (isExcused(asked, error, isFaulty)) return;
    const isOutside = request.offset < asked.startOffset || request.offset > asked.endOffset;
    check(error instanceof OffsetOutOfRangeError && isOutside, () => `${title()}: ${error.message}`);
    return;
  }
  const isInside = request.offset >= asked.startOffset && request.offset <= asked.endOffset;
  if (isUnchanged(asked)) check(isInside, () => `${title()}: answered outside the log`);
  const mismatch = compareBatches(expected, result.buffers, result.sizeBytes);
  const isJudged = asked.truncationCount === model.truncationCount && model.deletion === null;
  if (isJudged) {
    check(mismatch.reason === null, () => `${title()}: ${mismatch.reason}`);
    const first = expected[0];
    if (first !== undefined && (request.atLeastOne || first.bytes.length <= request.sizeBytesMax)) {
      check(mismatch.count > 0, () => `${title()}: nothing, expected at least one batch`);
    }
    const isWithin = result.sizeBytes <= request.sizeBytesMax || (mismatch.count === 1 && request.atLeastOne);
    check(isWithin, () => `${title()}: ${result.sizeBytes} bytes in ${mismatch.count} batches`);
  }
}

interface Comparison {
  readonly reason: string | null;
  readonly count: number;
}

/** Whether the buffers, joined, are the first of the expected batches, whole. */
function compareBatches(
  expected: readonly LogEntry[],
  buffers: readonly Buffer[],
  sizeBytes: number,
): Comparison {
  const joined = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
  if (joined.length !== sizeBytes)
    return { reason: `says ${sizeBytes} bytes, has ${joined.length}`, count: 0 };
  let at = 0;
  let count = 0;
  while (at < joined.length) {
    const entry = expected[count];
    if (entry === undefined) return { reason: `${joined.length - at} bytes too many`, count };
    const end = at + entry.bytes.length;
    if (end > joined.length) return { reason: `batch at ${entry.baseOffset} is cut`, count };
    if (joined.compare(entry.bytes, 0, entry.bytes.length, at, end) !== 0) {
      return { reason: `batch at ${entry.baseOffset} (index ${entry.index}) has other bytes`, count };
    }
    at = end;
    count++;
  }
  return { reason: null, count };
}

export function judgeEntries(
  asked: Asked,
  fromIndex: number,
  error: Error | null,
  entries: readonly LogEntry[],
  isFaulty: boolean,
  batchSizeBytesMax = Number.POSITIVE_INFINITY,
): void {
  const { model } = asked;
  const title = (): string => `${name(model.key)}: entries from ${fromIndex}`;
  if (asked.truncationCount !== model.truncationCount || model.deletion !== null) return;
  if (error !== null) {
    const isFreed = error instanceof OffsetOutOfRangeError && fromIndex < asked.log.firstIndex;
    if (isFreed || isExcused(asked, error, isFaulty)) return;
    check(false, () => `${title()}: ${error.message}`);
  }
  if (fromIndex <= model.lastIndex) check(entries.length > 0, () => `${title()}: nothing`);
  let wrong: string | null = null;
  for (const view of viewsSince(asked)) {
    const reason = wrongEntry(view, fromIndex, entries, batchSizeBytesMax);
    if (reason === null) return;
    wrong ??= reason;
  }
  check(false, () => `${title()}: ${wrong}`);
}

/** What is wrong with entries that are to be those of `view` from `fromIndex` on, or null. */
function wrongEntry(
  view: readonly (LogEntry | null)[],
  fromIndex: number,
  entries: readonly LogEntry[],
  batchSizeBytesMax: number,
): string | null {
  let at = fromIndex - 1;
  for (const entry of entries) {
    while (view[at] === null) at++;
    const expected = view[at++];
    if (expected === undefined || expected === null) return 'more than the log has';
    const isCut = isBatch(expected) && expected.bytes.length > batchSizeBytesMax;
    const wanted = isCut ? { ...expected, bytes: expected.bytes.subarray(0, batchSizeBytesMax) } : expected;
    const difference = differenceOf(wanted, entry);
    if (difference !== null) return `entry ${expected.index}: ${difference}`;
  }
  return null;
}

export function judgeBatch(
  asked: Asked,
  title: string,
  expected: LogEntry | undefined,
  error: Error | null,
  bytes: Buffer | null,
  isFaulty: boolean,
): void {
  if (!isUnchanged(asked) || isSwapped(asked)) return;
  if (error !== null) {
    if (isExcused(asked, error, isFaulty)) return;
    check(false, () => `${name(asked.model.key)}: ${title}: ${error.message}`);
  }
  const isSame = expected === undefined ? bytes === null : bytes !== null && expected.bytes.equals(bytes);
  check(isSame, () => {
    const actual = bytes === null ? 'nothing' : `the batch at ${Number(bytes.readBigInt64BE(0))}`;
    const wanted = expected === undefined ? 'nothing' : `the batch at ${expected.baseOffset}`;
    return `${name(asked.model.key)}: ${title}: ${actual}, expected ${wanted}`;
  });
}

/** Errors that a correct engine may give here. */
function isExcused(asked: Asked, error: Error, isFaulty: boolean): boolean {
  if (asked.model.isDamaged && error instanceof CorruptEntryError) return true;
  if (isFaulty && 'code' in error && (error.code === 'EIO' || error.code === 'STORAGE_FAILED')) return true;
  return !isUnchanged(asked) && error instanceof OffsetOutOfRangeError;
}

/** What a log says about itself without being asked. */
export function judgeShape(model: ModelLog, stored: StoredLog): void {
  const title = name(model.key);
  check(stored.lastIndex === model.lastIndex, () => {
    return `${title}: last index ${stored.lastIndex}, expected ${model.lastIndex}`;
  });
  check(stored.endOffset === model.endOffset, () => {
    return `${title}: end offset ${stored.endOffset}, expected ${model.endOffset}`;
  });
  check(stored.startOffset === model.startOffset, () => {
    return `${title}: start offset ${stored.startOffset}, expected ${model.startOffset}`;
  });
  const { firstIndex } = stored;
  check(firstIndex >= model.firstIndexSeen, () => {
    return `${title}: first index went back from ${model.firstIndexSeen} to ${firstIndex}`;
  });
  model.firstIndexSeen = firstIndex;
  const spokenFor = stored.savedState?.index ?? 0;
  check(model.hasCutState || firstIndex - 1 <= spokenFor, () => {
    return `${title}: first index ${firstIndex}, but the state is of ${spokenFor}: what lies between is forgotten`;
  });
  const firstNeeded = model.entries.findIndex(
    (entry) => isBatch(entry) && entry.nextOffset > model.startOffset,
  );
  check(firstNeeded < 0 || firstIndex <= firstNeeded + 1, () => {
    return `${title}: first index ${firstIndex} is behind the start offset ${model.startOffset}`;
  });
  judgeTerms(model, stored);
  judgeSize(model, stored);
}

function judgeTerms(model: ModelLog, stored: StoredLog): void {
  const title = name(model.key);
  const lastTerm = model.termAt(model.lastIndex);
  check(stored.lastTerm === lastTerm, () => `${title}: last term ${stored.lastTerm}, expected ${lastTerm}`);
  check(stored.termAt(0) === 0, () => `${title}: term at 0 is ${stored.termAt(0)}`);
  check(stored.termAt(stored.lastIndex + 1) === undefined, () => `${title}: a term beyond the end`);
  let epochAt = 0;
  let previousTerm = -1;
  for (let index = stored.firstIndex; index <= stored.lastIndex; index++) {
    const { term, baseOffset } = model.entries[index - 1]!;
    check(stored.termAt(index) === term, () => {
      return `${title}: term at ${index} is ${stored.termAt(index)}, expected ${term}`;
    });
    if (term === previousTerm) continue;
    previousTerm = term;
    while (epochAt < stored.epochs.length && stored.epochs[epochAt]!.epoch < term) epochAt++;
    const epoch = stored.epochs[epochAt];
    check(epoch !== undefined && epoch.epoch === term, () => `${title}: epoch ${term} is missing`);
    if (index === stored.firstIndex) continue;
    check(epoch.startIndex === index && epoch.startOffset === baseOffset, () => {
      return `${title}: epoch ${term} starts at ${epoch.startIndex}/${epoch.startOffset}, expected ${index}/${baseOffset}`;
    });
  }
  const lastEpoch = stored.epochs.at(-1)?.epoch ?? 0;
  const isOnlyPast = stored.lastIndex < stored.firstIndex;
  check(
    isOnlyPast || lastEpoch === stored.lastTerm,
    () => `${title}: last epoch ${lastEpoch}, term ${stored.lastTerm}`,
  );
}

/** Between the bytes above the start offset and the bytes of all entries that are still there. */
function judgeSize(model: ModelLog, stored: StoredLog): void {
  let least = 0;
  let most = 0;
  const view = viewOf(model, stored);
  for (let index = stored.firstIndex; index <= stored.lastIndex; index++) {
    const entry = view[index - 1];
    if (entry === null || entry === undefined || !isBatch(entry)) continue;
    most += entry.bytes.length;
    if (entry.nextOffset > model.startOffset) least += entry.bytes.length;
  }
  check(stored.sizeBytes >= least && stored.sizeBytes <= most, () => {
    return `${name(model.key)}: ${stored.sizeBytes} bytes, expected ${least} to ${most}`;
  });
}
