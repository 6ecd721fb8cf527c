import { crc32c } from '../../storage/crc32c';

/** The definition, bit by bit. */
function slowly(bytes: Uint8Array, seed: number): number {
  let crc = ~seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7 + (at >> 3)) & 0xff));

test('the check value of Castagnoli', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

// 256 bytes is where the JavaScript and the native code meet.
test.each([0, 1, 15, 16, 17, 64, 255, 256, 257, 2000])('a range of %i bytes', (size) => {
  expect(crc32c(bytes, 13, 13 + size)).toBe(slowly(bytes.subarray(13, 13 + size), 0));
});

test('a checksum is continued across any cut, small and large', () => {
  const expected = slowly(bytes, 0);
  for (const cut of [0, 1, 100, 256, 2900, 3000]) {
    expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(expected);
  }
});
