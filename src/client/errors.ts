/** What may go wrong on the side of a client; every message names what it is about. */
import { ErrorCode, errorName, errorOf } from '../../protocol';

/** A broker refused. `errorCode` is Kafka's number, `code` its name. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;

  constructor(
    readonly errorCode: number,
    about: string,
    words: string | null = null,
  ) {
    const code = errorName(errorCode);
    super(`${about}: ${words ?? errorOf(errorCode)?.description ?? 'refused'} (${code})`);
    this.code = code;
  }

  /** Another try may succeed. */
  get isRetriable(): boolean {
    return errorOf(this.errorCode)?.retriable === true;
  }
}

/** A broker cannot be reached, hung up, was silent for too long, or does not speak what is needed. */
export class BrokerConnectionError extends Error {
  override readonly name = 'BrokerConnectionError';

  constructor(
    readonly code: 'UNREACHABLE' | 'CLOSED' | 'TIMED_OUT' | 'UNSUPPORTED',
    message: string,
  ) {
    super(message);
  }
}

/** @throws RefusedError  unless the code is NONE. */
export function check(errorCode: number, about: string, words: string | null = null): void {
  if (errorCode !== ErrorCode.NONE) throw new RefusedError(errorCode, about, words);
}
