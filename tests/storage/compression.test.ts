import zlib from 'node:zlib';
import { CompressionCode } from '../../storage/batch';
import type { CodecName } from '../../storage/compression';
import { compress, compressionCodeOf, decompress, offloadCompress } from '../../storage/compression';
import { CompressionError } from '../../storage/compression-error';
import { xxHash32 } from '../../storage/compression-lz4';

const names: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd'];

/** Bytes that compress well, badly, and in more than one block of every codec. */
const samples: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  text: Buffer.from('the same words again and again, number '.repeat(3000)),
  zeros: Buffer.alloc(1_000_000),
  noise: Buffer.from(
    Array.from({ length: 200_000 }, (_, at) => (Math.imul(at + 1, 0x9e3779b1) >>> 13) & 0xff),
  ),
};

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error instanceof CompressionError ? error.code : `untyped ${String(error)}`;
  }
}

describe.each(names)('%s', (name) => {
  const code = CompressionCode[name];

  test.each(Object.keys(samples))('%s comes back, and not with one byte of room less', (sample) => {
    const bytes = samples[sample]!;
    const compressed = compress(code, null, bytes);
    expect(decompress(code, compressed, Math.max(1, bytes.length)).equals(bytes)).toBe(true);
    if (bytes.length > 1) {
      expect(codeOf(() => decompress(code, compressed, bytes.length - 1))).toBe('TOO_LARGE');
    }
  });

  test('cut off or flipped anywhere: the whole, or a typed error', () => {
    const bytes = samples.text!.subarray(0, 2000);
    const compressed = compress(code, null, bytes);
    for (let at = 0; at < compressed.length; at++) {
      const short = codeOf(() => decompress(code, compressed.subarray(0, at), 4096));
      const mayEndHere = name === 'snappy' || (name === 'zstd' && at === 0);
      expect(short === 'DAMAGED' || (short === 'no error' && mayEndHere)).toBe(true);
      const flipped = Buffer.from(compressed);
      flipped[at] = flipped[at]! ^ 0x21;
      expect(codeOf(() => decompress(code, flipped, 4096))).toMatch(/^(DAMAGED|TOO_LARGE|no error)$/);
    }
    // Zstandard takes no frame for a stream of nothing, as Kafka's reader does.
    const ofNothing = name === 'zstd' ? 'no error' : 'DAMAGED';
    expect(codeOf(() => decompress(code, Buffer.alloc(0), 4096))).toBe(ofNothing);
    expect(codeOf(() => decompress(code, bytes, 4096))).toMatch(/^(DAMAGED|TOO_LARGE)$/);
  });
});

test('a number without a codec', () => {
  for (const code of [5, 6, 7])
    expect(codeOf(() => decompress(code, Buffer.from('x'), 10))).toBe('UNKNOWN_CODEC');
});

test('no compression is the bytes themselves', () => {
  const bytes = Buffer.from('x');
  expect(compress(CompressionCode.none, null, bytes)).toBe(bytes);
  expect(decompress(CompressionCode.none, bytes, 0)).toBe(bytes);
  expect([compressionCodeOf('none'), compressionCodeOf('uncompressed'), compressionCodeOf('zstd')]).toEqual([
    0, 0, 4,
  ]);
});

test.each([
  ['gzip', 1, 9],
  ['zstd', 1, 19],
] as const)('%s: a higher level makes less of it', (name, low, high) => {
  const bytes = Buffer.from(
    Array.from({ length: 60_000 }, (_, at) => 97 + ((at * at) % 23) + ((at >> 7) % 3)),
  );
  const code = CompressionCode[name];
  expect(compress(code, high, bytes).length).toBeLessThan(compress(code, low, bytes).length);
});

test('gzip members one after the other are one stream', () => {
  const two = Buffer.concat([zlib.gzipSync('ab'), zlib.gzipSync('cd')]);
  expect(decompress(CompressionCode.gzip, two, 10).toString()).toBe('abcd');
  expect(codeOf(() => decompress(CompressionCode.gzip, two, 3))).toBe('TOO_LARGE');
});

// librdkafka and sarama have both written blocks without framing; concatenated streams repeat the header.
test('snappy without framing, and framed twice', () => {
  const framed = compress(CompressionCode.snappy, null, Buffer.from('hello hello hello'));
  const raw = framed.subarray(20);
  expect(decompress(CompressionCode.snappy, raw, 100).toString()).toBe('hello hello hello');
  const twice = Buffer.concat([framed, framed]);
  expect(decompress(CompressionCode.snappy, twice, 100).toString()).toBe('hello hello hello'.repeat(2));
});

// The native code would allocate what a block announces: four gigabytes for six bytes.
test('snappy: a length that no such block can have is refused before memory is taken', () => {
  const liar = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
  expect(codeOf(() => decompress(CompressionCode.snappy, liar, 2 ** 40))).toBe('DAMAGED');
});

// A frame with block checksums, a content size and a content checksum, as other writers make them.
test('lz4: optional parts of the frame', () => {
  const stored = Buffer.from('stored block');
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0, 0);
    return bytes;
  };
  const descriptor = Buffer.from([0x60 | 0x10 | 0x08 | 0x04, 0x70, stored.length, 0, 0, 0, 0, 0, 0, 0]);
  const frame = (change: (parts: Buffer[]) => void = () => {}): Buffer => {
    const parts = [
      word(0x184d2204),
      descriptor,
      Buffer.from([(xxHash32(descriptor, 0, descriptor.length) >>> 8) & 0xff]),
      word(0x8000_0000 + stored.length),
      stored,
      word(xxHash32(stored, 0, stored.length)),
      word(0),
      Buffer.from('skip'),
    ];
    change(parts);
    return Buffer.concat(parts);
  };
  const open = (bytes: Buffer) => decompress(CompressionCode.lz4, bytes, 100).toString();
  expect(open(frame())).toBe('stored block');
  expect(codeOf(() => open(frame((parts) => parts.splice(5, 1, word(1)))))).toBe('DAMAGED');
  expect(codeOf(() => open(frame((parts) => parts.splice(2, 1, Buffer.from([0])))))).toBe('DAMAGED');
});

// Both codecs may only copy from what the same block has given: the second block here reaches into the first.
test('a copy from before its block is damage', () => {
  const framedSnappy = compress(CompressionCode.snappy, null, Buffer.from('abcdefgh'));
  // Length 3; four bytes announced; a copy of four bytes from four bytes back.
  const snappy = Buffer.concat([framedSnappy, Buffer.from([0, 0, 0, 3, 4, 0x01, 4])]);
  expect(codeOf(() => decompress(CompressionCode.snappy, snappy, 100))).toBe('DAMAGED');
  const framedLz4 = compress(CompressionCode.lz4, null, Buffer.from('abcdefgh'));
  // Length 5; no literals and a copy of four bytes from four bytes back; one literal to end with.
  const block = Buffer.from([5, 0, 0, 0, 0x00, 4, 0, 0x10, 0x78]);
  const lz4 = Buffer.concat([framedLz4.subarray(0, -4), block, Buffer.alloc(4)]);
  expect(codeOf(() => decompress(CompressionCode.lz4, lz4, 100))).toBe('DAMAGED');
});

test('lz4: blocks that lean on earlier ones are refused, as by Kafka', () => {
  const frame = compress(CompressionCode.lz4, null, Buffer.from('x'));
  const dependent = Buffer.from(frame);
  dependent[4] = dependent[4]! & ~0x20;
  dependent[6] = (xxHash32(dependent, 4, 6) >>> 8) & 0xff;
  expect(codeOf(() => decompress(CompressionCode.lz4, dependent, 100))).toBe('DAMAGED');
});

test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('xxHash32 of %j', (text, hash) => {
  const bytes = Buffer.from(`..${text}`);
  expect(xxHash32(bytes, 2, bytes.length)).toBe(hash);
});

// Room grows with what comes out: a frame that announces much and holds little must not cost what it announces.
test('zstd: an announced size is not believed', () => {
  const frame = compress(CompressionCode.zstd, null, Buffer.from('small'));
  const header = Buffer.alloc(13);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0xe0;
  header.writeBigUInt64LE(2n ** 40n, 5);
  const liar = Buffer.concat([header, frame.subarray(6)]);
  expect(codeOf(() => decompress(CompressionCode.zstd, liar, 2 ** 20))).toMatch(/DAMAGED|TOO_LARGE/);
});

test.each(names)('offloaded %s: the same bytes, and never before the call returned', async (name) => {
  const bytes = samples.text!;
  const offloaded = await new Promise<Buffer>((resolve, reject) => {
    let returned = false;
    offloadCompress(setImmediate)(name, null, bytes, (error, out) => {
      if (error !== null || !returned) reject(error ?? new Error('completed inside the call'));
      else resolve(out);
    });
    returned = true;
  });
  expect(offloaded.equals(compress(CompressionCode[name], null, bytes))).toBe(true);
});
