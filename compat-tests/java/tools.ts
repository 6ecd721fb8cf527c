import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, run, runOk } from '../process';
import { cacheFolder, sourceFolder } from '../suite';

/** Script name in Kafka's bin/ to main class. */
const classes = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
} as const;

export type ToolName = keyof typeof classes;

const jars = () => join(cacheFolder('java'), 'lib');

/** Copies the jars of pom.xml into the cache folder, once per version of that file. */
export async function fetchJars(): Promise<void> {
  const pom = join(sourceFolder('java'), 'pom.xml');
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const mark = join(cacheFolder('java'), 'fetched.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  rmSync(jars(), { recursive: true, force: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars()}`];
  await runOk('mvn', ['-q', '-B', '-f', pom, ...goal], { timeoutMs: 400_000 });
  writeFileSync(mark, wanted);
}

/** Runs one of Kafka's tools as its script would, with flags that shorten the start of a short-lived JVM. */
export function tool(name: ToolName, args: readonly string[], input = ''): Promise<Finished> {
  return run('java', javaArguments(name, args), { input, timeoutMs: 60_000 });
}

/** As `tool`; rejects unless it ends with 0. Returns what it printed. */
export function toolOk(name: ToolName, args: readonly string[], input = ''): Promise<string> {
  return runOk('java', javaArguments(name, args), { input, timeoutMs: 60_000 });
}

export function javaArguments(name: ToolName, args: readonly string[]): readonly string[] {
  return [
    '-Xmx256M',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    `-Dlog4j2.configurationFile=${join(sourceFolder('java'), 'log4j2.properties')}`,
    '-cp',
    join(jars(), '*'),
    classes[name],
    ...args,
  ];
}

/** The tools pointed at one broker. */
export class Tools {
  readonly #server: readonly string[];

  constructor(readonly bootstrap: string) {
    this.#server = ['--bootstrap-server', bootstrap];
  }

  ok(name: ToolName, args: readonly string[], input = ''): Promise<string> {
    return toolOk(name, [...args, ...this.#server], input);
  }

  /** For tools that want to know the server before their command. */
  command(name: ToolName, args: readonly string[]): Promise<string> {
    return toolOk(name, [...this.#server, ...args]);
  }

  /** Runs a tool that must refuse; returns everything it said. */
  async refused(name: ToolName, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await tool(name, [...args, ...this.#server]);
    assert.notEqual(code, 0, `${name} ${args.join(' ')} was accepted`);
    return stdout + stderr;
  }

  /** Runs a tool that says what it did on its output, whatever its exit code. */
  async any(name: ToolName, args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await tool(name, [...args, ...this.#server]);
    return stdout + stderr;
  }

  create(topic: string, partitions: number, configs: readonly string[] = []): Promise<string> {
    const settings = configs.flatMap((config) => ['--config', config]);
    return this.ok('kafka-topics', [
      '--create',
      '--topic',
      topic,
      '--partitions',
      String(partitions),
      ...settings,
    ]);
  }

  /** The first `count` records of one partition, as `offset key value headers` lines. */
  async consume(topic: string, partition: number, offset: string, count: number): Promise<readonly string[]> {
    const properties = ['print.offset=true', 'print.key=true', 'key.separator=|', 'null.literal=NULL'];
    const output = await this.ok('kafka-console-consumer', [
      ...['--topic', topic, '--partition', String(partition), '--offset', offset],
      ...['--max-messages', String(count), '--timeout-ms', '20000'],
      ...properties.flatMap((property) => ['--formatter-property', property]),
    ]);
    return lines(output);
  }

  produce(topic: string, input: readonly string[], extra: readonly string[] = []): Promise<string> {
    const reader = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=|'];
    return this.ok(
      'kafka-console-producer',
      ['--topic', topic, ...reader, ...extra],
      `${input.join('\n')}\n`,
    );
  }

  async offsets(topic: string, extra: readonly string[] = []): Promise<readonly string[]> {
    return [...lines(await this.ok('kafka-get-offsets', ['--topic', topic, ...extra]))].sort();
  }
}

/** Lines that hold something. */
export function lines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}
