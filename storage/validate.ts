/**
 * May these bytes of a Produce request be appended, and in what form? The checks, their order and the rewriting are
 * Kafka's (its request parsing, then its leader append): what it refuses is refused with its code, what it repairs is
 * repaired the same way. Every record is looked at; nothing is allocated per record.
 *
 * One thing is stricter: inside compressed batches the length of a record must agree with what it holds, as it must in
 * plain ones. Kafka's broker skips that and every consumer fails on it.
 */
import {
  Attribute,
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  CompressionCode,
  compressionOf,
  crcOf,
  HEADER_SIZE_BYTES,
  isControl,
  isCrcValid,
  isLogAppendTime,
  isTransactional,
  lastOffsetDeltaOf,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  setAttributes,
  setMaxTimestamp,
  sizeBytesOf,
  stampCrc,
} from './batch';
import type { CodecName } from './compression';
import { compressionCodeOf } from './compression';
import { CompressionError } from './compression-error';
import { rebuildBatch } from './record-build';
import { RecordCursor, RecordFormatError } from './records';
import { AppendErrorCode } from './validate-errors';

/** The settings of a topic that decide; Kafka's names in the comments. */
export interface ValidateConfig {
  /** Topic and partition as messages name them: `topic-0`. */
  readonly partitionName: string;
  /** max.message.bytes: bound on the batch, header included, before and after re-compression. */
  readonly messageSizeBytesMax: number;
  /** segment.bytes */
  readonly segmentSizeBytesMax: number;
  /** max.decompressed.message.bytes: bound on one record of a compressed batch. */
  readonly decompressedSizeBytesMax: number;
  /** Own bound on a whole compressed batch; absent: DECOMPRESSED_SIZE_BYTES_MAX. */
  readonly decompressedBatchSizeBytesMax?: number;
  /** cleanup.policy contains compact: every record needs a key. */
  readonly isCompacted: boolean;
  /** message.timestamp.type */
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** message.timestamp.before.max.ms and after.max.ms; 2^63 (which is what 2^63 - 1 rounds to) for no bound. */
  readonly timestampBeforeMsMax: number;
  readonly timestampAfterMsMax: number;
  /** compression.type */
  readonly compression: 'producer' | 'uncompressed' | CodecName;
  /** compression.<codec>.level of that codec, or null for its default. */
  readonly compressionLevel: number | null;
}

export interface ValidBatch {
  readonly errorCode: 0;
  /**
   * The bytes to append; base offset and leader epoch are for the caller to stamp. A view of `records`, edited in place
   * where timestamps or attributes had to change; new memory when records were re-compressed or re-numbered.
   */
  readonly batch: Buffer;
  readonly recordCount: number;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: number;
  /** The first record that has it, counted from the first one of the batch; -1 when no record has a timestamp. */
  readonly offsetOfMaxTimestampDelta: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  /** -1 unless the topic uses LogAppendTime. */
  readonly logAppendTimeMs: number;
}

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface RefusedBatch {
  readonly errorCode: Exclude<AppendErrorCode, 0>;
  readonly errorMessage: string;
  /** At most RECORD_ERRORS_MAX of them, in the order of the records. */
  readonly recordErrors: readonly RecordError[];
  /** The request alone decided, before any log was looked at. */
  readonly isOfRequest?: boolean;
}

/** A batch of a million bad records is not worth an answer of a hundred megabytes. */
export const RECORD_ERRORS_MAX = 1000;

const NO_RECORD_ERRORS: readonly RecordError[] = [];
/** The shortest batch of the oldest format: what Kafka takes a length for before it has looked at the magic. */
const LEGACY_RECORD_SIZE_BYTES_MIN = 14;
const SIZE_UP_TO_MAGIC_BYTES = 17;
const LOG_OVERHEAD_BYTES = 12;

function refused(errorCode: RefusedBatch['errorCode'], errorMessage: string): RefusedBatch {
  return { errorCode, errorMessage, recordErrors: NO_RECORD_ERRORS };
}

function unknownCodec(code: number): RefusedBatch {
  return refused(AppendErrorCode.UNKNOWN_SERVER_ERROR, `no codec has the number ${code}`);
}

/** Nothing, or something that is cut off, stands here: Kafka reads that as the end. */
const NO_BATCH = 0;

/** End of the batch of any magic that begins at `at`, NO_BATCH, or a refusal. */
function nextBatchEnd(records: Buffer, at: number): number | RefusedBatch {
  const left = records.length - at;
  if (left < LOG_OVERHEAD_BYTES) return NO_BATCH;
  const length = records.readInt32BE(at + 8);
  if (length < LEGACY_RECORD_SIZE_BYTES_MIN) {
    return refused(AppendErrorCode.CORRUPT_MESSAGE, `a batch cannot have a length of ${length}`);
  }
  if (left < SIZE_UP_TO_MAGIC_BYTES) return NO_BATCH;
  const magic = magicOf(records, at);
  if (magic < 0 || magic > 2) {
    return refused(AppendErrorCode.CORRUPT_MESSAGE, `no batch has the magic ${magic}`);
  }
  return length + LOG_OVERHEAD_BYTES > left ? NO_BATCH : at + length + LOG_OVERHEAD_BYTES;
}

/** What the request alone decides: exactly one batch, of magic 2, with a codec that the version may carry. */
function checkRequest(records: Buffer, apiVersion: number): number | RefusedBatch {
  const end = nextBatchEnd(records, 0);
  if (typeof end !== 'number') return end;
  if (end === NO_BATCH) {
    return refused(AppendErrorCode.INVALID_RECORD, 'a partition of a produce request needs one whole batch');
  }
  if (magicOf(records, 0) !== 2) {
    return refused(AppendErrorCode.INVALID_RECORD, 'a produce request must carry batches of magic 2');
  }
  if (apiVersion < 7 && end >= HEADER_SIZE_BYTES) {
    const codec = compressionOf(records, 0);
    if (codec === CompressionCode.zstd) {
      return refused(
        AppendErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
        'zstd needs version 7 of the produce request',
      );
    }
    if (codec > CompressionCode.zstd) return unknownCodec(codec);
  }
  const second = nextBatchEnd(records, end);
  if (typeof second !== 'number') return second;
  if (second !== NO_BATCH) {
    return refused(
      AppendErrorCode.INVALID_RECORD,
      'a partition of a produce request has more than one batch',
    );
  }
  return end;
}

/** What the header decides. */
function checkHeader(batch: Buffer, config: ValidateConfig): RefusedBatch | null {
  // Shorter than a header: the fields read below are not all there.
  const isHeaderWhole = batch.length >= HEADER_SIZE_BYTES;
  if (baseOffsetOf(batch, 0) !== 0) {
    return refused(
      AppendErrorCode.INVALID_RECORD,
      `the base offset of a batch produced to ${config.partitionName} must be 0`,
    );
  }
  if (batch.length > config.messageSizeBytesMax) {
    return refused(
      AppendErrorCode.MESSAGE_TOO_LARGE,
      `the batch has ${batch.length} bytes, ${config.partitionName} takes at most ${config.messageSizeBytesMax}`,
    );
  }
  if (!isHeaderWhole || !isCrcValid(batch, 0)) {
    const stored = isHeaderWhole ? ` (it says ${crcOf(batch, 0)})` : '';
    return refused(AppendErrorCode.CORRUPT_MESSAGE, `the checksum of the batch does not fit${stored}`);
  }
  const codec = compressionOf(batch, 0);
  if (codec > CompressionCode.zstd) {
    return unknownCodec(codec);
  }
  const lastOffsetDelta = lastOffsetDeltaOf(batch, 0);
  const recordCount = recordCountOf(batch, 0);
  if (lastOffsetDelta < 0 || recordCount <= 0 || lastOffsetDelta + 1 !== recordCount) {
    return refused(
      AppendErrorCode.INVALID_RECORD,
      `a last offset delta of ${lastOffsetDelta} does not fit ${recordCount} records in ${config.partitionName}`,
    );
  }
  if (isControl(batch, 0)) {
    return refused(
      AppendErrorCode.INVALID_RECORD,
      `clients may not write control records to ${config.partitionName}`,
    );
  }
  if (producerIdOf(batch, 0) > -1 && baseSequenceOf(batch, 0) < 0) {
    return refused(AppendErrorCode.INVALID_RECORD, 'a batch with a producer id needs a sequence number');
  }
  return null;
}

/** What a walk over the records found. */
interface Walk {
  maxTimestamp: number;
  indexOfMaxTimestamp: number;
  /** Offset deltas are 0, 1, 2 and so on. */
  isDense: boolean;
  /** Below -1, which is how a record says that it has none. */
  hasNegativeTimestamp: boolean;
  errorCode: 0 | RefusedBatch['errorCode'];
  errorCount: number;
  readonly recordErrors: RecordError[];
}

/** Kafka prints the bounds as 64-bit integers that wrap. */
function boundText(nowMs: number, deltaMs: number, sign: 1 | -1): string {
  const exact = deltaMs >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(Math.trunc(deltaMs));
  return String(BigInt.asIntN(64, BigInt(nowMs) + BigInt(sign) * exact));
}

function noteTimestamp(
  walk: Walk,
  index: number,
  cursor: RecordCursor,
  config: ValidateConfig,
  nowMs: number,
): void {
  const earliest = boundText(nowMs, config.timestampBeforeMsMax, -1);
  const latest = boundText(nowMs, config.timestampAfterMsMax, 1);
  noteError(
    walk,
    AppendErrorCode.INVALID_TIMESTAMP,
    index,
    `timestamp ${cursor.timestamp} is not within [${earliest}, ${latest}]`,
  );
}

function noteError(walk: Walk, code: RefusedBatch['errorCode'], batchIndex: number, message: string): void {
  // One wrong timestamp names the whole batch.
  if (walk.errorCode !== AppendErrorCode.INVALID_TIMESTAMP) walk.errorCode = code;
  walk.errorCount++;
  if (walk.recordErrors.length < RECORD_ERRORS_MAX) walk.recordErrors.push({ batchIndex, message });
}

function openCursor(cursor: RecordCursor, batch: Buffer, config: ValidateConfig): void {
  cursor.open(batch, 0, config.decompressedSizeBytesMax, config.decompressedBatchSizeBytesMax);
}

/**
 * @throws RecordFormatError  Where the bytes are no records.
 */
function walkRecords(cursor: RecordCursor, batch: Buffer, config: ValidateConfig, nowMs: number): Walk {
  const walk: Walk = {
    maxTimestamp: -1,
    indexOfMaxTimestamp: -1,
    isDense: true,
    hasNegativeTimestamp: false,
    errorCode: 0,
    errorCount: 0,
    recordErrors: [],
  };
  const isCreateTime = config.timestampType === 'CreateTime';
  const batchSaysAppendTime = isLogAppendTime(batch, 0);
  const earliest = nowMs - config.timestampBeforeMsMax;
  const latest = nowMs + config.timestampAfterMsMax;
  for (let index = 0; cursor.next(); index++) {
    const timestamp = cursor.timestamp;
    if (config.isCompacted && cursor.keyLength < 0) {
      noteError(
        walk,
        AppendErrorCode.INVALID_RECORD,
        index,
        `${config.partitionName} is compacted and needs keys`,
      );
    } else if (isCreateTime && timestamp !== -1) {
      if (timestamp < earliest || timestamp > latest) noteTimestamp(walk, index, cursor, config, nowMs);
    } else if (batchSaysAppendTime) {
      noteError(walk, AppendErrorCode.INVALID_TIMESTAMP, index, 'only a broker sets the log append time');
    }
    if (timestamp > walk.maxTimestamp) {
      walk.maxTimestamp = timestamp;
      walk.indexOfMaxTimestamp = index;
    }
    if (timestamp < -1) walk.hasNegativeTimestamp = true;
    if (cursor.offsetDelta !== index) walk.isDense = false;
  }
  return walk;
}

function refusedRecords(walk: Walk): RefusedBatch {
  return {
    errorCode: walk.errorCode as RefusedBatch['errorCode'],
    errorMessage:
      walk.errorCode === AppendErrorCode.INVALID_TIMESTAMP
        ? 'records have timestamps that the topic does not take'
        : `${walk.errorCount} records were refused`,
    recordErrors: walk.recordErrors,
  };
}

/**
 * Gives the batch its timestamp type and largest timestamp where they differ; attribute bits without a meaning are then
 * cleared and the checksum renewed, and not otherwise.
 */
function settleTimestamp(batch: Buffer, isAppendTime: boolean, maxTimestamp: number): void {
  if (isLogAppendTime(batch, 0) === isAppendTime && maxTimestampOf(batch, 0) === maxTimestamp) return;
  const known =
    Attribute.compressionMask | Attribute.transactional | Attribute.control | Attribute.deleteHorizon;
  setAttributes(batch, 0, (attributesOf(batch, 0) & known) | (isAppendTime ? Attribute.logAppendTime : 0));
  setMaxTimestamp(batch, 0, maxTimestamp);
  stampCrc(batch, 0);
}

/** What Kafka's builder does not put into a new batch, though an old one may keep it. */
function rebuildFault(batch: Buffer, walk: Walk): string | null {
  if (walk.hasNegativeTimestamp) return 'records with negative timestamps cannot be re-compressed';
  if (isTransactional(batch, 0) && producerIdOf(batch, 0) === -1) {
    return 'a transactional batch without a producer cannot be re-compressed';
  }
  return null;
}

function rebuilt(batch: Buffer, config: ValidateConfig, target: CompressionCode, nowMs: number): Buffer {
  const cursor = new RecordCursor();
  openCursor(cursor, batch, config);
  return rebuildBatch(cursor, batch, {
    compression: target,
    compressionLevel: config.compressionLevel,
    ...(config.timestampType === 'LogAppendTime' ? { logAppendTimeMs: nowMs } : {}),
    isTransactional: isTransactional(batch, 0),
  });
}

function validateRecords(
  source: Buffer,
  config: ValidateConfig,
  nowMs: number,
  cursor: RecordCursor,
): ValidBatch | RefusedBatch {
  const sourceCode = compressionOf(source, 0) as CompressionCode;
  const target = config.compression === 'producer' ? sourceCode : compressionCodeOf(config.compression);
  openCursor(cursor, source, config);
  const walk = walkRecords(cursor, source, config, nowMs);
  if (walk.errorCode !== 0) return refusedRecords(walk);

  const isAppendTime = config.timestampType === 'LogAppendTime';
  const maxTimestamp = isAppendTime ? nowMs : walk.maxTimestamp;
  let batch = source;
  if (sourceCode !== target) {
    const fault = rebuildFault(source, walk);
    if (fault !== null) return refused(AppendErrorCode.UNKNOWN_SERVER_ERROR, fault);
    batch = rebuilt(source, config, target, nowMs);
    if (batch.length > config.messageSizeBytesMax) {
      return refused(
        AppendErrorCode.MESSAGE_TOO_LARGE,
        `the batch has ${batch.length} bytes after re-compression, the topic allows ${config.messageSizeBytesMax}`,
      );
    }
  } else if (sourceCode !== CompressionCode.none && !walk.isDense) {
    // A plain batch keeps such deltas, a re-compressed one loses them; this one Kafka means to write anew and fails.
    return refused(
      AppendErrorCode.UNKNOWN_SERVER_ERROR,
      'offset deltas of a compressed batch must count from 0',
    );
  } else {
    settleTimestamp(batch, isAppendTime, maxTimestamp);
  }
  if (batch.length > config.segmentSizeBytesMax) {
    return refused(
      AppendErrorCode.RECORD_LIST_TOO_LARGE,
      `the batch has ${batch.length} bytes, a segment ${config.segmentSizeBytesMax}`,
    );
  }
  const recordCount = recordCountOf(source, 0);
  return {
    errorCode: AppendErrorCode.NONE,
    batch,
    recordCount,
    lastOffsetDelta: recordCount - 1,
    maxTimestamp,
    offsetOfMaxTimestampDelta: isAppendTime ? 0 : walk.indexOfMaxTimestamp,
    producerId: producerIdOf(source, 0),
    producerEpoch: producerEpochOf(source, 0),
    baseSequence: baseSequenceOf(source, 0),
    isTransactional: isTransactional(source, 0),
    logAppendTimeMs: isAppendTime ? nowMs : -1,
  };
}

/**
 * Judges the `records` of one partition in a Produce request of version `apiVersion`. Never throws for what the bytes
 * are.
 *
 * @param nowMs  Broker time.
 */
export function validateBatch(
  records: Buffer,
  config: ValidateConfig,
  nowMs: number,
  apiVersion: number,
): ValidBatch | RefusedBatch {
  const end = checkRequest(records, apiVersion);
  if (typeof end !== 'number') return { ...end, isOfRequest: true };
  const batch = end === records.length ? records : records.subarray(0, sizeBytesOf(records, 0));
  const refusal = checkHeader(batch, config);
  if (refusal !== null) return refusal;
  try {
    return validateRecords(batch, config, nowMs, new RecordCursor());
  } catch (error) {
    if (error instanceof RecordFormatError) {
      return refused(
        error.code === 'ENDLESS_VARINT'
          ? AppendErrorCode.UNKNOWN_SERVER_ERROR
          : AppendErrorCode.INVALID_RECORD,
        error.message,
      );
    }
    if (error instanceof CompressionError) {
      const { code, message } = error;
      return refused(
        code === 'TOO_LARGE' ? AppendErrorCode.INVALID_RECORD : AppendErrorCode.UNKNOWN_SERVER_ERROR,
        message,
      );
    }
    throw error;
  }
}
