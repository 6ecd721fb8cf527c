/** Faults of storage and refusals of Raft as the error codes that clients know. */
import { ErrorCode } from '../protocol';
import type { ProposalRefusal } from '../raft';
import { DiskError, DiskFullError, OffsetOutOfRangeError, StorageFailedError } from '../storage';

/** Every fault of the disk, damage included, is KAFKA_STORAGE_ERROR: clients try again after new metadata. */
export function storageErrorCode(error: Error): ErrorCode {
  return error instanceof OffsetOutOfRangeError
    ? ErrorCode.OFFSET_OUT_OF_RANGE
    : ErrorCode.KAFKA_STORAGE_ERROR;
}

/** Both codes are retriable, and neither says that anything was appended. */
export function proposalErrorCode(refusal: ProposalRefusal): ErrorCode {
  switch (refusal) {
    case 'not-leader':
    case 'leadership-transfer':
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    case 'uncommitted-limit':
      return ErrorCode.NOT_ENOUGH_REPLICAS;
  }
}

/** Does this error say that the disk takes no appends (for now or for good), as opposed to a mistake of ours? */
export function isStorageRefusal(error: unknown): error is DiskFullError | StorageFailedError | DiskError {
  return error instanceof DiskFullError || error instanceof StorageFailedError || error instanceof DiskError;
}
