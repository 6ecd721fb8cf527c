/** Scenarios are read as they are written, and a mistake in one is named. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProduceRequest } from '../../protocol';
import { complete } from './complete';
import { evaluate, type Names } from './evaluate';
import { apisOf, parseScenario, type RequestStep, versionsOf } from './language';
import { apiNamed } from './side';
import { parseValue } from './values';

const names: Names = {
  prefix: 's-',
  variables: new Map<string, unknown>([
    ['m', 'member 1'],
    ['n', 7],
  ]),
  topicIdOf: (name) => `id of ${name}`,
  leaderEpochOf: (relative) => relative + 1,
};
const evaluated = (text: string): unknown => evaluate(parseValue(text).value, names, { nowMs: 1_000 });

test.each([
  ['{ a: 1, b: [x "y z" null true] }', { a: 1, b: ['x', 'y z', null, true] }],
  ['{ id: $m group: ~g-$m size: $n }', { id: 'member 1', group: 's-g-member-1', size: 7 }],
  ["'$m ~'", '$m ~'],
  ['-1', -1],
  ['9223372036854775807', 9223372036854775807n],
  ['hex(00 ff)', Buffer.from([0, 255])],
  ['id(~a)', 'id of s-a'],
  ['epoch(2)', 3],
  ['now(-10)', 990],
  ['concat(hex(01) cut(hex(0203) 1))', Buffer.from([1, 2])],
])('%s', (text, expected) => {
  expect(evaluated(text)).toEqual(expected);
});

test.each([
  ['a Produce { }', 's:1: expected versions behind Produce'],
  ['a Produce v3 { x', 's:1: a bracket is never closed'],
  ['a Produce v3 { x }', 's:1: expected "name:"'],
  ['a Produce v3 {} sometimes', 's:1: unknown modifier: sometimes'],
  ['for x in 1 2', 's: end is missing'],
  ['end', 's:1: end without for'],
])('%s is refused', (text, expected) => {
  expect(() => parseScenario('s', text)).toThrow(expected);
});

test('modifiers belong to the request above them', () => {
  const text = [
    'config k=v',
    'a Metadata v4 { topics: [] } expect NONE; mine',
    '  keep x = topics[0].name',
    'a close',
  ];
  const scenario = parseScenario('s', `alone\n${text.join('\n')}`);
  const request = scenario.steps[0] as RequestStep;
  expect(scenario).toMatchObject({ isAlone: true, config: ['k=v'] });
  expect(request).toMatchObject({
    expect: ['NONE'],
    isMine: true,
    keep: [{ name: 'x', path: 'topics[0].name' }],
  });
  expect(scenario.steps[1]).toMatchObject({ kind: 'close', line: 5 });
});

test.each([
  ['edges', [2, 6, 10]],
  ['each', [2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ['v4', [4]],
  ['v3,5', [3, 5]],
  ['v3-5,9+', [3, 4, 5, 9, 10]],
  ['highest', [10]],
])('versions %s', (text, expected) => {
  expect(versionsOf(text, [2, 10])).toEqual(expected);
});

test('what a scenario leaves out is what a client would send; what no version has is a mistake', () => {
  const body = { topicData: [{ name: 'a', partitionData: [{ index: 0 }] }] };
  const whole = complete(ProduceRequest, 13, body, (name) => `id of ${name}`);
  expect(whole).toEqual({
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ topicId: 'id of a', partitionData: [{ index: 0, records: null }] }],
  });
  expect(() => complete(ProduceRequest, 3, { topics: [] }, String)).toThrow('ProduceRequest has no topics');
});

test('every scenario can be read', () => {
  const folder = join(__dirname, 'scenarios');
  for (const file of readdirSync(folder)) {
    const { steps } = parseScenario(file, readFileSync(join(folder, file), 'utf8'));
    expect(steps.length).toBeGreaterThan(0);
    for (const api of apisOf(steps)) apiNamed(api);
  }
});
