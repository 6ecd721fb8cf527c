/** The metadata log holds something this version cannot take: the broker does not start on a half-understood cluster. */
export class MetadataLogError extends Error {
  override readonly name = 'MetadataLogError';
  readonly code = 'METADATA_LOG_UNREADABLE';

  constructor(
    readonly reason: string,
    /** Of the record; -1 when it is not about one. */
    readonly offset = -1,
  ) {
    super(
      `The metadata log cannot be read${offset < 0 ? '' : ` at offset ${offset}`}: ${reason}. ` +
        'It was written by a newer version, or damaged: start that version, or restore the data directory from a copy.',
    );
  }
}

/**
 * Storage found damage in the metadata log of a node that has no peer to repair it from. Nothing was changed: cutting
 * the log here would silently lose topics (decision D7).
 */
export class MetadataLogDamagedError extends Error {
  override readonly name = 'MetadataLogDamagedError';
  readonly code = 'METADATA_LOG_DAMAGED';

  constructor(
    readonly reason: string,
    /** First one that is not served; -1 when that is not known. */
    readonly offset: number,
  ) {
    super(
      `The metadata log is damaged${offset < 0 ? '' : ` from offset ${offset} on`}: ${reason}. Nothing was cut or changed, and the broker does ` +
        'not start, because topics recorded behind the damage would be forgotten. Restore the data directory from a ' +
        'copy, or move it away and start with an empty one.',
    );
  }
}
