/**
 * kafkajs brings gzip only and lets its user add codecs. These are for the suite alone and share no code with the
 * broker, so that a mistake in a framing cannot cancel itself out.
 */
import { compress as compressZstd, decompress as decompressZstd, init } from '@bokuweb/zstd-wasm';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress, uncompress } from 'snappy';

/** What kafkajs asks of a codec. */
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

// The stream format of the Java library snappy-java: this magic, version 1, compatible version 1, then blocks of
// (int32 length, raw snappy).
const snappyHeader = Buffer.from('82534e415050590000000001' + '00000001', 'hex');
const snappyBlockBytes = 32 * 1024;

const snappyCodec: Codec = {
  async compress({ buffer }) {
    const parts: Buffer[] = [snappyHeader];
    for (let at = 0; at < buffer.length; at += snappyBlockBytes) {
      const block = await compress(buffer.subarray(at, at + snappyBlockBytes));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  async decompress(bytes) {
    if (!bytes.subarray(0, 8).equals(snappyHeader.subarray(0, 8))) return uncompressBlock(bytes);
    const parts: Buffer[] = [];
    let at = snappyHeader.length;
    while (at < bytes.length) {
      const end = at + 4 + bytes.readInt32BE(at);
      parts.push(await uncompressBlock(bytes.subarray(at + 4, end)));
      at = end;
    }
    return Buffer.concat(parts);
  },
};

async function uncompressBlock(bytes: Buffer): Promise<Buffer> {
  return Buffer.from(await uncompress(bytes, { asBuffer: true }));
}

const lz4Codec: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (bytes) => decompressFrame(bytes),
};

const zstdCodec: Codec = {
  compress: async ({ buffer }) => Buffer.from(compressZstd(buffer)),
  decompress: async (bytes) => Buffer.from(decompressZstd(bytes)),
};

/** Adds snappy, lz4 and zstd to this process's kafkajs. */
export async function addCodecs(): Promise<void> {
  await init();
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
}
