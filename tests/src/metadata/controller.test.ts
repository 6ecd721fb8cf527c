import { ErrorCode, errorName, zeroUuid } from '../../../protocol';
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { registerBroker } from '../../../src/metadata/controller-brokers';
import { deleteTopics } from '../../../src/metadata/controller-deletions';
import { allocateProducerIdBlock } from '../../../src/metadata/controller-producer-ids';
import { type CreateTopics, createTopics } from '../../../src/metadata/controller-topics';
import type { MetadataMachine } from '../../../src/metadata/machine';
import type { MetadataRecord } from '../../../src/metadata/records';
import type { CreatableTopic } from '../../../src/metadata/types';
import { SeededRandom } from '../../sim/random';
import { applyRecords, metadataMachine } from './support';

/** A topic as clients ask for it when they leave everything to the broker. */
function topic(name: string, rest: Partial<CreatableTopic> = {}): CreatableTopic {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: null, configs: [], ...rest };
}

interface Setup {
  readonly machine: MetadataMachine;
  readonly config?: Record<string, string>;
}

function create({ machine, config = {} }: Setup, topics: CreatableTopic[], rest: Partial<CreateTopics> = {}) {
  // Without a file user topics are clamped; the codes are those of a start with one.
  const settings = defaultBrokerConfig({ 'replication.factor.clamp': 'false', ...config });
  const { records, response } = createTopics(
    machine,
    { topics, validateOnly: false, isAutomatic: false, ...rest },
    { config: settings, random: new SeededRandom(1) },
  );
  const ids = new Map<string, string>();
  const short = (id: string): string => {
    if (id === zeroUuid) return '-';
    const known = [...machine.image.topicsById.keys()].indexOf(id);
    if (known >= 0) return `old${known}`;
    if (!ids.has(id)) ids.set(id, `new${ids.size}`);
    return ids.get(id)!;
  };
  const lines = records.map((record) => describeRecord(record, short));
  lines.push('--');
  for (const { name, errorCode, topicId, numPartitions, replicationFactor } of response.topics) {
    lines.push(
      `${JSON.stringify(name)} ${errorName(errorCode)} id=${short(topicId)} ` +
        `partitions=${numPartitions} replicas=${replicationFactor}`,
    );
  }
  lines.push(...response.notices.map((notice) => `! ${notice}`));
  return lines.join('\n');
}

function describeRecord(record: MetadataRecord, short: (id: string) => string): string {
  switch (record.kind) {
    case 'topic':
      return `topic ${record.name} id=${short(record.topicId)}`;
    case 'partition':
      return `partition ${short(record.topicId)}-${record.index} replicas=${record.replicas.join()}`;
    case 'topic-config':
      return `config ${record.topicName} ${record.name}=${record.value}`;
    case 'remove-topic':
      return `remove id=${short(record.topicId)}`;
    default:
      return JSON.stringify(record);
  }
}

/** Code of the only topic of a request. */
function codeOf(setup: Setup, wrong: CreatableTopic, rest: Partial<CreateTopics> = {}): string {
  return /^".*" (\S+) id=/m.exec(create(setup, [wrong], rest))![1]!;
}

describe('create topics', () => {
  test('behaviour 17: -1 takes the defaults of the broker, settings become records', () => {
    const machine = metadataMachine({ brokers: [1] });
    const configs = [
      { name: 'retention.ms', value: '9223372036854775807' },
      { name: 'cleanup.policy', value: 'compact' },
    ];
    expect(create({ machine, config: { 'num.partitions': '2' } }, [topic('orders', { configs })])).toBe(
      [
        'topic orders id=new0',
        'config orders retention.ms=9223372036854775807',
        'config orders cleanup.policy=compact',
        'partition new0-0 replicas=1',
        'partition new0-1 replicas=1',
        '--',
        '"orders" NONE id=new0 partitions=2 replicas=1',
      ].join('\n'),
    );
  });

  // librdkafka's test 0081 fails on brokers where one bad topic refuses its neighbours.
  test('behaviour 17: every topic succeeds or fails by itself', () => {
    const machine = metadataMachine({ brokers: [1], topics: { old: 1 } });
    const topics = [
      topic('good'),
      topic('old'),
      topic('twice'),
      topic('bad name'),
      topic('twice', { numPartitions: 3 }),
      topic('many', { replicationFactor: 2 }),
      topic('none', { numPartitions: 0 }),
      topic('odd', { configs: [{ name: 'no.such.key', value: '1' }] }),
      topic('also-good', { numPartitions: 1, replicationFactor: 1 }),
    ];
    expect(create({ machine }, topics)).toBe(
      [
        'topic good id=new0',
        'partition new0-0 replicas=1',
        'topic also-good id=new1',
        'partition new1-0 replicas=1',
        '--',
        '"good" NONE id=new0 partitions=1 replicas=1',
        '"old" TOPIC_ALREADY_EXISTS id=- partitions=-1 replicas=-1',
        '"twice" INVALID_REQUEST id=- partitions=-1 replicas=-1',
        '"bad name" INVALID_TOPIC_EXCEPTION id=- partitions=-1 replicas=-1',
        '"many" INVALID_REPLICATION_FACTOR id=- partitions=-1 replicas=-1',
        '"none" INVALID_PARTITIONS id=- partitions=-1 replicas=-1',
        '"odd" INVALID_CONFIG id=- partitions=-1 replicas=-1',
        '"also-good" NONE id=new1 partitions=1 replicas=1',
      ].join('\n'),
    );
  });

  test.each([
    ['', 'INVALID_TOPIC_EXCEPTION'],
    ['.', 'INVALID_TOPIC_EXCEPTION'],
    ['..', 'INVALID_TOPIC_EXCEPTION'],
    ['a/b', 'INVALID_TOPIC_EXCEPTION'],
    ['ä', 'INVALID_TOPIC_EXCEPTION'],
    ['x'.repeat(250), 'INVALID_TOPIC_EXCEPTION'],
    ['x'.repeat(249), 'NONE'],
    ['...', 'NONE'],
    ['A-Z_0.9', 'NONE'],
    ['__consumer_offsets', 'NONE'],
    ['__cluster_metadata', 'INVALID_REQUEST'],
  ])('behaviour 16: the name %j gives %s', (name, code) => {
    expect(codeOf({ machine: metadataMachine({ brokers: [1] }) }, topic(name))).toBe(code);
  });

  test('behaviour 16: names that differ in dots and underscores only collide', () => {
    const machine = metadataMachine({ brokers: [1], topics: { 'a.b_c': 1 } });
    expect(codeOf({ machine }, topic('a_b.c'))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(codeOf({ machine }, topic('a.b.c'))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(codeOf({ machine }, topic('a.b-c'))).toBe('NONE');
    expect(codeOf({ machine }, topic('a.b_c'))).toBe('TOPIC_ALREADY_EXISTS');
    applyRecords(machine, [{ kind: 'remove-topic', topicId: machine.image.topicsByName.get('a.b_c')!.id }]);
    expect(codeOf({ machine }, topic('a_b.c'))).toBe('NONE');
  });

  test.each<[string, Partial<CreatableTopic>, string]>([
    ['no replica', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
    ['negative replicas', { replicationFactor: -2 }, 'INVALID_REPLICATION_FACTOR'],
    ['more replicas than brokers', { replicationFactor: 4 }, 'INVALID_REPLICATION_FACTOR'],
    ['an even number of replicas', { replicationFactor: 2 }, 'NONE'],
    ['negative partitions', { numPartitions: -2 }, 'INVALID_PARTITIONS'],
    ['more partitions than one request may create', { numPartitions: 10_001 }, 'POLICY_VIOLATION'],
    ['a bad value', { configs: [{ name: 'retention.ms', value: 'long' }] }, 'INVALID_CONFIG'],
    ['no value', { configs: [{ name: 'retention.ms', value: null }] }, 'INVALID_CONFIG'],
  ])('behaviour 17: %s', (_what, wrong, code) => {
    expect(codeOf({ machine: metadataMachine({ brokers: [1, 2, 3] }) }, topic('t', wrong))).toBe(code);
  });

  test.each<[string, readonly (readonly [number, readonly number[]])[], Partial<CreatableTopic>, string]>([
    [
      'as written',
      [
        [1, [2, 1]],
        [0, [1, 2]],
      ],
      {},
      'NONE',
    ],
    ['with a replication factor', [[0, [1]]], { replicationFactor: 1 }, 'INVALID_REQUEST'],
    ['with a partition count', [[0, [1]]], { numPartitions: 1 }, 'INVALID_REQUEST'],
    [
      'a gap',
      [
        [0, [1]],
        [2, [1]],
      ],
      {},
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    ['a negative partition', [[-1, [1]]], {}, 'INVALID_REPLICA_ASSIGNMENT'],
    [
      'a partition twice',
      [
        [0, [1]],
        [0, [2]],
      ],
      {},
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    ['no broker', [[0, []]], {}, 'INVALID_REPLICA_ASSIGNMENT'],
    ['a broker twice', [[0, [1, 1]]], {}, 'INVALID_REPLICA_ASSIGNMENT'],
    ['an unknown broker', [[0, [9]]], {}, 'INVALID_REPLICA_ASSIGNMENT'],
    [
      'unequal factors',
      [
        [0, [1]],
        [1, [1, 2]],
      ],
      {},
      'INVALID_REPLICA_ASSIGNMENT',
    ],
  ])('behaviour 17: explicit assignment, %s', (_what, pairs, rest, code) => {
    const assignments = pairs.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }));
    const machine = metadataMachine({ brokers: [1, 2] });
    expect(codeOf({ machine }, topic('t', { assignments, ...rest }))).toBe(code);
  });

  test('behaviour 17: an explicit assignment is taken in the order of partitions', () => {
    const machine = metadataMachine({ brokers: [1, 2] });
    const assignments = [
      { partitionIndex: 1, brokerIds: [2, 1] },
      { partitionIndex: 0, brokerIds: [1, 2] },
    ];
    expect(create({ machine }, [topic('t', { assignments })])).toBe(
      [
        'topic t id=new0',
        'partition new0-0 replicas=1,2',
        'partition new0-1 replicas=2,1',
        '--',
        '"t" NONE id=new0 partitions=2 replicas=2',
        "! Topic 't' has two replicas under a majority rule: it stops when either of them does. " +
          'Three replicas survive the loss of one.',
      ].join('\n'),
    );
  });

  test('behaviour 17: validateOnly answers in full and writes nothing', () => {
    const machine = metadataMachine({ brokers: [1] });
    expect(create({ machine }, [topic('t', { numPartitions: 3 })], { validateOnly: true })).toBe(
      '--\n"t" NONE id=new0 partitions=3 replicas=1',
    );
  });

  test('internal topics clamp their replication factor; user topics do where the configuration says so', () => {
    const machine = metadataMachine({ brokers: [1] });
    const wanted = { numPartitions: 1, replicationFactor: 3 };
    const clamped = (name: string): string =>
      [
        `topic ${name} id=new0`,
        'partition new0-0 replicas=1',
        '--',
        `"${name}" NONE id=new0 partitions=1 replicas=1`,
        `! Topic '${name}' gets 1 of the 3 replicas asked for: there are no more brokers.`,
      ].join('\n');
    const internal = '__consumer_offsets';
    expect(create({ machine }, [topic(internal, wanted)])).toBe(clamped(internal));
    expect(create({ machine, config: { 'replication.factor.clamp': 'true' } }, [topic('t', wanted)])).toBe(
      clamped('t'),
    );
  });

  test('behaviour 10: automatic creation answers for a topic that exists and writes nothing', () => {
    const machine = metadataMachine({ brokers: [1], topics: { old: 2 } });
    expect(create({ machine }, [topic('old'), topic('new')], { isAutomatic: true })).toBe(
      [
        'topic new id=new0',
        'partition new0-0 replicas=1',
        '--',
        '"old" NONE id=old0 partitions=2 replicas=1',
        '"new" NONE id=new0 partitions=1 replicas=1',
      ].join('\n'),
    );
  });
});

describe('delete topics', () => {
  function remove(
    topics: Record<string, number>,
    wanted: (ids: Record<string, string>) => [string | null, string][],
  ) {
    const machine = metadataMachine({ brokers: [1], topics });
    const ids = Object.fromEntries([...machine.image.topicsByName].map(([name, { id }]) => [name, id]));
    const names = new Map(Object.entries(ids).map(([name, id]) => [id, `id-of-${name}`]));
    const short = (id: string): string => names.get(id) ?? (id === zeroUuid ? '-' : 'unknown');
    const { records, response } = deleteTopics(
      machine,
      wanted(ids).map(([name, topicId]) => ({ name, topicId })),
    );
    return [
      ...records.map((record) => describeRecord(record, short)),
      '--',
      ...response.map(({ name, topicId, errorCode }) => `${name} ${short(topicId)} ${errorName(errorCode)}`),
    ].join('\n');
  }

  test('behaviour 18: by name or by id, never both, each by itself', () => {
    const unknown = '11111111-2222-4333-8444-555555555555';
    const text = remove({ a: 1, b: 1, c: 1, d: 1 }, ({ a, b, c }) => [
      ['a', zeroUuid],
      [null, b!],
      ['c', c!],
      [null, zeroUuid],
      ['nobody', zeroUuid],
      [null, unknown],
      ['d', zeroUuid],
      ['d', zeroUuid],
      ['a-', a!],
    ]);
    expect(text).toBe(
      [
        'remove id=id-of-a',
        'remove id=id-of-b',
        '--',
        'a id-of-a NONE',
        'b id-of-b NONE',
        'c id-of-c INVALID_REQUEST',
        'null - INVALID_REQUEST',
        'nobody - UNKNOWN_TOPIC_OR_PARTITION',
        'null unknown UNKNOWN_TOPIC_ID',
        'd - INVALID_REQUEST',
        'a- id-of-a INVALID_REQUEST',
      ].join('\n'),
    );
  });

  test('behaviour 18: a topic asked for by name and by id is refused', () => {
    expect(
      remove({ a: 1 }, ({ a }) => [
        ['a', zeroUuid],
        [null, a!],
      ]),
    ).toBe('--\na id-of-a INVALID_REQUEST');
  });
});

describe('brokers and producer ids', () => {
  const registration = {
    id: 1,
    incarnation: '11111111-2222-4333-8444-555555555555',
    endpoints: [{ listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'h', port: 9092 }],
    rack: null,
  };

  test('the first registration finalizes the features; the same one again writes nothing', () => {
    const machine = metadataMachine({});
    const first = registerBroker(machine, registration, 0);
    expect(first).toEqual({
      records: [
        { kind: 'feature-level', name: 'metadata.version', level: 30 },
        { kind: 'register-broker', broker: { ...registration, epoch: 1, isFenced: false } },
      ],
      response: { epoch: 1 },
    });
    applyRecords(machine, first.records);
    expect(registerBroker(machine, registration, 2)).toEqual({ records: [], response: { epoch: 1 } });
    const moved = { ...registration, rack: 'r1' };
    expect(registerBroker(machine, moved, 2)).toEqual({
      records: [{ kind: 'register-broker', broker: { ...moved, epoch: 2, isFenced: false } }],
      response: { epoch: 2 },
    });
  });

  test('blocks of producer ids follow each other', () => {
    const machine = metadataMachine({ brokers: [1] });
    const first = allocateProducerIdBlock(machine, 1, 5);
    expect(first).toEqual({
      records: [{ kind: 'producer-ids', brokerId: 1, brokerEpoch: 5, nextProducerId: 1000 }],
      response: { firstProducerId: 0, size: 1000 },
    });
    applyRecords(machine, first.records);
    expect(allocateProducerIdBlock(machine, 2, 6).response).toEqual({ firstProducerId: 1000, size: 1000 });
  });
});

// The code of a refusal is what clients act on; its sentence is for people, who need to see what was wrong.
test('messages name what was refused', () => {
  const machine = metadataMachine({ brokers: [1] });
  const { response } = createTopics(
    machine,
    { topics: [topic('t', { replicationFactor: 3 })], validateOnly: false, isAutomatic: false },
    { config: defaultBrokerConfig({ 'replication.factor.clamp': 'false' }), random: new SeededRandom(1) },
  );
  expect(response.topics[0]!.errorCode).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
  expect(response.topics[0]!.errorMessage).toBe(
    '3 replicas of a partition need 3 brokers; 1 are registered.',
  );
});
