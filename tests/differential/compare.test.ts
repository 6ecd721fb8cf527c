/** The differential test can fail: planted differences, without Kafka. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllowed } from './allowed';
import { compare, type Difference } from './compare';
import { batch } from './functions';
import { type Dialect, Lens, normalise } from './normalise';
import { Report } from './report';

const kafkas: Dialect = { ports: [9092, 9093], dataFolder: '/k', firstLeaderEpoch: 0 };
const ours: Dialect = { ports: [19092], dataFolder: '/o', firstLeaderEpoch: 1 };

function differences(kafka: unknown, other: unknown, prefix = 'test-'): readonly string[] {
  const startMs = Date.now() - 1_000;
  const [theirs, own] = [new Lens(kafkas, prefix, startMs), new Lens(ours, prefix, startMs)];
  theirs.learn('Metadata', kafka);
  own.learn('Metadata', other);
  return compare(normalise(kafka, theirs), normalise(other, own)).map(textOf);
}

const textOf = ({ path, kafka, ours: own }: Difference): string => `${path}: ${kafka} -> ${own}`;

const metadata = (port: number, epoch: number, changes: object = {}) => ({
  clusterId: String(port),
  brokers: [{ nodeId: 1, host: '127.0.0.1', port, rack: null }],
  topics: [
    {
      errorCode: 0,
      name: 'test-a',
      topicId: uuid(port),
      partitions: [{ partitionIndex: 0, leaderEpoch: epoch }],
    },
    {
      errorCode: 3,
      name: 'test-b',
      topicId: uuid(0),
      partitions: [],
      errorMessage: `at ${port}`,
      ...changes,
    },
  ],
});
const uuid = (number: number): string =>
  `${String(number).padStart(8, '0')}-0000-0000-0000-${number === 0 ? '0' : '1'}00000000000`;

test('what a broker may choose does not differ', () => {
  expect(differences(metadata(9092, 4), metadata(19092, 5))).toEqual([]);
});

test.each([
  ['an error code', { errorCode: 17 }, 'topics[~b].errorCode: 3 -> 17'],
  ['a message that is missing', { errorMessage: null }, 'topics[~b].errorMessage: "<text>" -> null'],
  ['an id where none belongs', { topicId: uuid(7) }, `topics[~b].topicId: "${uuid(0)}" -> "<id of ~b>"`],
  ['an element that is missing', { partitions: [{ partitionIndex: 1 }] }, 'topics[~b].partitions[1]: absent'],
  ['another name', { name: 'test-c' }, 'topics[~b]: {'],
])('a planted difference is found: %s', (_, changes, expected) => {
  const found = differences(metadata(9092, 4), metadata(19092, 5, changes));
  expect(found.join('\n')).toContain(expected);
});

test('the leader epoch is compared by how often the leader changed', () => {
  expect(differences(metadata(9092, 4), metadata(19092, 6))).toEqual([
    'topics[~a].partitions[0].leaderEpoch: 4 -> 5',
  ]);
});

test('a port that is not its own differs', () => {
  expect(differences(metadata(9092, 0), metadata(4711, 1)).join('\n')).toContain(
    'brokers[1].port: "<port>" -> 4711',
  );
});

test('the order of named elements is a difference of its own', () => {
  const one = { topics: [{ name: 'a' }, { name: 'b' }] };
  const other = { topics: [{ name: 'b' }, { name: 'a' }] };
  expect(differences(one, other)).toEqual(['topics order: a b -> b a']);
});

test('ids are told apart by the order in which they appear', () => {
  const [x, y] = ['m-0a1b2c3d-0000-4000-8000-00000000000a', 'm-0a1b2c3d-0000-4000-8000-00000000000b'];
  expect(differences({ leader: x, me: y }, { leader: y, me: x })).toEqual([]);
  expect(differences({ leader: x, me: y }, { leader: x, me: x })).toEqual([
    'me: "m-<uuid 2>" -> "m-<uuid 1>"',
  ]);
});

test.each([
  ['a value', batch('k=v'), batch('k=w'), 'records[0].records[0].value: "v" -> "w"'],
  ['a key', batch('k=v'), batch('v'), 'records[0].records[0].key: "k" -> null'],
  ['a header', batch('v^h=1'), batch('v^h=2'), 'records[0].records[0].headers[0]: "h=1" -> "h=2"'],
  ['a timestamp', batch('v | ts=5'), batch('v | ts=6'), 'records[0].baseTimestamp: 5 -> 6'],
  ['an offset', batch('v'), batch('v | base=1'), 'records[0]: {'],
  ['the codec', batch('v | codec=gzip'), batch('v | codec=lz4'), 'records[0].attributes: 1 -> 3'],
  ['a sequence', batch('v | pid=1 epoch=0 seq=1'), batch('v | pid=1 epoch=0 seq=2'), 'baseSequence: 1 -> 2'],
  ['damage', batch('v'), batch('v | crc=1'), 'records[0].crc: "right" -> "wrong"'],
  ['a cut', Buffer.concat([batch('v'), batch('w').subarray(0, 65)]), batch('v'), 'records[piece]: {'],
])('a planted difference in records is found: %s', (_, kafka, other, expected) => {
  expect(differences({ records: kafka }, { records: other }).join('\n')).toContain(expected);
});

describe('intended differences', () => {
  const place = { scenario: 's', api: 'Metadata', version: 4 };
  const difference = { path: 'topics[~a].errorCode', kafka: '3', ours: '17' };
  const judge = (text: string): boolean => parseAllowed(`[row]\n${text}`)[0]!.matches(place, difference);

  test.each([
    ['Metadata v4 topics[].errorCode: 3 -> 17', true],
    ['Metadata v0-9 topics[~a].errorCode: 3 -> *', true],
    ['* * *: * -> * in s', true],
    ['Metadata v5+ topics[].errorCode: 3 -> 17', false],
    ['Metadata v4 topics[].errorCode: 3 -> 1', false],
    ['Metadata v4 topics[~b].errorCode: 3 -> 17', false],
    ['Metadata v4 topics[].errorCode: 3 -> 17 in t', false],
    ['Fetch v4 topics[].errorCode: 3 -> 17', false],
  ])('%s: %s', (text, expected) => {
    expect(judge(text)).toBe(expected);
  });

  test('a star does not allow that there is no answer', () => {
    const allowance = parseAllowed('[row]\n* * *: * -> *')[0]!;
    expect(allowance.matches(place, { path: '(outcome)', kafka: 'answer', ours: 'closed' })).toBe(false);
  });

  test('each quotes docs/differences.md', () => {
    const read = (path: string): string => readFileSync(join(__dirname, path), 'utf8');
    const reasons = read('../../docs/differences.md');
    for (const { row, line } of parseAllowed(read('allowed.txt'))) {
      expect(`${line}: ${reasons.includes(row) ? 'found' : row}`).toBe(`${line}: found`);
    }
  });

  test.each([
    ['an unintended difference', [difference], 'Metadata v4 nothing: * -> * sometimes', false],
    ['a line that nothing needs', [], 'Metadata v4 nothing: * -> *', false],
    ['an intended difference', [difference], 'Metadata v4 topics[].errorCode: 3 -> 17', true],
  ])('%s decides how the run ends', (_, found, allowed, isWell) => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const report = new Report(parseAllowed(`[row]\n${allowed}`), false);
    report.compared(place, 1, { outcome: 'answer', value: null, codes: new Set([3]) }, found);
    expect(report.finish({ isWhole: true, triplesMin: 1, withTriples: false })).toBe(isWell);
    expect(report.coverage.lines()).toEqual(['Metadata 1: UNKNOWN_TOPIC_OR_PARTITION x1']);
    log.mockRestore();
  });
});
