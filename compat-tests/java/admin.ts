import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../report';
import { freshTopic } from '../suite';
import { lines, type Tools } from './tools';

/** The tools that change or show a running cluster, other than its groups. */
export async function altersThings(tools: Tools, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'compat-java-'));
  try {
    await altersTopics(tools, report, folder);
    await altersConfigs(tools, report);
    await showsCluster(tools, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function altersTopics(tools: Tools, report: Report, folder: string): Promise<void> {
  const topic = freshTopic('java-alter');
  await tools.create(topic, 1);

  await report.case('kafka-topics --alter --partitions: more, not fewer', async () => {
    await tools.ok('kafka-topics', ['--alter', '--topic', topic, '--partitions', '3']);
    assert.match(await tools.ok('kafka-topics', ['--describe', '--topic', topic]), /PartitionCount: 3/);
    const fewer = ['--alter', '--topic', topic, '--partitions', '2'];
    assert.match(await tools.refused('kafka-topics', fewer), /InvalidPartitionsException/);
  });

  await report.case('kafka-delete-records moves the beginning', async () => {
    const filled = freshTopic('java-delete-records');
    await tools.create(filled, 1);
    await tools.produce(
      filled,
      Array.from({ length: 50 }, (_, at) => `key|${at}`),
    );
    const file = join(folder, 'offsets.json');
    const upTo = (offset: number) =>
      writeFileSync(
        file,
        JSON.stringify({ version: 1, partitions: [{ topic: filled, partition: 0, offset }] }),
      );
    upTo(20);
    const output = await tools.ok('kafka-delete-records', ['--offset-json-file', file]);
    assert.match(output, /low_watermark: 20/);
    assert.deepEqual(await tools.offsets(filled, ['--time', '-2']), [`${filled}:0:20`]);
    assert.deepEqual(await tools.consume(filled, 0, 'earliest', 1), ['Offset:20|key|20']);
    upTo(999);
    assert.match(await tools.any('kafka-delete-records', ['--offset-json-file', file]), /OffsetOutOfRange/);
  });

  await report.case('kafka-leader-election: the preferred leader leads already', async () => {
    const output = await tools.any('kafka-leader-election', [
      ...['--election-type', 'preferred', '--topic', topic, '--partition', '0'],
    ]);
    assert.match(output, /[Vv]alid replica already elected/);
  });

  await report.case('kafka-reassign-partitions --list, --verify of what is as wanted', async () => {
    const none = await tools.ok('kafka-reassign-partitions', ['--list']);
    assert.match(none, /No partition reassignments found/);
    const brokerId = /Leader: (\d+)/.exec(
      await tools.ok('kafka-topics', ['--describe', '--topic', topic]),
    )?.[1];
    const file = join(folder, 'reassignment.json');
    const partitions = [{ topic, partition: 0, replicas: [Number(brokerId)] }];
    writeFileSync(file, JSON.stringify({ version: 1, partitions }));
    await tools.ok('kafka-reassign-partitions', ['--reassignment-json-file', file, '--execute']);
    const verify = ['--reassignment-json-file', file, '--verify', '--preserve-throttles'];
    assert.match(await tools.ok('kafka-reassign-partitions', verify), new RegExp(`${topic}-0 is completed`));
  });
}

async function altersConfigs(tools: Tools, report: Report): Promise<void> {
  const configs = (...args: readonly string[]) => tools.ok('kafka-configs', args);
  const brokerId =
    /id: (\d+)/.exec(await tools.ok('kafka-broker-api-versions', []))?.[1] ?? 'no broker was named';

  await report.case('kafka-configs of a topic: added, a list, deleted, refused', async () => {
    const topic = freshTopic('java-configs');
    await tools.create(topic, 1);
    const entity = ['--entity-type', 'topics', '--entity-name', topic];
    await configs(
      '--alter',
      ...entity,
      '--add-config',
      'retention.ms=7200000,cleanup.policy=[compact,delete]',
    );
    const after = await configs('--describe', ...entity);
    assert.match(after, /retention\.ms=7200000/);
    assert.match(after, /cleanup\.policy=compact,delete/);
    await configs('--alter', ...entity, '--delete-config', 'retention.ms');
    assert.doesNotMatch(await configs('--describe', ...entity), /retention\.ms/);
    const bad = ['--alter', ...entity, '--add-config', 'retention.ms=soon'];
    assert.match(await tools.refused('kafka-configs', bad), /InvalidConfigurationException/);
  });

  await report.case('kafka-configs of a broker and of all brokers', async () => {
    const one = ['--entity-type', 'brokers', '--entity-name', brokerId];
    const all = ['--entity-type', 'brokers', '--entity-default'];
    await configs('--alter', ...all, '--add-config', 'log.retention.ms=88000000');
    await configs('--alter', ...one, '--add-config', 'log.retention.ms=77000000');
    try {
      assert.match(await configs('--describe', ...all), /log\.retention\.ms=88000000/);
      const described = await configs('--describe', ...one);
      assert.match(described, /log\.retention\.ms=77000000/);
      assert.match(described, /DYNAMIC_BROKER_CONFIG:log\.retention\.ms=77000000/);
      assert.match(described, /DYNAMIC_DEFAULT_BROKER_CONFIG:log\.retention\.ms=88000000/);
    } finally {
      await configs('--alter', ...one, '--delete-config', 'log.retention.ms');
      await configs('--alter', ...all, '--delete-config', 'log.retention.ms');
    }
    assert.doesNotMatch(await configs('--describe', ...one), /log\.retention\.ms=77000000/);
    const readOnly = ['--alter', ...one, '--add-config', 'broker.id=9'];
    assert.match(await tools.refused('kafka-configs', readOnly), /broker\.id|[Cc]annot update/);
  });

  await report.case('kafka-configs of the loggers of a broker', async () => {
    const entity = ['--entity-type', 'broker-loggers', '--entity-name', brokerId];
    assert.match(await configs('--describe', ...entity), /root=[A-Z]+/);
    await configs('--alter', ...entity, '--add-config', 'root=WARN');
    assert.match(await configs('--describe', ...entity), /root=WARN/);
    await configs('--alter', ...entity, '--add-config', 'root=INFO');
    const bad = ['--alter', ...entity, '--add-config', 'root=LOUD'];
    assert.match(await tools.refused('kafka-configs', bad), /InvalidConfigurationException|InvalidRequest/);
  });

  await report.case('kafka-configs of a group', async () => {
    const group = freshTopic('java-group-config');
    const entity = ['--entity-type', 'groups', '--entity-name', group];
    await configs('--alter', ...entity, '--add-config', 'consumer.session.timeout.ms=50000');
    assert.match(await configs('--describe', ...entity), /consumer\.session\.timeout\.ms=50000/);
    await configs('--alter', ...entity, '--delete-config', 'consumer.session.timeout.ms');
  });

  await report.case('kafka-client-metrics: alter, list, describe, delete', async () => {
    const name = freshTopic('java-metrics');
    await tools.ok('kafka-client-metrics', [
      ...['--alter', '--name', name, '--interval', '30000', '--metrics', 'org.apache.kafka.consumer.'],
    ]);
    assert.ok(lines(await tools.ok('kafka-client-metrics', ['--list'])).includes(name));
    const described = await tools.ok('kafka-client-metrics', ['--describe', '--name', name]);
    assert.match(described, /interval\.ms=30000/);
    assert.match(described, /metrics=org\.apache\.kafka\.consumer\./);
    await tools.ok('kafka-client-metrics', ['--delete', '--name', name]);
    assert.ok(!lines(await tools.ok('kafka-client-metrics', ['--list'])).includes(name));
  });
}

async function showsCluster(tools: Tools, report: Report): Promise<void> {
  await report.case('kafka-log-dirs --describe: each partition and its size', async () => {
    const topic = freshTopic('java-log-dirs');
    await tools.create(topic, 2);
    await tools.produce(topic, ['k|v']);
    const output = await tools.ok('kafka-log-dirs', ['--describe', '--topic-list', topic]);
    const json = lines(output).find((line) => line.startsWith('{')) ?? '';
    const { brokers } = JSON.parse(json) as {
      brokers: { logDirs: { error: string | null; partitions: { partition: string; size: number }[] }[] }[];
    };
    const partitions = brokers.flatMap(({ logDirs }) => logDirs.flatMap((folder) => folder.partitions));
    assert.deepEqual(partitions.map(({ partition }) => partition).sort(), [`${topic}-0`, `${topic}-1`]);
    assert.ok(partitions.some(({ size }) => size > 0));
  });

  await report.case('kafka-features describe: metadata.version is finalized', async () => {
    assert.match(
      await tools.command('kafka-features', ['describe']),
      /Feature: metadata\.version\s.*FinalizedVersionLevel: \d/,
    );
  });

  await report.case('kafka-metadata-quorum describe: status and replication', async () => {
    const status = await tools.command('kafka-metadata-quorum', ['describe', '--status']);
    assert.match(status, /ClusterId:\s+[\w-]{22}/);
    assert.match(status, /LeaderId:\s+\d+/);
    assert.match(status, /HighWatermark:\s+\d+/);
    assert.match(await tools.command('kafka-metadata-quorum', ['describe', '--replication']), /Leader/);
  });
}
