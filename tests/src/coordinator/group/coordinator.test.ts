/** What the coordinator of a node does with all its partitions, and without any. */
import {
  coordinatorPartition,
  type EncodedRecord,
  ErrorCode,
  encodeGroupRecord,
  errorName,
  zeroUuid,
} from '../../../../protocol';
import { defaultBrokerConfig } from '../../../../src/config/broker-config';
import { LocalGroupCoordinator } from '../../../../src/coordinator/group/coordinator';
import type {
  CommittedOffsets,
  DeletedGroup,
  DescribedGroup,
  FetchedOffsets,
  JoinedGroup,
  LeftGroup,
  ListedGroups,
  SyncedGroup,
} from '../../../../src/coordinator/group/types';
import { buildBatch } from '../../../../storage';
import { lineLogger, topicConfig } from '../../../support/fixtures';
import { Answer, PartitionWorld } from '../../../support/partition-world';

const PARTITION_COUNT = 5;

class Node {
  readonly partitions = new PartitionWorld();
  readonly lines: string[] = [];
  coordinator!: LocalGroupCoordinator;

  constructor(partitionCount = PARTITION_COUNT, batchSizeBytesMax = 1 << 20) {
    this.start(partitionCount, batchSizeBytesMax);
  }

  start(partitionCount: number, batchSizeBytesMax = 1 << 20): void {
    const { host } = this.partitions.machine;
    const logger = lineLogger(this.lines);
    this.coordinator = new LocalGroupCoordinator({ host, config: defaultBrokerConfig(), logger });
    for (let index = 0; index < partitionCount; index++) {
      this.coordinator.attach(
        index,
        partitionCount,
        this.partitions.create(index, topicConfig()),
        batchSizeBytesMax,
      );
    }
    this.partitions.pass(50);
  }

  ask<T>(call: (done: (answer: T) => void) => void): T {
    const answer = new Answer<T>();
    call(answer.take);
    this.partitions.pass(50);
    expect(answer.isThere).toBe(true);
    return answer.value!;
  }

  commit(groupId: string, committedMetadata = '', partitionCount = 1): string {
    const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: 1,
      committedLeaderEpoch: -1,
      committedMetadata,
    }));
    const { topics } = this.ask<CommittedOffsets>((done) =>
      this.coordinator.commitOffsets(
        {
          groupId,
          generationId: -1,
          memberId: '',
          groupInstanceId: null,
          retentionTimeMs: -1,
          canMissGroup: true,
          topics: [{ name: 't', topicId: zeroUuid, partitions }],
        },
        done,
      ),
    );
    return errorName(topics[0]!.partitions[0]!.errorCode);
  }

  position(groupId: string): number {
    const { topics } = this.ask<FetchedOffsets>((done) =>
      this.coordinator.fetchOffsets(
        {
          groupId,
          memberId: null,
          memberEpoch: -1,
          requireStable: false,
          topics: [{ name: 't', partitionIndexes: [0] }],
        },
        done,
      ),
    );
    return topics[0]!.partitions[0]!.committedOffset;
  }

  list(): string {
    const { errorCode, groups } = this.ask<ListedGroups>((done) =>
      this.coordinator.list({ states: [], types: [] }, done),
    );
    const ids = groups.map(({ groupId }) => groupId).sort();
    return errorCode === ErrorCode.NONE ? ids.join(' ') : errorName(errorCode);
  }

  join(groupId: string, done: (joined: JoinedGroup) => void, requiresKnownMemberId = false) {
    return this.coordinator.join(
      {
        groupId,
        memberId: '',
        groupInstanceId: null,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        requiresKnownMemberId,
        canSkipAssignment: true,
        reason: null,
      },
      done,
    );
  }
}

const groupIds = Array.from({ length: 20 }, (_, at) => `group-${at}`);

test('every group has its partition, and requests for many groups are put together again', () => {
  const node = new Node();
  for (const groupId of groupIds) {
    expect(node.coordinator.partitionFor(groupId)).toBe(coordinatorPartition(groupId, PARTITION_COUNT));
    expect(node.commit(groupId)).toBe('NONE');
  }
  expect(new Set(groupIds.map((groupId) => node.coordinator.partitionFor(groupId))).size).toBe(
    PARTITION_COUNT,
  );
  expect(node.list()).toBe([...groupIds].sort().join(' '));
  const described = node.ask<readonly DescribedGroup[]>((done) =>
    node.coordinator.describe([...groupIds, 'missing'], done),
  );
  expect(described.map(({ groupId }) => groupId)).toEqual([...groupIds, 'missing']);
  expect(described.map(({ groupState }) => groupState)).toEqual([...groupIds.map(() => 'Empty'), 'Dead']);
  const deleted = node.ask<readonly DeletedGroup[]>((done) =>
    node.coordinator.deleteGroups(['missing', ...groupIds], done),
  );
  expect(deleted.map(({ groupId, errorCode }) => `${groupId} ${errorName(errorCode)}`)).toEqual([
    'missing GROUP_ID_NOT_FOUND',
    ...groupIds.map((groupId) => `${groupId} NONE`),
  ]);
  expect(node.list()).toBe('');
});

test('all groups are there again after a restart', () => {
  const node = new Node();
  for (const groupId of groupIds) node.commit(groupId);
  node.partitions.crash('power');
  node.start(PARTITION_COUNT);
  expect(node.list()).toBe([...groupIds].sort().join(' '));
  expect(node.position('group-7')).toBe(1);
});

test('behaviour 57: without the topic nobody is coordinated here', () => {
  const node = new Node(0);
  expect(node.coordinator.partitionFor('g')).toBeNull();
  expect(node.commit('g')).toBe('NOT_COORDINATOR');
  expect(node.list()).toBe('');
  const joined = node.ask<JoinedGroup>((done) => void node.join('g', done));
  expect(errorName(joined.errorCode)).toBe('NOT_COORDINATOR');
  const [described] = node.ask<readonly DescribedGroup[]>((done) => node.coordinator.describe(['g'], done));
  expect(errorName(described!.errorCode)).toBe('NOT_COORDINATOR');
});

test('what waits is sent away when the topic is deleted, and the groups are gone', () => {
  const node = new Node();
  node.ask<JoinedGroup>((done) => void node.join('g', done));
  const waiting = new Answer<JoinedGroup>();
  node.join('g', waiting.take);
  node.partitions.pass(50);
  expect(waiting.isThere).toBe(false);
  node.coordinator.detach();
  expect(errorName(waiting.value!.errorCode)).toBe('NOT_COORDINATOR');
  expect(node.list()).toBe('');
});

test('a stop answers what waits, and starts no new wait', () => {
  const node = new Node();
  const first = node.ask<JoinedGroup>((done) => void node.join('g', done));
  const synced = new Answer<SyncedGroup>();
  const waiting = new Answer<JoinedGroup>();
  node.join('g', waiting.take);
  node.join('other', () => {});
  node.partitions.pass(50);
  node.coordinator.stopWaiting();
  expect(errorName(waiting.value!.errorCode)).toBe('NOT_COORDINATOR');
  node.coordinator.sync(
    {
      groupId: 'g',
      generationId: 1,
      memberId: first.memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
    },
    synced.take,
  );
  expect(errorName(synced.value!.errorCode)).toBe('COORDINATOR_NOT_AVAILABLE');
  const late = node.ask<JoinedGroup>((done) => void node.join('g', done));
  expect(errorName(late.errorCode)).toBe('COORDINATOR_NOT_AVAILABLE');
  const left = node.ask<LeftGroup>((done) =>
    node.coordinator.leave(
      { groupId: 'g', members: [{ memberId: first.memberId, groupInstanceId: null, reason: null }] },
      done,
    ),
  );
  expect(errorName(left.errorCode)).toBe('COORDINATOR_NOT_AVAILABLE');
  node.coordinator.close();
});

test('a client that is gone gets no answer, and its member stays', () => {
  const node = new Node();
  const members = (): number =>
    node.ask<readonly DescribedGroup[]>((done) => node.coordinator.describe(['g'], done))[0]!.members.length;
  node.ask<JoinedGroup>((done) => void node.join('g', done));
  let answers = 0;
  const parked = node.join('g', () => answers++);
  parked.cancel();
  node.partitions.pass(9_000);
  expect(members()).toBe(2);
  // The first one is not heard of, so the generation begins with the one that is gone, until its session ends too.
  node.partitions.pass(20_000);
  expect(members()).toBe(0);
  expect(answers).toBe(0);
});

test('positions that do not fit into one batch are refused, and none of them is kept', () => {
  const node = new Node();
  expect(node.commit('g', 'x'.repeat(4_000), 300)).toBe('INVALID_COMMIT_OFFSET_SIZE');
  expect(node.position('g')).toBe(-1);
  expect(node.commit('g', 'x'.repeat(4_000), 200)).toBe('NONE');
  expect(node.position('g')).toBe(1);
});

test('a generation that does not fit into one batch is refused, and its members are asked again', () => {
  const node = new Node();
  const joined = node.ask<JoinedGroup>((done) => void node.join('g', done));
  const synced = node.ask<SyncedGroup>((done) => {
    const { memberId } = joined;
    node.coordinator.sync(
      {
        groupId: 'g',
        generationId: 1,
        memberId,
        groupInstanceId: null,
        protocolType: null,
        protocolName: null,
        assignments: [{ memberId, assignment: Buffer.alloc(2 << 20) }],
      },
      done,
    );
  });
  expect(errorName(synced.errorCode)).toBe('UNKNOWN_SERVER_ERROR');
  const [described] = node.ask<readonly DescribedGroup[]>((done) => node.coordinator.describe(['g'], done));
  expect(described!.groupState).toBe('PreparingRebalance');
});

// Its id would be worth nothing, and its members would wait for a group that nobody remembers.
test.each([false, true])('a new group that the log does not take is refused (id first: %s)', (isIdFirst) => {
  const node = new Node(1, 64);
  const joined = node.ask<JoinedGroup>((done) => void node.join('g', done, isIdFirst));
  expect(errorName(joined.errorCode)).toBe('UNKNOWN_SERVER_ERROR');
  node.partitions.pass(20_000);
  expect(node.partitions.create(0).endOffset).toBe(0);
});

// Ten thousand tombstones in one batch would hold up everybody else.
test('a large number of groups expires in portions', () => {
  const node = new Node(1);
  let committed = 0;
  for (let at = 0; at < 1_200; at++) {
    node.coordinator.commitOffsets(
      {
        groupId: `g-${at}`,
        generationId: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        canMissGroup: true,
        topics: [
          {
            name: 't',
            topicId: zeroUuid,
            partitions: [
              { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null },
            ],
          },
        ],
      },
      () => committed++,
    );
  }
  node.partitions.until(() => committed === 1_200);
  node.partitions.machine.brokerTime.advance(8 * 86_400_000);
  node.partitions.pass(1_000);
  expect(node.list()).toBe('');
  expect(node.partitions.create(0).endOffset).toBe(1_200 * 3);
});

/** Writes records as a broker before this one may have. */
function written(records: readonly EncodedRecord[]): Node {
  const node = new Node(0);
  const partition = node.partitions.create(0, topicConfig());
  const batch = buildBatch({ records: records.map((record) => ({ timestamp: 1, ...record })) });
  expect(node.partitions.append(partition, batch).errorCode).toBe(ErrorCode.NONE);
  node.partitions.crash('process');
  node.start(1);
  return node;
}

const position = encodeGroupRecord(
  'OffsetCommit',
  { group: 'g', topic: 't', partition: 0 },
  { offset: 7, metadata: '', commitTimestamp: 1 },
);

test('records of other kinds, of newer brokers and of Kafka 0.8 are read past or read', () => {
  const node = written([
    encodeGroupRecord('ConsumerGroupMetadata', { groupId: 'new' }, { epoch: 3 }),
    { key: Buffer.from([0x7f, 0xff, 1, 2, 3]), value: Buffer.from('newer') },
    encodeGroupRecord(
      'LegacyOffsetCommit',
      { group: 'old', topic: 't', partition: 0 },
      { offset: 5, metadata: '', commitTimestamp: 1 },
    ),
    position,
  ]);
  expect(node.list()).toBe('g old');
  expect([node.position('g'), node.position('old')]).toEqual([7, 5]);
});

test('a record that makes no sense takes its partition out of service, loudly', () => {
  const node = written([position, { key: position.key, value: Buffer.from([0, 3, 1]) }]);
  expect(node.commit('g')).toBe('NOT_COORDINATOR');
  expect(node.lines.join()).toMatch(/^error The groups of partition 0 are not served: /);
});
