/**
 * The compaction of a broker: the dirtiest log first, one after the other, then a pause of broker time. What is due is
 * decided in cleaning.ts; each replica cleans its own files.
 */
import type { CompactionResult } from '../../storage';
import { CompactionEndedError, DiskError, OffsetOutOfRangeError } from '../../storage';
import type { Host, Timer } from '../host';
import type { Logger } from '../telemetry';
import { type CleanerSettings, type CleaningPlan, planCleaning } from './cleaning';
import type { PartitionReplica } from './partition';

export interface CleanerOptions {
  readonly host: Pick<Host, 'brokerTime' | 'endOfTurn'>;
  /** The replicas of this broker as they are now. */
  replicas(): Iterable<PartitionReplica>;
  /** As they are now. */
  settings(): CleanerSettings;
  readonly logger: Logger;
}

/** Replicas that are looked at in one turn of the event loop. */
const REPLICAS_PER_TURN = 500;

interface Candidate {
  readonly replica: PartitionReplica;
  readonly plan: CleaningPlan;
}

export class Cleaner {
  readonly #options: CleanerOptions;
  /** Damaged ones: each start tries them once more. */
  readonly #uncleanable = new WeakSet<PartitionReplica>();
  /** Those of which more would be cleaned only after a pause. */
  readonly #resting = new Set<PartitionReplica>();
  /** Their states in the manifest tell of aborted transactions that are gone. */
  readonly #withOldState = new WeakSet<PartitionReplica>();
  #pause: Timer | null = null;
  #isClosed = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.settings().isEnabled) this.#rest();
  }

  /** The store ends the round that is under way. */
  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
  }

  #rest(): void {
    this.#resting.clear();
    const { backoffMs } = this.#options.settings();
    this.#pause = this.#options.host.brokerTime.after(Math.max(1, backoffMs), () => this.#look());
  }

  #look(): void {
    this.#lookOn(this.#options.replicas()[Symbol.iterator](), null);
  }

  /** A part of the replicas per turn, so that ten thousand of them hold nobody up. */
  #lookOn(replicas: Iterator<PartitionReplica>, dirtiest: Candidate | null): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.host.brokerTime.nowMs();
    let found = dirtiest;
    for (let count = 0; count < REPLICAS_PER_TURN; count++) {
      const { done, value: replica } = replicas.next();
      if (done === true) {
        if (found === null) this.#rest();
        else this.#clean(found, nowMs);
        return;
      }
      const plan = this.#planOf(replica, nowMs);
      if (plan !== null && (found === null || plan.ratio > found.plan.ratio)) found = { replica, plan };
    }
    this.#options.host.endOfTurn(() => this.#lookOn(replicas, found));
  }

  #planOf(replica: PartitionReplica, nowMs: number): CleaningPlan | null {
    const { config, log } = replica;
    if (!config.cleanupPolicies.compact || !replica.isSettled || replica.isQuarantined) return null;
    if (this.#uncleanable.has(replica) || this.#resting.has(replica)) return null;
    const { segments, startOffset, cleanedOffset } = log;
    if (segments.length < 2) return null;
    const facts = { segments, startOffset, cleanedOffset, lastStableOffset: replica.lastStableOffset };
    return planCleaning(facts, config, nowMs);
  }

  #clean({ replica, plan }: Candidate, nowMs: number): void {
    const { log, config, producers } = replica;
    const isStateNew = this.#withOldState.has(replica);
    const { firstDirtyOffset, endOffset } = plan;
    log.compact(
      {
        firstDirtyOffset,
        endOffset,
        nowMs,
        deleteRetentionMs: config.deleteRetentionMs,
        aborted: producers.abortedBetween(0, endOffset),
        lastOfProducers: producers.lastOfProducers(),
        isStateNew,
        segmentSizeBytesMax: config.segmentSizeBytes,
        limits: this.#options.settings().limits,
      },
      (error, result) => {
        if (error === null) this.#cleaned(replica, plan, result);
        else this.#failed(replica, error);
        if (!this.#isClosed) this.#options.host.endOfTurn(() => this.#look());
      },
    );
  }

  #cleaned(replica: PartitionReplica, { firstDirtyOffset }: CleaningPlan, result: CompactionResult): void {
    const { readSizeBytes, writtenSizeBytes, keyCount, emptied } = result;
    if (result.hasCleaned) this.#withOldState.delete(replica);
    if (emptied.length > 0) {
      replica.forgetAborted(emptied);
      this.#withOldState.add(replica);
    }
    const { cleanedOffset } = replica.log;
    if (!result.hasCleaned || cleanedOffset <= firstDirtyOffset) this.#resting.add(replica);
    if (!result.hasCleaned) return;
    this.#options.logger.debug(
      `${nameOf(replica)} is compacted up to offset ${cleanedOffset}: ${readSizeBytes} bytes read, ${writtenSizeBytes} written, ${keyCount} keys`,
    );
  }

  #failed(replica: PartitionReplica, error: Error): void {
    this.#resting.add(replica);
    if (error instanceof CompactionEndedError || error instanceof OffsetOutOfRangeError) return;
    this.#options.logger.warn(`${nameOf(replica)} cannot be compacted: ${error.message}`);
    // A full disk gets room again; bytes that cannot be read stay as they are.
    if (!(error instanceof DiskError)) this.#uncleanable.add(replica);
  }
}

const nameOf = ({ topicName, index }: PartitionReplica): string => `${topicName}-${index}`;
