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

function javaArguments(name: ToolName, args: readonly string[]): readonly string[] {
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
