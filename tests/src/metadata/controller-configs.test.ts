import { errorName } from '../../../protocol';
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { alterConfigs } from '../../../src/metadata/controller-configs';
import type { MetadataRecord } from '../../../src/metadata/records';
import type { AlteredResource, ConfigOperation } from '../../../src/metadata/types';
import { applyRecords, metadataMachine } from './support';

const operations: Readonly<Record<string, ConfigOperation>> = { '=': 'set', '+': 'append', '-': 'subtract' };
const types: Readonly<Record<string, number>> = { topic: 2, broker: 4, loggers: 8, metrics: 16, group: 32 };

/** `topic:t retention.ms=5 cleanup.policy+compact !flush.ms`: a resource and its changes, `!` deletes. */
function resource(text: string, replacesAll = false): AlteredResource {
  const [head, ...words] = text.split(' ');
  const [type, name] = head!.split(':');
  const changes = words.map((word) => {
    if (word.startsWith('!')) return { name: word.slice(1), operation: 'delete' as const, value: null };
    const [, key, sign, value] = /^(.*?)([=+?-])(.*)$/.exec(word)!;
    return { name: key!, operation: operations[sign!] ?? null, value: value === 'null' ? null : value! };
  });
  return { type: types[type!] ?? 99, name: name!, changes, replacesAll };
}

function written(record: MetadataRecord): string {
  if (record.kind === 'topic-config') return `topic:${record.topicName} ${record.name}=${record.value}`;
  if (record.kind !== 'resource-config') return record.kind;
  return `${record.resourceType}:${record.resourceName} ${record.name}=${record.value}`;
}

/** Verdicts, then the records. */
function alter(
  before: readonly MetadataRecord[],
  resources: readonly AlteredResource[],
  validateOnly = false,
) {
  const machine = metadataMachine({ brokers: [1], topics: { t: 1 } });
  applyRecords(machine, before);
  const { records, response } = alterConfigs(
    machine,
    { resources, validateOnly },
    { config: defaultBrokerConfig() },
  );
  return [...response.map(({ errorCode }) => errorName(errorCode)), ...records.map(written)];
}

const set = (name: string, value: string): MetadataRecord => ({
  kind: 'topic-config',
  topicName: 't',
  name,
  value,
});

test('behaviour 23: SET, DELETE, APPEND and SUBTRACT of a topic', () => {
  const before = [set('retention.ms', '5'), set('cleanup.policy', 'compact')];
  const one = (text: string) => alter(before, [resource(text)]);
  expect(one('topic:t segment.ms=7 !retention.ms')).toEqual([
    'NONE',
    'topic:t segment.ms=7',
    'topic:t retention.ms=null',
  ]);
  // What is so already is not written, and what is not set need not be known to be deleted.
  expect(one('topic:t retention.ms=5 !flush.ms !no.such.key')).toEqual(['NONE']);
  expect(one('topic:t cleanup.policy+delete')).toEqual(['NONE', 'topic:t cleanup.policy=compact,delete']);
  // APPEND is set-like.
  expect(one('topic:t cleanup.policy+compact')).toEqual(['NONE']);
  expect(one('topic:t cleanup.policy-compact')).toEqual(['NONE', 'topic:t cleanup.policy=']);
  expect(one('topic:t cleanup.policy-delete')).toEqual(['NONE']);
});

test('behaviour 23: a list that is not set is extended and shortened from its default', () => {
  expect(alter([], [resource('topic:t cleanup.policy+compact')])).toEqual([
    'NONE',
    'topic:t cleanup.policy=delete,compact',
  ]);
  expect(alter([], [resource('topic:t cleanup.policy-delete')])).toEqual(['NONE', 'topic:t cleanup.policy=']);
  expect(alter([], [resource('topic:t leader.replication.throttled.replicas+0:1,1:1')])).toEqual([
    'NONE',
    'topic:t leader.replication.throttled.replicas=0:1,1:1',
  ]);
  expect(alter([], [resource('broker: log.cleanup.policy+compact')])).toEqual([
    'NONE',
    '4: log.cleanup.policy=delete,compact',
  ]);
});

const refusals: readonly (readonly [what: string, error: string])[] = [
  ['topic:t retention.ms+1', 'INVALID_CONFIG'],
  ['topic:t retention.ms-1', 'INVALID_CONFIG'],
  ['topic:t no.such.key+1', 'INVALID_CONFIG'],
  ['topic:t no.such.key=1', 'INVALID_CONFIG'],
  ['topic:t retention.ms=soon', 'INVALID_CONFIG'],
  ['topic:t cleanup.policy=delete,', 'INVALID_CONFIG'],
  ['topic:t remote.storage.enable=true', 'INVALID_CONFIG'],
  ['topic:t min.compaction.lag.ms=10 max.compaction.lag.ms=5', 'INVALID_CONFIG'],
  ['topic:t retention.ms=null', 'INVALID_REQUEST'],
  ['topic:t cleanup.policy+null', 'INVALID_REQUEST'],
  ['topic:t retention.ms=1 !retention.ms', 'INVALID_REQUEST'],
  ['topic:t retention.ms?1', 'UNKNOWN_SERVER_ERROR'],
  ['topic:missing retention.ms=1', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['topic:missing', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['topic:missing retention.ms=soon', 'INVALID_CONFIG'],
  ['topic:a/b retention.ms=1', 'INVALID_TOPIC_EXCEPTION'],
  ['topic: retention.ms=1', 'INVALID_REQUEST'],
  ['broker:1 num.partitions=3', 'INVALID_REQUEST'],
  ['broker:1 log.retention.ms=soon', 'INVALID_REQUEST'],
  ['broker:1 log.retention.ms+1', 'INVALID_CONFIG'],
  ['broker:1 no.such.key+1', 'INVALID_CONFIG'],
  ['broker:1 log.retention.ms?1', 'INVALID_REQUEST'],
  ['broker:2 log.retention.ms=1', 'INVALID_REQUEST'],
  ['broker:one log.retention.ms=1', 'INVALID_REQUEST'],
  ['broker: sasl.jaas.config=x', 'INVALID_REQUEST'],
  ['group: share.auto.offset.reset=earliest', 'INVALID_REQUEST'],
  ['group:g no.such.key=1', 'INVALID_CONFIG'],
  ['group:g share.auto.offset.reset+x', 'INVALID_CONFIG'],
  ['metrics: interval.ms=1000', 'INVALID_REQUEST'],
  ['metrics:m interval.ms=1', 'INVALID_REQUEST'],
  ['metrics:m match=x', 'INVALID_CONFIG'],
  ['metrics:m metrics+x', 'INVALID_CONFIG'],
  ['loggers:1 root=INFO', 'INVALID_REQUEST'],
  ['other:x k=v', 'INVALID_REQUEST'],
];
test.each(refusals)('behaviour 23: %s is %s', (what, error) => {
  expect(alter([], [resource(what)])).toEqual([error]);
});

test('behaviour 23: each resource by itself, and one bad key spoils its resource', () => {
  expect(
    alter(
      [],
      [
        resource('topic:t retention.ms=7 segment.ms=soon'),
        resource('group:t share.auto.offset.reset=earliest'),
        resource('broker: log.retention.ms=9'),
      ],
    ),
  ).toEqual([
    'INVALID_CONFIG',
    'NONE',
    'NONE',
    '32:t share.auto.offset.reset=earliest',
    '4: log.retention.ms=9',
  ]);
});

test('behaviour 23: a resource that stands twice is refused both times', () => {
  expect(
    alter(
      [],
      [resource('topic:t retention.ms=7'), resource('topic:t segment.ms=7'), resource('metrics:t metrics=*')],
    ),
  ).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST', 'NONE', '16:t metrics=*']);
});

test('behaviour 23: a dry run writes nothing and says the same', () => {
  const resources = [resource('topic:t retention.ms=7'), resource('group:g x=1')];
  expect(alter([], resources, true)).toEqual(['NONE', 'INVALID_CONFIG']);
});

test('behaviour 23: the older request replaces all settings', () => {
  const before = [set('retention.ms', '5'), set('cleanup.policy', 'compact')];
  expect(alter(before, [resource('topic:t segment.ms=7 retention.ms=5', true)])).toEqual([
    'NONE',
    'topic:t segment.ms=7',
    'topic:t cleanup.policy=null',
  ]);
  expect(alter(before, [resource('topic:t', true)])).toEqual([
    'NONE',
    'topic:t retention.ms=null',
    'topic:t cleanup.policy=null',
  ]);
  // A bad setting that is replaced does no harm.
  const both = [set('min.compaction.lag.ms', '10')];
  expect(alter(both, [resource('topic:t max.compaction.lag.ms=5', true)])[0]).toBe('NONE');
  expect(alter(both, [resource('topic:t max.compaction.lag.ms=5')])[0]).toBe('INVALID_CONFIG');
});

// What is valid for one broker depends on what all brokers are told, also within one request.
test('behaviour 23: settings of a broker and of all brokers are checked together', () => {
  const overrides: MetadataRecord = {
    kind: 'resource-config',
    resourceType: 4,
    resourceName: '',
    name: 'max.connections.per.ip.overrides',
    value: '10.0.0.1:5',
  };
  expect(alter([], [resource('broker:1 max.connections.per.ip=0')])).toEqual(['INVALID_REQUEST']);
  expect(alter([overrides], [resource('broker:1 max.connections.per.ip=0')])[0]).toBe('NONE');
  expect(
    alter(
      [overrides],
      [resource('broker: !max.connections.per.ip.overrides'), resource('broker:1 max.connections.per.ip=0')],
    ).slice(0, 2),
  ).toEqual(['NONE', 'INVALID_REQUEST']);
});
