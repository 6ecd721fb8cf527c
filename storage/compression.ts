/**
 * The codecs of record batches. Each is loaded by its first use: most brokers never meet more than one.
 *
 * Decompression has a bound that holds before memory is taken: what a client sent decides how much comes out.
 */
import type zlibType from 'node:zlib';
import { CompressionCode } from './batch';
import { CompressionError, damaged, tooLarge } from './compression-error';
import { compressLz4, decompressLz4 } from './compression-lz4';
import { compressSnappy, decompressSnappy } from './compression-snappy';
import { compressZstd, decompressZstd } from './compression-zstd';

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

const zlib = (): typeof zlibType => require('node:zlib') as typeof zlibType;

/** Number of a codec in batch attributes; `uncompressed` and `none` are the same. */
export function compressionCodeOf(name: CodecName | 'none' | 'uncompressed'): CompressionCode {
  return name === 'uncompressed' ? CompressionCode.none : CompressionCode[name];
}

/**
 * @param level  As in Kafka's `compression.gzip.level` (-1, 1 to 9) and `compression.zstd.level` (-131072 to 22); null
 *               is the codec's default. Snappy has none and lz4's is inert.
 * @returns New memory, but for `none`: `bytes` themselves.
 */
export function compress(code: CompressionCode, level: number | null, bytes: Buffer): Buffer {
  switch (code) {
    case CompressionCode.none:
      return bytes;
    case CompressionCode.gzip:
      return zlib().gzipSync(bytes, { level: level ?? -1 });
    case CompressionCode.snappy:
      return compressSnappy(bytes);
    case CompressionCode.lz4:
      return compressLz4(bytes);
    case CompressionCode.zstd:
      return compressZstd(bytes, level);
  }
}

function gunzip(bytes: Buffer, sizeBytesMax: number): Buffer {
  const chunkSize = Math.max(1024, Math.min(bytes.length * 4, sizeBytesMax, 256 * 1024));
  try {
    return zlib().gunzipSync(bytes, { maxOutputLength: Math.max(1, sizeBytesMax), chunkSize });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('gzip', sizeBytesMax) : damaged('gzip', message);
  }
}

/**
 * @param code          Any number; those that name no codec are an UNKNOWN_CODEC.
 * @param sizeBytesMax  Bound on what may come out; for `none` there is nothing to bound.
 * @returns New memory, but for `none`: `bytes` themselves.
 * @throws CompressionError
 */
export function decompress(code: number, bytes: Buffer, sizeBytesMax: number): Buffer {
  switch (code) {
    case CompressionCode.none:
      return bytes;
    case CompressionCode.gzip:
      return gunzip(bytes, sizeBytesMax);
    case CompressionCode.snappy:
      return decompressSnappy(bytes, sizeBytesMax);
    case CompressionCode.lz4:
      return decompressLz4(bytes, sizeBytesMax);
    case CompressionCode.zstd:
      return decompressZstd(bytes, sizeBytesMax);
    default:
      throw new CompressionError('UNKNOWN_CODEC', `no codec has the number ${code}`);
  }
}

/**
 * Compression in the shape that a host offers it. Gzip, the slow one, runs on the thread pool; the others are done in
 * less time than a hop to another thread and back costs for a batch.
 *
 * @param later  Runs a call after the current one has returned.
 */
export function offloadCompress(later: (run: () => void) => void) {
  return (
    codec: CodecName,
    level: number | null,
    bytes: Buffer,
    done: (error: Error | null, bytes: Buffer) => void,
  ): void => {
    if (codec === 'gzip') {
      zlib().gzip(bytes, { level: level ?? -1 }, done);
      return;
    }
    later(() => {
      let error: Error | null = null;
      let compressed: Buffer = bytes;
      try {
        compressed = compress(CompressionCode[codec], level, bytes);
      } catch (thrown) {
        error = thrown as Error;
      }
      done(error, compressed);
    });
  };
}
