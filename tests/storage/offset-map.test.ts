import { hashInto, OffsetMap, SLOT_SIZE_BYTES } from '../../storage/offset-map';

test('the hash is MurmurHash3 of 128 bits for 32-bit machines', () => {
  const hashOf = (text: string): string => {
    const hash = new Int32Array(4);
    const bytes = Buffer.from(`xx${text}x`);
    hashInto(hash, bytes, 2, bytes.length - 3);
    return [...hash].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  };
  expect(hashOf('')).toBe('00000000000000000000000000000000');
  expect(hashOf('The quick brown fox jumps over the lazy dog')).toBe('2f1583c3ecee2c675d7bf66ce5e91d2c');
});

test('it answers as a map of keys does, up to its size, and never takes more memory', () => {
  const map = new OffsetMap(1000 * SLOT_SIZE_BYTES, 0.9, 1_000_000);
  const expected = new Map<string, number>();
  let offset = 0;
  while (!map.isFull) {
    const key = `key-${(offset * 7919) % 1500}${'x'.repeat(offset % 23)}`;
    const bytes = Buffer.from(key);
    map.put(bytes, 0, bytes.length, offset);
    expected.set(key, offset++);
  }
  // The largest prime below 1000 is 997.
  expect([map.count, expected.size]).toEqual([897, 897]);
  for (const [key, value] of expected) expect(map.get(Buffer.from(`-${key}`), 1, key.length)).toBe(value);
  expect(map.get(Buffer.from('nobody'), 0, 6)).toBe(-1);
  expect(map.get(Buffer.alloc(0), 0, 0)).toBe(-1);
});

test('few keys take little memory', () => {
  const map = new OffsetMap(1 << 30, 0.9, 2);
  for (const key of ['a', 'b']) map.put(Buffer.from(key), 0, 1, 5);
  expect([map.get(Buffer.from('b'), 0, 1), map.isFull]).toEqual([5, false]);
});
