import assert from 'node:assert/strict';
import type { Report } from '../report';
import { freshTopic, type Suite } from '../suite';
import { altersThings } from './admin';
import { groups } from './groups';
import { fetchJars, lines, Tools } from './tools';

/** Kafka's own command line tools (and so its Java clients), from the coordinates in pom.xml. */
export const javaSuite: Suite = {
  name: 'java',
  programs: ['java', 'mvn'],
  timeoutMs: 300_000,
  prepare: fetchJars,
  run: async ({ bootstrap, report }) => {
    const tools = new Tools(bootstrap);
    await administers(tools, report);
    await producesAndConsumes(tools, report);
    await producesFast(tools, report);
  },
};

/** The tools that look after a cluster: groups, configs, partitions, log directories, the quorum. */
export const javaAdminSuite: Suite = {
  name: 'java-admin',
  programs: ['java', 'mvn'],
  timeoutMs: 300_000,
  prepare: fetchJars,
  run: async ({ bootstrap, report }) => {
    const tools = new Tools(bootstrap);
    await groups(tools, report);
    await altersThings(tools, report);
  },
};

async function administers(tools: Tools, report: Report): Promise<void> {
  const topic = freshTopic('java-admin');

  await report.case('kafka-broker-api-versions: Produce and Fetch are usable', async () => {
    const output = await tools.ok('kafka-broker-api-versions', []);
    assert.match(output, /Produce\(0\): 0 to \d+ \[usable: \d+\]/);
    assert.match(output, /Fetch\(1\): 4 to \d+ \[usable: \d+\]/);
    assert.doesNotMatch(output, /ERROR/);
  });

  await report.case('kafka-cluster cluster-id', async () => {
    assert.match(await tools.ok('kafka-cluster', ['cluster-id']), /Cluster ID: [\w-]{22}/);
  });

  await report.case('kafka-topics --create with partitions and a config', async () => {
    assert.match(
      await tools.create(topic, 3, ['retention.ms=86400000']),
      new RegExp(`Created topic ${topic}`),
    );
  });

  await report.case('kafka-topics --create again is refused, and is quiet with --if-not-exists', async () => {
    assert.match(await tools.refused('kafka-topics', ['--create', '--topic', topic]), /TopicExistsException/);
    await tools.ok('kafka-topics', ['--create', '--if-not-exists', '--topic', topic]);
  });

  await report.case('kafka-topics --create refuses an unknown config and a factor of 99', async () => {
    const fresh = freshTopic('java-refused');
    const unknown = ['--create', '--topic', fresh, '--config', 'no.such.key=1'];
    assert.match(await tools.refused('kafka-topics', unknown), /no\.such\.key/);
    const factor = ['--create', '--topic', fresh, '--replication-factor', '99'];
    assert.match(
      await tools.refused('kafka-topics', factor),
      /InvalidReplicationFactor|[Rr]eplication factor/,
    );
  });

  await report.case('kafka-topics --list', async () => {
    assert.ok(lines(await tools.ok('kafka-topics', ['--list'])).includes(topic));
  });

  await report.case('kafka-topics --describe: id, partitions, leaders, the config set', async () => {
    const output = await tools.ok('kafka-topics', ['--describe', '--topic', topic]);
    assert.match(output, /TopicId: [\w-]{22}/);
    assert.match(output, /PartitionCount: 3/);
    assert.match(output, /Configs: .*retention\.ms=86400000/);
    for (const partition of [0, 1, 2])
      assert.match(output, new RegExp(`Partition: ${partition}\\s+Leader: \\d+`));
  });

  await report.case('kafka-configs --describe of a topic', async () => {
    const topicArguments = ['--describe', '--entity-type', 'topics', '--entity-name', topic];
    const dynamic = await tools.ok('kafka-configs', topicArguments);
    assert.match(dynamic, /retention\.ms=86400000/);
    assert.doesNotMatch(dynamic, /segment\.bytes/);
    const all = await tools.ok('kafka-configs', [...topicArguments, '--all']);
    assert.match(all, /segment\.bytes=1073741824/);
    assert.match(all, /cleanup\.policy=delete/);
    assert.match(all, /retention\.ms=86400000.*DYNAMIC_TOPIC_CONFIG:retention\.ms=86400000/);
  });

  await report.case('kafka-topics --delete: gone from the list, describing it is refused', async () => {
    await tools.ok('kafka-topics', ['--delete', '--topic', topic]);
    assert.ok(!lines(await tools.ok('kafka-topics', ['--list'])).includes(topic));
    assert.match(await tools.refused('kafka-topics', ['--describe', '--topic', topic]), /does not exist/);
  });
}

async function producesAndConsumes(tools: Tools, report: Report): Promise<void> {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    await report.case(
      `kafka-console-producer with ${codec}, kafka-console-consumer --partition`,
      async () => {
        const topic = freshTopic(`java-${codec}`);
        await tools.create(topic, 1);
        const input = Array.from(
          { length: 500 },
          (_, at) => `key-${at % 7}|value ${at} ${'x'.repeat(at % 90)}`,
        );
        await tools.produce(topic, input, ['--compression-codec', codec]);
        assert.deepEqual(
          await tools.consume(topic, 0, 'earliest', input.length),
          input.map((line, at) => `Offset:${at}|${line}`),
        );
      },
    );
  }

  const topic = freshTopic('java-offsets');
  await tools.create(topic, 2);
  const input = Array.from({ length: 100 }, (_, at) => `same key|${at}`);

  await report.case(
    'one key stays on one partition; a consumer starts in the middle of a batch',
    async () => {
      await tools.produce(topic, input);
      const full = (await tools.offsets(topic)).find((line) => line.endsWith(':100'));
      const partition = Number(full?.split(':')[1]);
      const read = await tools.consume(topic, partition, '42', 3);
      assert.deepEqual(
        read,
        [42, 43, 44].map((offset) => `Offset:${offset}|same key|${offset}`),
      );
    },
  );

  await report.case('kafka-get-offsets: latest, earliest, largest timestamp, a future time', async () => {
    const latest = await tools.offsets(topic, ['--time', '-1']);
    assert.deepEqual([...latest.map((line) => Number(line.split(':')[2]))].sort(), [0, 100]);
    const earliest = await tools.offsets(topic, ['--time', '-2']);
    assert.deepEqual(earliest, [`${topic}:0:0`, `${topic}:1:0`]);
    const largest = await tools.offsets(topic, ['--time', '-3']);
    const found = largest.map((line) => Number(line.split(':')[2])).filter((offset) => offset >= 0);
    assert.equal(found.length, 1);
    assert.ok((found[0] ?? -1) < 100);
    const future = await tools.offsets(topic, ['--time', String(Date.now() + 86_400_000)]);
    assert.ok(future.every((line) => line.endsWith(':')) || future.length === 0, future.join(' '));
  });

  await report.case('a missing topic is created by producing to it', async () => {
    const missing = freshTopic('java-auto');
    await tools.produce(missing, ['k|v']);
    assert.deepEqual(await tools.consume(missing, 0, 'earliest', 1), ['Offset:0|k|v']);
  });

  await report.case('headers and null values', async () => {
    const shapes = freshTopic('java-shapes');
    await tools.create(shapes, 1);
    const properties = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL'];
    await tools.ok(
      'kafka-console-producer',
      ['--topic', shapes, ...properties.flatMap((property) => ['--reader-property', property])],
      'a:1,b:2\tk\tv\nc:3\tk\tNULL\n',
    );
    const output = await tools.ok('kafka-console-consumer', [
      ...['--topic', shapes, '--partition', '0', '--offset', 'earliest', '--max-messages', '2'],
      ...['--timeout-ms', '20000', '--formatter-property', 'print.headers=true'],
      ...['--formatter-property', 'print.key=true', '--formatter-property', 'null.literal=NULL'],
    ]);
    assert.deepEqual(lines(output), ['a:1,b:2\tk\tv', 'c:3\tk\tNULL']);
  });
}

async function producesFast(tools: Tools, report: Report): Promise<void> {
  await report.case('kafka-producer-perf-test: 50,000 idempotent records, acks=all, none lost', async () => {
    const topic = freshTopic('java-perf');
    await tools.create(topic, 3);
    const settings = ['acks=all', 'enable.idempotence=true', 'linger.ms=2'];
    const output = await tools.ok('kafka-producer-perf-test', [
      ...['--topic', topic, '--num-records', '50000', '--record-size', '200', '--throughput', '-1'],
      ...settings.flatMap((setting) => ['--command-property', setting]),
    ]);
    assert.match(output, /50000 records sent/);
    const ends = (await tools.offsets(topic)).map((line) => Number(line.split(':')[2]));
    assert.equal(
      ends.reduce((sum, end) => sum + end, 0),
      50_000,
    );
  });

  await report.case(
    'kafka-verifiable-producer: every acknowledged number is read back once, in order',
    async () => {
      const topic = freshTopic('java-verifiable');
      await tools.create(topic, 1);
      const output = await tools.ok('kafka-verifiable-producer', [
        '--topic',
        topic,
        '--max-messages',
        '2000',
      ]);
      const events = lines(output).map((line) => JSON.parse(line) as Record<string, unknown>);
      const acknowledged = events.filter((event) => event.name === 'producer_send_success');
      assert.equal(acknowledged.length, 2_000);
      const read = await tools.consume(topic, 0, 'earliest', 2_000);
      assert.deepEqual(
        read,
        acknowledged
          .sort((left, right) => Number(left.offset) - Number(right.offset))
          .map((event) => `Offset:${event.offset}|NULL|${event.value}`),
      );
    },
  );
}
