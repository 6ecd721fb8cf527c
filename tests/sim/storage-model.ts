/**
 * What a log store promises, as plain arrays. The model never forgets: it keeps everything that was reported durable
 * and, in order, everything that was not. After a crash a log must be the durable state plus some prefix of the rest:
 * no hole, no entry from another history, no vote undone.
 */
import assert from 'node:assert/strict';
import { EntryKind, type HardState, type LogEntry, type LogKey, type StoredLog } from '../../storage/types';
import { CompactedContent } from './storage-compaction';

/** A promise that storage did not keep. The message is what the report shows. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}

type EntryOperation =
  | { readonly sequence: number; readonly kind: 'append'; readonly entry: LogEntry }
  | { readonly sequence: number; readonly kind: 'truncate'; readonly index: number };

interface Saved<T> {
  readonly sequence: number;
  readonly value: T;
}

export interface SavedState {
  readonly index: number;
  /** Term of the entry at `index` when the state was saved: another term there is another history. */
  readonly term: number;
  readonly bytes: Buffer;
}

export const NO_HARD_STATE: HardState = { term: 0, votedFor: -1, votedForIncarnation: '' };

export class ModelLog {
  /** As the engine shows the log now: entry `i` at `i - 1`, from index 1 on, whatever start was moved past it. */
  entries: LogEntry[] = [];
  hardState = NO_HARD_STATE;
  startOffset = 0;
  /** Largest first index seen: it never goes back while the process lives. */
  firstIndexSeen = 1;
  /** The next operation to be reported is a deletion. */
  deletion: number | null = null;
  savedStates: SavedState[] = [];
  truncationCount = 0;
  /** A saved state went with the entries that it was of: what it spoke for may be spoken for by nothing. */
  hasCutState = false;
  /** Entries up to here are not truncated by the load, as a committed entry is not. */
  committedIndex = 0;
  /** Terms that were used for entries or votes. */
  termLast = 0;
  timestampLast = 0;
  /** Memory that the engine still borrows, by index. */
  readonly lent = new Map<number, LogEntry>();
  /** Injected damage may have touched this log: only what is served is judged, not what is missing. */
  isDamaged = false;
  /** Its records have keys. */
  isCompacted = false;
  readonly content = new CompactedContent();
  #durable: LogEntry[] = [];
  #pending: EntryOperation[] = [];
  #durableHardState = NO_HARD_STATE;
  #pendingHardStates: Saved<HardState>[] = [];
  #durableStartOffset = 0;
  #pendingStarts: (Saved<number> & { coveredAt: number })[] = [];
  /** Something of this log was reported durable: it must exist. */
  #mustExist = false;
  #appended = new Set<string>();

  constructor(
    readonly key: LogKey,
    readonly createdAt: number,
  ) {}

  get lastIndex(): number {
    return this.entries.length;
  }

  get endOffset(): number {
    return this.entries.at(-1)?.nextOffset ?? 0;
  }

  get durableLastIndex(): number {
    return this.#durable.length;
  }

  get hasUnstoredHardState(): boolean {
    return this.#pendingHardStates.length > 0;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0 || this.hasUnstoredHardState || this.#pendingStarts.length > 0;
  }

  /** An entry of this term once stood at this index: Raft never puts another one there. */
  wasAppended(index: number, term: number): boolean {
    return this.#appended.has(`${index}/${term}`);
  }

  isDurable(index: number): boolean {
    return index === 0 || this.#durable[index - 1] === this.entries[index - 1];
  }

  /** Moves the committed index to `index` where the entry there is durable and not about to be cut. */
  commitTo(index: number): void {
    if (index > this.committedIndex && this.isDurable(index)) this.committedIndex = index;
  }

  termAt(index: number): number {
    return index === 0 ? 0 : this.entries[index - 1]!.term;
  }

  append(sequence: number, entry: LogEntry): void {
    assert.equal(entry.index, this.lastIndex + 1);
    this.entries.push(entry);
    this.#pending.push({ sequence, kind: 'append', entry });
    this.#appended.add(`${entry.index}/${entry.term}`);
  }

  truncate(sequence: number, index: number): void {
    // Raft saves states of committed entries only; of others the engine promises nothing.
    if (this.savedStates.some((state) => state.index >= index)) this.hasCutState = true;
    this.entries.length = index - 1;
    this.truncationCount++;
    this.#pending.push({ sequence, kind: 'truncate', index });
  }

  saveHardState(sequence: number, state: HardState): void {
    this.hardState = state;
    this.#pendingHardStates.push({ sequence, value: state });
  }

  advanceStart(sequence: number, offset: number): void {
    this.startOffset = offset;
    this.#pendingStarts.push({ sequence, value: offset, coveredAt: Number.POSITIVE_INFINITY });
  }

  saveState(index: number, bytes: Buffer): void {
    this.savedStates.push({ index, term: this.termAt(index), bytes });
  }

  /**
   * The engine reports that entries up to (index, term) are durable; `now` is the number of the last operation.
   * Returns the operation that this covers.
   */
  acknowledge(index: number, term: number, now: number): number {
    check(index === 0 || this.#appended.has(`${index}/${term}`), () => {
      return `${name(this.key)}: reported ${index}/${term} stored, which was never appended`;
    });
    const covered = this.#pending.findLast(
      ({ kind, ...operation }) =>
        kind === 'append' &&
        'entry' in operation &&
        operation.entry.index === index &&
        operation.entry.term === term,
    );
    if (covered === undefined) return -1;
    this.#settleEntries(covered.sequence);
    // Whoever acts on a stored entry relies on the term and vote saved before it.
    this.#settleHardStates(covered.sequence);
    this.#coverStarts(covered.sequence, now);
    this.#mustExist = true;
    return covered.sequence;
  }

  acknowledgeHardState(state: HardState): number {
    const covered = this.#pendingHardStates.findLast((saved) => isSameHardState(saved.value, state));
    check(covered !== undefined || isSameHardState(this.#durableHardState, state), () => {
      return `${name(this.key)}: reported hard state ${show(state)} stored, which was not saved`;
    });
    if (covered === undefined) return -1;
    this.#settleHardStates(covered.sequence);
    this.#mustExist = true;
    return covered.sequence;
  }

  /** A store that closed in order has everything. */
  settleAll(): void {
    const hadAny = this.hasPending;
    this.#settleEntries(Number.POSITIVE_INFINITY);
    this.#settleHardStates(Number.POSITIVE_INFINITY);
    this.#settleStarts(() => true);
    if (hadAny) this.#mustExist = true;
  }

  get mustExist(): boolean {
    return this.#mustExist;
  }

  /**
   * Takes over the state that an engine recovered, if the model allows it; from then on that state is durable.
   * `isWhole` is false for a log whose damage was reported: entries may be missing, none may be wrong.
   */
  adopt(stored: StoredLog, isWhole: boolean): void {
    const title = name(this.key);
    if (isWhole) this.#adoptEntries(stored);
    else this.#checkUndamagedPrefix(stored);
    const lastAppend = this.#lastAppliedAppend;
    const states = [this.#durableHardState, ...this.#pendingHardStates.map((saved) => saved.value)];
    const at = states.findIndex((state) => isSameHardState(state, stored.hardState));
    check(at >= 0, () => {
      const allowed = states.map(show).join(' | ');
      return `${title}: recovered hard state ${show(stored.hardState)}, allowed ${allowed}`;
    });
    const missed = this.#pendingHardStates[at];
    check(missed === undefined || missed.sequence > lastAppend, () => {
      return `${title}: recovered an entry but not the hard state ${show(missed!.value)} saved before it`;
    });
    this.hardState = stored.hardState;
    const starts = [this.#durableStartOffset, ...this.#pendingStarts.map((saved) => saved.value)];
    check(starts.includes(stored.startOffset), () => {
      return `${title}: recovered start offset ${stored.startOffset}, allowed ${starts.join(' | ')}`;
    });
    this.startOffset = stored.startOffset;
    this.#adoptSavedState(stored);
    this.#pending = [];
    this.#pendingHardStates = [];
    this.#pendingStarts = [];
    this.#durable = [...this.entries];
    this.#durableHardState = this.hardState;
    this.#durableStartOffset = this.startOffset;
    this.committedIndex = Math.min(this.committedIndex, this.lastIndex);
    this.firstIndexSeen = stored.firstIndex;
    this.#mustExist = true;
  }

  #lastAppliedAppend = -1;

  /** Finds the prefix of what was pending that gives the recovered log. */
  #adoptEntries(stored: StoredLog): void {
    const candidate = [...this.#durable];
    this.#lastAppliedAppend = -1;
    let applied = 0;
    while (!isSameHistory(candidate, stored)) {
      const next = this.#pending[applied++];
      check(next !== undefined, () => this.#explain(stored));
      if (next.kind === 'append') {
        candidate.push(next.entry);
        this.#lastAppliedAppend = next.sequence;
      } else candidate.length = next.index - 1;
    }
    this.entries = candidate;
  }

  /** A quarantined log: what it still shows must be the beginning of an allowed history. */
  #checkUndamagedPrefix(stored: StoredLog): void {
    for (let index = stored.firstIndex; index <= stored.lastIndex; index++) {
      check(this.#appended.has(`${index}/${stored.termAt(index)}`), () => {
        return `${name(this.key)}: quarantined log shows ${index}/${stored.termAt(index)}, never appended`;
      });
    }
  }

  /** Whether the state is one of this history. */
  isCurrent(state: SavedState): boolean {
    return state.index <= this.lastIndex && this.termAt(state.index) === state.term;
  }

  #adoptSavedState(stored: StoredLog): void {
    const { savedState } = stored;
    this.savedStates = this.savedStates.filter((state) => this.isCurrent(state));
    const known = this.savedStates.findLastIndex(
      (state) => state.index === savedState?.index && state.bytes.equals(savedState.bytes),
    );
    check(savedState === null || known >= 0, () => {
      return `${name(this.key)}: recovered a state at index ${savedState?.index} that is of no entry in this log`;
    });
    // Newer ones were lost with the crash, as they may be.
    this.savedStates.length = known + 1;
  }

  #settleEntries(sequence: number): void {
    let count = 0;
    for (const operation of this.#pending) {
      if (operation.sequence > sequence) break;
      count++;
      if (operation.kind === 'append') this.#durable.push(operation.entry);
      else this.#durable.length = operation.index - 1;
    }
    if (count > 0) this.#pending.splice(0, count);
  }

  #settleHardStates(sequence: number): void {
    while (this.#pendingHardStates.length > 0 && this.#pendingHardStates[0]!.sequence <= sequence) {
      this.#durableHardState = this.#pendingHardStates.shift()!.value;
      this.#mustExist = true;
    }
  }

  /**
   * The start of a log may leave a group later than entries that were appended after it, but not later than entries
   * that were appended after those were reported.
   */
  #coverStarts(sequence: number, now: number): void {
    this.#settleStarts((start) => start.coveredAt < sequence);
    for (const start of this.#pendingStarts) {
      if (start.sequence < sequence) start.coveredAt = Math.min(start.coveredAt, now);
    }
  }

  #settleStarts(isSettled: (start: { readonly coveredAt: number }) => boolean): void {
    while (this.#pendingStarts.length > 0 && isSettled(this.#pendingStarts[0]!)) {
      this.#durableStartOffset = this.#pendingStarts.shift()!.value;
    }
  }

  #explain(stored: StoredLog): string {
    const pending = this.#pending.map((operation) =>
      operation.kind === 'append'
        ? `+${operation.entry.index}/${operation.entry.term}`
        : `cut ${operation.index}`,
    );
    const recovered = `[${stored.firstIndex}, ${stored.lastIndex}] last term ${stored.lastTerm}, end ${stored.endOffset}`;
    const acked = `${this.#durable.length}/${this.#durable.at(-1)?.term ?? 0}`;
    return `${name(this.key)}: recovered ${recovered}; acknowledged ${acked}, then ${pending.join(' ') || 'nothing'}`;
  }
}

/** The engine shows exactly these entries, as far as it shows entries at all (its start may have moved). */
function isSameHistory(entries: readonly LogEntry[], stored: StoredLog): boolean {
  if (stored.lastIndex !== entries.length) return false;
  if (stored.endOffset !== (entries.at(-1)?.nextOffset ?? 0)) return false;
  for (let index = stored.lastIndex; index >= stored.firstIndex; index--) {
    if (stored.termAt(index) !== entries[index - 1]!.term) return false;
  }
  return true;
}

export function isSameHardState(left: HardState, right: HardState): boolean {
  return (
    left.term === right.term &&
    left.votedFor === right.votedFor &&
    left.votedForIncarnation === right.votedForIncarnation
  );
}

/** First difference between two entries, or null. */
export function differenceOf(expected: LogEntry, actual: LogEntry): string | null {
  for (const field of ['index', 'term', 'kind', 'baseOffset', 'nextOffset', 'maxTimestamp'] as const) {
    if (expected[field] !== actual[field]) return `${field} ${actual[field]}, expected ${expected[field]}`;
  }
  return expected.bytes.equals(actual.bytes) ? null : 'other bytes';
}

export const isBatch = (entry: LogEntry): boolean => entry.kind === EntryKind.batch;

export function name(key: LogKey): string {
  return `${key.topicId.slice(0, 8)}-${key.partition}`;
}

function show(state: HardState): string {
  return `${state.term}/${state.votedFor}/${state.votedForIncarnation}`;
}
