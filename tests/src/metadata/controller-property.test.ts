import { ErrorCode, zeroUuid } from '../../../protocol';
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { alterConfigs } from '../../../src/metadata/controller-configs';
import { deleteTopics } from '../../../src/metadata/controller-deletions';
import { createPartitions } from '../../../src/metadata/controller-partitions';
import { createTopics } from '../../../src/metadata/controller-topics';
import { configsOf } from '../../../src/metadata/image';
import type { MetadataMachine } from '../../../src/metadata/machine';
import type { MetadataRecord } from '../../../src/metadata/records';
import { collisionKey } from '../../../src/metadata/topic-names';
import { SeededRandom } from '../../sim/random';
import { applyRecords, metadataMachine } from './support';

/** Few names, many of which collide. */
const names = ['a', 'b', 'a.b', 'a_b', 'a.b_c', 'a_b.c', 'a.b.c', 'x-1', '', 'no good', '..'];
const config = defaultBrokerConfig({ 'replication.factor.clamp': 'false' });

function checkImage(machine: MetadataMachine, expected: ReadonlyMap<string, string>): void {
  const { topicsByName, topicsById, brokers } = machine.image;
  expect(new Map([...topicsByName].map(([name, { id }]) => [name, id]))).toEqual(expected);
  expect(topicsById.size).toBe(topicsByName.size);
  const keys = new Set<string>();
  for (const topic of topicsByName.values()) {
    expect(topicsById.get(topic.id)).toBe(topic);
    const key = collisionKey(topic.name);
    if (key !== null) {
      expect(keys.has(key)).toBe(false);
      keys.add(key);
    }
    for (const [at, { index, replicas }] of topic.partitions.entries()) {
      expect(index).toBe(at);
      expect(new Set(replicas).size).toBe(replicas.length);
      expect(replicas.every((id) => brokers.has(id))).toBe(true);
    }
  }
}

test.each([1, 2, 3])('any sequence of requests keeps the image whole (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const machine = metadataMachine({ brokers: [1, 2, 3] });
  const expected = new Map<string, string>();
  const idsEver = new Set<string>();
  for (let step = 0; step < 250; step++) {
    if (random.chance(0.6)) {
      const topics = Array.from({ length: 1 + random.below(3) }, () => ({
        name: random.pick(names),
        numPartitions: random.pick([-1, 0, 1, 3, 5]),
        replicationFactor: random.pick([-1, 1, 2, 3, 4]),
        assignments: null,
        configs: random.chance(0.2) ? [{ name: 'segment.ms', value: random.pick(['1000', 'soon']) }] : [],
      }));
      const validateOnly = random.chance(0.2);
      // Names of one request may collide with each other, as in Kafka; the checks below want one at a time.
      const distinct = new Set(topics.map(({ name }) => collisionKey(name) ?? name)).size === topics.length;
      const request = { topics: distinct ? topics : topics.slice(0, 1), validateOnly, isAutomatic: false };
      const { records, response } = createTopics(machine, request, { config, random });
      applyRecords(machine, records);
      if (validateOnly) expect(records).toEqual([]);
      for (const { errorCode, name, topicId, numPartitions } of response.topics) {
        if (errorCode !== ErrorCode.NONE) {
          expect(topicId).toBe(zeroUuid);
          continue;
        }
        expect(idsEver.has(topicId)).toBe(false);
        idsEver.add(topicId);
        if (validateOnly) continue;
        expected.set(name, topicId);
        expect(machine.image.topicsByName.get(name)!.partitions.length).toBe(numPartitions);
      }
    } else {
      const name = random.pick(names);
      const byId = random.chance(0.3) ? expected.get(name) : undefined;
      const doomed = byId === undefined ? { name, topicId: zeroUuid } : { name: null, topicId: byId };
      const { records, response } = deleteTopics(machine, [doomed]);
      applyRecords(machine, records);
      expect(response[0]!.errorCode === ErrorCode.NONE).toBe(expected.delete(name));
    }
    checkImage(machine, expected);
  }
  expect(idsEver.size).toBeGreaterThan(25);
});

const alterable: readonly (readonly [type: number, name: string, keys: readonly string[]])[] = [
  [2, 't', ['retention.ms', 'segment.ms', 'no.such.key']],
  [2, 'u', ['retention.ms', 'segment.ms']],
  [2, 'missing', ['retention.ms']],
  [4, '1', ['log.retention.ms', 'num.partitions', 'made.up.key']],
  [4, '', ['log.retention.ms', 'sasl.jaas.config']],
  [16, 'm', ['interval.ms', 'metrics']],
  [32, 'g', ['share.delivery.count.limit']],
];

// What a refused request leaves behind is nothing, and what the log holds is all there is.
test.each([1, 2, 3])('settings and partitions are those of the requests that succeeded (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const topics = { t: 1, u: 2 };
  const machine = metadataMachine({ brokers: [1], topics });
  const log: MetadataRecord[][] = [];
  const settings = new Map<string, Map<string, string>>();
  const counts = new Map(Object.entries(topics));
  const write = (records: readonly MetadataRecord[]): void => {
    log.push([...records]);
    applyRecords(machine, records);
  };
  let succeeded = 0;
  for (let step = 0; step < 300; step++) {
    const validateOnly = random.chance(0.1);
    if (random.chance(0.1)) {
      const grown = { name: random.pick(['t', 'u', 'v']), count: random.below(12), assignments: null };
      const { records, response } = createPartitions(machine, { topics: [grown], validateOnly }, { random });
      write(records);
      if (response.verdicts[0]!.errorCode === ErrorCode.NONE && !validateOnly)
        counts.set(grown.name, grown.count);
      continue;
    }
    const [type, name, keys] = random.pick(alterable);
    const replacesAll = random.chance(0.3);
    const changes = keys
      .filter(() => random.chance(0.6))
      .map((key) =>
        !replacesAll && random.chance(0.3)
          ? { name: key, operation: 'delete' as const, value: null }
          : { name: key, operation: 'set' as const, value: random.pick(['3', '1000', '2000', 'x']) },
      );
    const request = { resources: [{ type, name, changes, replacesAll }], validateOnly };
    const { records, response } = alterConfigs(machine, request, { config });
    write(records);
    if (response[0]!.errorCode !== ErrorCode.NONE) {
      expect(records).toEqual([]);
      continue;
    }
    succeeded++;
    if (validateOnly) continue;
    const of = `${type}/${name}`;
    const own = replacesAll ? new Map<string, string>() : (settings.get(of) ?? new Map<string, string>());
    for (const { name: key, value } of changes) {
      if (value === null) own.delete(key);
      else own.set(key, value);
    }
    settings.set(of, own);
  }
  const again = metadataMachine({ brokers: [1], topics });
  for (const records of log) applyRecords(again, records);
  for (const { image } of [machine, again]) {
    for (const [type, name] of alterable) {
      const expected = [...(settings.get(`${type}/${name}`) ?? [])].sort();
      expect([type, name, [...configsOf(image, type, name)].sort()]).toEqual([type, name, expected]);
    }
    for (const [name, count] of counts) expect(image.topicsByName.get(name)!.partitions).toHaveLength(count);
  }
  expect(succeeded).toBeGreaterThan(50);
});
