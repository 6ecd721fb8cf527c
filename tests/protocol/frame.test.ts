import { FRAME_MEMORY, type Frame, FramePool, FrameReader, FrameSizeError } from '../../protocol';

const LIMIT = 64 * 1024 * 1024;

/** xorshift: the same seed, the same run. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

function framed(payload: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + payload.length);
  bytes.writeInt32BE(payload.length, 0);
  payload.copy(bytes, 4);
  return bytes;
}

/** Feeds as much as the reader takes, at most `sizeBytes`, and returns how much that was. */
function feed(reader: FrameReader, bytes: Buffer, sizeBytes = bytes.length): number {
  const into = reader.readBuffer();
  const taken = Math.min(into.length, sizeBytes, bytes.length);
  expect(into.length).toBeGreaterThan(0);
  into.set(bytes.subarray(0, taken));
  reader.advance(taken);
  return taken;
}

function feedAll(reader: FrameReader, bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    at += feed(reader, bytes.subarray(at));
    for (let frame = reader.next(); frame !== null; frame = reader.next()) frames.push(frame);
  }
  return frames;
}

function sizeOfRandomFrame(random: (bound: number) => number): number {
  const kind = random(20);
  if (kind === 0) return 0;
  if (kind === 1) return 100_000 + random(2_500_000);
  if (kind < 5) return 10_000 + random(60_000);
  return random(900);
}

interface Live {
  readonly frame: Frame;
  readonly copy: Buffer;
  owners: number;
}

// Streams of random frames in random pieces. Frames are held, shared and released in random order; a released frame is
// overwritten at once, as its next user would do, and no live frame may ever change.
test.each([1, 2, 3, 4, 5, 6])(
  'seed %i: frames come out whole, in order, and stay unchanged while owned',
  (seed) => {
    const random = randomOf(seed * 7919);
    const pool = new FramePool({ pooledSizeBytesMax: 8 * 1024 * 1024 });
    const reader = new FrameReader(pool, { frameSizeBytesMax: LIMIT });
    const live: Live[] = [];
    const releaseOne = (): void => {
      const at = random(live.length);
      const one = live[at]!;
      expect(one.frame.buffer.equals(one.copy)).toBe(true);
      one.owners -= 1;
      if (one.owners === 0) {
        live.splice(at, 1);
        one.frame.buffer.fill(0xee);
      }
      one.frame.release();
    };
    const pull = (expected: Buffer[]): void => {
      for (let frame = reader.next(); frame !== null; frame = reader.next()) {
        const copy = expected.shift()!;
        expect(frame.buffer.equals(copy)).toBe(true);
        live.push({ frame, copy, owners: 1 });
        if (random(4) === 0) {
          frame.retain();
          live[live.length - 1]!.owners += 1;
        }
      }
    };

    for (let round = 0; round < 25; round += 1) {
      const expected: Buffer[] = [];
      const stream: Buffer[] = [];
      for (let n = random(60); n >= 0; n -= 1) {
        const payload = Buffer.alloc(sizeOfRandomFrame(random), random(255) + 1);
        if (payload.length > 8) payload.writeUInt32BE(round * 1000 + n, 2);
        expected.push(payload);
        stream.push(framed(payload));
      }
      const bytes = Buffer.concat(stream);
      for (let at = 0; at < bytes.length; ) {
        const most = [1 + random(5), 1 + random(3000), 1 + random(40_000), bytes.length][random(4)]!;
        at += feed(reader, bytes.subarray(at), most);
        // Back-pressure: now and then nobody asks for frames for a while.
        if (random(5) > 0) pull(expected);
        while (live.length > 0 && random(3) > 0) releaseOne();
      }
      pull(expected);
      expect(expected).toHaveLength(0);
      expect(reader.pendingSizeBytes).toBe(0);
    }
    for (const { frame, copy } of live) expect(frame.buffer.equals(copy)).toBe(true);
    while (live.length > 0) releaseOne();
    reader.close();
    expect(pool.usedSizeBytes).toBe(0);
    expect(pool.pooledSizeBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  },
);

test('an idle reader holds 16 KiB, also after a burst', () => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const reader = new FrameReader(pool, { frameSizeBytesMax: LIMIT });
  expect(pool.usedSizeBytes).toBe(16 * 1024);

  const burst = Buffer.concat(Array.from({ length: 3000 }, (_, n) => framed(Buffer.alloc(1000, n))));
  for (const frame of feedAll(reader, burst)) frame.release();
  const large = feedAll(reader, framed(Buffer.alloc(300_000)));
  for (const frame of large) frame.release();
  feedAll(reader, framed(Buffer.alloc(100)))[0]!.release();
  reader.readBuffer();

  expect(pool.usedSizeBytes).toBe(16 * 1024);
});

test('slabs grow while reads fill them, and are used again', () => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const reader = new FrameReader(pool, { frameSizeBytesMax: LIMIT });
  const bytes = Buffer.concat(Array.from({ length: 40_000 }, () => framed(Buffer.alloc(200))));
  let reads = 0;
  let largest = 0;
  for (let at = 0; at < bytes.length; reads += 1) {
    const taken = feed(reader, bytes.subarray(at));
    largest = Math.max(largest, taken);
    at += taken;
    for (let frame = reader.next(); frame !== null; frame = reader.next()) frame.release();
  }
  expect(largest).toBeGreaterThan(0.9 * FRAME_MEMORY.slabSizeBytesMax);
  expect(reads).toBeLessThan(20);
  // 8 MB went through; what it took is one slab of each size, and one more while a frame moves over.
  expect(pool.usedSizeBytes + pool.pooledSizeBytes).toBeLessThan(3.2 * FRAME_MEMORY.slabSizeBytesMax);
});

test('the rest of a large frame is read straight into memory of its own', () => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const reader = new FrameReader(pool, { frameSizeBytesMax: LIMIT });
  const bytes = framed(Buffer.alloc(1_048_700, 5));
  let at = feed(reader, bytes);
  expect(at).toBe(16 * 1024);
  const rest = reader.readBuffer();
  expect(rest.length).toBe(bytes.length - at);
  rest.set(bytes.subarray(at));
  reader.advance(rest.length);
  at += rest.length;
  const frame = reader.next()!;
  expect(frame.buffer.equals(bytes.subarray(4))).toBe(true);
  expect(frame.buffer.buffer).toBe(rest.buffer);
});

test('a size alone buys little memory', () => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const reader = new FrameReader(pool, { frameSizeBytesMax: LIMIT });
  const head = Buffer.alloc(20);
  head.writeInt32BE(LIMIT, 0);
  feed(reader, head);
  expect(reader.next()).toBeNull();
  expect(reader.readBuffer().length).toBeLessThanOrEqual(64 * 1024);
  expect(pool.usedSizeBytes).toBeLessThanOrEqual(64 * 1024);
});

test.each([
  [-1, 'frame size -1 is negative (limit 1000)'],
  [-2147483648, 'frame size -2147483648 is negative (limit 1000)'],
  [1001, 'frame size 1001 exceeds the limit of 1000 bytes'],
  [0x47455420, 'frame size 1195725856 exceeds the limit of 1000 bytes'],
])('size %i is refused after the frames before it, and nothing is allocated', (size, message) => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const reader = new FrameReader(pool, { frameSizeBytesMax: 1000 });
  const bad = Buffer.alloc(4);
  bad.writeInt32BE(size, 0);
  feed(reader, Buffer.concat([framed(Buffer.from('first')), bad]));
  expect(reader.next()?.buffer.toString()).toBe('first');
  expect(() => reader.next()).toThrow(new FrameSizeError(size, 1000));
  expect(() => reader.next()).toThrow(message);
  expect(pool.usedSizeBytes).toBe(16 * 1024);
});

test('a frame of exactly the limit passes', () => {
  const reader = new FrameReader(new FramePool({ pooledSizeBytesMax: 0 }), { frameSizeBytesMax: 1000 });
  expect(feedAll(reader, framed(Buffer.alloc(1000)))).toHaveLength(1);
});

test('a frame is released once per owner', () => {
  const reader = new FrameReader(new FramePool({ pooledSizeBytesMax: 0 }), { frameSizeBytesMax: 1000 });
  const frame = feedAll(reader, framed(Buffer.alloc(10)))[0]!;
  frame.retain();
  frame.release();
  frame.release();
  expect(() => frame.release()).toThrow('released once per owner');
  expect(() => frame.retain()).toThrow('cannot be retained');
});

test('the pool keeps no more than its bound', () => {
  const pool = new FramePool({ pooledSizeBytesMax: 100_000 });
  const taken = Array.from({ length: 10 }, () => pool.take(40_000));
  for (const memory of taken) memory.release();
  expect(pool.usedSizeBytes).toBe(0);
  expect(pool.pooledSizeBytes).toBe(2 * 40_960);
});

test('two thousand readers and their frames leave nothing behind', () => {
  const pool = new FramePool({ pooledSizeBytesMax: LIMIT });
  const readers = Array.from({ length: 2000 }, () => new FrameReader(pool, { frameSizeBytesMax: LIMIT }));
  expect(pool.usedSizeBytes).toBe(2000 * 16 * 1024);
  for (const reader of readers) {
    feed(reader, framed(Buffer.alloc(50)));
    reader.close();
  }
  expect(pool.usedSizeBytes).toBe(0);
});
