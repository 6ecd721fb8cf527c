// The table of metrics in docs/operations.md and the metrics page name the same things.
import { readFileSync } from 'node:fs';
import { answerOf } from '../../src/admin/endpoints';
import { ProcessWatch } from '../../src/admin/process-metrics';
import { BrokerWorld } from '../support/broker-world';

test('every metric stands in the table, and the table names no other', async () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const table = page.slice(page.indexOf('## Metrics'), page.indexOf('## Worth an alarm'));
  const written = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  const world = new BrokerWorld();
  await world.start();
  const watch = new ProcessWatch();
  const text = [...answerOf('/metrics', { broker: () => world.broker, process: watch }).body].join('');
  watch.stop();
  await world.stop();
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  // `…_leadercount` stands for the rest of a name that was written out before it.
  const means = (short: string, name: string): boolean =>
    short.startsWith('…') ? name.endsWith(short.slice(1)) : name === short;
  expect(families.filter((name) => !written.some((short) => means(short, name)))).toEqual([]);
  expect(written.filter((short) => !families.some((name) => means(short, name)))).toEqual([]);
});
