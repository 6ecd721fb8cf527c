import { ErrorCode, zeroUuid } from '../../../protocol';
import { defaultBrokerConfig } from '../../../src/config/broker-config';
import { deleteTopics } from '../../../src/metadata/controller-deletions';
import { createTopics } from '../../../src/metadata/controller-topics';
import type { MetadataMachine } from '../../../src/metadata/machine';
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
