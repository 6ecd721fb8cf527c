/** The way of a batch into the log: checks, stamps, proposal. Everything here happens before `append` returns. */
import { ErrorCode } from '../../protocol';
import {
  factsOf,
  lastOffsetDeltaOf,
  maxTimestampOf,
  producerIdOf,
  stampBatch,
  validateBatch,
} from '../../storage';
import { notAppended } from './outcomes';
import type { PartitionReplica } from './partition';
import { Awaiting } from './pending';
import type { AppendOutcome, AppendRequest, RecordError } from './types';

/** Refusals that Kafka answers without the start of the log: it had not come that far. */
const WITHOUT_LOG_START: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

function refused(
  replica: PartitionReplica,
  errorCode: ErrorCode,
  errorMessage: string | null = null,
  recordErrors?: readonly RecordError[],
): AppendOutcome {
  replica.traffic.failedProduceRequests++;
  const logStartOffset = WITHOUT_LOG_START.has(errorCode) ? -1 : replica.startOffset;
  return notAppended(errorCode, logStartOffset, errorMessage, recordErrors);
}

/** See `Partition.append`. */
export function appendBatch(
  replica: PartitionReplica,
  request: AppendRequest,
  done: (outcome: AppendOutcome) => void,
): void {
  const refusal = replica.appendRefusal(request.acks);
  if (refusal !== ErrorCode.NONE) {
    done(refused(replica, refusal));
    return;
  }

  let batch = request.records;
  let logAppendTimeMs = -1;
  if (request.origin === 'client') {
    const valid = validateBatch(batch, replica.validation, replica.nowMs(), request.apiVersion);
    if (valid.errorCode !== 0) {
      const outcome = refused(replica, valid.errorCode as ErrorCode, valid.errorMessage, valid.recordErrors);
      done(valid.isOfRequest === true ? { ...outcome, logStartOffset: -1 } : outcome);
      return;
    }
    ({ batch, logAppendTimeMs } = valid);
  }
  const timeoutMs = Math.max(request.timeoutMs, 0);
  // Other replicas are sent the bytes when the frame may be gone already.
  if (replica.replicas.length > 1 && batch.buffer === request.records.buffer) batch = Buffer.from(batch);
  const limit = replica.proposalRefusal(batch.length);
  if (limit !== ErrorCode.NONE) {
    done(refused(replica, limit, 'too much is waiting to be committed'));
    return;
  }

  const baseOffset = replica.endOffset;
  const nextOffset = baseOffset + lastOffsetDeltaOf(batch, 0) + 1;
  stampBatch(batch, 0, baseOffset, replica.leaderEpoch);
  const facts = producerIdOf(batch, 0) < 0 ? null : factsOf(batch, 0);
  if (facts !== null) {
    const check = replica.producers.check(facts);
    if (check.kind === 'refused') {
      done(refused(replica, check.errorCode as ErrorCode, check.errorMessage));
      return;
    }
    if (check.kind === 'duplicate') {
      const isCommitted = check.lastOffset < replica.highWatermark;
      const first = { offset: check.firstOffset, timestamp: check.timestamp, isCommitted };
      replica.acks.expectDuplicate(awaitingOf(request.acks), first, timeoutMs, done);
      return;
    }
  }

  const entry = replica.proposeBatch(batch, nextOffset, maxTimestampOf(batch, 0), facts);
  entry.logAppendTimeMs = logAppendTimeMs;
  replica.traffic.messagesIn += nextOffset - baseOffset;
  replica.traffic.bytesIn += batch.length;
  if (batch.buffer === request.records.buffer) {
    request.lease.retain();
    entry.lease = request.lease;
  }
  if (request.acks === 0) replica.acks.expect(entry, Awaiting.stored, -1, done);
  else replica.acks.expect(entry, awaitingOf(request.acks), timeoutMs, done);
}

/** See `MachinePartition.propose`. */
export function proposeOwn(
  replica: PartitionReplica,
  batch: Buffer,
  done: (errorCode: ErrorCode) => void,
): number {
  let refusal = replica.appendRefusal(-1);
  if (refusal === ErrorCode.NONE) refusal = replica.proposalRefusal(batch.length);
  if (refusal !== ErrorCode.NONE) {
    done(refusal);
    return -1;
  }
  const baseOffset = replica.endOffset;
  const nextOffset = baseOffset + lastOffsetDeltaOf(batch, 0) + 1;
  stampBatch(batch, 0, baseOffset, replica.leaderEpoch);
  const entry = replica.proposeBatch(batch, nextOffset, maxTimestampOf(batch, 0), null);
  replica.acks.expect(entry, Awaiting.committed, -1, (outcome) => done(outcome.errorCode));
  return baseOffset;
}

function awaitingOf(acks: -1 | 0 | 1): Awaiting {
  if (acks === 0) return Awaiting.nothing;
  return acks === 1 ? Awaiting.stored : Awaiting.committed;
}
