/**
 * The machine a storage run lives on: a disk that forgets, the store's process of the moment, and the model that knows
 * what it owes. Operations are in storage-operations.ts, the plan of a run in storage-run.ts.
 */
import { openLogStore } from '../../storage/log-store';
import type { HardState, LogEntry, LogKey, LogStore, StoredLog, StoreIdentity } from '../../storage/types';
import { SimulatedDisk } from './disk';
import { noDiskFaults } from './disk-faults';
import { SeededRandom } from './random';
import { Lifetime, Scheduler, simulatedMonotonicClock } from './scheduler';
import { judgeShape } from './storage-judge';
import { drawLoad, Payloads, type StorageLoad, uuidText } from './storage-load';
import { check, ModelLog, name, Violation } from './storage-model';

/** A slow operation ends within it. */
const LATE_MS = 5000;

/** Faults drawn for one life of the process. */
export type LifeFault = 'none' | 'reads' | 'writes' | 'full';

export interface WorldOptions {
  readonly isTracing: boolean;
  /** Overrides of the drawn load: shrinking tries smaller ones. */
  readonly load?: Partial<StorageLoad>;
}

export class StorageWorld {
  readonly scheduler = new Scheduler();
  readonly random: SeededRandom;
  readonly load: StorageLoad;
  readonly payloads: Payloads;
  readonly models = new Map<string, ModelLog>();
  readonly lines: string[] = [];
  disk: SimulatedDisk;
  store: LogStore | null = null;
  /** The store said that it takes no more writes. */
  failure: string | null = null;
  lifeFault: LifeFault = 'none';
  operationCount = 0;
  openCount = 0;
  logCount = 0;
  compactions = 0;
  /** The last successful open came after an open that did not finish. */
  wasOpenInterrupted = false;
  identity: StoreIdentity | null = null;
  /** Every operation gets the next number; what is reported durable is compared by it. */
  sequence = 0;
  /** Questions without an answer: each must get one before the store is closed. */
  unanswered = 0;
  readonly isTracing: boolean;
  readonly #held = new Set<() => void>();
  #violation: Violation | null = null;
  /** When the disk was last full no longer. */
  #emptiedMs = Number.NEGATIVE_INFINITY;

  constructor(seed: number, options: WorldOptions) {
    this.random = new SeededRandom(seed);
    this.isTracing = options.isTracing;
    this.load = { ...drawLoad(this.random.split()), ...options.load };
    this.payloads = new Payloads(this.random.split());
    this.disk = new SimulatedDisk({
      scheduler: this.scheduler,
      random: this.random.split(),
      faults: noDiskFaults(),
      alignmentBytes: this.load.alignmentBytes,
    });
  }

  note(line: () => string): void {
    if (this.isTracing) this.lines.push(`${this.scheduler.nowMs.toFixed(2)} #${this.sequence} ${line()}`);
  }

  /** Runs one event and throws what a callback found. */
  step(): boolean {
    const ran = this.scheduler.step();
    for (const { content } of this.models.values()) content.watch();
    if (this.#violation !== null) throw this.#violation;
    return ran;
  }

  runUntil(isDone: () => boolean, what: string, eventsMax = 200_000): void {
    for (let count = 0; !isDone(); count++) {
      check(count < eventsMax && this.step(), () => `stuck: ${what}`);
    }
  }

  /** Lets `durationMs` pass. */
  pass(durationMs: number): void {
    let isOver = false;
    this.scheduler.after(durationMs, new Lifetime(), () => {
      isOver = true;
    });
    this.runUntil(() => isOver, 'time');
  }

  /** Starts to open the store. `done` gets the error, or null when `this.store` is there. */
  open(done: (error: Error | null) => void): void {
    this.openCount++;
    this.failure = null;
    const { disk, load } = this;
    const { lifetime } = disk;
    const identityIfNew: StoreIdentity = {
      clusterId: 'cluster-1',
      nodeId: 1,
      incarnation: `incarnation-${this.openCount}`,
    };
    const guarded =
      <Arguments extends unknown[]>(run: (...values: Arguments) => void) =>
      (...values: Arguments): void => {
        if (lifetime.alive) this.#guard(() => run(...values));
      };
    openLogStore(
      disk,
      {
        identityIfNew,
        timers: simulatedMonotonicClock(this.scheduler, lifetime),
        journal: {
          fileSizeBytes: load.journalFileSizeBytes,
          bypassSizeBytesMin: load.bypassSizeBytesMin,
          lazySizeBytesMax: load.lazySizeBytesMax,
        },
        onStored: guarded((log: StoredLog, index: number, term: number) => this.#onStored(log, index, term)),
        onHardStateStored: guarded((log: StoredLog, state: HardState) => this.#onHardStateStored(log, state)),
        onStorageFailed: guarded((log: StoredLog | null, error: Error) => this.#onFailed(log, error)),
        onStorageHealed: guarded(() => {
          this.note(() => 'healed');
          this.failure = null;
        }),
        snapshotState: (log) => this.#snapshotState(log),
        onNotice: (level, message) => this.note(() => `${level}: ${message}`),
      },
      guarded((error: Error | null, store: LogStore) => {
        if (error === null) this.store = store;
        done(error);
      }),
    );
  }

  /** After an open: compares what came back with what was promised, and goes on from there. */
  adopt(store: LogStore): void {
    if (this.identity !== null) {
      check(store.identity.incarnation === this.identity.incarnation, () => 'the identity changed');
      check(!store.isNew, () => 'an old directory opened as new');
    }
    this.identity = store.identity;
    for (const [text, model] of this.models) {
      const stored = store.log(model.key);
      if (stored === undefined) {
        const isDeleted = model.deletion !== null;
        check(!model.mustExist || isDeleted, () => `${name(model.key)}: the log is gone`);
        this.models.delete(text);
        continue;
      }
      check(model.deletion === null || model.deletion > this.durableSequence, () => {
        return `${name(model.key)}: deleted, and back`;
      });
      check(stored.quarantine === null || model.isDamaged, () => {
        return `${name(model.key)}: quarantined without damage: ${stored.quarantine?.reason}`;
      });
      model.adopt(stored, stored.quarantine === null);
      model.deletion = null;
      if (stored.quarantine === null) judgeShape(model, stored);
    }
    for (const stored of store.logs()) {
      check(
        this.models.has(keyText(stored.key)),
        () => `${name(stored.key)}: a log that is not there any more`,
      );
    }
  }

  /** Largest sequence number known to be in a durable group. */
  durableSequence = -1;

  /** Ends the process at the current event. */
  crash(kind: 'power' | 'process'): void {
    this.note(() => `crash: ${kind}`);
    this.store = null;
    this.unanswered = 0;
    this.#held.clear();
    for (const model of this.models.values()) {
      model.lent.clear();
      model.content.crashed();
    }
    this.disk = this.disk.crash(kind);
    this.calm();
  }

  /** No more faults until they are drawn again. */
  calm(): void {
    const { faults } = this.disk;
    if (this.lifeFault === 'full') this.#emptiedMs = this.scheduler.nowMs;
    faults.readErrorRate = 0;
    faults.writeErrorRate = 0;
    faults.syncErrorRate = 0;
    faults.spaceSizeBytes = Number.POSITIVE_INFINITY;
    this.lifeFault = 'none';
  }

  modelOf(log: StoredLog): ModelLog | undefined {
    return this.models.get(keyText(log.key));
  }

  addLog(): ModelLog {
    const key: LogKey = { topicId: uuidText(this.random), partition: this.random.below(3) };
    const model = new ModelLog(key, ++this.sequence);
    this.models.set(keyText(key), model);
    const { compactedRate } = this.load;
    model.isCompacted = compactedRate > 0 && this.random.chance(compactedRate);
    this.logCount++;
    const { segmentSizeBytesMax, segmentAgeMsMax } = this.load;
    this.note(() => `create ${name(key)}`);
    this.store!.create(key, { segmentSizeBytesMax, segmentAgeMsMax });
    return model;
  }

  removeLog(model: ModelLog): void {
    model.deletion = ++this.sequence;
    this.note(() => `delete ${name(model.key)}`);
    this.store!.delete(model.key);
  }

  logOf(model: ModelLog): StoredLog {
    const log = this.store!.log(model.key);
    check(log !== undefined, () => `${name(model.key)}: not in the store`);
    return log;
  }

  /** Reads may fail in this life. */
  get isFaulty(): boolean {
    return this.lifeFault !== 'none';
  }

  drawFaults(): void {
    const { random } = this;
    const { faults } = this.disk;
    faults.slowRate = random.pick([0, 0, 0.02]);
    faults.latencyMs = random.pick([0.05, 0.2, 2]);
    this.lifeFault = random.chance(0.7) ? 'none' : random.pick(['reads', 'writes', 'full'] as const);
    if (this.lifeFault === 'full') faults.spaceSizeBytes = this.disk.usedSizeBytes() + random.below(150_000);
    if (this.lifeFault === 'reads') faults.readErrorRate = 0.05;
    if (this.lifeFault === 'writes') {
      faults.writeErrorRate = random.pick([0, 0.02]);
      faults.syncErrorRate = random.pick([0.02, 0.1]);
    }
    this.note(() => `faults: ${this.lifeFault}`);
  }

  /** Registers a question to the engine; the function returned takes its one answer. */
  question(title: () => string): (judge: () => void) => void {
    const { lifetime } = this.disk;
    let isAnswered = false;
    this.unanswered++;
    this.note(title);
    return (judge) => {
      if (!lifetime.alive) return;
      this.#guard(() => {
        check(!isAnswered, () => `answered twice: ${title()}`);
        isAnswered = true;
        this.unanswered--;
        judge();
      });
    };
  }

  /** Calls `release` now or some time later, but before the store is closed. */
  hold(isStable: boolean, release: () => void): void {
    if (!isStable || this.random.chance(0.5)) {
      release();
      return;
    }
    this.#held.add(release);
    this.scheduler.after(this.random.exponential(5), this.disk.lifetime, () => {
      if (this.#held.delete(release)) this.#guard(release);
    });
  }

  releaseHeld(): void {
    for (const release of this.#held) release();
    this.#held.clear();
  }

  /** The entry in memory that is overwritten as soon as it is stored: the engine may not look at it any more then. */
  lend(model: ModelLog, entry: LogEntry): LogEntry {
    const lent = { ...entry, bytes: Buffer.from(entry.bytes) };
    model.lent.set(entry.index, lent);
    return lent;
  }

  #takeBack(model: ModelLog, index: number): void {
    for (const lent of model.lent.values()) {
      if (lent.index > index || model.entries[lent.index - 1]?.term !== lent.term) continue;
      lent.bytes.fill(0xee);
      model.lent.delete(lent.index);
    }
  }

  /** The store closed in order: everything is durable. */
  settleAll(): void {
    for (const [text, model] of this.models) {
      if (model.deletion === null) model.settleAll();
      else this.models.delete(text);
    }
    this.durableSequence = this.sequence;
  }

  /** After a close in order the newest state of each log must be there. */
  judgeSavedStates(): void {
    for (const model of this.liveModels()) {
      const newest = model.savedStates.at(-1);
      const recovered = this.logOf(model).savedState;
      const isKept = newest !== undefined && model.isCurrent(newest);
      check(!isKept || recovered?.index === newest.index, () => {
        return `${name(model.key)}: closed with a state at ${newest?.index}, opened with ${recovered?.index}`;
      });
    }
  }

  liveModels(): ModelLog[] {
    return [...this.models.values()].filter((model) => model.deletion === null);
  }

  /** A violation found inside a callback is kept, so that no code of the engine can swallow it. */
  #guard(run: () => void): void {
    if (this.#violation !== null) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#violation = error;
    }
  }

  #onStored(log: StoredLog, index: number, term: number): void {
    const model = this.modelOf(log);
    this.note(() => `stored ${name(log.key)} ${index}/${term}`);
    check(
      model !== undefined && model.deletion === null,
      () => `${name(log.key)}: stored after its deletion`,
    );
    const covered = model.acknowledge(index, term, this.sequence);
    this.#settled(covered);
    if (covered >= 0 && index <= model.lastIndex && model.termAt(index) === term)
      this.#takeBack(model, index);
  }

  #onHardStateStored(log: StoredLog, state: HardState): void {
    const model = this.modelOf(log);
    this.note(() => `hard state stored ${name(log.key)} ${state.term}/${state.votedFor}`);
    if (model === undefined || model.deletion !== null) return;
    this.#settled(model.acknowledgeHardState(state));
  }

  /** Deletions lead their group: one that came before a durable operation is durable. */
  #settled(sequence: number): void {
    this.durableSequence = Math.max(this.durableSequence, sequence);
  }

  #onFailed(log: StoredLog | null, error: Error): void {
    this.note(() => `failed ${log === null ? 'store' : name(log.key)}: ${error.message}`);
    // What found the disk full may clean up before it says so.
    const isLate = error.message.includes('ENOSPC') && this.scheduler.nowMs < this.#emptiedMs + LATE_MS;
    const isExpected = this.isFaulty || isLate || [...this.models.values()].some((model) => model.isDamaged);
    check(isExpected, () => `storage failed without a fault: ${error.message}`);
    this.failure = error.message;
  }

  #snapshotState(log: StoredLog): { readonly index: number; readonly bytes: Buffer } | null {
    const model = this.modelOf(log);
    if (model === undefined || model.deletion !== null || model.committedIndex === 0) return null;
    if (model.savedStates.at(-1)?.index === model.committedIndex) return null;
    const bytes = stateBytes(model, model.committedIndex);
    model.saveState(model.committedIndex, bytes);
    return { index: model.committedIndex, bytes };
  }
}

export function keyText(key: LogKey): string {
  return `${key.topicId}/${key.partition}`;
}

/** A state that no other entry could have given. */
export function stateBytes(model: ModelLog, index: number): Buffer {
  return Buffer.from(`${keyText(model.key)} at ${index}/${model.termAt(index)}`);
}

export function isEverythingStored(world: StorageWorld): boolean {
  const { store } = world;
  if (store === null) return false;
  return world.liveModels().every((model) => {
    const log = store.log(model.key);
    if (log === undefined) return false;
    return log.durableIndex >= model.lastIndex && !model.hasUnstoredHardState;
  });
}
