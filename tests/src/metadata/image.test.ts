import { MetadataLogError } from '../../../src/metadata/errors';
import { configsOf } from '../../../src/metadata/image';
import { type ImageDelta, MetadataMachine } from '../../../src/metadata/machine';
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
} from '../../../src/metadata/records';
import { applyRecords, brokerRecord, metadataMachine, topicIdOf, topicRecords } from './support';

const everyKind: readonly MetadataRecord[] = [
  { kind: 'feature-level', name: 'metadata.version', level: 30 },
  {
    kind: 'register-broker',
    broker: {
      id: 7,
      incarnation: '11111111-2222-4333-8444-555555555555',
      epoch: 12,
      endpoints: [{ listenerName: 'CLIENT', securityProtocol: 'SASL_SSL', host: 'ö.example', port: 65_535 }],
      rack: 'r',
      isFenced: true,
    },
  },
  { kind: 'topic', name: 't', topicId: topicIdOf(1) },
  { kind: 'partition', topicId: topicIdOf(1), index: 3, replicas: [7, 1] },
  { kind: 'topic-config', topicName: 't', name: 'retention.ms', value: '9223372036854775807' },
  { kind: 'topic-config', topicName: 't', name: 'retention.ms', value: null },
  { kind: 'producer-ids', brokerId: 7, brokerEpoch: 12, nextProducerId: 1_000_000 },
  { kind: 'remove-topic', topicId: topicIdOf(1) },
  { kind: 'resource-config', resourceType: 4, resourceName: '', name: 'log.retention.ms', value: '5' },
  {
    kind: 'resource-config',
    resourceType: 32,
    resourceName: 'g',
    name: 'share.isolation.level',
    value: null,
  },
];

test('records survive their bytes', () => {
  for (const record of everyKind)
    expect(decodeMetadataRecord(encodeMetadataRecord(record), 0)).toEqual(record);
});

// Kafka's framing and types: its own tools read this log.
test('records are Kafka records', () => {
  const hex = (record: MetadataRecord): string => encodeMetadataRecord(record).toString('hex');
  expect(hex(everyKind[2]!)).toBe(`01020002${'74'}${topicIdOf(1).replaceAll('-', '')}00`);
  expect(hex(everyKind[7]!)).toBe(`010900${topicIdOf(1).replaceAll('-', '')}00`);
});

test('what this version does not know stops it, with the offset', () => {
  const newer = Buffer.from('01ff0100', 'hex');
  expect(() => decodeMetadataRecord(newer, 42)).toThrow(MetadataLogError);
  expect(() => decodeMetadataRecord(newer, 42)).toThrow(/at offset 42: .*type/);
  expect(() => decodeMetadataRecord(Buffer.alloc(0), 1)).toThrow(MetadataLogError);
  expect(() => decodeMetadataRecord(null, 1)).toThrow(MetadataLogError);
});

test('an image never changes; the next one has the change', () => {
  const machine = metadataMachine({ brokers: [1], topics: { a: 1, b: 2 } });
  const before = machine.image;
  const configs: MetadataRecord[] = [
    { kind: 'topic-config', topicName: 'a', name: 'retention.ms', value: '5' },
    { kind: 'topic-config', topicName: 'a', name: 'segment.ms', value: '6' },
  ];
  applyRecords(machine, configs);
  applyRecords(machine, [{ kind: 'topic-config', topicName: 'a', name: 'segment.ms', value: null }]);
  applyRecords(machine, [{ kind: 'partition', topicId: topicIdOf(0), index: 1, replicas: [1] }]);
  expect([...before.topicsByName.get('a')!.configs]).toEqual([]);
  expect(before.topicsByName.get('a')!.partitions.length).toBe(1);
  const after = machine.image.topicsByName.get('a')!;
  expect([...after.configs]).toEqual([['retention.ms', '5']]);
  expect(after.partitions.map(({ index }) => index)).toEqual([0, 1]);
  expect(machine.image.topicsById.get(after.id)).toBe(after);
  // What did not change is shared.
  expect(machine.image.topicsByName.get('b')).toBe(before.topicsByName.get('b'));
});

test('the committed image follows commits, the controller sees records at once', () => {
  const deltas: ImageDelta[] = [];
  const machine = new MetadataMachine('c', (_image, delta) => deltas.push(delta));
  applyRecords(machine, [brokerRecord(1)]);
  const append = (records: readonly MetadataRecord[]): number => {
    let offset = machine.image.endOffset;
    for (const record of records)
      machine.replay({ key: null, value: encodeMetadataRecord(record) }, offset++);
    machine.endBatch(offset);
    return offset;
  };
  const first = append(topicRecords('a', topicIdOf(1), 1, [1]));
  const second = append(topicRecords('b', topicIdOf(2), 1, [1]));
  const third = append([{ kind: 'remove-topic', topicId: topicIdOf(1) }]);
  expect([...machine.image.topicsByName.keys()]).toEqual(['b']);
  expect(machine.committedImage.topicsByName.size).toBe(0);
  machine.committed(first);
  machine.committed(third);
  expect(machine.committedImage).toBe(machine.image);
  const names = deltas.map(({ changed, removed }) => [
    changed.map(({ name }) => name).join(),
    removed.map(({ name }) => name).join(),
  ]);
  expect(names).toEqual([
    ['', ''],
    ['a', ''],
    ['b', 'a'],
  ]);
  expect(second).toBeLessThan(third);
});

// A leader that lost its place replays from nothing; what it published before was committed and stays published.
test('a replay after a loss never publishes an older image', () => {
  const published: number[] = [];
  const machine = new MetadataMachine('c', (image) => published.push(image.endOffset));
  const batches = [[brokerRecord(1)], topicRecords('a', topicIdOf(1), 2, [1])];
  for (const batch of batches) applyRecords(machine, batch);
  machine.reset();
  expect(machine.image.topicsByName.size).toBe(0);
  expect(machine.committedImage.topicsByName.size).toBe(1);
  for (const batch of batches) applyRecords(machine, batch);
  expect(machine.image.topicsByName.size).toBe(1);
  expect(published).toEqual([1, 4]);
});

test('settings of brokers, groups and client metrics live as long as one of them is set', () => {
  const deltas: ImageDelta[] = [];
  const machine = new MetadataMachine('cluster', (_image, delta) => deltas.push(delta));
  const change = (resourceType: number, resourceName: string, name: string, value: string | null) =>
    ({ kind: 'resource-config', resourceType, resourceName, name, value }) as const;
  const seen = () =>
    [...machine.image.resources.values()]
      .map(
        ({ type, name, configs }) => `${type}/${name} ${[...configs].map((pair) => pair.join('=')).join()}`,
      )
      .sort();
  applyRecords(machine, [change(4, '', 'a', '1'), change(4, '', 'b', '2'), change(32, 'g', 'a', '3')]);
  const before = machine.image;
  expect(seen()).toEqual(['32/g a=3', '4/ a=1,b=2']);
  applyRecords(machine, [change(4, '', 'a', null), change(32, 'g', 'a', null), change(16, 'm', 'a', null)]);
  expect(seen()).toEqual(['4/ b=2']);
  expect(configsOf(before, 4, '').get('a')).toBe('1');
  expect(configsOf(machine.image, 32, 'g').size).toBe(0);
  expect(deltas.map(({ configuredTypes }) => [...configuredTypes].sort())).toEqual([
    [32, 4],
    [16, 32, 4],
  ]);
});
