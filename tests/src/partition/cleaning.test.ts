import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { type CleaningPolicy, cleanerSettingsOf, planCleaning } from '../../../src/partition/cleaning';

/** Segments of ten records each: `size@first-last` timestamps; the last one grows. */
function plan(
  text: string,
  policy: Partial<CleaningPolicy> = {},
  { cleaned = 0, start = 0, stable = Number.POSITIVE_INFINITY, nowMs = 1_000 } = {},
): string {
  const segments = text.split(' ').map((segment, at) => {
    const [size, timestamps] = segment.split('@');
    const [firstTimestamp, maxTimestamp] = (timestamps ?? '100-100').split('-').map(Number);
    return {
      baseOffset: at * 10,
      nextOffset: at * 10 + 10,
      sizeBytes: Number(size),
      firstTimestamp: firstTimestamp!,
      maxTimestamp: maxTimestamp!,
    };
  });
  const facts = { segments, startOffset: start, cleanedOffset: cleaned, lastStableOffset: stable };
  const defaults = {
    minCleanableRatio: 0.5,
    minCompactionLagMs: 0,
    maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  };
  const found = planCleaning(facts, { ...defaults, ...policy }, nowMs);
  return found === null ? 'clean' : `${found.firstDirtyOffset}-${found.endOffset} ${found.ratio.toFixed(2)}`;
}

test('everything but the segment that grows is dirty at first', () => {
  expect(plan('5 5 5')).toBe('0-20 1.00');
  expect(plan('5')).toBe('clean');
  expect(plan('5 5 5', {}, { start: 10 })).toBe('10-20 1.00');
  expect(plan('5 6 5', {}, { start: 12 })).toBe('clean');
});

test('the dirty share must be more than min.cleanable.dirty.ratio', () => {
  expect(plan('5 5 5', {}, { cleaned: 10 })).toBe('clean');
  expect(plan('5 6 5', {}, { cleaned: 10 })).toBe('10-20 0.55');
  expect(plan('5 5 5', { minCleanableRatio: 0.4 }, { cleaned: 10 })).toBe('10-20 0.50');
  expect(plan('5 5 5', { minCleanableRatio: 0 }, { cleaned: 20 })).toBe('clean');
});

test('a segment that was looked at in part counts on both sides', () => {
  expect(plan('5 5 5', { minCleanableRatio: 0.4 }, { cleaned: 15 })).toBe('clean');
  expect(plan('5 5 5', { minCleanableRatio: 0.3 }, { cleaned: 15 })).toBe('15-20 0.33');
});

test('nothing above the last stable offset, nor a segment with a record younger than min.compaction.lag.ms', () => {
  expect(plan('5 5 5 5', {}, { stable: 29 })).toBe('0-20 1.00');
  expect(plan('5 5 5 5', {}, { stable: 9 })).toBe('clean');
  const lag = { minCompactionLagMs: 100 };
  expect(plan('5@1-2 5@3-901 5@4-5 5', lag)).toBe('0-10 1.00');
  expect(plan('5@1-2 5@3-900 5@4-5 5', lag)).toBe('0-30 1.00');
});

test('a record older than max.compaction.lag.ms makes a log due, however clean it is', () => {
  const overdue = { maxCompactionLagMs: 400 };
  expect(plan('9 1@599-599 5', overdue, { cleaned: 10 })).toBe('10-20 0.10');
  expect(plan('9 1@600-600 5', overdue, { cleaned: 10 })).toBe('clean');
});

test('the settings of the cleaner are the keys of the broker', () => {
  const config = defaultBrokerConfig({
    'log.cleaner.io.max.bytes.per.second': '1000',
    'log.cleaner.backoff.ms': '7',
  });
  expect(cleanerSettingsOf(config)).toEqual({
    isEnabled: true,
    backoffMs: 7,
    limits: {
      mapSizeBytesMax: 134_217_728,
      mapLoadMax: 0.9,
      readSizeBytes: 262_144,
      bytesPerSecondMax: 1000,
    },
  });
});
