/**
 * One seed of the storage simulation: several logs, a random load, crashes at any event, recovery (crashed too), and
 * after each recovery everything the model knows is read back.
 */

import { CLOSE_SETTLE_MS_MAX } from '../../storage/store';
import type { DiskStatistics } from './disk-faults';
import { damageOneFile } from './storage-damage';
import { ask, expectedBatches, fitting, judgeEntries, judgeRead } from './storage-judge';
import { drawOperation, type StorageLoad } from './storage-load';
import { check, type ModelLog, name, Violation } from './storage-model';
import { LOG_OPERATIONS, tryAppend } from './storage-operations';
import { isEverythingStored, StorageWorld } from './storage-world';

export interface RunOptions {
  readonly seed: number;
  readonly isTracing?: boolean;
  readonly load?: Partial<StorageLoad>;
  /** Stops a life after this many operations: shrinking lowers it. */
  readonly operationsMax?: number;
}

export interface RunReport {
  readonly operations: number;
  readonly opens: number;
  readonly crashes: number;
  readonly logs: number;
  readonly compactions: number;
  readonly damaged: number;
  readonly statistics: DiskStatistics;
  readonly traceHash: string;
  readonly failure: string | null;
  /** The last operations and reports, when tracing. */
  readonly lines: readonly string[];
}

const OPERATIONS_MIN = 300;
const CRASHES_MIN = 2;

export function runStorage(options: RunOptions): RunReport {
  const world = new StorageWorld(options.seed, {
    isTracing: options.isTracing === true,
    ...(options.load === undefined ? {} : { load: options.load }),
  });
  let failure: string | null = null;
  let damaged = 0;
  try {
    damaged = playRun(world, options.operationsMax ?? OPERATIONS_MIN);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    failure = error instanceof Violation ? error.message : (error.stack ?? error.message);
  }
  const { statistics } = world.disk;
  return {
    operations: world.operationCount,
    opens: world.openCount,
    crashes: statistics.powerCuts + statistics.processDeaths,
    logs: world.logCount,
    compactions: world.compactions,
    damaged,
    statistics,
    traceHash: world.scheduler.traceHash,
    failure,
    lines: world.lines,
  };
}

/** Returns how many files were damaged. */
function playRun(world: StorageWorld, operationsMin: number): number {
  const { random } = world;
  const crashCount = CRASHES_MIN + random.below(2);
  const perLife = Math.ceil(operationsMin / (crashCount + 1));
  for (let life = 0; life <= crashCount; life++) {
    openUntilOpen(world);
    // Reading everything is dear; terms, offsets and sizes are compared at every open.
    if (random.chance(0.6)) verify(world);
    world.drawFaults();
    playLife(world, perLife);
    if (life < crashCount) endLife(world);
  }
  if (world.failure !== null) {
    world.crash('power');
    openUntilOpen(world);
  }
  world.calm();
  if (random.chance(0.25)) return damageAndReopen(world);
  reopen(world, false);
  verify(world);
  return 0;
}

/** Opens the store; a part of the recoveries is crashed on the way, some several times. */
function openUntilOpen(world: StorageWorld): void {
  const { random } = world;
  for (let attempt = 1; ; attempt++) {
    world.wasOpenInterrupted = attempt > 1;
    const crashAfter = random.chance(0.3) ? random.below(80) : Number.POSITIVE_INFINITY;
    let outcome: Error | null | undefined;
    world.note(() => `open ${world.openCount + 1}`);
    if (random.chance(0.05)) {
      world.disk.faults.readErrorRate = 0.05;
      world.lifeFault = 'reads';
    }
    world.open((error) => {
      outcome = error;
    });
    for (let count = 0; outcome === undefined && count < crashAfter; count++) {
      check(count < 100_000 && world.step(), () => 'stuck: open');
    }
    if (outcome === undefined) {
      world.crash(random.chance(0.6) ? 'power' : 'process');
      continue;
    }
    if (outcome !== null) {
      const { message } = outcome;
      world.note(() => `open failed: ${message}`);
      check(world.lifeFault === 'reads', () => `open failed: ${message}`);
      world.crash('process');
      continue;
    }
    world.adopt(world.store!);
    world.calm();
    return;
  }
}

function playLife(world: StorageWorld, operations: number): void {
  const { random, load } = world;
  const firstAt = world.operationCount;
  while (world.operationCount < firstAt + operations) {
    if (world.failure !== null) {
      if (world.lifeFault === 'full' && random.chance(0.7)) {
        makeRoom(world);
        continue;
      }
      // Whoever goes on after a failed write risks what it has; the broker stops here too.
      world.operationCount = Math.max(world.operationCount, firstAt + operations);
      return;
    }
    playOperation(world);
    world.operationCount++;
    if (random.chance(0.2)) continue;
    world.store?.flush();
    if (random.chance(0.7)) for (let count = random.below(6); count > 0; count--) world.step();
    else world.pass(random.exponential(load.pauseMs) * 0.2);
  }
}

/** The disk was full and has room again: what was taken before must become durable now. */
function makeRoom(world: StorageWorld): void {
  const { random } = world;
  if (random.chance(0.5)) tryAppend(world);
  world.pass(random.exponential(20));
  world.note(() => 'room again');
  world.calm();
  world.runUntil(() => world.failure === null, 'healing');
  world.store!.flush();
  settle(world);
}

function playOperation(world: StorageWorld): void {
  const { random, load } = world;
  const models = world.liveModels();
  if (models.length === 0 || (models.length < load.logCountMax && random.chance(0.05))) {
    world.addLog();
    return;
  }
  const operation = drawOperation(random, load);
  if (operation === 'pause') {
    world.pass(random.exponential(load.pauseMs));
    return;
  }
  if (operation === 'flush') {
    world.store!.flush();
    settle(world);
    return;
  }
  if (operation === 'reopen') {
    if (world.lifeFault !== 'none') return;
    reopen(world, random.chance(0.3));
    verify(world);
    return;
  }
  const model = random.pick(models);
  if (operation === 'recreate') {
    world.removeLog(model);
    if (random.chance(0.7)) world.addLog();
    return;
  }
  LOG_OPERATIONS[operation]!(world, model, world.logOf(model));
}

/** Waits until everything is durable, or until the store gives up. */
function settle(world: StorageWorld): void {
  world.runUntil(() => world.failure !== null || isEverythingStored(world), 'flush');
}

/** Closes in order and opens again; with `interrupts`, the close is crashed at some event. */
function reopen(world: StorageWorld, interrupts: boolean): void {
  const { random } = world;
  let outcome: Error | null | undefined;
  const sinceMs = world.scheduler.nowMs;
  world.note(() => 'close');
  world.releaseHeld();
  world.store!.close((error) => {
    outcome = error;
  });
  const stepsMax = interrupts ? random.below(60) : 100_000;
  for (let count = 0; outcome === undefined && count < stepsMax; count++) {
    check(world.step(), () => 'stuck: close');
  }
  if (outcome === undefined) {
    check(interrupts, () => 'stuck: close');
    world.crash(random.chance(0.6) ? 'power' : 'process');
    openUntilOpen(world);
    return;
  }
  check(outcome === null, () => `close failed: ${outcome?.message}`);
  check(world.unanswered === 0, () => `closed with ${world.unanswered} questions open`);
  check(world.disk.openHandleCount === 0, () => `closed with ${world.disk.openHandleCount} files open`);
  // A close that takes longer leaves the rest to the journal, and no mark.
  const wasInTime = world.scheduler.nowMs - sinceMs < CLOSE_SETTLE_MS_MAX;
  world.settleAll();
  world.crash(random.chance(0.5) ? 'power' : 'process');
  openUntilOpen(world);
  check(
    world.store!.wasClean || world.wasOpenInterrupted || !wasInTime,
    () => 'closed in order, but opened as after a crash',
  );
  if (wasInTime) world.judgeSavedStates();
}

function endLife(world: StorageWorld): void {
  const { random } = world;
  if (world.failure === null && random.chance(0.4)) {
    tearGroup(world);
    return;
  }
  for (let count = random.pick([0, 3, 10, 40]); count > 0; count--) world.step();
  world.crash(random.chance(0.75) ? 'power' : 'process');
}

/** Cuts the power while a group with something of every log is on its way. */
function tearGroup(world: StorageWorld): void {
  for (const model of world.liveModels()) {
    LOG_OPERATIONS.hardState!(world, model, world.logOf(model));
    LOG_OPERATIONS.append!(world, model, world.logOf(model));
  }
  world.store!.flush();
  for (let count = 0; count < 40 && !world.disk.isWritingDirectly; count++) world.step();
  world.crash('power');
}

/** Reads everything back: every entry, every batch, every term. */
function verify(world: StorageWorld): void {
  for (const model of world.liveModels()) {
    verifyEntries(world, model);
    verifyBatches(world, model);
  }
}

function verifyEntries(world: StorageWorld, model: ModelLog): void {
  const log = world.logOf(model);
  let fromIndex = log.firstIndex;
  let isDone = fromIndex > log.lastIndex;
  const next = (): void => {
    const asked = ask(model, log);
    const from = fromIndex;
    const answered = world.question(() => `verify ${name(model.key)} entries from ${from}`);
    log.readEntries(from, 20_000, (error, entries) => {
      answered(() => judgeEntries(asked, from, error, entries, world.isFaulty));
      if (error === null && entries.length > 0) fromIndex = entries.at(-1)!.index + 1;
      isDone = error !== null || entries.length === 0 || fromIndex > log.lastIndex;
      if (!isDone) next();
    });
  };
  if (!isDone) next();
  world.runUntil(() => isDone, 'reading entries');
}

function verifyBatches(world: StorageWorld, model: ModelLog): void {
  const log = world.logOf(model);
  let isDone = log.startOffset === log.endOffset;
  let offset = log.startOffset;
  const next = (): void => {
    const asked = ask(model, log);
    const request = { offset, endOffset: model.endOffset, sizeBytesMax: 20_000, atLeastOne: true };
    const before = expectedBatches(asked, offset, request.endOffset);
    const answered = world.question(() => `verify ${name(model.key)} from offset ${request.offset}`);
    log.read(request, (error, result) => {
      const sizeBytes = error === null ? result.sizeBytes : 0;
      const expected = fitting(asked, request, before, error === null ? result : null);
      answered(() => {
        judgeRead(asked, request, expected, error, result, world.isFaulty);
        if (error === null) result.release();
      });
      let read = 0;
      for (let at = 0; at < expected.length && read < sizeBytes; at++) {
        read += expected[at]!.bytes.length;
        offset = expected[at]!.nextOffset;
      }
      isDone = read === 0 || offset >= model.endOffset;
      if (!isDone) next();
    });
  };
  if (!isDone) next();
  world.runUntil(() => isDone, 'reading batches');
}

/** Damages one file at rest: what is then served must be true, what is missing must be said. */
function damageAndReopen(world: StorageWorld): number {
  world.store!.flush();
  settle(world);
  if (world.failure !== null) return 0;
  // The mark follows the last group within ten idle milliseconds; damage before that is a double fault.
  world.pass(100);
  world.settleAll();
  world.crash('process');
  damageOneFile(world);
  for (const model of world.models.values()) model.isDamaged = true;
  let outcome: Error | null | undefined;
  world.open((error) => {
    outcome = error;
  });
  world.runUntil(() => outcome !== undefined, 'opening a damaged store');
  if (outcome instanceof Error) {
    const { message } = outcome;
    check('code' in outcome, () => `a damaged store refused to open without a code: ${message}`);
    world.note(() => `refused: ${message}`);
    return 1;
  }
  world.adopt(world.store!);
  verify(world);
  return 1;
}
