import { ErrorCode, errorName } from '../../../protocol';
import { Acks } from '../../../src/partition/acks';
import { DeadlineWheel } from '../../../src/partition/deadlines';
import { Awaiting, PendingEntry } from '../../../src/partition/pending';
import { Lifetime, Scheduler, simulatedMonotonicClock } from '../../sim/scheduler';

/** Entries of ten bytes and one record each, with everything noted that is answered. */
function setUp() {
  const wheel = new DeadlineWheel(simulatedMonotonicClock(new Scheduler(), new Lifetime()));
  const side = {
    startOffset: 0,
    uncommittedSizeBytes: 0,
    syncedIndex: Number.POSITIVE_INFINITY,
    isCovered(index: number) {
      return index <= this.syncedIndex;
    },
    addUncommitted(sizeBytes: number) {
      this.uncommittedSizeBytes += sizeBytes;
    },
  };
  const acks = new Acks(side, wheel, 0);
  const answers: string[] = [];
  const leases: string[] = [];
  const add = (index: number, term: number, awaiting: Awaiting) => {
    const entry = new PendingEntry(index, term, 0, index - 1, index, -1, Buffer.alloc(10));
    acks.add(entry);
    entry.lease = { retain() {}, release: () => leases.push(`${index}/${term}`) };
    acks.expect(entry, awaiting, 1000, ({ errorCode }) => {
      answers.push(`${index}/${term} ${errorName(errorCode)}`);
    });
  };
  return { acks, add, answers, leases, side, wheel };
}

// T23: another leader's entry has the same index. Whoever waits for ours must not be told that it is committed.
test('a waiter is answered for its own entry only, not for another one at its index', () => {
  const { acks, add, answers, leases, side } = setUp();
  add(1, 1, Awaiting.committed);
  add(2, 1, Awaiting.committed);
  add(3, 1, Awaiting.stored);
  acks.stored(1, 1);
  acks.applied(1);
  acks.acknowledge(1, ErrorCode.NONE);
  expect(answers).toEqual(['1/1 NONE']);

  acks.truncate(2, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  expect(answers.splice(1)).toEqual(['2/1 NOT_LEADER_OR_FOLLOWER', '3/1 NOT_LEADER_OR_FOLLOWER']);
  expect(side.uncommittedSizeBytes).toBe(0);
  add(2, 2, Awaiting.nothing);
  add(3, 2, Awaiting.stored);
  // T17: a report about the bytes that were cut says nothing of those that stand there now.
  expect(acks.stored(3, 1)).toBe(false);
  expect(answers.splice(1)).toEqual([]);
  expect(acks.stored(3, 2)).toBe(true);
  acks.applied(3);
  acks.acknowledge(3, ErrorCode.NONE);
  expect(answers.splice(1)).toEqual(['3/2 NONE']);
  // The memory of cut entries goes back with the next report: a write of it may have been under way.
  expect(leases).toEqual(['1/1', '2/1', '3/1', '2/2', '3/2']);
});

test('lost leadership answers everybody at once and gives no memory back before the disk is done with it', () => {
  const { acks, add, answers, leases, wheel } = setUp();
  add(1, 1, Awaiting.committed);
  add(2, 1, Awaiting.stored);
  acks.expectDuplicate(
    Awaiting.committed,
    { offset: 0, timestamp: 5, isCommitted: false },
    1000,
    (outcome) => {
      answers.push(`again ${errorName(outcome.errorCode)}`);
    },
  );
  acks.failAll(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  expect(answers).toEqual([
    '1/1 NOT_LEADER_OR_FOLLOWER',
    'again NOT_LEADER_OR_FOLLOWER',
    '2/1 NOT_LEADER_OR_FOLLOWER',
  ]);
  expect([leases, wheel.count]).toEqual([[], 0]);
  acks.stored(2, 1);
  acks.applied(2);
  acks.acknowledge(2, ErrorCode.NONE);
  expect(leases).toEqual(['1/1', '2/1']);
  expect(answers).toHaveLength(3);
});

// D8: with several replicas an entry may be committed before it is durable here, or lack copies when it is committed.
test('acks=1 waits for this disk, acks=-1 for the copies, in whatever order they come', () => {
  const { acks, add, answers } = setUp();
  add(1, 1, Awaiting.stored);
  add(2, 1, Awaiting.committed);
  acks.applied(2);
  acks.acknowledge(1, ErrorCode.NONE);
  expect(answers).toEqual([]);
  acks.acknowledge(2, ErrorCode.NONE);
  expect(answers).toEqual(['2/1 NONE']);
  acks.stored(2, 1);
  expect(answers).toEqual(['2/1 NONE', '1/1 NONE']);

  add(3, 1, Awaiting.committed);
  add(4, 1, Awaiting.stored);
  acks.applied(4);
  acks.acknowledge(4, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
  acks.stored(4, 1);
  expect(answers.slice(2)).toEqual(['3/1 NOT_ENOUGH_REPLICAS_AFTER_APPEND', '4/1 NONE']);
});

// D2: asked of the store where the answer is given, so that a wrong report of anything in between ends the process
// instead of promising what a power cut takes back.
test('an answer that no completed sync covers is an assertion, for the first batch and for its re-sends', () => {
  const first = { offset: 0, timestamp: 5, isCommitted: false };
  const uncovered = 'an acknowledgement that no completed sync covers';
  for (const awaiting of [Awaiting.stored, Awaiting.committed]) {
    const { acks, add, answers, side } = setUp();
    add(1, 1, awaiting);
    side.syncedIndex = 0;
    const promise = () => {
      acks.stored(1, 1);
      acks.applied(1);
      acks.acknowledge(1, ErrorCode.NONE);
    };
    expect(promise).toThrow(uncovered);
    expect(answers).toEqual([]);
    side.syncedIndex = 1;
    promise();
    expect(answers).toEqual(['1/1 NONE']);
  }

  const { acks, add, side } = setUp();
  add(1, 1, Awaiting.nothing);
  acks.stored(1, 1);
  side.syncedIndex = 0;
  expect(() => acks.expectDuplicate(Awaiting.stored, first, 1000, () => {})).toThrow(uncovered);
});

// D8: committed is not enough where min.insync.replicas asks for more copies than a majority.
test('a re-send of a committed batch waits for the copies that the first one waits for', () => {
  const { acks, add, answers } = setUp();
  add(1, 1, Awaiting.committed);
  acks.stored(1, 1);
  acks.applied(1);
  acks.expectDuplicate(
    Awaiting.committed,
    { offset: 0, timestamp: 5, isCommitted: true },
    1000,
    (outcome) => {
      answers.push(`again ${errorName(outcome.errorCode)}`);
    },
  );
  expect(answers).toEqual([]);
  acks.acknowledge(1, ErrorCode.NONE);
  expect(answers).toEqual(['1/1 NONE', 'again NONE']);
});

test('a log that is lost for good weighs on no limit any more, whatever is still told about it', () => {
  const { acks, add, answers, side } = setUp();
  add(1, 1, Awaiting.committed);
  add(2, 1, Awaiting.committed);
  acks.applied(1);
  acks.failAll(ErrorCode.KAFKA_STORAGE_ERROR);
  expect([answers.length, side.uncommittedSizeBytes]).toEqual([2, 10]);
  acks.abandon();
  expect(side.uncommittedSizeBytes).toBe(0);
  acks.abandon();
  acks.applied(2);
  add(3, 1, Awaiting.nothing);
  acks.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  expect(side.uncommittedSizeBytes).toBe(0);
});
