/**
 * The runtime of one replicated machine over one partition (decisions.md, "an operation of a replicated machine").
 *
 * Loading is replaying what is committed; a follower keeps doing that, so that it answers at once when it becomes
 * leader. The machine is ready when this replica leads and has replayed the log to its end: an operation then sees
 * everything that any leader before it wrote. Operations run one after another. Each proposes its records before it
 * replays them, so what is refused leaves no trace; what fails after that (leadership lost, disk) can be undone only by
 * forgetting the whole state and replaying again.
 */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import type { MonotonicClock, Timer } from '../host';
import type { MachinePartition, PartitionListener } from '../partition/types';
import type { Machine, OperationResult, Outcome, Refusal, Runtime } from './machine';
import { encodeMachineBatch, replayBatch } from './records';

/** What a runtime needs of its partition. */
export type MachineLog = Pick<
  MachinePartition,
  'listen' | 'propose' | 'replayCommitted' | 'isLeader' | 'startOffset' | 'endOffset'
>;

export interface RuntimeOptions<M extends Machine> {
  readonly machine: M;
  readonly log: MachineLog;
  /** Broker time: what records are stamped with and operations are told. */
  readonly nowMs: () => number;
  /** Largest batch of one operation; a larger one is refused before anything happens. */
  readonly batchSizeBytesMax: number;
  readonly refusals: {
    /** This node does not lead the partition. */
    readonly notLeader: Refusal;
    /** It does, and has not replayed all of it yet. */
    readonly loading: Refusal;
  };
  /** Whoever waits longer is refused with REQUEST_TIMED_OUT, and what it wrote may be committed all the same; left out: no end. */
  readonly patience?: { readonly timeoutMs: number; readonly clock: MonotonicClock };
  /** Called each time the machine becomes ready. */
  readonly onReady?: () => void;
  /** The log cannot be read, or its records make no sense to the machine, which stays out of service. */
  readonly onFailed: (error: Error) => void;
}

/** A response that waits for everything up to its place in the log. */
interface Ticket {
  readonly endOffset: number;
  /** By the clock of the patience. */
  readonly askedMs: number;
  isCommitted: boolean;
  isDropped: boolean;
  /** Its patience ran out. It keeps its place, so that the machine is told of its commit. */
  isAnswered: boolean;
  settle(refusal: Refusal | null): void;
}

export class LogRuntime<M extends Machine> implements Runtime<M>, PartitionListener {
  readonly machine: M;
  readonly #options: RuntimeOptions<M>;
  readonly #log: MachineLog;
  /** The partition said that it leads and that all its log holds is committed or its own. */
  #isLeading = false;
  #isReady = false;
  #isLoading = false;
  #hasFailed = false;
  /** The machine's state includes everything below. */
  #replayedOffset: number;
  /** In log order. Reads of uncommitted state stand behind the write that they saw. */
  #tickets: Ticket[] = [];
  /** Runs while anybody waits: not one per ticket. */
  #patienceTimer: Timer | null = null;

  /** Starts at once: takes the place of the partition's listener and loads. */
  constructor(options: RuntimeOptions<M>) {
    this.machine = options.machine;
    this.#options = options;
    this.#log = options.log;
    this.#replayedOffset = options.log.startOffset;
    this.#log.listen(this);
    this.#catchUp();
  }

  get isReady(): boolean {
    return this.#isReady && this.#log.isLeader;
  }

  /** It leads, and will be ready when the rest of its log is replayed. */
  get isLoading(): boolean {
    return this.#log.isLeader && !this.#isReady && !this.#hasFailed;
  }

  onLeading(): void {
    this.#isLeading = true;
    this.#catchUp();
  }

  onFollowing(): void {
    this.#isLeading = false;
    this.#drop(this.#options.refusals.notLeader);
    this.#catchUp();
  }

  onCommitted(batch: Buffer, baseOffset: number, nextOffset: number): void {
    // What this machine wrote itself is replayed already; what a running load will reach is left to it.
    if (this.#isReady || this.#isLoading || this.#hasFailed || nextOffset <= this.#replayedOffset) return;
    if (baseOffset !== this.#replayedOffset) {
      this.#catchUp();
      return;
    }
    const failure = this.#replay(batch, nextOffset);
    if (failure === null) this.#replayedTo(nextOffset);
    else this.#fail(failure);
  }

  operate<Response>(
    operation: (machine: M, nowMs: number) => Outcome<Response>,
    done: (result: OperationResult<Response>) => void,
  ): void {
    const { refusals, nowMs: clock, batchSizeBytesMax } = this.#options;
    if (!this.isReady) {
      done({ refused: this.isLoading ? refusals.loading : refusals.notLeader, response: null });
      return;
    }
    const nowMs = clock();
    const outcome = operation(this.machine, nowMs);
    const { records, response } = outcome;
    const settle = (refused: Refusal | null): void =>
      done(refused === null ? { refused, response } : { refused, response: null });
    if (records.length === 0) {
      this.#awaitCommitted(settle);
      return;
    }
    const batch = encodeMachineBatch(records, nowMs);
    if (batch.length > batchSizeBytesMax) {
      const message = `The operation needs ${batch.length} bytes in its log; one may take ${batchSizeBytesMax}.`;
      settle({ errorCode: ErrorCode.RECORD_LIST_TOO_LARGE, message });
      return;
    }
    this.#write(batch, outcome, settle);
  }

  /** Leaves its partition for good; what waits is refused. */
  close(): void {
    this.#log.listen(null);
    this.#isLeading = false;
    this.#hasFailed = true;
    this.#patienceTimer?.cancel();
    this.#drop(this.#options.refusals.notLeader);
  }

  #write(batch: Buffer, { records, apply }: Outcome<unknown>, settle: Ticket['settle']): void {
    const expectedOffset = this.#replayedOffset;
    let ticket: Ticket | null = null;
    const baseOffset = this.#log.propose(batch, (errorCode) => {
      if (ticket === null) settle(this.#refusalOf(errorCode));
      else this.#settled(ticket, errorCode);
    });
    if (baseOffset < 0) return;
    assert.equal(baseOffset, expectedOffset, 'somebody else writes to the log of this machine');
    const offset = baseOffset + records.length;
    if (apply === undefined) {
      for (const [at, record] of records.entries()) this.machine.replay(record, baseOffset + at);
    } else {
      apply(baseOffset);
    }
    this.machine.endBatch?.(offset);
    this.#replayedOffset = offset;
    ticket = this.#wait(false, settle);
  }

  #awaitCommitted(settle: Ticket['settle']): void {
    if (this.#tickets.length === 0) {
      settle(null);
      return;
    }
    this.#wait(true, settle);
  }

  #wait(isCommitted: boolean, settle: Ticket['settle']): Ticket {
    const { patience } = this.#options;
    const ticket = {
      endOffset: this.#replayedOffset,
      askedMs: patience?.clock.nowMs() ?? 0,
      isCommitted,
      isDropped: false,
      isAnswered: false,
      settle,
    };
    this.#tickets.push(ticket);
    if (this.#patienceTimer === null) this.#armPatience();
    return ticket;
  }

  #armPatience(): void {
    const { patience } = this.#options;
    const first = this.#tickets.find(({ isAnswered }) => !isAnswered);
    if (patience === undefined || first === undefined) return;
    const { clock, timeoutMs } = patience;
    const run = (): void => this.#endPatience(timeoutMs, clock.nowMs());
    this.#patienceTimer = clock.after(Math.max(first.askedMs + timeoutMs - clock.nowMs(), 0), run);
  }

  #endPatience(timeoutMs: number, nowMs: number): void {
    this.#patienceTimer = null;
    const late = this.#tickets.filter((one) => !one.isAnswered && one.askedMs + timeoutMs <= nowMs);
    for (const ticket of late) ticket.isAnswered = true;
    this.#armPatience();
    const message = `The log has not kept this operation within ${timeoutMs} ms.`;
    for (const ticket of late) ticket.settle({ errorCode: ErrorCode.REQUEST_TIMED_OUT, message });
  }

  /** A batch of ours is committed, or nobody can say whether it ever will be. */
  #settled(ticket: Ticket, errorCode: ErrorCode): void {
    if (ticket.isDropped) return;
    if (errorCode !== ErrorCode.NONE) {
      this.#drop(this.#refusalOf(errorCode));
      this.#catchUp();
      return;
    }
    ticket.isCommitted = true;
    while (this.#tickets[0]?.isCommitted) {
      const first = this.#tickets.shift()!;
      this.machine.committed?.(first.endOffset);
      if (!first.isAnswered) first.settle(null);
    }
  }

  /** Leaves service. What was replayed ahead of its commit cannot be taken back, so then everything goes. */
  #drop(refusal: Refusal): void {
    const dropped = this.#tickets;
    const holdsMore = this.#isReady && this.machine.isMoreThanItsLog === true;
    this.#tickets = [];
    this.#isReady = false;
    if (dropped.length === 0 && !holdsMore) return;
    for (const ticket of dropped) ticket.isDropped = true;
    this.machine.reset();
    this.#replayedOffset = this.#log.startOffset;
    for (const ticket of dropped) if (!ticket.isAnswered) ticket.settle(refusal);
  }

  #catchUp(): void {
    if (this.#isLoading || this.#isReady || this.#hasFailed) return;
    this.#isLoading = true;
    let failure: Error | null = null;
    this.#log.replayCommitted(
      this.#replayedOffset,
      (batch, _baseOffset, nextOffset) => {
        failure ??= this.#replay(batch, nextOffset);
      },
      (error, nextOffset) => {
        this.#isLoading = false;
        failure ??= error;
        if (failure === null) this.#replayedTo(nextOffset);
        else this.#fail(failure);
      },
    );
  }

  /** null, or why the machine cannot take what is in the log. */
  #replay(batch: Buffer, nextOffset: number): Error | null {
    try {
      replayBatch(this.machine, batch, nextOffset);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  #replayedTo(offset: number): void {
    this.#replayedOffset = offset;
    this.machine.committed?.(offset);
    // An append that failed may still be in the log and be committed one day: until then the end is not known.
    if (!this.#isLeading || this.#isReady || offset !== this.#log.endOffset) return;
    this.#isReady = true;
    this.#options.onReady?.();
  }

  #refusalOf(errorCode: ErrorCode): Refusal {
    const { notLeader } = this.#options.refusals;
    if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) return notLeader;
    return { errorCode, message: 'The log of this operation takes no records now.' };
  }

  #fail(error: Error): void {
    this.#hasFailed = true;
    this.#isReady = false;
    this.#options.onFailed(error);
  }
}
