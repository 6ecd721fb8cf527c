/**
 * Compaction in a storage run: logs of keyed records, the operation, and a judge that knows nothing of the engine's
 * code. It cleans what the log showed before in its own way; what the engine writes must be that to the byte.
 */
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  CompressionCode,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  leaderEpochOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  stampCrc,
} from '../../storage/batch';
import type { Compaction } from '../../storage/compaction';
import { DiskError } from '../../storage/disk';
import { CompactionEndedError } from '../../storage/errors';
import type { Log } from '../../storage/log';
import { buildBatch, buildEndMarker, type NewRecord, readEndMarker } from '../../storage/record-build';
import { type PlainRecord, recordsOf } from '../../storage/records';
import type { Segment } from '../../storage/segment';
import type { AbortedTransaction } from '../../storage/transaction-index';
import {
  type CompactionRequest,
  type CompactionResult,
  EntryKind,
  type LastOfProducer,
  type LogEntry,
  type StoredLog,
} from '../../storage/types';
import type { SeededRandom } from './random';
import type { EntryPlace, Payloads, StorageLoad } from './storage-load';
import { check, differenceOf, isBatch, type ModelLog, name } from './storage-model';
import type { StorageWorld } from './storage-world';

const PRODUCERS = 3;

/** An entry of a log whose topic is compacted: records with keys, some of transactions, and markers. */
export function keyedEntry(
  random: SeededRandom,
  load: StorageLoad,
  payloads: Payloads,
  model: ModelLog,
  pending: readonly LogEntry[],
  place: EntryPlace,
): LogEntry {
  const { index, term, baseOffset, timestamp } = place;
  const { open } = transactionsOf([...model.entries, ...pending]);
  const producerId = random.chance(0.5) ? random.between(1, PRODUCERS) : -1;
  const isOpen = open.has(producerId);
  const of = { baseOffset, leaderEpoch: term, producerId, producerEpoch: producerId < 0 ? -1 : 0 };
  if (isOpen && random.chance(0.5)) {
    const isCommit = random.chance(0.5);
    const bytes = buildEndMarker({ ...of, isCommit, coordinatorEpoch: 0, timestampMs: timestamp });
    return {
      index,
      term,
      kind: EntryKind.batch,
      baseOffset,
      nextOffset: baseOffset + 1,
      maxTimestamp: timestamp,
      bytes,
    };
  }
  const isLarge = random.chance(load.largeRate);
  const valueSizeBytes = isLarge ? load.smallSizeBytesMax : 40;
  const count = random.pick([1, 1, 2, 5]);
  const records = Array.from({ length: count }, (): NewRecord => {
    const value = random.chance(0.2) ? null : payloads.slice(random, random.between(1, valueSizeBytes));
    return {
      timestamp: timestamp - random.below(20),
      key: Buffer.from(`key-${random.below(load.keyCount)}`),
      value,
    };
  });
  const bytes = buildBatch({
    ...of,
    records,
    compression: random.chance(0.15) ? CompressionCode.gzip : CompressionCode.none,
    baseSequence: producerId < 0 ? -1 : index,
    isTransactional: producerId >= 0 && (isOpen || random.chance(0.6)),
  });
  return {
    index,
    term,
    kind: EntryKind.batch,
    baseOffset,
    nextOffset: baseOffset + count,
    maxTimestamp: maxTimestampOf(bytes, 0),
    bytes,
  };
}

interface Transactions {
  /** Producer to first offset. */
  readonly open: Map<number, number>;
  readonly aborted: AbortedTransaction[];
  readonly last: Map<number, LastOfProducer>;
}

function transactionsOf(entries: readonly LogEntry[]): Transactions {
  const open = new Map<number, number>();
  const aborted: AbortedTransaction[] = [];
  const last = new Map<number, LastOfProducer>();
  for (const { kind, bytes, baseOffset, nextOffset } of entries) {
    const producerId = kind === EntryKind.batch ? producerIdOf(bytes, 0) : -1;
    if (producerId < 0) continue;
    const marker = readEndMarker(bytes, 0);
    const before = last.get(producerId)?.lastDataOffset ?? -1;
    last.set(producerId, {
      producerEpoch: producerEpochOf(bytes, 0),
      lastDataOffset: marker === null ? nextOffset - 1 : before,
    });
    if (marker === null) {
      if (isTransactional(bytes, 0) && !open.has(producerId)) open.set(producerId, baseOffset);
      continue;
    }
    const firstOffset = open.get(producerId)!;
    open.delete(producerId);
    if (!marker.isCommit)
      aborted.push({ producerId, firstOffset, lastOffset: baseOffset, lastStableOffset: 0 });
  }
  aborted.sort((left, right) => left.firstOffset - right.firstOffset);
  return { open, aborted, last };
}

/** One compaction of a log, as the judge sees it. */
interface Round {
  readonly request: CompactionRequest;
  /** By index - 1; null: gone already. */
  readonly before: readonly (LogEntry | null)[];
  readonly job: Compaction;
  /** Not known to be saved when the round was asked for. */
  readonly forgotten: readonly number[];
  after: (LogEntry | null)[] | null;
}

/** What stands in one compacted segment. */
interface Content {
  readonly firstIndex: number;
  readonly entries: readonly (LogEntry | null)[];
}

/** What compaction made of a log: a segment's content goes with its generation, so that old or new is seen, never both. */
export class CompactedContent {
  readonly #byGeneration = new Map<number, Content>();
  /** Of the compacted segments, each time that they were others: an answer may be of any since its question. */
  readonly #states: (readonly Content[])[] = [[]];
  #running: Compaction | null = null;
  round: Round | null = null;
  /** Offsets of markers of aborted transactions that are forgotten: for good, or until the next crash. */
  forgotten = new Set<number>();
  forgottenSince = new Set<number>();

  get stateCount(): number {
    return this.#states.length;
  }

  began(round: Round): void {
    this.round = round;
    this.#running = round.job;
  }

  /** To be called after every event: segments that a running round replaced may be replaced again before long. */
  watch(): void {
    const job = this.#running;
    if (job === null) return;
    if (job.log.compaction === job) this.observe(job.log);
    else this.#running = null;
  }

  /** Segments that came into being since the last call are of the last round. */
  observe(log: StoredLog): void {
    this.#noteContents(log);
    const contents: Content[] = [];
    for (const { generation } of log.segments as readonly Segment[]) {
      const content = this.#byGeneration.get(generation);
      if (content !== undefined) contents.push(content);
    }
    const last = this.#states[this.#states.length - 1]!;
    const isSame = last.length === contents.length && last.every((each, at) => each === contents[at]);
    if (!isSame) this.#states.push(contents);
  }

  #noteContents(log: StoredLog): void {
    for (const segment of log.segments as readonly Segment[]) {
      if (!segment.isCompacted || this.#byGeneration.has(segment.generation)) continue;
      const { round } = this;
      check(
        round !== null && round.job.mapEndOffset > 0,
        () => `${name(log.key)}: a segment that nobody wrote`,
      );
      round.after ??= cleaned(round);
      const { firstIndex, nextIndex, generation } = segment;
      this.#byGeneration.set(generation, {
        firstIndex,
        entries: round.after.slice(firstIndex - 1, nextIndex - 1),
      });
    }
  }

  /** The entries of `model` as `log` must show them. */
  view(model: ModelLog, log: StoredLog): (LogEntry | null)[] {
    this.observe(log);
    return overlaid(model, this.#states[this.#states.length - 1]!);
  }

  /** What `log` showed since there were `stateCount` states, oldest first; at least what it shows now. */
  *viewsSince(stateCount: number, model: ModelLog, log: StoredLog): Generator<(LogEntry | null)[]> {
    this.observe(log);
    for (const contents of this.#states.slice(stateCount - 1)) yield overlaid(model, contents);
  }

  /** A round that asks for it begins when the state without what was forgotten is in the manifest. */
  settle(): void {
    const { round } = this;
    if (round === null || !round.request.isStateNew || round.job.endOffset === 0) return;
    for (const offset of round.forgotten) {
      this.forgotten.add(offset);
      this.forgottenSince.delete(offset);
    }
  }

  crashed(): void {
    this.#running = null;
    this.settle();
    this.forgottenSince.clear();
  }
}

function overlaid(model: ModelLog, contents: readonly Content[]): (LogEntry | null)[] {
  const view: (LogEntry | null)[] = [...model.entries];
  for (const { firstIndex, entries } of contents) {
    entries.forEach((entry, at) => {
      view[firstIndex - 1 + at] = entry;
    });
  }
  return view;
}

export function compact(world: StorageWorld, model: ModelLog, log: StoredLog): void {
  const { random } = world;
  if (!model.isCompacted || (log as Log).compaction !== null || log.quarantine !== null) return;
  const { content } = model;
  content.settle();
  const committed = model.entries.slice(0, model.committedIndex);
  const { open, aborted, last } = transactionsOf(committed);
  const committedEnd = committed.at(-1)?.nextOffset ?? 0;
  const stableEnd = Math.min(committedEnd, ...open.values());
  const isForgotten = ({ lastOffset }: AbortedTransaction): boolean =>
    content.forgotten.has(lastOffset) || content.forgottenSince.has(lastOffset);
  const request: CompactionRequest = {
    firstDirtyOffset: random.chance(0.2) ? model.startOffset : Math.max(log.cleanedOffset, model.startOffset),
    endOffset: stableEnd,
    nowMs: 1_700_000_000_000 + model.timestampLast,
    deleteRetentionMs: random.pick([0, 30, 500]),
    aborted: aborted.filter((each) => each.firstOffset < stableEnd && !isForgotten(each)),
    lastOfProducers: random.chance(0.8) ? last : new Map(),
    isStateNew: content.forgottenSince.size > 0,
    segmentSizeBytesMax: world.load.segmentSizeBytesMax,
    limits: {
      mapSizeBytesMax: random.pick([24 * 13, 1 << 20]),
      mapLoadMax: 0.9,
      readSizeBytes: random.pick([4096, 65_536]),
      bytesPerSecondMax: random.pick([Number.POSITIVE_INFINITY, 1_000_000]),
    },
  };
  const before = content.view(model, log);
  const wasFaulty = world.isFaulty;
  const answered = world.question(
    () => `compact ${name(model.key)} ${request.firstDirtyOffset}-${stableEnd}`,
  );
  log.compact(request, (error, result) =>
    answered(() => judgeRound(world, model, log, wasFaulty || world.isFaulty, error, result)),
  );
  const job = (log as Log).compaction as Compaction | null;
  if (job !== null)
    content.began({ request, before, job, forgotten: [...content.forgottenSince], after: null });
}

function judgeRound(
  world: StorageWorld,
  model: ModelLog,
  log: StoredLog,
  isFaulty: boolean,
  error: Error | null,
  result: CompactionResult,
): void {
  const title = `${name(model.key)}: compaction`;
  if (error !== null) {
    world.note(() => `${title} ended: ${error.message}`);
    const isExcused = error instanceof CompactionEndedError || (isFaulty && error instanceof DiskError);
    const isMoved = 'code' in error && error.code === 'OFFSET_OUT_OF_RANGE';
    check(isExcused || isMoved || model.isDamaged, () => `${title}: ${error.message}`);
    return;
  }
  const { content } = model;
  const { round } = content;
  if (!result.hasCleaned || round === null) return;
  content.settle();
  for (const { lastOffset } of result.emptied) content.forgottenSince.add(lastOffset);
  round.after ??= cleaned(round);
  check(round.job.mapEndOffset > round.request.firstDirtyOffset, () => `${title}: no progress`);
  judgeWhole(model, log, round, title);
  world.note(() => `${title} done up to ${round.job.mapEndOffset}`);
  world.compactions++;
}

/** Nothing that was to be cleaned was left out, offsets ascend, and who reads it all ends with the same values. */
function judgeWhole(model: ModelLog, log: StoredLog, round: Round, title: string): void {
  const { mapEndOffset } = round.job;
  const view = model.content.view(model, log);
  let offset = -1;
  for (const segment of log.segments) {
    if (segment.nextOffset <= log.startOffset || segment.nextOffset > round.job.endOffset) continue;
    if (segment.baseOffset >= mapEndOffset) continue;
    const { firstIndex, nextIndex } = segment as Segment;
    for (let index = firstIndex; index < nextIndex; index++) {
      const expected = round.after![index - 1] ?? null;
      const actual = view[index - 1] ?? null;
      const isSame =
        expected === null ? actual === null : actual !== null && differenceOf(expected, actual) === null;
      check(isSame, () => `${title}: entry ${index} was not cleaned`);
      if (actual === null) continue;
      check(actual.baseOffset >= offset, () => `${title}: offsets go back at ${actual.baseOffset}`);
      offset = actual.nextOffset;
    }
  }
  // What lies behind may have been truncated meanwhile.
  const first = (log.segments[0] as Segment).firstIndex - 1;
  const end = model.entries.findIndex((entry) => entry.nextOffset > round.job.endOffset);
  const last = end < 0 ? model.entries.length : end;
  const values = lastValues(round.before.slice(first, last), model, log.startOffset);
  const valuesNow = lastValues(view.slice(first, last), model, log.startOffset);
  for (const [key, value] of values) {
    check(valuesNow.get(key) === value, () => `${title}: ${key} was ${value}, is ${valuesNow.get(key)}`);
  }
  check(valuesNow.size === values.size, () => `${title}: ${valuesNow.size} keys, expected ${values.size}`);
}

/** Offset of the last record of each key that has a value, as a reader of committed data has it who reads from the start. */
function lastValues(
  entries: readonly (LogEntry | null)[],
  model: ModelLog,
  startOffset: number,
): Map<string, number> {
  const { aborted } = transactionsOf(model.entries);
  const values = new Map<string, number>();
  for (const entry of entries) {
    if (entry === null || !isBatch(entry) || isControl(entry.bytes, 0) || isAborted(entry, aborted)) continue;
    for (const { key, value, offset } of recordsOf(entry.bytes)) {
      if (offset < startOffset) continue;
      if (value === null) values.delete(String(key));
      else values.set(String(key), offset);
    }
  }
  return values;
}

function isAborted({ bytes, baseOffset }: LogEntry, aborted: readonly AbortedTransaction[]): boolean {
  if (!isTransactional(bytes, 0)) return false;
  const producerId = producerIdOf(bytes, 0);
  return aborted.some(
    (each) =>
      each.producerId === producerId && each.firstOffset <= baseOffset && baseOffset < each.lastOffset,
  );
}

// The judge's own cleaner: everything at once, with objects.

function cleaned({ request, before, job }: Round): (LogEntry | null)[] {
  const { endOffset, mapEndOffset } = job;
  const all = request.aborted;
  const listed = new Set(all.map(({ lastOffset }) => lastOffset));
  const lastOffsets = new Map<string, number>();
  for (const entry of before) {
    if (entry === null || !isBatch(entry) || isControl(entry.bytes, 0) || isAborted(entry, all)) continue;
    for (const { key, offset } of recordsOf(entry.bytes)) {
      if (offset >= request.firstDirtyOffset && offset < mapEndOffset) lastOffsets.set(String(key), offset);
    }
  }
  const withBatches = transactionsWithBatches(before.slice(Math.max(0, job.firstIndex - 1)), all);
  return before.map((entry) => {
    if (entry === null || !isBatch(entry) || entry.nextOffset > endOffset) return entry;
    const { bytes } = entry;
    const isKeptEmpty = isLast(entry, request.lastOfProducers) || entry.nextOffset === endOffset;
    const horizonMs = hasDeleteHorizon(bytes, 0) ? baseTimestampOf(bytes, 0) : null;
    const isOver = horizonMs !== null && horizonMs <= request.nowMs;
    let kept: PlainRecord[] = [...recordsOf(bytes)];
    let isNewHorizon = false;
    const count = kept.length;
    if (isControl(bytes, 0)) {
      const ends = !withBatches.has(entry.baseOffset);
      if (ends && isOver && !listed.has(entry.baseOffset)) kept = [];
      isNewHorizon = ends && horizonMs === null;
    } else if (isAborted(entry, all)) {
      kept = [];
    } else {
      kept = kept.filter(({ key, value, offset }) => {
        if (offset >= mapEndOffset) return true;
        return offset >= (lastOffsets.get(String(key)) ?? -1) && (value !== null || !isOver);
      });
      isNewHorizon = horizonMs === null && kept.some(({ value }) => value === null);
    }
    if (kept.length === 0 && !isKeptEmpty) return null;
    if (kept.length === count && count > 0 && !isNewHorizon) return entry;
    const newHorizonMs = isNewHorizon ? request.nowMs + request.deleteRetentionMs : horizonMs;
    return rebuilt(entry, kept, newHorizonMs);
  });
}

/** Markers, by offset, of whose transaction a batch is left. */
function transactionsWithBatches(
  before: readonly (LogEntry | null)[],
  aborted: readonly AbortedTransaction[],
): Set<number> {
  const open = new Set<number>();
  const found = new Set<number>();
  for (const entry of before) {
    if (entry === null || !isBatch(entry) || !isTransactional(entry.bytes, 0)) continue;
    const producerId = producerIdOf(entry.bytes, 0);
    const marker = readEndMarker(entry.bytes, 0);
    if (!isControl(entry.bytes, 0)) open.add(producerId);
    else if (open.delete(producerId) && marker !== null) {
      const isListed = aborted.some(({ lastOffset }) => lastOffset === entry.baseOffset);
      if (marker.isCommit || isListed) found.add(entry.baseOffset);
    }
  }
  return found;
}

function isLast(
  { bytes, nextOffset }: LogEntry,
  lastOfProducers: ReadonlyMap<number, LastOfProducer>,
): boolean {
  const last = lastOfProducers.get(producerIdOf(bytes, 0));
  if (last === undefined) return false;
  if (last.lastDataOffset >= 0) return last.lastDataOffset === nextOffset - 1;
  return isControl(bytes, 0) && producerEpochOf(bytes, 0) === last.producerEpoch;
}

function rebuilt(entry: LogEntry, kept: readonly PlainRecord[], horizonMs: number | null): LogEntry {
  const { bytes, baseOffset } = entry;
  const compression = (kept.length === 0 ? 0 : attributesOf(bytes, 0) & 7) as CompressionCode;
  const batch = buildBatch({
    records: kept.map((record) => ({ ...record, offsetDelta: record.offset - baseOffset })),
    baseOffset: baseOffsetOf(bytes, 0),
    leaderEpoch: leaderEpochOf(bytes, 0),
    compression,
    producerId: producerIdOf(bytes, 0),
    producerEpoch: producerEpochOf(bytes, 0),
    baseSequence: baseSequenceOf(bytes, 0),
    isTransactional: isTransactional(bytes, 0),
    isControl: isControl(bytes, 0),
    lastOffsetDelta: lastOffsetDeltaOf(bytes, 0),
    ...(horizonMs === null || kept.length === 0 ? {} : { deleteHorizonMs: horizonMs }),
  });
  if (kept.length > 0) return { ...entry, bytes: batch, maxTimestamp: maxTimestampOf(batch, 0) };
  const empty = Buffer.from(batch);
  empty.writeBigInt64BE(BigInt(maxTimestampOf(bytes, 0)), 35);
  stampCrc(empty, 0);
  return { ...entry, bytes: empty, maxTimestamp: -1 };
}
