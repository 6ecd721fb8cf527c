import type { ErrorCode } from '../../protocol';

/** An expected refusal: a value, not an exception. */
export interface Refused {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}

export const refused = (errorCode: ErrorCode, errorMessage: string): Refused => ({ errorCode, errorMessage });
