import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiByKey, apis, isServedVersion } from '../../protocol';
import { hasOracle, readOracle } from './support/oracle';

const PEER = join(__dirname, '../../../shared/peers/kafka/api-versions.json');

// What Kafka 4.3.1 advertises is what we advertise; schemas reach further where the newest classes do.
test('keys, schema versions, served and advertised versions', () => {
  const lines = apis.map(({ key, name, request, served, advertised }) =>
    [
      key,
      name,
      request.versions.join('-'),
      served.join('-'),
      advertised.join('-'),
      request.flexibleFrom,
    ].join(' '),
  );
  expect(lines.join('\n')).toBe(
    [
      '0 Produce 3-13 3-13 0-13 9',
      '1 Fetch 4-18 4-18 4-18 12',
      '2 ListOffsets 1-11 1-11 1-11 6',
      '3 Metadata 0-13 0-13 0-13 9',
      '18 ApiVersions 0-5 0-4 0-4 3',
      '19 CreateTopics 2-7 2-7 2-7 5',
      '20 DeleteTopics 1-6 1-6 1-6 4',
      '22 InitProducerId 0-6 0-5 0-5 2',
      '23 OffsetForLeaderEpoch 2-4 2-4 2-4 4',
      '32 DescribeConfigs 1-4 1-4 1-4 4',
      '60 DescribeCluster 0-2 0-2 0-2 0',
      '75 DescribeTopicPartitions 0-0 0-0 0-0 0',
    ].join('\n'),
  );
});

test('request and response of an API agree', () => {
  for (const { key, name, request, response } of apis) {
    expect([request.name, response.name]).toEqual([`${name}Request`, `${name}Response`]);
    expect([request.apiKey, response.apiKey]).toEqual([key, key]);
    expect(response.versions).toEqual(request.versions);
  }
});

test('lookup', () => {
  expect(apiByKey(3)?.name).toBe('Metadata');
  expect([-1, 4, 76, 32767, 1.5].map(apiByKey)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const produce = apiByKey(0)!;
  expect([2, 3, 13, 14].map((version) => isServedVersion(produce, version))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

(existsSync(PEER) ? test : test.skip)('the running Kafka advertises the same', () => {
  const peer = JSON.parse(readFileSync(PEER, 'utf8')) as {
    key: number;
    name: string;
    min: number;
    max: number;
  }[];
  for (const { key, name, advertised } of apis) {
    expect(peer.find((one) => one.key === key)).toEqual({
      key,
      name,
      min: advertised[0],
      max: advertised[1],
    });
  }
});

(hasOracle ? test : test.skip)('schemas reach from the oldest to the latest version of Apache', () => {
  const apache = JSON.parse(readOracle('api-keys.json')) as Record<string, unknown>[];
  for (const { key, name, request, response } of apis) {
    expect(apache.find((one) => one.key === key)).toMatchObject({
      message: name,
      oldestVersion: request.versions[0],
      latestVersion: request.versions[1],
      requestFlexibleFrom: request.flexibleFrom,
      responseFlexibleFrom: response.flexibleFrom,
    });
  }
});
