/**
 * Members that join, leave, die, come back, write and misbehave at random, while the broker restarts and its disk fills.
 * From a seed; what must hold whatever happens stands in the checks.
 */
import { ErrorCode, zeroUuid } from '../../../../protocol';
import type { JoinedGroup, ParkedRequest, SyncedGroup } from '../../../../src/coordinator/group/types';
import { SeededRandom } from '../../../sim/random';
import { type Client, GroupWorld, subscription } from './group-world';

const REBALANCE_MS = 8_000;
const SESSION_MS = 6_000;
/** An initial delay, a rebalance and the wait for syncs, with some room for the disk. */
const ANSWER_MS_MAX = 2 * REBALANCE_MS + 2_000;

interface Request {
  readonly name: string;
  readonly askedMs: number;
  answers: number;
  isCancelled: boolean;
}

class Chaos {
  readonly world: GroupWorld;
  readonly random: SeededRandom;
  readonly clients: Client[] = [];
  open: Request[] = [];
  /** Facts of the generations since the broker started. */
  leaders = new Map<number, string>();
  protocols = new Map<number, string>();
  lastGeneration = 0;
  /** The newest whose assignment somebody received: it is kept. */
  keptGeneration = 0;
  acknowledgedOffset = 0;
  attemptedOffset = 0;
  syncedCount = 0;
  /** What a sensible client would do next; it waits while it has a request that waits. */
  readonly plans = new Map<Client, 'join' | 'sync' | 'heartbeat' | 'wait'>();
  /** Member id to the client that it was given to. */
  readonly owners = new Map<string, string>();
  /** What the leader of a generation was told of its members. */
  readonly memberIds = new Map<string, readonly string[]>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    const delay = this.random.pick(['0', '3000']);
    this.world = new GroupWorld(
      { 'group.initial.rebalance.delay.ms': delay, 'group.max.size': this.random.pick(['4', '100']) },
      seed,
    );
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const client = this.world.client(name);
      if (name < 'c') client.instanceId = `static-${name}`;
      this.clients.push(client);
    }
  }

  get nowMs(): number {
    return this.world.partitions.scheduler.nowMs;
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.step();
      this.checkAnswered();
    }
    this.world.freeDisk();
    this.world.partitions.pass(ANSWER_MS_MAX + SESSION_MS + REBALANCE_MS);
    this.checkAnswered();
    expect(this.open).toEqual([]);
    this.checkOffsets();
  }

  step(): void {
    const { random } = this;
    const client = random.pick(this.clients);
    const dice = random.below(1_000);
    if (dice < 800) this.follow(client);
    else if (dice < 830) this.join(client);
    else if (dice < 860) this.sync(client);
    else if (dice < 880) this.leave(client);
    else if (dice < 980) this.commit(client);
    else if (dice < 990) this.pass(random.below(random.chance(0.2) ? SESSION_MS : 1_000));
    else if (dice < 993) this.fillDisk();
    else this.restart();
    this.pass(random.below(150));
  }

  follow(client: Client): void {
    switch (this.plans.get(client) ?? 'join') {
      case 'join':
        return this.join(client);
      case 'sync':
        return this.sync(client);
      case 'heartbeat':
        return this.heartbeat(client);
      default:
    }
  }

  /** As ordinary clients understand errors. */
  plan(client: Client, errorCode: ErrorCode, next: 'sync' | 'heartbeat'): void {
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID) {
      client.memberId = '';
    }
    this.plans.set(client, errorCode === ErrorCode.NONE ? next : 'join');
  }

  pass(durationMs: number): void {
    this.world.partitions.pass(durationMs);
  }

  join(client: Client): void {
    const { random } = this;
    if (random.chance(0.05)) client.memberId = '';
    const names = random.chance(0.9) ? ['range', 'sticky'] : ['sticky'];
    const metadata = subscription(random.chance(0.9) ? ['t'] : ['t', 'u']);
    const request = this.ask(`join of ${client.name}`);
    this.plans.set(client, 'wait');
    const parked = this.world.join(
      client,
      {
        protocols: names.map((name) => ({ name, metadata })),
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        requiresKnownMemberId: random.chance(0.7),
        canSkipAssignment: random.chance(0.5),
      },
      (joined) => {
        request.answers++;
        this.plan(client, joined.errorCode, 'sync');
        this.checkJoined(client, joined);
      },
    );
    this.perhapsCancel(client, request, parked);
  }

  checkJoined({ name }: Client, joined: JoinedGroup): void {
    const { errorCode, generationId, memberId, leader, members, protocolName } = joined;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.owners.set(memberId, name);
    if (errorCode !== ErrorCode.NONE) return;
    this.owners.set(memberId, name);
    if (members.length > 0) {
      expect(leader).toBe(memberId);
      expect(members.map((member) => member.memberId)).toContain(memberId);
      expect(new Set(members.map((member) => member.memberId)).size).toBe(members.length);
      this.memberIds.set(
        `${name} ${generationId}`,
        members.map((member) => member.memberId),
      );
    }
    expect(generationId).toBeGreaterThanOrEqual(this.keptGeneration);
    expect(generationId).toBeGreaterThanOrEqual(this.lastGeneration);
    this.lastGeneration = generationId;
    this.agree(this.protocols, generationId, protocolName!);
    if (members.length > 0) this.agree(this.leaders, generationId, name);
  }

  agree(facts: Map<number, string>, generationId: number, fact: string): void {
    const known = facts.get(generationId);
    if (known === undefined) facts.set(generationId, fact);
    else expect(`generation ${generationId}: ${fact}`).toBe(`generation ${generationId}: ${known}`);
  }

  sync(client: Client): void {
    const { name, generationId } = client;
    const ids = this.memberIds.get(`${name} ${generationId}`) ?? [];
    const assignments = ids.map((memberId) => ({ memberId, assignment: Buffer.from(`for ${generationId}`) }));
    const request = this.ask(`sync of ${name}`);
    this.plans.set(client, 'wait');
    const parked = this.world.sync(client, assignments, {}, (synced) => {
      request.answers++;
      this.plan(client, synced.errorCode, 'heartbeat');
      this.checkSynced(generationId, synced);
    });
    this.perhapsCancel(client, request, parked);
  }

  checkSynced(generationId: number, { errorCode, assignment }: SyncedGroup): void {
    if (errorCode !== ErrorCode.NONE) return;
    // Nothing of another generation; a member that the leader did not know, or that sent no list, has nothing.
    expect(['', `for ${generationId}`]).toContain(assignment.toString());
    this.keptGeneration = Math.max(this.keptGeneration, generationId);
    this.syncedCount++;
  }

  heartbeat({ name, memberId, generationId, instanceId }: Client): void {
    const request = this.ask(`heartbeat of ${name}`);
    this.world.coordinator.heartbeat(
      { groupId: 'g', memberId, generationId, groupInstanceId: instanceId },
      () => {
        request.answers++;
      },
    );
  }

  leave({ name, memberId, instanceId }: Client): void {
    const request = this.ask(`leave of ${name}`);
    const members = [{ memberId, groupInstanceId: instanceId, reason: null }];
    this.world.coordinator.leave({ groupId: 'g', members }, () => {
      request.answers++;
    });
  }

  commit({ name, memberId, generationId, instanceId }: Client): void {
    const request = this.ask(`commit of ${name}`);
    const committedOffset = ++this.attemptedOffset;
    this.world.coordinator.commitOffsets(
      {
        groupId: 'g',
        memberId,
        generationId,
        groupInstanceId: instanceId,
        retentionTimeMs: -1,
        canMissGroup: true,
        topics: [
          {
            name: 't',
            topicId: zeroUuid,
            partitions: [
              { partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: null },
            ],
          },
        ],
      },
      ({ topics }) => {
        request.answers++;
        if (topics[0]!.partitions[0]!.errorCode !== ErrorCode.NONE) return;
        this.acknowledgedOffset = Math.max(this.acknowledgedOffset, committedOffset);
      },
    );
  }

  fillDisk(): void {
    this.world.fillDisk();
    this.pass(this.random.below(500));
    this.checkAnswered();
    this.world.freeDisk();
    // The disk is asked again after a while; until then the coordinator sends everybody away.
    this.pass(3_000);
    this.newLeadership();
  }

  restart(): void {
    this.world.restart(this.random.pick(['process', 'power'] as const));
    this.open = [];
    for (const [client, plan] of this.plans) if (plan === 'wait') this.plans.set(client, 'join');
    this.newLeadership();
    this.checkOffsets();
  }

  /** What was not kept is gone: generations may come again, but none that was assigned. */
  newLeadership(): void {
    this.leaders = new Map();
    this.protocols = new Map();
    this.memberIds.clear();
    this.lastGeneration = 0;
  }

  checkOffsets(): void {
    let offset: number | null = null;
    this.world.coordinator.fetchOffsets(
      { groupId: 'g', memberId: null, memberEpoch: -1, requireStable: false, topics: null },
      ({ topics }) => {
        offset = topics[0]?.partitions[0]?.committedOffset ?? 0;
      },
    );
    this.world.settle();
    expect(offset).not.toBeNull();
    expect(offset).toBeGreaterThanOrEqual(this.acknowledgedOffset);
    expect(offset).toBeLessThanOrEqual(this.attemptedOffset);
  }

  ask(name: string): Request {
    const request = { name, askedMs: this.nowMs, answers: 0, isCancelled: false };
    this.open.push(request);
    return request;
  }

  /** The client's connection is lost; it comes back. */
  perhapsCancel(client: Client, request: Request, parked: ParkedRequest): void {
    if (request.answers > 0 || !this.random.chance(0.05)) return;
    parked.cancel();
    this.plans.set(client, 'join');
    request.isCancelled = true;
  }

  checkAnswered(): void {
    const late = this.nowMs - ANSWER_MS_MAX;
    this.open = this.open.filter((request) => {
      const { name, answers, isCancelled, askedMs } = request;
      if (isCancelled) {
        expect(`${name}: ${answers} answers after it was cancelled`).toBe(
          `${name}: 0 answers after it was cancelled`,
        );
        return false;
      }
      if (answers > 1) throw new Error(`${name} was answered ${answers} times`);
      if (answers === 0 && askedMs < late) throw new Error(`${name} at ${askedMs} has no answer`);
      return answers === 0;
    });
  }
}

test.each(Array.from({ length: 8 }, (_, at) => at + 1))('chaos keeps its promises (seed %i)', (seed) => {
  const chaos = new Chaos(seed);
  chaos.run(1_200);
  expect(chaos.syncedCount).toBeGreaterThan(10);
});
