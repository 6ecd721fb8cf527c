/** The answers to an append. */
import { ErrorCode } from '../../protocol';
import type { AppendOutcome, RecordError } from './types';

const NO_RECORD_ERRORS: readonly RecordError[] = [];

export function appended(baseOffset: number, logAppendTimeMs: number, logStartOffset: number): AppendOutcome {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    recordErrors: NO_RECORD_ERRORS,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
  };
}

export function notAppended(
  errorCode: ErrorCode,
  logStartOffset: number,
  errorMessage: string | null = null,
  recordErrors: readonly RecordError[] = NO_RECORD_ERRORS,
): AppendOutcome {
  return { errorCode, errorMessage, recordErrors, baseOffset: -1, logAppendTimeMs: -1, logStartOffset };
}
