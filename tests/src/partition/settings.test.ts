import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { resolveTopicConfig } from '../../../src/config/topic-config';
import { logConfigOf } from '../../../src/partition/settings';

function segmentAgeMsMax(
  configs: Readonly<Record<string, string>>,
  drawn: (bound: number) => number,
): number {
  const config = resolveTopicConfig(new Map(Object.entries(configs)), defaultBrokerConfig());
  return logConfigOf(config, { below: drawn }).segmentAgeMsMax;
}

test('segment.jitter.ms takes a part of the age of a segment, and never more than all of it', () => {
  const most = (bound: number): number => bound - 1;
  const never = (): number => {
    throw new Error('nothing is drawn without a jitter');
  };
  expect(segmentAgeMsMax({ 'segment.ms': '1000' }, never)).toBe(1000);
  expect(segmentAgeMsMax({ 'segment.ms': '1000', 'segment.jitter.ms': '100' }, () => 0)).toBe(1000);
  expect(segmentAgeMsMax({ 'segment.ms': '1000', 'segment.jitter.ms': '100' }, most)).toBe(901);
  expect(segmentAgeMsMax({ 'segment.ms': '1000', 'segment.jitter.ms': '5000' }, most)).toBe(1);
});
