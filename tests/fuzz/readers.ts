/** The reading side of the broker, as the fuzz calls it: what dispatch, clients and the log do with bytes. */
import {
  apiByKey,
  DecodeError,
  decode,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeToBuffer,
  FRAME_MEMORY,
  FramePool,
  FrameReader,
  FrameSizeError,
  type InputOf,
  type Message,
  peekApi,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../protocol';
import {
  attributesOf,
  isCrcValid,
  isLogAppendTime,
  recordCountOf,
  recordsOf,
  sizeBytesOf,
  stampCrc,
  type ValidateConfig,
  validateBatch,
} from '../../storage';
import { SeededRandom } from '../sim/random';
import type { Read, Reading } from './corpus';

const API_VERSIONS_KEY = 18;
/** A malformed text becomes up to three times as long when it is written again, and may then be too long. */
const AGAIN_SIZE_BYTES_MAX = 8 * 1024;
const PADDING = Buffer.alloc(2000, 0xff);

/** As dispatch does it, with every key that has a schema. ApiVersions of any version is answered, so its body is not read. */
export const readRequest: Read = (bytes) => {
  const { apiKey, apiVersion } = peekApi(bytes);
  const api = apiByKey(apiKey);
  if (api === undefined) throw new DecodeError('frame', 'apiKey', 0, `no schema for ${apiKey}`);
  const [first, last] = api.request.versions;
  const isKnown = apiVersion >= first && apiVersion <= last;
  if (!isKnown && apiKey !== API_VERSIONS_KEY) {
    throw new DecodeError('frame', 'apiVersion', 2, `no version ${apiVersion} of ${api.name}`);
  }
  const header = decodeRequestHeader(bytes, isKnown ? requestHeaderVersion(api.request, apiVersion) : 1);
  if (!isKnown) return { value: header };
  return readBody(api.request, apiVersion, bytes, header.bodyOffset);
};

export function readResponse(message: Message, version: number): Read {
  return (bytes) => {
    const header = decodeResponseHeader(bytes, responseHeaderVersion(message, version));
    return readBody(message, version, bytes, header.bodyOffset);
  };
}

function readBody(message: Message, version: number, bytes: Buffer, position: number): Reading {
  const value = decode(message, version, bytes, position);
  if (bytes.length > AGAIN_SIZE_BYTES_MAX) return { value };
  const again = (): void => {
    const once = encodeToBuffer(message, version, value as InputOf<Message>);
    const twice = encodeToBuffer(message, version, decode(message, version, once) as InputOf<Message>);
    // Long enough to be checked before it is built, which short bodies are not.
    const padded = Buffer.concat([bytes.subarray(position), PADDING]);
    const checked = encodeToBuffer(message, version, decode(message, version, padded) as InputOf<Message>);
    if (!once.equals(checked))
      throw new Error(`${message.name} v${version}: another value when checked first`);
    if (!once.equals(twice)) {
      throw new Error(
        `${message.name} v${version}: written ${once.toString('hex')}, then ${twice.toString('hex')}`,
      );
    }
  };
  return { value, again };
}

const FRAME_SIZE_BYTES_MAX = 1024 * 1024;
/**
 * What a reader may hold apart from what it was given: its slab and a first piece of a frame that is announced; once a
 * read has filled the slab, slabs under load and a frame of some size at once.
 */
export const readerSizeBytesMax = (receivedSizeBytes: number): number =>
  receivedSizeBytes < FRAME_MEMORY.slabSizeBytesIdle ? 96 * 1024 : 3 * 1024 * 1024;

/** The stream in pieces through the FrameReader, against a reading of the whole that anybody can check. */
export const readStream: Read = (bytes, chance) => {
  const random = new SeededRandom(chance);
  const pool = new FramePool({ pooledSizeBytesMax: 0 });
  const reader = new FrameReader(pool, { frameSizeBytesMax: FRAME_SIZE_BYTES_MAX });
  const wanted = framesOf(bytes);
  let frames = 0;
  let error: FrameSizeError | null = null;
  for (let at = 0; at < bytes.length && error === null; ) {
    const into = reader.readBuffer();
    const taken = Math.min(
      into.length,
      bytes.length - at,
      1 + random.below(random.chance(0.5) ? 20 : 20_000),
    );
    into.set(bytes.subarray(at, at + taken));
    reader.advance(taken);
    at += taken;
    if (pool.usedSizeBytes > readerSizeBytesMax(at) + 3 * at) {
      throw new Error(`${pool.usedSizeBytes} bytes are held after ${at} bytes came`);
    }
    try {
      for (let frame = reader.next(); frame !== null; frame = reader.next()) {
        const expected = wanted.frames[frames];
        if (expected === undefined || !frame.buffer.equals(expected))
          throw new Error(`frame ${frames} differs`);
        frames += 1;
        frame.release();
      }
    } catch (caught) {
      if (!(caught instanceof FrameSizeError)) throw caught;
      error = caught;
    }
  }
  if (frames !== wanted.frames.length || (error !== null) !== wanted.isRefused) {
    throw new Error(`${frames} frames of ${wanted.frames.length}, refused: ${error?.message ?? 'no'}`);
  }
  reader.close();
  if (pool.usedSizeBytes !== 0) throw new Error(`${pool.usedSizeBytes} bytes are never given back`);
  if (error !== null) throw new DecodeError('stream', 'size', 0, error.message);
  return { value: null };
};

function framesOf(bytes: Buffer): { frames: Buffer[]; isRefused: boolean } {
  const frames: Buffer[] = [];
  for (let at = 0; bytes.length - at >= 4; ) {
    const size = bytes.readInt32BE(at);
    if (size < 0 || size > FRAME_SIZE_BYTES_MAX) return { frames, isRefused: true };
    if (bytes.length - at - 4 < size) break;
    frames.push(bytes.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return { frames, isRefused: false };
}

const NOW_MS = 1_700_000_100_000;
const NEWEST_PRODUCE_VERSION = 13;
const HEADER_SIZE_BYTES = 61;
/** Small, so that what a batch claims to unpack to is seen at once in what is allocated. */
export const UNPACKED_SIZE_BYTES_MAX = 256 * 1024;

const validateConfig: ValidateConfig = {
  partitionName: 'fuzz-0',
  messageSizeBytesMax: 1_048_588,
  segmentSizeBytesMax: 1_073_741_824,
  decompressedSizeBytesMax: UNPACKED_SIZE_BYTES_MAX,
  decompressedBatchSizeBytesMax: UNPACKED_SIZE_BYTES_MAX,
  isCompacted: false,
  timestampType: 'CreateTime',
  timestampBeforeMsMax: 2 ** 63,
  timestampAfterMsMax: 3_600_000,
  compression: 'producer',
  compressionLevel: null,
};

/** Three in four batches get a checksum that is right, so that damage reaches what stands behind that check. */
export const readBatch: Read = (bytes, chance) => {
  const batch = Buffer.from(bytes);
  if (chance % 4 !== 0 && batch.length >= HEADER_SIZE_BYTES) repair(batch);
  // Kafka judges the times of such a batch by its own clock's, and keeps those of the records for the next reader.
  const isOfAppend = batch.length >= HEADER_SIZE_BYTES && isLogAppendTime(batch, 0);
  const valid = validateBatch(batch, validateConfig, NOW_MS, NEWEST_PRODUCE_VERSION);
  if (valid.errorCode !== 0) throw new DecodeError('batch', 'records', 0, valid.errorMessage);
  const again = (): void => {
    if (!isCrcValid(valid.batch, 0)) throw new Error('the accepted batch has a wrong checksum');
    const records = [...recordsOf(valid.batch)];
    if (records.length !== valid.recordCount || records.length !== recordCountOf(valid.batch, 0)) {
      throw new Error(`${records.length} records, ${valid.recordCount} were promised`);
    }
    if (isOfAppend) return;
    const twice = validateBatch(Buffer.from(valid.batch), validateConfig, NOW_MS, NEWEST_PRODUCE_VERSION);
    if (twice.errorCode !== 0) throw new Error(`accepted once, then refused: ${twice.errorMessage}`);
  };
  return { value: attributesOf(valid.batch, 0), again };
};

function repair(batch: Buffer): void {
  if (sizeBytesOf(batch, 0) !== batch.length) batch.writeInt32BE(batch.length - 12, 8);
  stampCrc(batch, 0);
}
