import { CreateTopicsRequest, CreateTopicsResponse, type InputOf } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';
import { batch, createTopic, produceTo } from '../../support/topics';

type Asked = Partial<InputOf<typeof CreateTopicsRequest>['topics'][number]> & { name: string };

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker({ 'replication.factor.clamp': 'false', 'num.partitions': '2' });
});

async function create(topics: readonly Asked[], version = 7, validateOnly = false) {
  const asked = topics.map((topic) => ({
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...topic,
  }));
  return (
    await broker.ask(CreateTopicsRequest, CreateTopicsResponse, version, { topics: asked, validateOnly })
  ).topics;
}

test('every version creates a topic that takes records at once', async () => {
  for (const version of servedVersions(19)) {
    const name = `v${version}`;
    const [created] = await create([{ name, numPartitions: 3 }], version);
    expect(created).toMatchObject({ name, errorCode: 0 });
    if (version >= 5) expect(created).toMatchObject({ numPartitions: 3, replicationFactor: 1 });
    expect(await produceTo(broker, name, batch(['a']), { partition: 2 })).toMatchObject({ errorCode: 0 });
  }
});

// Behaviour 17, one row a rule: what is asked, and the code.
const rules: Record<string, readonly [Asked, number]> = {
  'a replication factor above the number of brokers': [{ name: 'x', replicationFactor: 3 }, 38],
  'replication factor 0': [{ name: 'x', replicationFactor: 0 }, 38],
  'no partitions': [{ name: 'x', numPartitions: 0 }, 37],
  'a negative number of partitions': [{ name: 'x', numPartitions: -2 }, 37],
  'an unknown config': [{ name: 'x', configs: [{ name: 'no.such.key', value: '1' }] }, 40],
  'a bad config value': [{ name: 'x', configs: [{ name: 'retention.ms', value: 'soon' }] }, 40],
  'a null config value': [{ name: 'x', configs: [{ name: 'retention.ms', value: null }] }, 40],
  'a bad name': [{ name: 'a/b' }, 17],
  'a name that collides with another': [{ name: 'exists_already' }, 17],
  'a topic that exists': [{ name: 'exists.already' }, 36],
  'an assignment beside a partition count': [
    { name: 'x', numPartitions: 2, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
    42,
  ],
  'an assignment to an unknown broker': [
    {
      name: 'x',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [9] }],
    },
    39,
  ],
  'an assignment with a gap': [
    {
      name: 'x',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 1, brokerIds: [1] }],
    },
    39,
  ],
};

test.each(Object.entries(rules))(
  'behaviour 17: %s is refused, and its neighbour is created',
  async (_rule, [asked, errorCode]) => {
    await createTopic(broker, 'exists.already');
    const answers = await create([asked, { name: 'neighbour' }]);
    const codes = new Map(answers.map((answer) => [answer.name, answer.errorCode]));
    expect([codes.get(asked.name), codes.get('neighbour')]).toEqual([errorCode, 0]);
  },
);

test('behaviour 17: -1 takes the defaults, and an assignment is kept', async () => {
  const [byDefault, assigned] = await create([
    { name: 'defaults', numPartitions: -1, replicationFactor: -1 },
    {
      name: 'assigned',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    },
  ]);
  expect(byDefault).toMatchObject({ errorCode: 0, numPartitions: 2, replicationFactor: 1 });
  expect(assigned).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 });
});

test('behaviour 17: a name that stands twice is INVALID_REQUEST, once', async () => {
  const answers = await create([{ name: 'twice' }, { name: 'once' }, { name: 'twice' }]);
  expect(answers.map(({ name, errorCode }) => `${name} ${errorCode}`).sort()).toEqual(['once 0', 'twice 42']);
});

test('behaviour 17: validateOnly answers everything and creates nothing', async () => {
  const [checked] = await create([{ name: 'dry', numPartitions: 4 }], 7, true);
  expect(checked).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 1 });
  expect(broker.broker.services.metadata.image.topicsByName.has('dry')).toBe(false);
});

test('behaviour 17: version 5 returns every effective config with its source; int64 text is exact', async () => {
  const [created] = await create([
    { name: 't', configs: [{ name: 'retention.ms', value: '9223372036854775807' }] },
  ]);
  const configs = new Map(created!.configs!.map((config) => [config.name, config]));
  expect(configs.size).toBe(33);
  expect(configs.get('retention.ms')).toMatchObject({ value: '9223372036854775807', configSource: 1 });
  expect(configs.get('cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5, readOnly: false });
});

test('started without a file, a replication factor above the brokers is clamped with a line', async () => {
  broker = await startSimulatedBroker();
  const [created] = await create([{ name: 'three', replicationFactor: 3 }]);
  expect(created).toMatchObject({ errorCode: 0, replicationFactor: 1 });
  expect(broker.lines.join('\n')).toMatch(/three/);
});

test('topics survive a power cut with their ids', async () => {
  const [created] = await create([{ name: 'kept', configs: [{ name: 'cleanup.policy', value: 'compact' }] }]);
  const again = await broker.restart('power');
  const topic = again.broker.services.metadata.image.topicsByName.get('kept');
  expect(topic).toMatchObject({ id: created!.topicId, configs: new Map([['cleanup.policy', 'compact']]) });
});

test('behaviour 17: a failed topic has no configs, which is not null', async () => {
  expect(await create([{ name: 'a b' }])).toMatchObject([{ errorCode: 17, configs: [] }]);
  const duplicates = await create([{ name: 't' }, { name: 't' }, { name: 'u' }]);
  expect(duplicates).toMatchObject([
    { name: 'u', errorCode: 0 },
    { name: 't', errorCode: 42, configs: [] },
  ]);
});

test('a creation that ran out of time has a code and no message', async () => {
  const topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await broker.ask(CreateTopicsRequest, CreateTopicsResponse, 7, {
    topics: [topic],
    timeoutMs: 0,
  });
  expect(topics).toMatchObject([{ errorCode: 7, errorMessage: null }]);
});
