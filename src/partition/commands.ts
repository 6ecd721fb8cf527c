/** What a leader decides for all replicas of its partition: entries of the log that no client wrote. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol';
import { EntryKind, encodeProducerExpiry } from '../../storage';
import type { PartitionReplica } from './partition';
import { encodeLogStart } from './recovery';

/**
 * Moves the start of the log on every replica (D9): applied, and so visible, when the entry is committed. `startOffset`
 * must not be above the high watermark. NONE, or why it cannot be proposed.
 */
export function proposeLogStart(replica: PartitionReplica, startOffset: number): ErrorCode {
  assert(startOffset <= replica.highWatermark);
  return replica.proposeCommand(EntryKind.logStart, encodeLogStart(startOffset));
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
