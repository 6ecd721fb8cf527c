import assert from 'node:assert/strict';
import type { Node } from '../../raft';
import type { StoredLog } from '../../storage';
import { EntryKind } from '../../storage';
import type { Acks } from './acks';
import { CommittedSizes } from './committed-sizes';
import type { PartitionDriver } from './driver';
import type { PendingEntry } from './pending';
import type { Watchers } from './purgatory';
import { decodeLogStart, type RecoveredState } from './recovery';
import { encodeSavedState } from './saved-state';
import type { LogTail } from './tail';
import type { PartitionListener } from './types';

export interface AppliedParts {
  readonly log: StoredLog;
  readonly tail: LogTail;
  readonly acks: Acks;
  readonly watchers: Watchers;
  readonly driver: PartitionDriver;
}

/** How far the log of one replica is committed and applied, and with that what readers may see of it. */
export class AppliedLog {
  /** Next offset after the last committed batch. */
  highWatermark: number;
  /** Last applied index; everything up to it is committed. */
  index = 0;
  /** Sizes of the newest committed batches. */
  readonly sizes = new CommittedSizes();
  readonly #parts: AppliedParts;
  /** Entries up to here were in the log when it was opened; they are applied together. */
  #recoveredIndex = 0;
  #recoveredStartOffset = -1;
  #savedIndex = 0;

  constructor(parts: AppliedParts) {
    this.#parts = parts;
    this.highWatermark = parts.log.startOffset;
  }

  /** Takes over what was rebuilt at the open. */
  recovered(state: RecoveredState): void {
    const { log } = this.#parts;
    this.highWatermark = state.highWatermark;
    this.index = state.appliedIndex;
    this.#savedIndex = log.savedState?.index ?? 0;
    this.#recoveredIndex = log.lastIndex;
    this.#recoveredStartOffset = state.startOffset;
  }

  /** The log was cut from `fromIndex` on. */
  truncate(fromIndex: number): void {
    assert(fromIndex > this.index);
    this.#recoveredIndex = Math.min(this.#recoveredIndex, fromIndex - 1);
  }

  /** Applies what `node` has committed. Parked fetches that get something are collected by the driver. */
  advance(node: Node<PendingEntry>, listener: PartitionListener | null): void {
    const { commitIndex } = node;
    if (commitIndex <= this.index || commitIndex < this.#recoveredIndex) return;
    const { acks, tail, watchers } = this.#parts;
    const { highWatermark } = this;
    const stableBefore = watchers.first === null ? 0 : tail.producers.lastStableOffset(highWatermark);
    if (this.index < this.#recoveredIndex) this.#advanceRecovered();
    let sizeBytes = 0;
    for (let index = this.index + 1; index <= commitIndex; index++) {
      const entry = acks.get(index)!;
      this.highWatermark = entry.nextOffset;
      if (entry.kind === EntryKind.batch) {
        sizeBytes += entry.bytes.length;
        this.sizes.note(entry.baseOffset, entry.nextOffset, entry.bytes.length);
        listener?.onCommitted(entry.bytes, entry.baseOffset, entry.nextOffset);
      } else if (entry.kind === EntryKind.logStart) {
        this.#moveStart(decodeLogStart(entry.bytes));
      }
    }
    tail.producers.applyTo(commitIndex);
    acks.applied(commitIndex);
    this.index = commitIndex;
    if (watchers.first !== null) this.#wake(highWatermark, stableBefore, sizeBytes);
  }

  /** What the storage saves beside the log, or null when nothing was applied since the last time. */
  snapshot(node: Node<PendingEntry>): { readonly index: number; readonly bytes: Buffer } | null {
    const { index, highWatermark } = this;
    if (index <= this.#savedIndex || index < this.#recoveredIndex) return null;
    this.#savedIndex = index;
    const memberships = node.memberships.filter((at) => at.index <= index);
    const { producers } = this.#parts.tail;
    return { index, bytes: encodeSavedState({ highWatermark, memberships, producers }) };
  }

  /** The state is another one at the same index: it is saved again. */
  stateChanged(): void {
    this.#savedIndex = 0;
  }

  /** What was in the log at the open is committed as a whole: the first entry of a newer term covers it. */
  #advanceRecovered(): void {
    const { acks, log } = this.#parts;
    this.highWatermark = acks.get(this.#recoveredIndex + 1)?.baseOffset ?? log.endOffset;
    this.index = this.#recoveredIndex;
    this.#moveStart(this.#recoveredStartOffset);
  }

  #moveStart(startOffset: number): void {
    const { driver, log, tail, watchers } = this.#parts;
    if (startOffset <= log.startOffset) return;
    log.advanceStart(startOffset);
    tail.producers.advanceStart(startOffset);
    watchers.startMoved(startOffset, driver.woken);
    driver.schedule();
  }

  #wake(highWatermark: number, stableOffset: number, sizeBytes: number): void {
    const { driver, tail, watchers } = this.#parts;
    const { woken } = driver;
    if (this.highWatermark === highWatermark) return;
    watchers.grew('read_uncommitted', highWatermark, this.highWatermark, sizeBytes, woken);
    const stable = tail.producers.lastStableOffset(this.highWatermark);
    if (stable === stableOffset) return;
    const stableSizeBytes = this.sizes.between(stableOffset, stable) ?? sizeBytes;
    watchers.grew('read_committed', stableOffset, stable, stableSizeBytes, woken);
  }
}
