import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiByKey, apis, isServedVersion, type Message } from '../../protocol';
import { hasOracle, readOracle } from './support/oracle';

const PEER = join(__dirname, '../../../shared/peers/kafka/api-versions.json');

/** Kafka lists them once a receiver of metrics is installed, and the one at hand has none. */
const TELEMETRY_KEYS: readonly number[] = [71, 72];

// What Kafka 4.3.1 advertises is what we advertise; schemas reach further where the newest classes do.
test('keys, schema versions, served and advertised versions', () => {
  const range = ([low, high]: readonly [number, number]) => (high < low ? 'none' : `${low}-${high}`);
  const lines = apis.map(({ key, name, request, served, advertised }) => {
    const flexibleFrom = request.flexibleFrom > request.versions[1] ? 'never' : request.flexibleFrom;
    return [key, name, range(request.versions), range(served), range(advertised), flexibleFrom].join(' ');
  });
  expect(lines.join('\n')).toBe(
    [
      '0 Produce 3-13 3-13 0-13 9',
      '1 Fetch 4-18 4-18 4-18 12',
      '2 ListOffsets 1-11 1-11 1-11 6',
      '3 Metadata 0-13 0-13 0-13 9',
      '8 OffsetCommit 2-10 2-10 2-10 8',
      '9 OffsetFetch 1-10 1-10 1-10 6',
      '10 FindCoordinator 0-6 0-6 0-6 3',
      '11 JoinGroup 0-9 0-9 0-9 6',
      '12 Heartbeat 0-4 0-4 0-4 4',
      '13 LeaveGroup 0-5 0-5 0-5 4',
      '14 SyncGroup 0-5 0-5 0-5 4',
      '15 DescribeGroups 0-6 0-6 0-6 5',
      '16 ListGroups 0-5 0-5 0-5 3',
      '17 SaslHandshake 0-1 0-1 0-1 never',
      '18 ApiVersions 0-5 0-4 0-4 3',
      '19 CreateTopics 2-7 2-7 2-7 5',
      '20 DeleteTopics 1-6 1-6 1-6 4',
      '21 DeleteRecords 0-2 0-2 0-2 2',
      '22 InitProducerId 0-6 0-5 0-5 2',
      '23 OffsetForLeaderEpoch 2-4 2-4 2-4 4',
      '24 AddPartitionsToTxn 0-5 0-5 0-5 3',
      '25 AddOffsetsToTxn 0-4 0-4 0-4 3',
      '26 EndTxn 0-5 0-5 0-5 3',
      '27 WriteTxnMarkers 1-2 1-2 1-2 1',
      '28 TxnOffsetCommit 0-6 0-5 0-5 3',
      '29 DescribeAcls 1-3 1-3 1-3 2',
      '30 CreateAcls 1-3 1-3 1-3 2',
      '31 DeleteAcls 1-3 1-3 1-3 2',
      '32 DescribeConfigs 1-4 1-4 1-4 4',
      '33 AlterConfigs 0-2 0-2 0-2 2',
      '34 AlterReplicaLogDirs 1-2 1-2 1-2 2',
      '35 DescribeLogDirs 1-5 1-5 1-5 2',
      '36 SaslAuthenticate 0-2 0-2 0-2 2',
      '37 CreatePartitions 0-3 0-3 0-3 2',
      '38 CreateDelegationToken 1-3 1-3 1-3 2',
      '39 RenewDelegationToken 1-2 1-2 1-2 2',
      '40 ExpireDelegationToken 1-2 1-2 1-2 2',
      '41 DescribeDelegationToken 1-3 1-3 1-3 2',
      '42 DeleteGroups 0-3 0-2 0-2 2',
      '43 ElectLeaders 0-2 0-2 0-2 2',
      '44 IncrementalAlterConfigs 0-1 0-1 0-1 1',
      '45 AlterPartitionReassignments 0-1 0-1 0-1 0',
      '46 ListPartitionReassignments 0-0 0-0 0-0 0',
      '47 OffsetDelete 0-0 0-0 0-0 never',
      '48 DescribeClientQuotas 0-1 0-1 0-1 1',
      '49 AlterClientQuotas 0-1 0-1 0-1 1',
      '50 DescribeUserScramCredentials 0-0 0-0 0-0 0',
      '51 AlterUserScramCredentials 0-0 0-0 0-0 0',
      '55 DescribeQuorum 0-2 0-2 0-2 0',
      '57 UpdateFeatures 0-2 0-2 0-2 0',
      '60 DescribeCluster 0-2 0-2 0-2 0',
      '61 DescribeProducers 0-0 0-0 0-0 0',
      '64 UnregisterBroker 0-0 0-0 0-0 0',
      '65 DescribeTransactions 0-0 0-0 0-0 0',
      '66 ListTransactions 0-2 0-2 0-2 0',
      '68 ConsumerGroupHeartbeat 0-1 0-1 0-1 0',
      '69 ConsumerGroupDescribe 0-1 0-1 0-1 0',
      '71 GetTelemetrySubscriptions 0-0 0-0 0-0 0',
      '72 PushTelemetry 0-0 0-0 0-0 0',
      '74 ListConfigResources 0-1 0-1 0-1 0',
      '75 DescribeTopicPartitions 0-0 0-0 0-0 0',
      '76 ShareGroupHeartbeat 1-1 1-1 1-1 0',
      '77 ShareGroupDescribe 1-1 1-1 1-1 0',
      '78 ShareFetch 1-2 1-2 1-2 0',
      '79 ShareAcknowledge 1-2 1-2 1-2 0',
      '80 AddRaftVoter 0-1 0-1 0-1 0',
      '81 RemoveRaftVoter 0-0 0-0 0-0 0',
      '83 InitializeShareGroupState 0-0 0-0 0-0 0',
      '84 ReadShareGroupState 0-0 0-0 0-0 0',
      '85 WriteShareGroupState 0-1 0-1 0-1 0',
      '86 DeleteShareGroupState 0-0 0-0 0-0 0',
      '87 ReadShareGroupStateSummary 0-1 0-1 0-1 0',
      '88 StreamsGroupHeartbeat 0-1 0-0 0-0 0',
      '89 StreamsGroupDescribe 0-1 0-0 0-0 0',
      '90 DescribeShareGroupOffsets 0-1 0-1 0-1 0',
      '91 AlterShareGroupOffsets 0-0 0-0 0-0 0',
      '92 DeleteShareGroupOffsets 0-0 0-0 0-0 0',
      '93 StreamsGroupTopologyDescriptionUpdate 0-0 none none 0',
      '94 UnregisterController 0-0 none none 0',
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
  expect([-1, 4, 95, 32767, 1.5].map(apiByKey)).toEqual([
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
  const ours = apis
    .filter(({ key, advertised }) => advertised[1] >= 0 && !TELEMETRY_KEYS.includes(key))
    .map(({ key, name, advertised }) => ({ key, name, min: advertised[0], max: advertised[1] }));
  expect(ours).toEqual(peer);
});

(hasOracle ? test : test.skip)('schemas reach from the oldest to the latest version of Apache', () => {
  const apache = JSON.parse(readOracle('api-keys.json')) as Record<string, unknown>[];
  const flexibleFrom = (message: Message) =>
    message.flexibleFrom > message.versions[1] ? null : message.flexibleFrom;
  for (const { key, name, request, response } of apis) {
    expect(apache.find((one) => one.key === key)).toMatchObject({
      message: name,
      oldestVersion: request.versions[0],
      latestVersion: request.versions[1],
      requestFlexibleFrom: flexibleFrom(request),
      responseFlexibleFrom: flexibleFrom(response),
    });
  }
});
