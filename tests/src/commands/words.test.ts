// The small languages of the command line: places in a log, formats of records, lines, tables.
import { LineSplitter } from '../../../src/commands/lines';
import { errorText, jsonText, tableText } from '../../../src/commands/output';
import { parsePoint } from '../../../src/commands/points';
import { recordFormat, recordJson, unescaped } from '../../../src/commands/record-format';
import { parsePairs, parsePartitions } from '../../../src/commands/session';

const nowMs = Date.parse('2026-05-01T12:00:00Z');

test.each([
  ['start', 'start +0'],
  ['beginning', 'start +0'],
  ['latest', 'end -0'],
  ['+3', 'start +3'],
  ['-10', 'end -10'],
  ['42', 'offset 42'],
  ['@1700000000000', 'time 1700000000000'],
  ['s@17', 'time 17'],
  ['@2026-05-01T11:00:00Z', `time ${nowMs - 3_600_000}`],
  ['@-90s', `time ${nowMs - 90_000}`],
  ['@-1.5h', `time ${nowMs - 5_400_000}`],
  ['middle', '--offset middle: expected start, end, an offset'],
  ['@soon', '--offset @soon: expected start, end, an offset'],
  ['1.5', '--offset 1.5: expected'],
])('point %s', (text, meaning) => {
  const shown = (): string => {
    try {
      const point = parsePoint('--offset', text, nowMs);
      switch (point.kind) {
        case 'start':
          return `start +${point.plus}`;
        case 'end':
          return `end -${point.minus}`;
        case 'offset':
          return `offset ${point.offset}`;
        case 'time':
          return `time ${point.timestampMs}`;
      }
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(shown().slice(0, meaning.length)).toBe(meaning);
});

const record = {
  topic: 't',
  partition: 2,
  offset: 7,
  timestamp: 1_700_000_000_000,
  leaderEpoch: 3,
  key: Buffer.from('k'),
  value: Buffer.from([0xff, 0x00, 0x41]),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
};

test('formats: every word, escapes, bytes as they are', () => {
  const format = recordFormat('%t/%p/%o %k=%V %T %h e%e 100%%\\t\\x01\\n');
  expect(format(record).toString()).toBe('t/2/7 k=3 1700000000000 a=1,b=NULL e3 100%\t\u0001\n');
  expect(recordFormat('%v')(record)).toEqual(record.value);
  expect(recordFormat('%K:%V;')({ ...record, key: null, value: null }).toString()).toBe('-1:-1;');
  for (const wrong of ['%x', 'a%', '%constructor'])
    expect(() => recordFormat(wrong)).toThrow(/^--format: %.? is none of %v value/);
});

test('escapes: any byte, and what is none stays', () => {
  expect(unescaped('a\\tb\\\\n\\xfF\\q\\')).toEqual(
    Buffer.concat([Buffer.from('a\tb\\n'), Buffer.from([0xff]), Buffer.from('\\q\\')]),
  );
});

test('JSON: text as text, other bytes in base64, null as null', () => {
  expect(JSON.parse(recordJson(record))).toEqual({
    topic: 't',
    partition: 2,
    offset: 7,
    timestamp: 1_700_000_000_000,
    key: 'k',
    valueBase64: '/wBB',
    headers: [
      { name: 'a', value: '1' },
      { name: 'b', value: null },
    ],
  });
  expect(recordJson({ ...record, value: Buffer.from('\ufffd') })).toContain('"value":"\ufffd"');
  expect(jsonText({ a: 2n ** 63n })).toBe('{\n  "a": "9223372036854775808"\n}\n');
});

test.each([
  ['\n', ['a\nb', 'c\n', '\n', 'd'], ['a', 'bc', '', 'd']],
  ['::', ['a:', ':b::', ':c'], ['a', 'b', ':c']],
  ['\n', ['', '\n'], ['']],
  ['', ['ab', 'c'], ['abc']],
])('lines by %j', (delimiter, chunks, lines) => {
  const splitter = new LineSplitter(Buffer.from(delimiter));
  const found = [...chunks.flatMap((chunk) => splitter.add(Buffer.from(chunk))), ...splitter.end()];
  expect(found.map(String)).toEqual(lines);
});

test('tables: numbers to the right, text to the left, nothing at the ends of lines', () => {
  expect(
    tableText(
      ['NAME', 'COUNT', 'LAST'],
      [
        ['a', 1, null],
        ['longer', 100, 'x'],
      ],
    ),
  ).toBe(['NAME    COUNT  LAST', 'a           1  -', 'longer    100  x', ''].join('\n'));
  expect(tableText(['A', 'B'], [])).toBe('A  B\n');
});

test('pairs and partitions', () => {
  expect(parsePairs('--config', ['a=b=c', 'd='])).toEqual([
    ['a', 'b=c'],
    ['d', ''],
  ]);
  expect(() => parsePairs('--config', ['a'])).toThrow('--config a: expected key=value');
  expect(parsePartitions('-p', '0, 2,5-7,2')).toEqual([0, 2, 5, 6, 7]);
  expect(parsePartitions('-p', undefined)).toBe(null);
  expect(() => parsePartitions('-p', '1,x')).toThrow('-p 1,x: expected numbers, as 0,2,5-7');
});

test('errors: one line for what has a code, the stack for a mistake of ours', () => {
  expect(errorText(Object.assign(new Error('no'), { code: 'X' }))).toBe('pyralog: no\n');
  expect(errorText(new Error('no'))).toMatch(/^pyralog: Error: no\n {4}at /);
});
