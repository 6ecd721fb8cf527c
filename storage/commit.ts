/** Carries groups to stable storage, one at a time: the journal, and in parallel the bytes that bypass it. */
import assert from 'node:assert/strict';
import type { Arena } from './arena';
import type { Bypass } from './bypass';
import type { DiskError } from './disk';
import { type Group, GroupBuilder, type GroupOptions } from './group';
import type { Journal } from './journal';
import { GroupFlag } from './journal-format';
import type { Log } from './log';
import type { LogStoreOptions } from './types';

/** A mark follows the last group within this time, so that damage in it can be told from a torn write (D7). */
const IDLE_MARK_MS = 10;

export interface CommitHost {
  readonly timers: LogStoreOptions['timers'];
  readonly hasFailed: boolean;
  storeFailed(error: DiskError): void;
  /** The group and all that bypassed it are on stable storage. */
  groupDone(group: Group): void;
  /** Nothing is in flight any more. */
  allDone(): void;
}

export class Committer {
  readonly #arena: Arena;
  readonly #journal: Journal;
  readonly #bypass: Bypass;
  readonly #groupOptions: GroupOptions;
  readonly #host: CommitHost;
  /** The first is being written, the others follow it. */
  readonly #groups: Group[] = [];
  /** Written, but not to be acknowledged before the next one is. */
  readonly #held: Group[] = [];
  #isBusy = false;
  #unfinished = 0;
  /** Bypassed logs of the group in flight that failed. */
  #failedLogs: Log[] = [];
  #isMarked = true;
  #isStopped = false;
  #markTimer: { cancel(): void } | null = null;

  constructor(
    parts: { arena: Arena; journal: Journal; bypass: Bypass; groupOptions: GroupOptions },
    host: CommitHost,
  ) {
    this.#arena = parts.arena;
    this.#journal = parts.journal;
    this.#bypass = parts.bypass;
    this.#groupOptions = parts.groupOptions;
    this.#host = host;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Nothing may be in flight. */
  submit(groups: readonly Group[]): void {
    assert(!this.#isBusy && groups.length > 0);
    this.stopMark();
    this.#isBusy = true;
    this.#groups.push(...groups);
    this.#writeFirst();
  }

  /** A group without records: the first of a process, or a mark. */
  submitBare(flags: number): void {
    this.submit([GroupBuilder.bare(this.#groupOptions, this.#journal.nextSequence, flags)]);
  }

  /** No mark is written any more. */
  stop(): void {
    this.#isStopped = true;
    this.stopMark();
  }

  stopMark(): void {
    this.#markTimer?.cancel();
    this.#markTimer = null;
  }

  /** If the log is a bypassed one of the group in flight, the others of the group go on without it. */
  logFailed(log: Log): void {
    if (!log.isBypassing) return;
    log.isBypassing = false;
    this.#partFailed(log);
  }

  #writeFirst(): void {
    const group = this.#groups[0]!;
    assert(group.sequence === this.#journal.nextSequence);
    this.#unfinished = 1 + group.bypassed.length;
    this.#isMarked = group.recordCount === 0;
    this.#journal.write(group, () => this.#partDone());
    for (const { log, entry } of group.bypassed) {
      if (log.failure !== null) this.#partFailed(log);
      else this.#bypass.whenBypassed(log, entry, () => this.#partDone());
    }
  }

  #partFailed(log: Log): void {
    this.#failedLogs.push(log);
    this.#partDone();
  }

  /** The journal, or one bypassed log, has its part of the group on stable storage. */
  #partDone(): void {
    this.#unfinished--;
    if (this.#unfinished > 0 || this.#host.hasFailed) return;
    const group = this.#groups.shift()!;
    const failed = this.#failedLogs;
    this.#failedLogs = [];
    this.#held.push(group);
    if (failed.length === 0) this.#acknowledge();
    // What follows was laid out behind entries that never came to be.
    else if (this.#groups.length > 0) return this.#host.storeFailed(failed[0]!.failure!);
    // Recovery cuts a last group that is not whole, and believes one that another follows: so one follows that takes
    // back what failed, before the rest of the group is acknowledged.
    else this.#groups.push(GroupBuilder.abandoning(this.#groupOptions, this.#journal.nextSequence, failed));
    if (this.#groups.length > 0) return this.#writeFirst();
    this.#isBusy = false;
    this.#host.allDone();
    if (!this.#isBusy && !this.#isMarked && !this.#isStopped) this.#armMark();
  }

  #acknowledge(): void {
    for (const group of this.#held.splice(0)) {
      this.#host.groupDone(group);
      this.#arena.release(group.slab);
    }
  }

  #armMark(): void {
    this.stopMark();
    this.#markTimer = this.#host.timers.after(IDLE_MARK_MS, () => {
      this.#markTimer = null;
      if (!this.#isBusy && !this.#host.hasFailed) this.submitBare(GroupFlag.mark);
    });
  }
}
