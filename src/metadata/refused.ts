import type { ErrorCode } from '../../protocol';

/** An expected refusal: a value, not an exception. */
export interface Refused {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}

export const refused = (errorCode: ErrorCode, errorMessage: string): Refused => ({
  errorCode,
  errorMessage: clipped(errorMessage),
});

const MESSAGE_LENGTH_MAX = 2000;

/** A message may quote what a client sent, which alone may be as long as a string of the protocol can be. */
export function clipped(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX)}...`;
}
