/**
 * Why a payload was not decompressed. Faults of whoever compressed it, never of ours: `UNKNOWN_CODEC` for a number that
 * names none, `DAMAGED` for bytes that are not what the codec writes, `TOO_LARGE` when more would come out than allowed.
 */
export type CompressionErrorCode = 'UNKNOWN_CODEC' | 'DAMAGED' | 'TOO_LARGE';

export class CompressionError extends Error {
  override readonly name = 'CompressionError';

  constructor(
    readonly code: CompressionErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export function damaged(codec: string, reason: string): CompressionError {
  return new CompressionError('DAMAGED', `${codec}: ${reason}`);
}

export function tooLarge(codec: string, sizeBytesMax: number): CompressionError {
  return new CompressionError('TOO_LARGE', `${codec}: more than ${sizeBytesMax} bytes decompressed`);
}
