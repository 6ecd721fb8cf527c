import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBrokerConfig } from '../../../src/config/broker-config';
import { describeBroker } from '../../../src/config/broker-description';
import { describeClientMetrics } from '../../../src/config/client-metrics-config';
import type { ConfigEntry } from '../../../src/config/config-entry';
import { describeGroup } from '../../../src/config/group-config';
import { configTypeCode } from '../../../src/config/keys';
import { ownKeys } from '../../../src/config/own-keys';
import { describeTopicConfigs } from '../../../src/config/topic-config';

/** The file that the described broker was started with, as far as it does not name its machine. */
const file = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': '/data',
  'default.replication.factor': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'unstable.api.versions.enable': 'false',
  'unstable.feature.versions.enable': 'false',
};

/** Sections of the file to their lines by name. */
const described = new Map<string, Map<string, string>>();
let section = new Map<string, string>();
for (const line of readFileSync(join(__dirname, 'testdata/described-by-kafka.txt'), 'utf8').split('\n')) {
  const title = /^\[(.*)\]$/.exec(line)?.[1];
  if (title !== undefined) {
    section = new Map();
    described.set(title, section);
  } else if (line !== '' && !line.startsWith('#')) section.set(line.split(' ')[0]!, line);
}

const typeName = new Map(Object.entries(configTypeCode).map(([name, code]) => [code, name]));

function lineOf({ name, type, isReadOnly, isSensitive, value, source, synonyms }: ConfigEntry): string {
  const mode = `${isSensitive ? 'secret ' : ''}${isReadOnly ? 'fixed' : 'dynamic'}`;
  const words = synonyms.map((synonym) => `${synonym.name}=${synonym.value}:${synonym.source}`);
  return [name, typeName.get(type), mode, JSON.stringify(value), source, ...words].join(' ');
}

/** Lines that differ, Kafka's first, and names that only one side has. */
function differences(title: string, entries: readonly ConfigEntry[]): string[] {
  const theirs = new Map(described.get(title)!);
  const differing: string[] = [];
  for (const entry of entries) {
    const line = theirs.get(entry.name);
    theirs.delete(entry.name);
    if (line === undefined) differing.push(`+ ${entry.name}`);
    else if (line !== lineOf(entry)) differing.push(`< ${line}`, `> ${lineOf(entry)}`);
  }
  return [...differing, ...[...theirs.keys()].map((name) => `- ${name}`)];
}

const { config } = loadBrokerConfig({ file: new Map(Object.entries(file)), overrides: new Map() });

test('behaviour 22: a broker shows what Kafka shows, and its own keys', () => {
  const found = differences('broker', describeBroker(config!, false));
  const names = (sign: string): string[] =>
    found.filter((line) => line.startsWith(sign)).map((line) => line.split(' ')[1]!);
  const leftOut = [
    'advertised.listeners',
    'controller.quorum.bootstrap.servers',
    'listeners',
    'log.dirs',
    'max.decompressed.message.bytes',
    'min.insync.replicas',
  ];
  expect(names('+')).toEqual([...leftOut, ...ownKeys.map(([name]) => name)].sort());
  expect(names('-')).toEqual([]);
  // Here they do not change while the broker runs.
  const fixed = ['cordoned.log.dirs', 'listener.security.protocol.map'];
  expect([names('<'), names('>')]).toEqual([fixed, fixed]);
  for (const line of found.filter((text) => text.startsWith('<'))) {
    expect(found).toContain(line.replace('<', '>').replace(' dynamic ', ' fixed '));
  }
});

test('behaviour 22: topics, groups and client metrics show what Kafka shows', () => {
  const ofTopic = new Map([['retention.ms', '9223372036854775807']]);
  expect(differences('topic', describeTopicConfigs(ofTopic, config!, 'understood'))).toEqual([
    '+ min.insync.replicas',
  ]);
  expect(differences('group', describeGroup(new Map(), config!, false))).toEqual([]);
  expect(differences('client-metrics', describeClientMetrics(new Map(), false))).toEqual([]);
});
