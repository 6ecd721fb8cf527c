import assert from 'node:assert/strict';
import { type Finished, run, runOk } from '../process';
import { freshTopic, type Suite, type SuiteContext } from '../suite';

/** Our own commands as a client: they promise to work with any broker, so Apache Kafka judges them here. */
export const pyralogSuite: Suite = {
  name: 'pyralog',
  programs: [],
  timeoutMs: 120_000,
  // With a foreign broker nobody has built it yet.
  prepare: async () => {
    await runOk('npm', ['run', '--silent', 'build:code']);
  },
  run: async (context) => {
    const cli = new Cli(context.bootstrap);
    await topics(cli, context);
    await records(cli, context);
    await groups(cli, context);
  },
};

class Cli {
  constructor(readonly bootstrap: string) {}

  run(words: readonly string[], input = ''): Promise<Finished> {
    const all = ['dist/pyralog.js', ...words, '--bootstrap', this.bootstrap];
    return run(process.execPath, all, { input, timeoutMs: 30_000 });
  }

  async ok(words: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, input);
    assert.deepEqual([code, stderr], [0, ''], words.join(' '));
    return stdout;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok([...words, '--json'])) as T;
  }

  /** The words of a refusal. */
  async refused(...words: readonly string[]): Promise<string> {
    const { code, stderr } = await this.run(words);
    assert.equal(code, 1, words.join(' '));
    return stderr;
  }
}

interface TopicView {
  readonly name: string;
  readonly partitions: readonly { readonly startOffset: number; readonly endOffset: number }[];
  readonly configs: Readonly<Record<string, string>>;
}

async function topics(cli: Cli, { report }: SuiteContext): Promise<void> {
  const name = freshTopic('cli-topics');
  await report.case('topics: create, list, describe, alter, grow, delete', async () => {
    await cli.ok(['topic', 'create', name, '-p', '2', '-c', 'retention.ms=1000000']);
    assert.match(await cli.refused('topic', 'create', name), /TOPIC_ALREADY_EXISTS/);
    assert.equal(await cli.ok(['topic', 'create', name, '--if-not-exists']), `${name} exists\n`);
    const listed = await cli.json<{ name: string; partitions: number }[]>('topic', 'list');
    assert.equal(listed.find((topic) => topic.name === name)?.partitions, 2);
    await cli.ok(['topic', 'alter', name, '--set', 'cleanup.policy=compact', '--delete', 'retention.ms']);
    await cli.ok(['topic', 'add-partitions', name, '--num', '1']);
    const [topic] = await cli.json<TopicView[]>('topic', 'describe', name);
    assert.equal(topic!.partitions.length, 3);
    assert.deepEqual(topic!.configs['cleanup.policy'], 'compact');
    assert.equal(topic!.configs['retention.ms'], undefined);
    assert.match(await cli.refused('topic', 'alter', name, '--set', 'retention.ms=long'), /INVALID_CONFIG/);
    assert.equal(await cli.ok(['topic', 'delete', name]), `${name} deleted\n`);
    assert.match(await cli.refused('topic', 'describe', name), /UNKNOWN_TOPIC_OR_PARTITION/);
  });
}

async function records(cli: Cli, { report }: SuiteContext): Promise<void> {
  const name = freshTopic('cli-records');
  await report.case('records: every codec and acks, keys, headers, tombstones, places, formats', async () => {
    await cli.ok(['topic', 'create', name, '-p', '1']);
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    for (const codec of codecs)
      await cli.ok(['produce', name, '-K', ':', '-H', `codec=${codec}`, '-z', codec], `${codec}:value\n`);
    await cli.ok(['produce', name, '--acks', '1', '-K', ':', '-Z'], 'gone:\n');
    await cli.ok(['produce', name, '--acks', '0'], 'unacknowledged\n');
    const lines = (await cli.ok(['consume', name, '-n', '7', '-f', '%o %k=%v %V %h;\\n']))
      .trimEnd()
      .split('\n');
    assert.deepEqual(lines, [
      ...codecs.map((codec, offset) => `${offset} ${codec}=value 5 codec=${codec};`),
      '5 gone= -1 ;',
      '6 =unacknowledged 14 ;',
    ]);
    assert.equal(await cli.ok(['consume', name, '-o', '-2', '-e', '-f', '%o,']), '5,6,');
    assert.equal(await cli.ok(['consume', name, '-o', '@-10m', '-n', '1', '-f', '%o']), '0');
    assert.match(await cli.ok(['topic', 'trim', name, '--to', '4']), new RegExp(`^${name} +0 +4$`, 'm'));
    assert.equal(await cli.ok(['consume', name, '-e', '-n', '1', '-f', '%o']), '4');
    await cli.ok(['topic', 'delete', name]);
  });
  await report.case('records: 20,000 lines through pipes, in order', async () => {
    const many = freshTopic('cli-many');
    await cli.ok(['topic', 'create', many, '-p', '1']);
    const text = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${'x'.repeat(at % 200)}\n`).join('');
    await cli.ok(['produce', many, '-z', 'lz4'], text);
    assert.ok((await cli.ok(['consume', many, '-e'])) === text, 'what came back is what was sent');
    await cli.ok(['topic', 'delete', many]);
  });
}

interface GroupDescription {
  readonly state: string;
  readonly places: readonly { readonly committed: number; readonly lag: number }[];
}

async function groups(cli: Cli, { report }: SuiteContext): Promise<void> {
  const name = freshTopic('cli-groups');
  await report.case('groups: consume, list, describe, seek, delete', async () => {
    await cli.ok(['topic', 'create', name, '-p', '2']);
    await cli.ok(['produce', name, '-K', ':'], 'a:1\nb:2\nc:3\n');
    const read = await cli.ok(['consume', name, '-g', name, '-e']);
    assert.deepEqual(read.trimEnd().split('\n').sort(), ['1', '2', '3']);
    assert.equal(await cli.ok(['consume', name, '-g', name, '-e']), '');
    const listed = await cli.json<{ group: string; state: string }[]>('group', 'list');
    assert.equal(listed.find(({ group }) => group === name)?.state, 'Empty');
    await cli.ok(['group', 'seek', name, '--to', 'start', '-t', name]);
    const [described] = await cli.json<GroupDescription[]>('group', 'describe', name);
    assert.equal(described!.state, 'Empty');
    assert.equal(
      described!.places.reduce((sum, { lag }) => sum + lag, 0),
      3,
    );
    assert.equal(await cli.ok(['group', 'delete', name]), `${name} deleted\n`);
    assert.match(await cli.refused('group', 'describe', name), /GROUP_ID_NOT_FOUND/);
    await cli.ok(['topic', 'delete', name]);
  });
}
