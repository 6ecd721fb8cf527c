import { checkClientMetricsConfigs, describeClientMetrics } from '../../../src/config/client-metrics-config';

const check = (key: string, value: string) => checkClientMetricsConfigs(new Map([[key, value]]));

test('a subscription names an interval, metrics and the clients it is for', () => {
  const fitting: readonly (readonly [string, string])[] = [
    ['interval.ms', '100'],
    ['interval.ms', '3600000'],
    ['metrics', ''],
    ['metrics', '*'],
    ['metrics', 'a.b, c'],
    ['match', ''],
    ['match', 'client_id=.*,client_source_port=9[0-9]+'],
    ['match', ' client_software_name = kafkajs '],
  ];
  for (const [key, value] of fitting) expect([key, value, check(key, value)]).toEqual([key, value, null]);
});

test('an unknown key and an interval out of bounds are bad requests, any other bad value a bad config', () => {
  const kinds = (key: string, ...bad: string[]) => bad.map((value) => check(key, value)?.isRequest);
  expect(kinds('period', '1')).toEqual([true]);
  expect(kinds('interval.ms', '99', '3600001')).toEqual([true, true]);
  expect(kinds('interval.ms', 'often')).toEqual([false]);
  expect(kinds('metrics', 'a,,b')).toEqual([false]);
  expect(kinds('match', 'nope=x', 'client_id', 'client_id=(', 'client_id=a=b')).toEqual(
    Array.from({ length: 4 }, () => false),
  );
});

test('behaviour 22: every key of a subscription is told, of one that nobody made too', () => {
  expect(describeClientMetrics(new Map(), true)).toMatchObject([
    { name: 'interval.ms', value: '300000', source: 5, type: 3, synonyms: [] },
    { name: 'match', value: '', source: 5, type: 7, synonyms: [] },
    { name: 'metrics', value: '', source: 5, type: 7, synonyms: [] },
  ]);
  expect(describeClientMetrics(new Map([['metrics', 'a, b']]), false)[2]).toMatchObject({
    value: 'a,b',
    source: 7,
    documentation: null,
    synonyms: [{ name: 'metrics', value: 'a,b', source: 7 }],
  });
});
