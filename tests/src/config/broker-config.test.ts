import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBrokerConfig, loadBrokerConfig } from '../../../src/config/broker-config';
import { brokerKeyRows } from '../../../src/config/broker-keys';

const load = (file: Record<string, string>, overrides: Record<string, string> = {}) =>
  loadBrokerConfig({ file: new Map(Object.entries(file)), overrides: new Map(Object.entries(overrides)) });

test('a file as KRaft tools write it starts: the controller listener is accepted and left out', () => {
  const { config, warnings } = load({
    'process.roles': 'broker,controller',
    'node.id': '3',
    'controller.quorum.voters': '3@localhost:9093',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'advertised.listeners': 'PLAINTEXT://kafka.example:19092',
    'log.dirs': '/tmp/kraft-combined-logs',
    'made.up.key': 'x',
  });
  expect(config).toMatchObject({
    nodeId: 3,
    logDir: '/tmp/kraft-combined-logs',
    listeners: [{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '', port: 9092 }],
    advertisedListeners: [{ name: 'PLAINTEXT', host: 'kafka.example', port: 19092 }],
    clampReplicationFactor: false,
  });
  expect(warnings).toEqual(['Unknown configuration key made.up.key is ignored.']);
});

test('bad values name key, value and range', () => {
  const { errors } = load({
    'num.partitions': 'many',
    'log.segment.bytes': '10',
    'auto.create.topics.enable': 'maybe',
    'log.cleanup.policy': 'delete,shrink',
    'compression.type': 'brotli',
    'log.retention.bytes': '99999999999999999999',
    'compression.gzip.level': '0',
  });
  expect(errors).toEqual([
    'Invalid value many for configuration num.partitions: Not a number of type INT',
    'Invalid value 10 for configuration log.segment.bytes: Value must be at least 1048576',
    'Invalid value maybe for configuration auto.create.topics.enable: Expected value to be either true or false',
    'Invalid value delete,shrink for configuration log.cleanup.policy: String must be one of: compact, delete',
    'Invalid value brotli for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer',
    'Invalid value 99999999999999999999 for configuration log.retention.bytes: Not a number of type LONG',
    'Invalid value 0 for configuration compression.gzip.level: Value must be at least 1',
  ]);
});

test('several data directories, unserved protocols and broken listeners are refused by name', () => {
  const { errors } = load({
    'log.dirs': '/a,/b',
    listeners: 'SSL://:9092,PLAINTEXT://:99999,nonsense',
  });
  expect(errors).toEqual([
    'log.dirs=/a,/b: exactly one data directory is served, 2 are named.',
    'Invalid value SSL://:9092 for configuration listeners: security protocol SSL is not served, only PLAINTEXT',
    'Invalid value PLAINTEXT://:99999 for configuration listeners: expected NAME://host:port with a port from 0 to 65535',
    'Invalid value nonsense for configuration listeners: expected NAME://host:port with a port from 0 to 65535',
  ]);
});

test('an any-address cannot be advertised', () => {
  const { errors } = load({ 'log.dirs': '/a', 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' });
  expect(errors).toEqual([
    'Invalid value PLAINTEXT://0.0.0.0:9092 for configuration advertised.listeners: clients cannot reach an any-address',
  ]);
});

test('overrides win over the file; a start without a file takes the shipped values', () => {
  expect(load({ 'num.partitions': '3' }, { 'num.partitions': '5' }).config?.numPartitions).toBe(5);
  const config = defaultBrokerConfig();
  expect(config).toMatchObject({
    nodeId: 1,
    logDir: './data',
    clampReplicationFactor: true,
    advertisedListeners: null,
  });
  expect(config.value('offsets.topic.replication.factor')).toBe('1');
  expect(load({}).config?.value('offsets.topic.replication.factor')).toBe('3');
  expect(() => defaultBrokerConfig({ 'num.partitions': '0' })).toThrow('num.partitions');
});

const oracle = join(__dirname, '../../../../shared/oracle/data/broker-configs.json');
(existsSync(oracle) ? test : test.skip)(
  'every broker key of Kafka is known with its type and default',
  () => {
    const facts = JSON.parse(readFileSync(oracle, 'utf8')) as {
      name: string;
      type: string;
      default: string | null;
      validValues: string | null;
      updateMode: string;
    }[];
    expect(brokerKeyRows.map((row) => [...row])).toEqual(
      facts.map((fact) => [fact.name, fact.type, fact.default, fact.validValues ?? '', fact.updateMode]),
    );
  },
);
