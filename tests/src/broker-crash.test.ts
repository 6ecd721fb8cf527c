import { ErrorCode, zeroUuid } from '../../protocol';
import { BrokerWorld } from '../support/broker-world';
import { textBatch } from '../support/fixtures';
import { elapse } from '../support/memory-client';
import { recordsIn } from '../support/partition-world';

const byDefault = { numPartitions: 2, replicationFactor: -1, assignments: null, configs: [] };
const names = ['a', 'b', 'c'];

/** What one topic of a name must be after a crash, as far as answers said. */
interface Expected {
  /** Id of the topic that was created last, with an answer. */
  topicId: string;
  /** A deletion was asked for: the topic may be there or not, and once answered it is not. */
  isDoomed: boolean;
  /** `offset:key=value` of answered appends to partition 1. */
  readonly records: string[];
}

function act(world: BrokerWorld, expected: Map<string, Expected>, unsure: Set<string>, step: number): void {
  const random = world.world.random;
  const name = random.pick(names);
  const topic = world.metadata.image.topicsByName.get(name);
  const known = expected.get(name);
  if (topic === undefined) {
    unsure.add(name);
    const topics = [{ ...byDefault, name }];
    world.metadata.createTopics(
      { topics, validateOnly: false, timeoutMs: 30_000, isAutomatic: false },
      ([created]) => {
        if (created!.errorCode !== ErrorCode.NONE) return;
        unsure.delete(name);
        expected.set(name, { topicId: created!.topicId, isDoomed: false, records: [] });
      },
    );
  } else if (random.chance(0.2)) {
    if (known !== undefined) known.isDoomed = true;
    unsure.add(name);
    world.metadata.deleteTopics({ topics: [{ name, topicId: zeroUuid }], timeoutMs: 30_000 }, ([deleted]) => {
      if (deleted!.errorCode !== ErrorCode.NONE) return;
      unsure.delete(name);
      if (expected.get(name)?.topicId === topic.id) expected.delete(name);
    });
  } else {
    world.ask(name, textBatch(`k=${step}`), 1, ({ baseOffset, errorCode }) => {
      if (errorCode === ErrorCode.NONE && known?.topicId === topic.id) {
        known.records.push(`${baseOffset}:k=${step}`);
      }
    });
  }
}

async function check(
  world: BrokerWorld,
  expected: Map<string, Expected>,
  unsure: Set<string>,
): Promise<void> {
  const { topicsByName } = world.metadata.image;
  for (const name of names) {
    const known = expected.get(name);
    const topic = topicsByName.get(name);
    if (known === undefined) {
      // Nothing was promised, unless the last word was an answered deletion and nobody asked again.
      if (topic !== undefined) expect(unsure.has(name)).toBe(true);
      continue;
    }
    if (!known.isDoomed) expect(topic?.id).toBe(known.topicId);
    if (topic?.id !== known.topicId) continue;
    const found = recordsIn(await world.fetch(name, 0, 1)).split(' ');
    expect(found).toEqual(expect.arrayContaining(known.records));
  }
  // What the image says now is the truth that the next life starts from.
  for (const name of names) {
    const topic = topicsByName.get(name);
    const known = expected.get(name);
    if (topic === undefined) expected.delete(name);
    else if (known?.topicId !== topic.id) {
      expected.set(name, { topicId: topic.id, isDoomed: false, records: [] });
    } else known.isDoomed = false;
  }
  unsure.clear();
}

// The whole broker over a disk that forgets: what was answered is there, whatever moment the power fails.
test.each([14, 16, 17, 19, 20, 23, 24, 34])(
  'crashes at random moments take back no answer (seed %i)',
  async (seed) => {
    const world = new BrokerWorld({ seed });
    const { random } = world.world;
    const expected = new Map<string, Expected>();
    const unsure = new Set<string>();
    let step = 0;
    let answered = 0;
    await world.start();
    for (let life = 0; life < 6; life++) {
      for (let count = random.between(5, 40); count > 0; count--) {
        act(world, expected, unsure, ++step);
        if (random.chance(0.6)) await elapse(world.world, random.exponential(0.7), 0.05);
      }
      for (const { records } of expected.values()) answered += records.length;
      await world.crash(random.pick(['power', 'power', 'process'] as const));
      await check(world, expected, unsure);
    }
    expect(answered).toBeGreaterThan(0);
  },
);
