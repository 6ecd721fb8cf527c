/** A member of a classic consumer group with the range assignor: joins, heartbeats, commits, leaves. */
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  ErrorCode,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  type ValueOf,
} from '../../protocol';
import type { Cluster } from './cluster';
import { check, RefusedError } from './errors';
import { commitOffsets } from './groups';

export interface Assigned {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const ASSIGNOR = 'range';
const SESSION_TIMEOUT_MS = 45_000;
const REBALANCE_TIMEOUT_MS = 60_000;
export const HEARTBEAT_INTERVAL_MS = 3_000;
/** What the command sends is written in this version of the consumer protocol: every client reads it. */
const SUBSCRIPTION_VERSION = 1;

/** The member is not known any more, or the generation has moved on: join again. */
const rejoinCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
]);

type Joined = ValueOf<typeof JoinGroupResponse>;

export class GroupMember {
  readonly #cluster: Cluster;
  readonly #group: string;
  readonly #topics: readonly string[];
  #memberId = '';
  #generationId = -1;

  constructor(cluster: Cluster, group: string, topics: readonly string[]) {
    this.#cluster = cluster;
    this.#group = group;
    this.#topics = topics;
  }

  /** Enters the next generation; resolves when it is assigned. @throws RefusedError, BrokerConnectionError */
  async join(): Promise<readonly Assigned[]> {
    for (;;) {
      const joined = await this.#cluster.retrying(() => this.#join());
      if (joined === null) continue;
      const assignments = joined.leader === joined.memberId ? await this.#assign(joined) : [];
      const assigned = await this.#cluster.retrying(() => this.#sync(joined, assignments));
      if (assigned !== null) return assigned;
    }
  }

  /** false: the group is rebalancing, join again. */
  async heartbeat(): Promise<boolean> {
    return this.#cluster.retrying(async () => {
      const connection = await this.#cluster.coordinator(this.#group);
      const { errorCode } = await connection.send(
        { request: HeartbeatRequest, response: HeartbeatResponse },
        { groupId: this.#group, generationId: this.#generationId, memberId: this.#memberId },
      );
      if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
      if (rejoinCodes.has(errorCode)) return false;
      check(errorCode, `Group ${this.#group}`);
      return true;
    });
  }

  /** false: too late, these partitions may be another member's. */
  async commit(
    offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  ): Promise<boolean> {
    if (offsets.length === 0 || this.#memberId === '') return true;
    const membership = { generationId: this.#generationId, memberId: this.#memberId };
    try {
      await commitOffsets(this.#cluster, this.#group, offsets, membership);
      return true;
    } catch (error) {
      if (error instanceof RefusedError && rejoinCodes.has(error.errorCode)) return false;
      throw error;
    }
  }

  /** Others take over at once instead of after the session. */
  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const connection = await this.#cluster.coordinator(this.#group);
    await connection.send(
      { request: LeaveGroupRequest, response: LeaveGroupResponse },
      { groupId: this.#group, memberId: this.#memberId, members: [{ memberId: this.#memberId }] },
    );
    this.#memberId = '';
  }

  /** null: once more, with the id that was given. */
  async #join(): Promise<Joined | null> {
    const connection = await this.#cluster.coordinator(this.#group);
    const metadata = encodeConsumerProtocolSubscription(
      { topics: this.#topics, ownedPartitions: [] },
      SUBSCRIPTION_VERSION,
    );
    const joined = await connection.send(
      { request: JoinGroupRequest, response: JoinGroupResponse },
      {
        groupId: this.#group,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocols: [{ name: ASSIGNOR, metadata }],
      },
      REBALANCE_TIMEOUT_MS,
    );
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      return null;
    }
    if (joined.errorCode === ErrorCode.UNKNOWN_MEMBER_ID) {
      this.#memberId = '';
      return null;
    }
    check(joined.errorCode, `Group ${this.#group}`);
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    return joined;
  }

  /** null: the generation ended before it began. */
  async #sync(
    joined: Joined,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<readonly Assigned[] | null> {
    const connection = await this.#cluster.coordinator(this.#group);
    const { errorCode, assignment } = await connection.send(
      { request: SyncGroupRequest, response: SyncGroupResponse },
      {
        groupId: this.#group,
        generationId: this.#generationId,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocolName: joined.protocolName,
        assignments,
      },
      REBALANCE_TIMEOUT_MS,
    );
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    if (rejoinCodes.has(errorCode)) return null;
    check(errorCode, `Group ${this.#group}`);
    return assignment.length === 0 ? [] : decodeConsumerProtocolAssignment(assignment).assignedPartitions;
  }

  async #assign(joined: Joined): Promise<readonly { memberId: string; assignment: Buffer }[]> {
    const members = joined.members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeConsumerProtocolSubscription(metadata).topics,
    }));
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    const view = await this.#cluster.describe(topics);
    const counts = new Map(view.topics.map(({ name, partitions }) => [name, partitions.length]));
    const byMember = assignRanges(members, counts);
    return members.map(({ memberId }) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment(
        { assignedPartitions: byMember.get(memberId)! },
        SUBSCRIPTION_VERSION,
      ),
    }));
  }
}

/** Of each topic, every member that wants it gets one range of partitions, members in the order of their ids. */
export function assignRanges(
  members: readonly { readonly memberId: string; readonly topics: readonly string[] }[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly Assigned[]> {
  const byMember = new Map<string, Assigned[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [topic, count] of partitionCounts) {
    const takers = members
      .filter(({ topics }) => topics.includes(topic))
      .map(({ memberId }) => memberId)
      .sort();
    let next = 0;
    for (const [at, memberId] of takers.entries()) {
      const share = Math.floor(count / takers.length) + (at < count % takers.length ? 1 : 0);
      if (share > 0) {
        const partitions = Array.from({ length: share }, (_, offset) => next + offset);
        byMember.get(memberId)!.push({ topic, partitions });
      }
      next += share;
    }
  }
  return byMember;
}
