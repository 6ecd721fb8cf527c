/** What a leader decides for all replicas of its partition: entries of the log that no client wrote. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import { EntryKind, encodeProducerExpiry } from '../../storage';
import type { AwaitedCommand, PartitionReplica } from './partition';
import { encodeLogStart } from './recovery';
import type { DeleteRecordsOutcome } from './types';

/**
 * Moves the start of the log on every replica (D9): applied, and so visible, when the entry is committed. `startOffset`
 * must not be above the high watermark. NONE, or why it cannot be proposed.
 */
export function proposeLogStart(
  replica: PartitionReplica,
  startOffset: number,
  awaited: AwaitedCommand | null = null,
): ErrorCode {
  assert(startOffset <= replica.highWatermark);
  return replica.proposeCommand(EntryKind.logStart, encodeLogStart(startOffset), awaited);
}

/**
 * A client that gives no time still waits for this node's own sync: Kafka moves the start in memory, and with one
 * replica answers at once.
 */
const OWN_COPY_WAIT_MS = 1_000;
const TO_HIGH_WATERMARK = -1;

/** See `Partition.deleteRecords`. */
export function deleteRecords(
  replica: PartitionReplica,
  request: { readonly offset: number; readonly timeoutMs: number },
  done: (outcome: DeleteRecordsOutcome) => void,
): void {
  const refuse = (errorCode: ErrorCode): void => done({ errorCode, lowWatermark: -1 });
  const fenced = replica.checkLeader(-1);
  if (fenced !== ErrorCode.NONE) return refuse(fenced);
  if (!replica.config.cleanupPolicies.delete) return refuse(ErrorCode.POLICY_VIOLATION);
  const { highWatermark } = replica;
  const startOffset = request.offset === TO_HIGH_WATERMARK ? highWatermark : request.offset;
  if (startOffset < 0 || startOffset > highWatermark) return refuse(ErrorCode.OFFSET_OUT_OF_RANGE);
  if (startOffset <= replica.startOffset) {
    return done({ errorCode: ErrorCode.NONE, lowWatermark: replica.startOffset });
  }
  const refusal = proposeLogStart(replica, startOffset, {
    timeoutMs: Math.max(request.timeoutMs, OWN_COPY_WAIT_MS),
    done: (errorCode) => {
      const isKnown = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REQUEST_TIMED_OUT;
      done({ errorCode, lowWatermark: isKnown ? replica.startOffset : -1 });
    },
  });
  if (refusal !== ErrorCode.NONE) refuse(refusal);
}

/**
 * Forgets producers whose newest batch is not younger than `cutoffMs`, on every replica at the same place of the log
 * (trap T53). NONE also where there is nothing to do: this replica does not lead, or none is that old.
 */
export function expireProducers(replica: PartitionReplica, cutoffMs: number): ErrorCode {
  if (!replica.isSettled || replica.isQuarantined || !replica.producers.hasExpired(cutoffMs))
    return ErrorCode.NONE;
  return replica.proposeCommand(EntryKind.producerExpiry, encodeProducerExpiry(cutoffMs));
}
