import { asEpoch, asOffset, asProducerId, asTimestamp, saturate } from '../../protocol';

test.each([asOffset, asTimestamp, asProducerId, asEpoch, saturate])('%p saturates', (convert) => {
  expect([0, -1, 5, Number.MAX_SAFE_INTEGER].map(convert)).toEqual([0, -1, 5, Number.MAX_SAFE_INTEGER]);
  expect(convert(2n ** 63n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
  expect(convert(-(2n ** 63n))).toBe(Number.MIN_SAFE_INTEGER);
});
