import { errorName } from '../../../protocol';
import type { PartitionReplica } from '../../../src/partition/partition';
import { type AppendRequest, type FetchOutcome, ownedMemory } from '../../../src/partition/types';
import type { SeededRandom } from '../../sim/random';
import { textBatch, topicConfig } from '../../support/fixtures';
import { OTHER_TOPIC_ID, PartitionWorld } from '../../support/partition-world';

const doomedId = (number: number) => `11111111-1111-4111-8111-${String(number).padStart(12, '0')}`;

/** Asks partitions for everything and notes that each question is answered once. */
class Asker {
  asked = 0;
  answered = 0;
  readonly codes = new Set<string>();
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  #once(what: string): (outcome: { readonly errorCode: number; release?(): void }) => void {
    this.asked++;
    let count = 0;
    return (outcome) => {
      expect(++count).toBe(1);
      this.answered++;
      this.codes.add(`${what} ${errorName(outcome.errorCode)}`);
      outcome.release?.();
    };
  }

  append(partition: PartitionReplica): void {
    const random = this.#random;
    const records = textBatch(`k=${'x'.repeat(random.chance(0.4) ? 200_000 : 1_000)}`);
    let owners = 0;
    const lease: AppendRequest['lease'] = {
      retain() {
        owners++;
      },
      // What a server does with memory that nobody owns: the next request is read into it.
      release() {
        expect(--owners).toBe(0);
        records.fill(0xee);
      },
    };
    const acks = random.pick([0, 1, -1] as const);
    const timeoutMs = random.pick([5, 30_000]);
    const request = { records, lease, acks, timeoutMs, apiVersion: 9, origin: 'client' } as const;
    partition.append(request, this.#once('append'));
  }

  read(world: PartitionWorld, partition: PartitionReplica): void {
    const random = this.#random;
    const isolation = 'read_uncommitted';
    const currentLeaderEpoch = -1;
    const offset = random.below(partition.endOffset + 1);
    const rest = { sizeBytesMax: 300_000, atLeastOne: true, lastFetchedEpoch: -1 };
    const done: (outcome: FetchOutcome) => void = this.#once('fetch');
    partition.fetch({ ...rest, offset, isolation, currentLeaderEpoch }, done);
    const timestamp = random.pick([-1, -2, -3, 0, 10_000_000_000_000]);
    partition.listOffset({ timestamp, isolation, currentLeaderEpoch }, this.#once('list'));
    const woken = this.#once('park');
    const positions = [{ partition, offset: partition.endOffset }];
    world.partitions.parkFetch({ positions, isolation, sizeBytesMin: 1, waitMs: 50 }, () => {
      woken({ errorCode: 0 });
    });
  }
}

// Whatever is under way when a topic goes: every question is answered once, no limit remembers it, its memory is used
// again only when no write of it can be under way, and what others were told holds after a power cut.
test.each(Array.from({ length: 8 }, (_, at) => at + 1))(
  'topics that come and go amid appends and reads (seed %i)',
  (seed) => {
    const world = new PartitionWorld({}, seed);
    const { random } = world.world;
    const asker = new Asker(random);
    const kept: string[] = [];
    const other = world.create(0, topicConfig(), OTHER_TOPIC_ID);
    let number = 1;
    let doomed = world.create(0, topicConfig(), doomedId(number));
    for (let step = 0; step < 120; step++) {
      const dice = random.fraction();
      if (dice < 0.35) asker.append(doomed);
      else if (dice < 0.45) asker.read(world, doomed);
      else if (dice < 0.55) {
        const promise = { lease: ownedMemory, acks: -1, timeoutMs: 30_000, apiVersion: 9 } as const;
        other.append({ ...promise, records: textBatch(`n=${step}`), origin: 'client' }, (outcome) => {
          if (outcome.errorCode === 0) kept.push(`${outcome.baseOffset}:n=${step}`);
        });
      } else if (dice < 0.65) {
        world.partitions.delete(doomedId(number++));
        doomed = world.create(0, topicConfig(), doomedId(number));
      } else world.pass(random.pick([0, 0.05, 0.3, 3, 2_000]));
    }
    world.partitions.delete(doomedId(number));
    const isOver = random.chance(0.5);
    if (isOver) world.pass(1_000);
    if (isOver) expect(world.driver.uncommittedSizeBytes).toBe(0);
    // Parked fetches and reads of a deleted topic are told within the turn, or when their file has been read.
    if (isOver) expect(asker.answered).toBe(asker.asked);
    const told = [...kept];
    world.crash('power');
    const found = world.records(world.create(0, topicConfig(), OTHER_TOPIC_ID)).split(' ');
    expect(found).toEqual(expect.arrayContaining(told));
    expect([...asker.codes].sort()).toEqual(
      expect.arrayContaining(['append NONE', 'append UNKNOWN_TOPIC_OR_PARTITION', 'fetch NONE', 'list NONE']),
    );
  },
);
