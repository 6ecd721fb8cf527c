import { murmur2, partitionOf } from '../../../src/client/partitioner';

// Values that Kafka's Java client gives: a key must go where every other writer sends it.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('a negative hash gives a partition all the same', () => {
  expect(partitionOf(Buffer.from('21'), 10)).toBe((-973932308 & 0x7fffffff) % 10);
  expect(partitionOf(Buffer.alloc(0), 1)).toBe(0);
});
