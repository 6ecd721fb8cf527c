import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../report';
import { freshTopic } from '../suite';
import { untilStable } from '../topics';
import { javaArguments, lines, type ToolName, type Tools } from './tools';

/** Groups of the Java consumer, and what kafka-consumer-groups shows and changes. */
export async function groups(tools: Tools, report: Report): Promise<void> {
  await consumes(tools, report);
  await administers(tools, report);
}

async function consumes(tools: Tools, report: Report): Promise<void> {
  await report.case('kafka-console-consumer --group reads all, and goes on behind it', async () => {
    const topic = freshTopic('java-group');
    await tools.create(topic, 2);
    const input = Array.from({ length: 200 }, (_, at) => `key-${at}|${at}`);
    await tools.produce(topic, input);
    const first = await consumeInGroup(tools, topic, 200);
    assert.deepEqual([...first].sort(), input.map((line) => line.split('|')[1] ?? '').sort());
    await tools.produce(topic, ['key|later']);
    assert.deepEqual(await consumeInGroup(tools, topic, 1), ['later']);
  });

  await report.case('kafka-console-consumer --group with the cooperative assignor', async () => {
    const topic = freshTopic('java-cooperative');
    await tools.create(topic, 3);
    await tools.produce(topic, ['a|1', 'b|2', 'c|3']);
    const assignor = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';
    const read = await consumeInGroup(tools, topic, 3, [
      '--command-property',
      `partition.assignment.strategy=${assignor}`,
    ]);
    assert.deepEqual([...read].sort(), ['1', '2', '3']);
  });

  await report.case(
    'kafka-verifiable-consumer: two members share, one leaves, every record once',
    async () => {
      const topic = freshTopic('java-verifiable-group');
      await tools.create(topic, 4);
      const first = new Running(tools, 'kafka-verifiable-consumer', [
        ...['--topic', topic, '--group-id', topic, '--reset-policy', 'earliest', '--verbose'],
      ]);
      const second = new Running(tools, 'kafka-verifiable-consumer', [
        ...['--topic', topic, '--group-id', topic, '--reset-policy', 'earliest', '--verbose'],
      ]);
      try {
        await untilStable(tools.bootstrap, topic, 2);
        await first.until('two partitions', (events) => lastAssigned(events) === 2);
        await second.until('two partitions', (events) => lastAssigned(events) === 2);
        await tools.ok('kafka-verifiable-producer', ['--topic', topic, '--max-messages', '400']);
        const read = () => [...records(first.events), ...records(second.events)];
        await first.until('400 records', () => read().length >= 400);
        assert.equal(new Set(read()).size, 400);
        await second.stop();
        await first.until('four partitions', (events) => lastAssigned(events) === 4);
        await tools.ok('kafka-verifiable-producer', ['--topic', topic, '--max-messages', '100']);
        await first.until('100 more', () => read().length >= 500);
        await first.stop();
        assert.equal(read().length, 500);
        assert.equal(new Set(read()).size, 500);
      } finally {
        first.kill();
        second.kill();
      }
    },
  );

  await report.case('kafka-consumer-perf-test reads 50,000 records in a group', async () => {
    const topic = freshTopic('java-consumer-perf');
    await tools.create(topic, 3);
    await tools.ok('kafka-producer-perf-test', [
      ...['--topic', topic, '--num-records', '50000', '--record-size', '100', '--throughput', '-1'],
    ]);
    const output = await tools.ok('kafka-consumer-perf-test', [
      ...['--topic', topic, '--num-records', '50000', '--group', topic, '--hide-header'],
    ]);
    const numbers = lines(output).at(-1)?.split(', ') ?? [];
    assert.ok(Number(numbers[4]) >= 50_000, output);
  });
}

async function administers(tools: Tools, report: Report): Promise<void> {
  const topic = freshTopic('java-groups');
  const group = topic;
  const command = (...args: readonly string[]) => tools.ok('kafka-consumer-groups', args);
  await tools.create(topic, 2);
  await tools.produce(
    topic,
    Array.from({ length: 100 }, (_, at) => `key-${at}|${at}`),
  );
  const ends = (await tools.offsets(topic)).map((line) => Number(line.split(':')[2]));

  await report.case(
    'kafka-consumer-groups of a group with a member: list, offsets, members, state',
    async () => {
      const member = new Running(tools, 'kafka-verifiable-consumer', [
        ...['--topic', topic, '--group-id', group, '--reset-policy', 'earliest'],
      ]);
      try {
        await untilStable(tools.bootstrap, group, 1);
        // It commits after each poll; all that there is has been read when the lag is gone.
        await untilLag(tools, group, 0);
        assert.ok(lines(await command('--list')).includes(group));
        const states = await command('--list', '--state', 'Stable');
        assert.match(states, new RegExp(`${group}\\s+.*Stable`));
        const rows = offsetRows(await command('--describe', '--group', group));
        assert.deepEqual(
          rows.map((row) => [row.topic, row.partition, row.current, row.end, row.lag]),
          ends.map((end, partition) => [topic, String(partition), String(end), String(end), '0']),
        );
        for (const row of rows) assert.match(row.consumer, /^consumer-/);
        const members = await command('--describe', '--group', group, '--members', '--verbose');
        assert.match(members, new RegExp(`${topic}:0,1|${topic}\\(0,1\\)|${topic}.*0.*1`));
        const state = await command('--describe', '--group', group, '--state');
        assert.match(state, /range\s+Stable\s+1/);
        const busy = await tools.any('kafka-consumer-groups', ['--delete', '--group', group]);
        assert.match(busy, /GroupNotEmptyException|not empty/);
        await member.stop();
      } finally {
        member.kill();
      }
    },
  );

  await report.case('kafka-consumer-groups of an empty group: described without members', async () => {
    const rows = offsetRows(await command('--describe', '--group', group));
    assert.deepEqual(
      rows.map(({ consumer }) => consumer),
      ['-', '-'],
    );
    assert.match(await command('--describe', '--group', group, '--state'), /Empty\s+0/);
  });

  const reset = async (...args: readonly string[]) => {
    const common = ['--reset-offsets', '--group', group, '--topic', topic];
    return lines(await command(...common, ...args, '--execute'))
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[1] === topic)
      .sort((left, right) => Number(left[2]) - Number(right[2]))
      .map((row) => row[3]);
  };

  await report.case(
    '--reset-offsets: to earliest, by a shift, to an offset, to a time, to latest',
    async () => {
      assert.deepEqual(await reset('--to-earliest'), ['0', '0']);
      assert.deepEqual(await reset('--shift-by', '5'), ['5', '5']);
      assert.deepEqual(await reset('--to-offset', '7'), ['7', '7']);
      assert.deepEqual(await reset('--to-datetime', '2020-01-01T00:00:00.000'), ['0', '0']);
      assert.deepEqual(
        await reset('--to-latest'),
        ends.map((end) => String(end)),
      );
      await untilLag(tools, group, 0);
      assert.deepEqual(await reset('--shift-by', '-3'), [
        String((ends[0] ?? 0) - 3),
        String((ends[1] ?? 0) - 3),
      ]);
      assert.equal((await consumeInGroup(tools, topic, 6)).length, 6);
    },
  );

  await report.case('--delete-offsets of a topic, then --delete of the group', async () => {
    await command('--delete-offsets', '--group', group, '--topic', topic);
    const described = await tools.any('kafka-consumer-groups', ['--describe', '--group', group]);
    assert.doesNotMatch(described, new RegExp(`${topic}\\s+[01]\\s+\\d+\\s+\\d+`));
    // Without offsets and members nothing is left; a group that has expired meanwhile is as good as deleted.
    assert.match(
      await tools.any('kafka-consumer-groups', ['--delete', '--group', group]),
      /successful|does not exist|not found/i,
    );
    assert.ok(!lines(await command('--list')).includes(group));
    const unknown = ['--delete', '--group', freshTopic('java-nobody')];
    assert.match(
      await tools.any('kafka-consumer-groups', unknown),
      /GroupIdNotFoundException|does not exist|not found/i,
    );
  });

  await report.case('kafka-groups --list shows kind and protocol', async () => {
    const other = freshTopic('java-kafka-groups');
    await tools.create(other, 1);
    await tools.produce(other, ['k|v']);
    await consumeInGroup(tools, other, 1);
    assert.match(await tools.ok('kafka-groups', ['--list']), new RegExp(`${other}\\s+Classic\\s+consumer`));
  });
}

async function consumeInGroup(
  tools: Tools,
  topic: string,
  count: number,
  extra: readonly string[] = [],
): Promise<readonly string[]> {
  return lines(
    await tools.ok('kafka-console-consumer', [
      ...['--topic', topic, '--group', topic, '--from-beginning'],
      ...['--max-messages', String(count), '--timeout-ms', '30000', ...extra],
    ]),
  );
}

interface OffsetRow {
  readonly topic: string;
  readonly partition: string;
  readonly current: string;
  readonly end: string;
  readonly lag: string;
  readonly consumer: string;
}

/** The table of `--describe`, by partition. */
function offsetRows(output: string): readonly OffsetRow[] {
  const rows = lines(output).map((line) => line.trim().split(/\s+/));
  const header = rows.find((row) => row[0] === 'GROUP') ?? [];
  const column = (row: readonly string[], name: string) => row[header.indexOf(name)] ?? '';
  return rows
    .slice(rows.indexOf(header) + 1)
    .filter((row) => row.length >= header.length)
    .map((row) => ({
      topic: column(row, 'TOPIC'),
      partition: column(row, 'PARTITION'),
      current: column(row, 'CURRENT-OFFSET'),
      end: column(row, 'LOG-END-OFFSET'),
      lag: column(row, 'LAG'),
      consumer: column(row, 'CONSUMER-ID'),
    }))
    .sort((left, right) => Number(left.partition) - Number(right.partition));
}

async function untilLag(tools: Tools, group: string, lag: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = offsetRows(await tools.ok('kafka-consumer-groups', ['--describe', '--group', group]));
    if (rows.length > 0 && rows.every((row) => row.lag === String(lag))) return;
    if (attempt === 10) throw new Error(`the lag is ${rows.map((row) => row.lag).join()}`);
  }
}

type Event = Readonly<Record<string, unknown>>;

function lastAssigned(events: readonly Event[]): number {
  const [last] = events.filter((event) => event.name === 'partitions_assigned').slice(-1);
  return Array.isArray(last?.partitions) ? last.partitions.length : 0;
}

function records(events: readonly Event[]): readonly string[] {
  return events
    .filter((event) => event.name === 'record_data')
    .map((event) => `${event.partition}/${event.offset}`);
}

/** A tool that runs until it is told to stop, and prints an event in JSON on each line. */
class Running {
  readonly events: Event[] = [];
  readonly #child: ChildProcess;
  #rest = '';
  #errors = '';

  constructor(tools: Tools, name: ToolName, args: readonly string[]) {
    this.#child = spawn('java', javaArguments(name, [...args, '--bootstrap-server', tools.bootstrap]), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString('utf8')).slice(-2_000);
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (this.#rest + chunk.toString('utf8')).split('\n');
      this.#rest = parts.pop() ?? '';
      for (const line of parts) if (line.startsWith('{')) this.events.push(JSON.parse(line) as Event);
    });
  }

  async until(what: string, holds: (events: readonly Event[]) => boolean): Promise<void> {
    const endMs = performance.now() + 30_000;
    while (!holds(this.events)) {
      assert.equal(this.#child.exitCode, null, `ended before ${what}: ${this.#errors}`);
      if (performance.now() > endMs)
        throw new Error(`no ${what}; last events: ${JSON.stringify(this.events.slice(-5))}`);
      await delay(50);
    }
  }

  /** Ends it in order: it commits and leaves its group. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
