import { expositionOf, type Sample, single } from '../../../src/admin/exposition';

test('families with help, type, labels and numbers as the format wants them', () => {
  const samples: Sample[] = [
    { labels: { topic: 'a"b\\c\nd', partition: 0 }, value: 1.5 },
    { labels: {}, value: Number.POSITIVE_INFINITY },
    { value: Number.NaN },
    { value: -9007199254740991 },
  ];
  const text = [
    ...expositionOf([
      { name: 'one', help: 'first\nand \\ last', type: 'gauge', samples },
      single('two_total', 'counter', 'second', 0),
    ]),
  ].join('');
  expect(text).toBe(
    [
      '# HELP one first\\nand \\\\ last',
      '# TYPE one gauge',
      'one{topic="a\\"b\\\\c\\nd",partition="0"} 1.5',
      'one +Inf',
      'one NaN',
      'one -9007199254740991',
      '# HELP two_total second',
      '# TYPE two_total counter',
      'two_total 0',
      '',
    ].join('\n'),
  );
});

test('a long family comes in pieces, each made when it is asked for', () => {
  let made = 0;
  const samples = function* (): Generator<Sample> {
    for (let value = 0; value < 10_000; value++) {
      made++;
      yield { value };
    }
  };
  const pieces = expositionOf([{ name: 'long', help: 'x', type: 'gauge', samples: samples() }]);
  let longest = 0;
  let count = 0;
  for (let before = 0, next = pieces.next(); next.done !== true; next = pieces.next()) {
    longest = Math.max(longest, made - before);
    before = made;
    count++;
  }
  expect([made, longest, count]).toEqual([10_000, 500, 20]);
});
