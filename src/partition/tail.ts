import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import type { RaftEntryKind } from '../../raft';
import type { StoredLog } from '../../storage';
import { DiskFullError, EntryKind, ProducerState } from '../../storage';
import { isStorageRefusal } from '../errors';
import type { Acks } from './acks';
import { PendingEntry } from './pending';
import { noteAppended } from './recovery';

const NO_BYTES = Buffer.alloc(0);

/**
 * The end of a replica's log as Raft sees it: what is proposed or received counts from then on, for the next offset and
 * for the sequences of producers, although the stored log takes it a moment later and may refuse it.
 */
export class LogTail {
  readonly log: StoredLog;
  readonly #acks: Acks;
  /** Appended view up to `lastIndex`. */
  producers = new ProducerState();
  /** Next offset after the last entry. */
  endOffset: number;
  lastIndex: number;
  /** The disk takes no appends, for now or for good. */
  isRefused = false;
  /** For good. */
  isLost = false;
  /** Entries that the log did not take when Raft handed them out. */
  #held: PendingEntry[] = [];

  constructor(log: StoredLog, acks: Acks) {
    this.log = log;
    this.#acks = acks;
    this.endOffset = log.endOffset;
    this.lastIndex = log.lastIndex;
  }

  /** Entries without a batch are taken, on a full disk too: the journal has its room, and nothing waits before them. */
  get takesCommands(): boolean {
    return !this.isLost && this.#held.length === 0;
  }

  /** The disk takes no appends from now on; with `isFinal` nothing heals that. */
  refuse(isFinal: boolean): void {
    this.isRefused = true;
    this.isLost ||= isFinal;
  }

  /** Takes the next entry. */
  add(entry: PendingEntry): void {
    assert(entry.index === this.lastIndex + 1);
    assert(entry.baseOffset === this.endOffset);
    this.#acks.add(entry);
    this.lastIndex = entry.index;
    this.endOffset = entry.nextOffset;
  }

  /** An entry that Raft itself appends: it takes no offset. */
  addInternal(index: number, term: number, kind: RaftEntryKind, bytes: Uint8Array): PendingEntry {
    const { endOffset } = this;
    const own = bytes.length === 0 ? NO_BYTES : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entry = new PendingEntry(index, term, kind, endOffset, endOffset, -1, own);
    this.add(entry);
    return entry;
  }

  /**
   * Hands to the log what Raft wants stored; entries of another leader are new here. Null, or why the disk refused: the
   * entries are in Raft's log for good then, and are kept until `healed`.
   */
  store(entries: readonly PendingEntry[]): Error | null {
    for (const entry of entries) {
      if (entry.index <= this.lastIndex) continue;
      noteAppended(this.producers, entry);
      this.add(entry);
    }
    return this.#append(entries);
  }

  /** The disk takes appends again. Null, or why it refused at once. */
  healed(): Error | null {
    if (this.isLost) return null;
    this.isRefused = false;
    const held = this.#held;
    this.#held = [];
    return held.length === 0 ? null : this.#append(held);
  }

  /** Another leader's log parts from ours at `fromIndex`. */
  truncate(fromIndex: number): void {
    this.#held = this.#held.filter((entry) => entry.index < fromIndex);
    this.log.truncateSuffix(fromIndex);
    this.producers.truncate(fromIndex);
    this.#acks.truncate(fromIndex, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    this.lastIndex = fromIndex - 1;
    this.endOffset = this.log.endOffset;
  }

  #append(entries: readonly PendingEntry[]): Error | null {
    let refusal: Error | null = null;
    if (!this.isRefused || (this.takesCommands && entries.every(({ kind }) => kind !== EntryKind.batch))) {
      try {
        this.log.append(entries);
        return null;
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        this.refuse(!(error instanceof DiskFullError));
        refusal = error;
      }
    }
    for (const entry of entries) this.#held.push(entry);
    return refusal;
  }
}
