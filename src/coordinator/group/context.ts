/** What the operations on groups share. */
import { ErrorCode } from '../../../protocol';
import type { Random } from '../../host';
import type { MachineRecord } from '../../replicated/machine';
import type { Logger } from '../../telemetry';
import type { DeadlineHeap } from '../deadlines';
import type { GroupSettings } from './settings';

/**
 * What an operation on a classic group leaves to be done. The operation has changed the group already; what must wait
 * until it is kept (an assignment, an answer) happens in `settled`.
 */
export interface Step {
  readonly records: readonly MachineRecord[];
  /** Once: NONE when the records are committed, else why they are not. */
  readonly settled: (errorCode: ErrorCode) => void;
}

export const nothingToWrite: Step = { records: [], settled: () => {} };

export interface GroupContext {
  readonly settings: GroupSettings;
  readonly deadlines: DeadlineHeap;
  readonly random: Random;
  readonly logger: Logger;
  /** Runs what became due, as an operation of its own. */
  run(operation: () => Step): void;
}

/** What a client is told when the log did not take the records of its group. */
export function groupErrorOf(errorCode: ErrorCode): ErrorCode {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return errorCode;
  }
}
