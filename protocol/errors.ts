/** Bytes that are not the message they claim to be. The stranger's fault: the connection closes (protocol.md, 4). */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'PROTOCOL_DECODE';

  constructor(
    /** Message and version, as `ProduceRequest v9`. */
    readonly messageName: string,
    /** Path of the field, as `topicData[0].partitionData[2].records`; empty for the message itself. */
    readonly path: string,
    /** Position of the offending byte, counted from the first byte of the buffer that was decoded. */
    readonly offsetBytes: number,
    readonly reason: string,
  ) {
    super(`${messageName}${path === '' ? '' : ` ${path}`} at byte ${offsetBytes}: ${reason}`);
  }
}

/** A value that does not fit its schema: our own mistake, never a client's. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  readonly code = 'PROTOCOL_ENCODE';

  constructor(
    /** Path of the field without array indexes, as `ProduceResponse.responses[].name`. */
    readonly path: string,
    readonly expected: string,
  ) {
    super(`${path}: expected ${expected}`);
  }
}

/** A frame length that is negative or beyond the limit. Nothing was allocated for it; the connection must close. */
export class FrameSizeError extends Error {
  override readonly name = 'FrameSizeError';
  readonly code = 'PROTOCOL_FRAME_SIZE';

  constructor(
    readonly sizeBytes: number,
    readonly sizeBytesMax: number,
  ) {
    super(
      sizeBytes < 0
        ? `frame size ${sizeBytes} is negative (limit ${sizeBytesMax})`
        : `frame size ${sizeBytes} exceeds the limit of ${sizeBytesMax} bytes`,
    );
  }
}
