import { readInt64LittleEndian, writeInt64LittleEndian } from '../../storage/int64';
import {
  isOverflowSlot,
  isOverflowValid,
  isRowValid,
  ROW_SIZE_BYTES,
  readOverflow,
  rowBaseOffset,
  rowGeneration,
  rowIndex,
  rowKind,
  rowLength,
  rowMaxTimestamp,
  rowNextOffset,
  rowPosition,
  rowTerm,
  slotsOf,
  writeOverflow,
  writeRow,
} from '../../storage/rows';

const ROW = {
  index: 0x1234_5678_9abc,
  kind: 0,
  term: 77,
  generation: 4_000_000_000,
  baseOffset: 9_007_199_254_740_000,
  nextOffset: 9_007_199_254_740_991,
  maxTimestamp: -1,
  position: 4_294_967_295,
  length: 123,
};

test('a row gives back its fields, the largest ones too', () => {
  const bytes = Buffer.alloc(ROW_SIZE_BYTES + 5);
  writeRow(bytes, 5, ROW, ROW.maxTimestamp);
  expect({
    index: rowIndex(bytes, 5),
    kind: rowKind(bytes, 5),
    term: rowTerm(bytes, 5),
    generation: rowGeneration(bytes, 5),
    baseOffset: rowBaseOffset(bytes, 5),
    nextOffset: rowNextOffset(bytes, 5),
    maxTimestamp: rowMaxTimestamp(bytes, 5),
    position: rowPosition(bytes, 5),
    length: rowLength(bytes, 5),
  }).toEqual(ROW);
});

test('a row with one bit changed, or of another generation, does not pass', () => {
  const bytes = Buffer.alloc(ROW_SIZE_BYTES);
  writeRow(bytes, 0, ROW, ROW.maxTimestamp);
  expect([isRowValid(bytes, 0, ROW.generation), isRowValid(bytes, 0, 1)]).toEqual([true, false]);
  for (let bit = 0; bit < ROW_SIZE_BYTES * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(isRowValid(bytes, 0, ROW.generation)).toBe(false);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test.each([0, 1, 36, 37, 200])('a payload of %d bytes comes back from its slots', (length) => {
  const payload = Buffer.from(Array.from({ length }, (_, at) => at));
  const slots = slotsOf(2, length) - 1;
  const bytes = Buffer.alloc(slots * ROW_SIZE_BYTES);
  writeOverflow(bytes, 0, 9, 3, payload);
  expect(readOverflow(bytes, 0, length)).toEqual(payload);
  for (let at = 0; at < bytes.length; at += ROW_SIZE_BYTES) {
    expect([isOverflowSlot(bytes, at), rowIndex(bytes, at), isOverflowValid(bytes, at, 3)]).toEqual([
      true,
      9,
      true,
    ]);
    expect(isOverflowValid(bytes, at, 4)).toBe(false);
  }
});

test.each([0, 1, -1, 4_294_967_296, -4_294_967_297, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
  'int64 %d survives',
  (value) => {
    const bytes = Buffer.alloc(8);
    writeInt64LittleEndian(bytes, 0, value);
    expect([readInt64LittleEndian(bytes, 0), Number(bytes.readBigInt64LE(0))]).toEqual([value, value]);
  },
);

// A client may send any timestamp; 2^63 - 1 reaches us as 2^63.
test('an int64 beyond the range is written as the largest one', () => {
  const bytes = Buffer.alloc(8);
  writeInt64LittleEndian(bytes, 0, 2 ** 63);
  expect(bytes.readBigInt64LE(0)).toBe(2n ** 63n - 1n);
});
