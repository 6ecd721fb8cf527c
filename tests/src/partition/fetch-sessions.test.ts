import { FetchSessions, type FetchSessionsOptions } from '../../../src/partition/fetch-sessions';

const minuteMs = 60_000;

/** Sessions by the names that the test gives them, over the machine; partitions are numbers of one topic. */
class World {
  readonly sessions: FetchSessions;
  readonly #ids = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  nowMs = 0;

  constructor(options: Partial<FetchSessionsOptions> = {}) {
    let id = 0;
    const below = (): number => id++;
    this.sessions = new FetchSessions({ slotsMax: 3, partitionsMax: 100, below, ...options });
  }

  /** True when there was room. */
  create(name: string, partitionCount: number, isPrivileged = false): boolean {
    const answers = Array.from({ length: partitionCount }, (_, partition) => ({
      topic: 't',
      topicId: '',
      asked: asked(partition),
      offset: 0,
      highWatermark: 0,
      logStartOffset: 0,
    }));
    const id = this.sessions.create(answers, { usesTopicIds: false, isPrivileged }, this.nowMs);
    this.#ids.set(name, id);
    this.#epochs.set(name, 1);
    return id !== 0;
  }

  /** The error code; 0 when the session went on. */
  use(name: string, added: readonly number[] = [], forgotten: readonly number[] = []): number {
    const epoch = this.#epochs.get(name)!;
    const plan = this.sessions.begin(
      {
        sessionId: this.#ids.get(name)!,
        sessionEpoch: epoch,
        usesTopicIds: false,
        topics: added.length === 0 ? [] : [{ topic: 't', topicId: '', partitions: added.map(position) }],
        forgottenTopicsData: [{ topic: 't', topicId: '', partitions: [...forgotten] }],
      },
      this.nowMs,
    );
    if (plan.kind === 'refused') return plan.errorCode;
    this.#epochs.set(name, epoch + 1);
    return 0;
  }

  /** Names of the sessions that still stand. */
  get standing(): string {
    return [...this.#ids.keys()].filter((name) => this.sessions.isKnown(this.#ids.get(name)!)).join(' ');
  }
}

function asked(partition: number) {
  return { partition, partitionMaxBytes: 1, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
}

function position(partition: number) {
  return {
    ...asked(partition),
    fetchOffset: 0,
    logStartOffset: -1,
    replicaDirectoryId: '',
    highWatermark: 0,
  };
}

test('behaviour 46: a full cache of young sessions takes no other one', () => {
  const world = new World();
  for (const name of ['a', 'b', 'c']) expect(world.create(name, 1)).toBe(true);
  expect(world.create('d', 50)).toBe(false);
  expect(world.standing).toBe('a b c');
});

test('behaviour 46: the one that was not used for two minutes makes room', () => {
  const world = new World();
  for (const name of ['a', 'b', 'c']) world.create(name, 9);
  world.nowMs = 2 * minuteMs;
  world.use('a');
  expect(world.create('d', 1)).toBe(false);
  world.nowMs += 1;
  expect(world.create('d', 1)).toBe(true);
  expect(world.standing).toBe('a c d');
  expect(world.sessions.evictionCount).toBe(1);
});

test('behaviour 46: an old session in use makes room for a larger one, the smallest first', () => {
  const world = new World();
  for (const [name, size] of [
    ['a', 5],
    ['b', 3],
    ['c', 4],
  ] as const) {
    world.create(name, size);
  }
  world.nowMs = 2 * minuteMs;
  for (const name of ['a', 'b', 'c']) world.use(name);
  // Old they are now, but were not yet at their last use.
  world.nowMs += 1;
  expect(world.create('d', 9)).toBe(false);
  for (const name of ['a', 'b', 'c']) world.use(name);
  expect(world.create('d', 3)).toBe(false);
  expect(world.create('d', 4)).toBe(true);
  expect(world.standing).toBe('a c d');
});

test('behaviour 46: a follower pushes out any consumer, and no consumer a follower', () => {
  const world = new World();
  world.create('f', 1, true);
  world.create('a', 7);
  world.create('b', 6);
  expect(world.create('g', 1, true)).toBe(true);
  expect(world.standing).toBe('f a g');
  expect(world.create('h', 1, true)).toBe(true);
  expect(world.standing).toBe('f g h');
  expect(world.create('i', 9, true)).toBe(false);
  world.nowMs = 2 * minuteMs + 1;
  for (const name of ['f', 'g', 'h']) world.use(name);
  expect(world.create('c', 90)).toBe(false);
  expect(world.create('i', 2, true)).toBe(true);
  expect(world.standing).toBe('g h i');
});

test('all sessions together remember so many partitions at most', () => {
  const world = new World({ partitionsMax: 10 });
  expect(world.create('big', 11)).toBe(false);
  expect(world.create('a', 6)).toBe(true);
  expect(world.create('b', 5)).toBe(false);
  expect(world.create('b', 4)).toBe(true);
  expect(world.sessions.partitionCount).toBe(10);
  expect(world.use('b', [0, 1], [2, 3])).toBe(0);
  expect(world.sessions.partitionCount).toBe(8);
  expect(world.use('b', [7, 8, 9])).toBe(70);
  expect(world.standing).toBe('a');
  expect(world.sessions.partitionCount).toBe(6);
});

test('after the largest epoch comes 1', () => {
  const world = new World();
  world.create('a', 1);
  const begin = (sessionEpoch: number) =>
    world.sessions.begin(
      { sessionId: 1, sessionEpoch, usesTopicIds: false, topics: [], forgottenTopicsData: [] },
      0,
    );
  const plan = begin(1);
  if (plan.kind !== 'incremental') throw new Error(plan.kind);
  plan.session.epoch = 0x7fff_ffff;
  expect(begin(0x7fff_ffff)).toMatchObject({ kind: 'incremental', nextEpoch: 1 });
  expect(begin(1)).toMatchObject({ kind: 'incremental', nextEpoch: 2 });
});
