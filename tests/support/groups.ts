/** Members of groups as clients: one connection each, so that a join or sync that waits stands in nobody else's way. */
import {
  encodeConsumerProtocolSubscription,
  type Fields,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  type InputOf,
  JoinGroupRequest,
  JoinGroupResponse,
  type Message,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  type ValueOf,
} from '../../protocol';
import { decodeAnswer, elapseUntil, type MemoryClient } from './memory-client';
import { type SimulatedBroker, startSimulatedBroker } from './simulated-broker';

/** A broker with few partitions of groups, where somebody has asked for a coordinator already. */
export async function startGroupBroker(
  overrides: Readonly<Record<string, string>> = {},
): Promise<SimulatedBroker> {
  const broker = await startSimulatedBroker({ 'offsets.topic.num.partitions': '3', ...overrides });
  await findCoordinator(broker, 'any');
  return broker;
}

export async function findCoordinator(broker: SimulatedBroker, key: string): Promise<void> {
  const found = await broker.ask(FindCoordinatorRequest, FindCoordinatorResponse, 3, { key });
  if (found.errorCode !== 0) throw new Error(`${key}: ${found.errorCode} ${found.errorMessage}`);
}

export const subscription = (...topics: string[]): Buffer =>
  encodeConsumerProtocolSubscription({ topics, userData: null }, 0);

/** An answer that may still be on its way. */
export interface Awaited<Response> {
  readonly isThere: boolean;
  /** Lets time pass until it is there. */
  value(withinMs?: number): Promise<Response>;
}

export type Joined = ValueOf<typeof JoinGroupResponse>;
export type Synced = ValueOf<typeof SyncGroupResponse>;

export class Member {
  memberId = '';
  generationId = -1;
  readonly client: MemoryClient;
  readonly #broker: SimulatedBroker;
  readonly #groupId: string;
  readonly #join: Partial<InputOf<typeof JoinGroupRequest>>;

  private constructor(
    broker: SimulatedBroker,
    client: MemoryClient,
    groupId: string,
    join: Partial<InputOf<typeof JoinGroupRequest>>,
  ) {
    this.#broker = broker;
    this.client = client;
    this.#groupId = groupId;
    this.#join = join;
  }

  /** `join`: what its JoinGroup says, other than the usual. */
  static async connect(
    broker: SimulatedBroker,
    groupId: string,
    join: Partial<InputOf<typeof JoinGroupRequest>> = {},
  ): Promise<Member> {
    return new Member(broker, await broker.connect(), groupId, join);
  }

  get instance(): { groupInstanceId: string } | Record<string, never> {
    const { groupInstanceId } = this.#join;
    return typeof groupInstanceId === 'string' ? { groupInstanceId } : {};
  }

  begin<Request extends Fields, Response extends Fields>(
    request: Message<Request>,
    response: Message<Response>,
    version: number,
    body: InputOf<Message<Request>>,
  ): Awaited<ValueOf<Message<Response>>> {
    const { client } = this;
    const { world } = this.#broker;
    const at = client.sent;
    client.send(request, version, body);
    return {
      get isThere() {
        return client.frames.length > at;
      },
      async value(withinMs = 60_000) {
        await elapseUntil(world, () => client.frames.length > at || client.isClosed, withinMs);
        if (client.frames.length <= at) throw new Error(`${request.name}: the connection was closed`);
        return decodeAnswer(response, version, client.frames[at]!);
      },
    };
  }

  /** One JoinGroup, with whatever member id there is. */
  beginJoin(version = 9): Awaited<Joined> {
    return this.begin(JoinGroupRequest, JoinGroupResponse, version, {
      groupId: this.#groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('t') }],
      ...this.#join,
    });
  }

  /** Joins as clients do: with the id that the first answer hands out, where it does. */
  async join(version = 9): Promise<Joined> {
    let joined = await this.beginJoin(version).value();
    if (joined.errorCode === 79) {
      this.memberId = joined.memberId;
      joined = await this.beginJoin(version).value();
    }
    return this.joined(joined);
  }

  /** Remembers what the answer says. */
  joined(answer: Joined): Joined {
    this.memberId = answer.memberId;
    this.generationId = answer.generationId;
    return answer;
  }

  beginSync(assignments: Readonly<Record<string, string>> = {}, version = 5): Awaited<Synced> {
    return this.begin(SyncGroupRequest, SyncGroupResponse, version, {
      groupId: this.#groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: Buffer.from(text),
      })),
      ...this.instance,
    });
  }

  sync(assignments: Readonly<Record<string, string>> = {}, version = 5): Promise<Synced> {
    return this.beginSync(assignments, version).value();
  }

  /** Joins, and leads the group by itself. */
  async alone(version = 9): Promise<this> {
    await this.join(version);
    const { errorCode } = await this.sync({ [this.memberId]: 'all' });
    if (errorCode !== 0) throw new Error(`sync: ${errorCode}`);
    return this;
  }

  async heartbeat(version = 4): Promise<number> {
    const body = {
      groupId: this.#groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      ...this.instance,
    };
    return (await this.begin(HeartbeatRequest, HeartbeatResponse, version, body).value()).errorCode;
  }
}

/** Commits as a consumer without a group; the code of each partition. */
export async function commitOffsets(
  broker: SimulatedBroker,
  groupId: string,
  name: string,
  offsets: Readonly<Record<number, number>>,
): Promise<number[]> {
  const partitions = Object.entries(offsets).map(([index, committedOffset]) => ({
    partitionIndex: Number(index),
    committedOffset,
    committedMetadata: '',
  }));
  const { topics } = await broker.ask(OffsetCommitRequest, OffsetCommitResponse, 9, {
    groupId,
    memberId: '',
    topics: [{ name, partitions }],
  });
  return topics.flatMap((topic) => topic.partitions.map(({ errorCode }) => errorCode));
}

/** `topic-partition: offset` of everything that a group has committed. */
export async function committedOffsets(broker: SimulatedBroker, groupId: string): Promise<string[]> {
  const { groups } = await broker.ask(OffsetFetchRequest, OffsetFetchResponse, 8, {
    groups: [{ groupId, topics: null }],
  });
  const [group] = groups;
  if (group!.errorCode !== 0) throw new Error(`${groupId}: ${group!.errorCode}`);
  return group!.topics
    .flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partitionIndex, committedOffset }) => `${name}-${partitionIndex}: ${committedOffset}`,
      ),
    )
    .sort();
}
