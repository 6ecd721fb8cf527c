import assert from 'node:assert/strict';
import { run, runOk } from '../process';
import type { Report } from '../report';
import { freshTopic, type Suite, type SuiteContext } from '../suite';
import { createTopic, untilStable } from '../topics';

/** kcat (librdkafka's command line client): produces with each codec, consumes one partition or in a group, lists, queries. */
export const kcatSuite: Suite = {
  name: 'kcat',
  programs: ['kcat'],
  timeoutMs: 180_000,
  prepare: async () => undefined,
  run: async ({ bootstrap, report }: SuiteContext) => {
    const kcat = new Kcat(bootstrap);
    await lists(kcat, report);
    await produces(kcat, report);
    await consumes(kcat, report);
    await queries(kcat, report);
    await balances(kcat, report);
  },
};

interface Line {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly string[];
}

class Kcat {
  constructor(readonly bootstrap: string) {}

  produce(topic: string, input: string, extra: readonly string[] = []): Promise<string> {
    return runOk('kcat', ['-P', '-b', this.bootstrap, '-t', topic, ...extra], { input });
  }

  /** Consumes what there is and ends (`-e`), as parsed JSON lines. */
  async consume(topic: string, extra: readonly string[]): Promise<readonly Line[]> {
    const args = ['-C', '-b', this.bootstrap, '-t', topic, '-e', '-q', '-J', ...extra];
    const output = await runOk('kcat', args);
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  /** Joins a group, reads until `count` records came or all partitions have ended, leaves. */
  async consumeInGroup(
    group: string,
    topics: readonly string[],
    extra: readonly string[],
  ): Promise<readonly Line[]> {
    const args = ['-b', this.bootstrap, '-q', '-J', ...extra, '-G', group, ...topics];
    const output = await runOk('kcat', args);
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }

  async metadata(topic?: string): Promise<Metadata> {
    const only = topic === undefined ? [] : ['-t', topic];
    return JSON.parse(await runOk('kcat', ['-L', '-J', '-b', this.bootstrap, ...only])) as Metadata;
  }

  query(specifications: readonly string[]): Promise<string> {
    return runOk('kcat', ['-Q', '-b', this.bootstrap, ...specifications.flatMap((text) => ['-t', text])]);
  }
}

interface Metadata {
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly controllerid: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly error?: string;
    readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
  }[];
}

async function lists(kcat: Kcat, report: Report): Promise<void> {
  await report.case('-L names the broker it was given and every partition of a topic', async () => {
    const topic = freshTopic('kcat-list');
    await createTopic(kcat.bootstrap, topic, 4);
    const metadata = await kcat.metadata();
    assert.ok(metadata.brokers.some((broker) => broker.name === kcat.bootstrap));
    assert.ok(metadata.brokers.some((broker) => broker.id === metadata.controllerid));
    const found = metadata.topics.find((candidate) => candidate.topic === topic);
    assert.deepEqual(found?.partitions.map((partition) => partition.partition).sort(), [0, 1, 2, 3]);
    for (const partition of found?.partitions ?? []) {
      assert.ok(metadata.brokers.some((broker) => broker.id === partition.leader));
    }
  });

  await report.case('-L of one topic answers that topic alone', async () => {
    const topic = freshTopic('kcat-one');
    await createTopic(kcat.bootstrap, topic, 1);
    const { topics } = await kcat.metadata(topic);
    assert.deepEqual(
      topics.map((one) => one.topic),
      [topic],
    );
  });

  await report.case('consuming from a missing topic ends with an error', async () => {
    const topic = freshTopic('kcat-missing');
    const args = ['-C', '-b', kcat.bootstrap, '-t', topic, '-p', '7', '-e', '-q'];
    const { code, stderr } = await run('kcat', [...args, '-X', 'allow.auto.create.topics=false']);
    assert.notEqual(code, 0);
    assert.match(stderr, /Unknown (topic|partition)|unknown topic/i);
  });
}

async function produces(kcat: Kcat, report: Report): Promise<void> {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    await report.case(`produces 2,000 keyed records with ${codec} and consumes the same`, async () => {
      const topic = freshTopic(`kcat-${codec}`);
      await createTopic(kcat.bootstrap, topic, 1);
      const lines = numberedLines(2_000);
      await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':', '-z', codec]);
      sameLines(await kcat.consume(topic, ['-p', '0', '-o', 'beginning']), lines);
    });
  }

  for (const acks of ['0', '1', 'all']) {
    await report.case(`produces with acks ${acks}`, async () => {
      const topic = freshTopic(`kcat-acks-${acks}`);
      await createTopic(kcat.bootstrap, topic, 1);
      const lines = numberedLines(100);
      await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':', '-X', `acks=${acks}`]);
      // Without an acknowledgement the records may still be on their way when kcat ends; one that is acknowledged on
      // another connection says nothing about them, so reading is repeated until the end of the partition is there.
      const read = await readUntil(() => kcat.consume(topic, ['-p', '0', '-o', 'beginning']), lines.length);
      sameLines(read, lines);
    });
  }

  await report.case('idempotent producer, five requests in flight', async () => {
    const topic = freshTopic('kcat-idempotent');
    await createTopic(kcat.bootstrap, topic, 1);
    const lines = numberedLines(20_000);
    const settings = ['enable.idempotence=true', 'batch.num.messages=100', 'linger.ms=1'];
    await kcat.produce(topic, `${lines.join('\n')}\n`, [
      '-K',
      ':',
      ...settings.flatMap((text) => ['-X', text]),
    ]);
    sameLines(await kcat.consume(topic, ['-p', '0', '-o', 'beginning']), lines);
  });

  await report.case('headers, a null value, an empty key', async () => {
    const topic = freshTopic('kcat-shapes');
    await createTopic(kcat.bootstrap, topic, 1);
    await kcat.produce(topic, 'key:\n:value\n', ['-K', ':', '-Z', '-H', 'a=1', '-H', 'b=']);
    const read = await kcat.consume(topic, ['-p', '0', '-o', 'beginning']);
    assert.deepEqual(
      read.map(({ key, payload, headers }) => ({ key, payload, headers })),
      [
        { key: 'key', payload: null, headers: ['a', '1', 'b', ''] },
        { key: null, payload: 'value', headers: ['a', '1', 'b', ''] },
      ],
    );
  });

  await report.case('a missing topic is created by producing to it', async () => {
    const topic = freshTopic('kcat-auto');
    await kcat.produce(topic, 'k:v\n', ['-K', ':']);
    sameLines(await kcat.consume(topic, ['-p', '0', '-o', 'beginning']), ['k:v']);
  });

  await report.case('records of 900 kB arrive whole', async () => {
    const topic = freshTopic('kcat-large');
    await createTopic(kcat.bootstrap, topic, 1);
    const lines = ['a', 'b', 'c'].map((letter) => `${letter}:${letter.repeat(900_000)}`);
    await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':']);
    sameLines(await kcat.consume(topic, ['-p', '0', '-o', 'beginning']), lines);
  });
}

async function consumes(kcat: Kcat, report: Report): Promise<void> {
  const topic = freshTopic('kcat-consume');
  await createTopic(kcat.bootstrap, topic, 2);
  const lines = numberedLines(500);
  await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':', '-p', '1', '-X', 'batch.num.messages=20']);

  await report.case('from an offset', async () => {
    const read = await kcat.consume(topic, ['-p', '1', '-o', '123', '-c', '3']);
    assert.deepEqual(
      read.map((line) => [line.offset, line.partition, `${line.key}:${line.payload}`]),
      [123, 124, 125].map((offset) => [offset, 1, lines[offset]]),
    );
  });

  await report.case('the last five', async () => {
    const read = await kcat.consume(topic, ['-p', '1', '-o', '-5']);
    assert.deepEqual(
      read.map((line) => line.offset),
      [495, 496, 497, 498, 499],
    );
  });

  await report.case('from a timestamp', async () => {
    const all = await kcat.consume(topic, ['-p', '1', '-o', 'beginning']);
    const middle = all[250]?.ts ?? 0;
    const first = all.find((line) => line.ts >= middle);
    const read = await kcat.consume(topic, ['-p', '1', '-o', `s@${middle}`, '-c', '1']);
    assert.equal(read[0]?.offset, first?.offset);
  });

  await report.case('an empty partition ends at once', async () => {
    assert.deepEqual(await kcat.consume(topic, ['-p', '0', '-o', 'beginning']), []);
  });

  await report.case('all partitions at once', async () => {
    await kcat.produce(topic, 'zero:0\n', ['-K', ':', '-p', '0']);
    const read = await kcat.consume(topic, ['-o', 'beginning']);
    assert.equal(read.filter((line) => line.partition === 0).length, 1);
    assert.equal(read.filter((line) => line.partition === 1).length, 500);
  });
}

async function queries(kcat: Kcat, report: Report): Promise<void> {
  const topic = freshTopic('kcat-query');
  await createTopic(kcat.bootstrap, topic, 1);
  await kcat.produce(topic, 'a:1\nb:2\nc:3\n', ['-K', ':']);

  await report.case('-Q: earliest and latest', async () => {
    assert.equal((await kcat.query([`${topic}:0:-2`])).trim(), `${topic} [0] offset 0`);
    assert.equal((await kcat.query([`${topic}:0:-1`])).trim(), `${topic} [0] offset 3`);
  });

  await report.case('-Q: a timestamp before, and one after everything', async () => {
    assert.equal((await kcat.query([`${topic}:0:1`])).trim(), `${topic} [0] offset 0`);
    const future = Date.now() + 86_400_000;
    assert.match(await kcat.query([`${topic}:0:${future}`]), /offset (-1|3)$/m);
  });
}

async function balances(kcat: Kcat, report: Report): Promise<void> {
  const earliest = ['-X', 'auto.offset.reset=earliest'];

  await report.case(
    '-G reads three partitions to their ends, and nothing again the second time',
    async () => {
      const topic = freshTopic('kcat-group');
      await createTopic(kcat.bootstrap, topic, 3);
      const lines = numberedLines(900);
      await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':']);
      const read = await kcat.consumeInGroup(topic, [topic], [...earliest, '-e']);
      assert.deepEqual(read.map(({ key, payload }) => `${key}:${payload}`).sort(), [...lines].sort());
      for (const partition of [0, 1, 2]) {
        const offsets = read.filter((line) => line.partition === partition).map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.map((_, at) => at),
        );
      }
      assert.deepEqual(await kcat.consumeInGroup(topic, [topic], [...earliest, '-e']), []);
      await kcat.produce(topic, 'later:1\n', ['-K', ':']);
      const later = await kcat.consumeInGroup(topic, [topic], [...earliest, '-e']);
      assert.deepEqual(
        later.map(({ key }) => key),
        ['later'],
      );
    },
  );

  await report.case('-G with a count commits what was read and goes on behind it', async () => {
    const topic = freshTopic('kcat-count');
    await createTopic(kcat.bootstrap, topic, 1);
    const lines = numberedLines(30);
    await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':']);
    const first = await kcat.consumeInGroup(topic, [topic], [...earliest, '-c', '12']);
    const second = await kcat.consumeInGroup(topic, [topic], [...earliest, '-e']);
    sameLines([...first, ...second], lines);
    assert.equal(first.length, 12);
  });

  for (const strategy of ['range', 'roundrobin', 'cooperative-sticky']) {
    await report.case(`-G, two members at once, ${strategy}: every record once`, async () => {
      const topic = freshTopic(`kcat-${strategy}`);
      await createTopic(kcat.bootstrap, topic, 4);
      const extra = [...earliest, '-X', `partition.assignment.strategy=${strategy}`];
      // Each leaves after its 40 records: all that there are, if each has two of the four partitions.
      const members = [0, 1].map(() => kcat.consumeInGroup(topic, [topic], [...extra, '-c', '40']));
      // Records come only when both have joined: what one of them read before it shared would be counted twice.
      await untilStable(kcat.bootstrap, topic, 2);
      const lines = numberedLines(20);
      for (const partition of ['0', '1', '2', '3'])
        await kcat.produce(topic, `${lines.join('\n')}\n`, ['-K', ':', '-p', partition]);
      const read = await Promise.all(members);
      const places = read.flat().map((line) => `${line.partition}/${line.offset}`);
      assert.equal(new Set(places).size, 80);
      assert.equal(places.length, 80);
    });
  }

  await report.case('-G on two topics', async () => {
    const topics = [freshTopic('kcat-left'), freshTopic('kcat-right')];
    for (const topic of topics) {
      await createTopic(kcat.bootstrap, topic, 2);
      await kcat.produce(topic, `key:${topic}\n`, ['-K', ':']);
    }
    const read = await kcat.consumeInGroup(freshTopic('kcat-both'), topics, [...earliest, '-e']);
    assert.deepEqual(read.map(({ payload }) => payload).sort(), [...topics].sort());
  });
}

function numberedLines(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `key-${at % 97}:value number ${at}`);
}

function sameLines(read: readonly Line[], lines: readonly string[]): void {
  assert.deepEqual(
    read.map((line) => `${line.offset} ${line.key}:${line.payload}`),
    lines.map((line, at) => `${at} ${line}`),
  );
}

async function readUntil(read: () => Promise<readonly Line[]>, count: number): Promise<readonly Line[]> {
  for (let attempt = 0; ; attempt += 1) {
    const lines = await read();
    if (lines.length >= count || attempt === 20) return lines;
  }
}
