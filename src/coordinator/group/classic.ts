import assert from 'node:assert/strict';
import { DecodeError, decodeConsumerProtocolSubscription, ErrorCode } from '../../../protocol';
import type { Deadline } from '../deadlines';
import { type ClassicMember, metadataOf } from './member';
import type { ClassicGroupState, JoinedGroup, SyncedGroup } from './types';

/** The protocol type of ordinary consumers: the only one into whose metadata the broker looks. */
const CONSUMER = 'consumer';

const NOBODY_SUBSCRIBES: ReadonlySet<string> = new Set();

const statesBefore: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
};

/**
 * A group whose leader shares out the work (the protocol before KIP-848). A record keeps a generation once its leader
 * has assigned; everything in between lives here and is gone with the leadership of the partition.
 */
export class ClassicGroup {
  readonly groupId: string;
  state: ClassicGroupState = 'Empty';
  /** Of the state before; an initial rebalance comes from `Empty`. */
  previousState: ClassicGroupState = 'Dead';
  /** Broker time of the last change of state; -1: not known. */
  stateTimestampMs: number;
  /** null: nobody ever joined, offsets alone are kept. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  generationId = 0;
  leaderId: string | null = null;
  readonly members = new Map<string, ClassicMember>();
  /** Ids that were handed out and did not come back yet, with the end of their patience; null: none. */
  #pending: Map<string, Deadline> | null = null;
  parkedJoinCount = 0;
  /** null: not known, so every topic may be subscribed if the members are consumers. */
  subscribedTopics: ReadonlySet<string> | null = null;
  /** Somebody came during the initial delay, which is then extended. */
  hasNewMember = false;
  /** End of the join phase or of the wait for syncs, whichever runs. */
  phase: Deadline | null = null;

  constructor(groupId: string, stateTimestampMs: number) {
    this.groupId = groupId;
    this.stateTimestampMs = stateTimestampMs;
  }

  get isConsumer(): boolean {
    return this.protocolType === CONSUMER;
  }

  get canRebalance(): boolean {
    return statesBefore.PreparingRebalance.includes(this.state);
  }

  get haveAllJoined(): boolean {
    return this.members.size === this.parkedJoinCount && !this.hasPending;
  }

  get hasPending(): boolean {
    return this.#pending !== null;
  }

  /** The largest of the members'. */
  get rebalanceTimeoutMs(): number {
    let timeoutMs = 0;
    for (const member of this.members.values()) timeoutMs = Math.max(timeoutMs, member.rebalanceTimeoutMs);
    return timeoutMs;
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  changeState(state: ClassicGroupState, nowMs: number): void {
    assert(statesBefore[state].includes(this.state), `group ${this.groupId}: ${this.state} to ${state}`);
    this.previousState = this.state;
    this.state = state;
    this.stateTimestampMs = nowMs;
  }

  add(member: ClassicMember, protocolType: string): void {
    const { memberId, groupInstanceId } = member;
    assert(groupInstanceId === null || this.staticMember(groupInstanceId) === undefined);
    if (this.members.size === 0) this.protocolType = protocolType;
    this.leaderId ??= memberId;
    this.members.set(memberId, member);
    if (member.parkedJoin !== null) this.parkedJoinCount++;
  }

  /** What it waits for must have been answered. Another one may become leader. */
  remove(member: ClassicMember): void {
    const { memberId } = member;
    assert(member.parkedJoin === null && member.parkedSync === null);
    if (!this.members.delete(memberId)) return;
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  staticMember(groupInstanceId: string): ClassicMember | undefined {
    for (const member of this.members.values()) if (member.groupInstanceId === groupInstanceId) return member;
    return undefined;
  }

  /** @param patience  Runs out when nobody comes back with the id. */
  addPending(memberId: string, patience: Deadline): void {
    this.#pending ??= new Map();
    this.#pending.set(memberId, patience);
  }

  isPending(memberId: string): boolean {
    return this.#pending?.has(memberId) ?? false;
  }

  /** Its patience, which is then no longer needed; undefined for an id that is not pending. */
  removePending(memberId: string): Deadline | undefined {
    const patience = this.#pending?.get(memberId);
    this.#pending?.delete(memberId);
    if (this.#pending?.size === 0) this.#pending = null;
    return patience;
  }

  /** Of the ids that are pending. */
  patiences(): Iterable<Deadline> {
    return this.#pending?.values() ?? [];
  }

  /** The same static member under a new id; nothing else changes. */
  replace(old: ClassicMember, replacement: ClassicMember): void {
    this.members.delete(old.memberId);
    this.members.set(replacement.memberId, replacement);
    if (this.leaderId === old.memberId) this.leaderId = replacement.memberId;
    replacement.owesSync = old.owesSync;
  }

  /** An earlier request of the same member is told to come again. */
  parkJoin(member: ClassicMember, answer: (joined: JoinedGroup) => void): void {
    if (member.parkedJoin !== null) {
      this.answerJoin(member, joinError(member.memberId, ErrorCode.REBALANCE_IN_PROGRESS));
    }
    member.parkedJoin = answer;
    this.parkedJoinCount++;
  }

  answerJoin(member: ClassicMember, joined: JoinedGroup): void {
    const answer = member.parkedJoin;
    if (answer === null) return;
    member.parkedJoin = null;
    this.parkedJoinCount--;
    answer(joined);
  }

  parkSync(member: ClassicMember, answer: (synced: SyncedGroup) => void): void {
    if (member.parkedSync !== null) this.answerSync(member, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    member.parkedSync = answer;
  }

  answerSync(member: ClassicMember, synced: SyncedGroup): boolean {
    const answer = member.parkedSync;
    if (answer === null) return false;
    member.parkedSync = null;
    answer(synced);
    return true;
  }

  /** NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID for an id that its static member no longer has. */
  checkMember(memberId: string, groupInstanceId: string | null): ErrorCode {
    if (groupInstanceId !== null) {
      const current = this.staticMember(groupInstanceId);
      if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      if (current.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  /** Whether a member with these protocols can find one that everybody knows. */
  supports(protocolType: string, protocols: readonly { readonly name: string }[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0;
    if (this.protocolType !== protocolType) return false;
    return protocols.some(({ name }) => this.#isKnownToAll(name));
  }

  /** Each member votes for the first in its list that all know; the most votes win. There must be members. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    const [first] = this.members.values();
    const candidates = first!.protocols.map(({ name }) => name).filter((name) => this.#isKnownToAll(name));
    for (const { protocols } of this.members.values()) {
      const choice = protocols.find(({ name }) => candidates.includes(name));
      assert(choice !== undefined, `the members of ${this.groupId} have no protocol in common`);
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let selected = '';
    let most = 0;
    for (const [name, count] of votes) {
      if (count <= most) continue;
      selected = name;
      most = count;
    }
    return selected;
  }

  startGeneration(nowMs: number): void {
    this.generationId = this.generationId === 0x7fff_ffff ? 0 : this.generationId + 1;
    this.protocolName = this.members.size === 0 ? null : this.selectProtocol();
    this.learnSubscriptions();
    this.changeState(this.members.size === 0 ? 'Empty' : 'CompletingRebalance', nowMs);
    for (const member of this.members.values()) member.owesSync = true;
  }

  /**
   * Of consumers it is known what they want, so that offsets of other topics may expire. Unreadable metadata is the
   * clients' affair: the group goes on, nothing of it expires.
   */
  learnSubscriptions(): void {
    if (!this.isConsumer) this.subscribedTopics = null;
    else if (this.members.size === 0) this.subscribedTopics = NOBODY_SUBSCRIBES;
    else this.subscribedTopics = this.protocolName === null ? null : this.#subscriptions(this.protocolName);
  }

  isSubscribed(topicName: string): boolean {
    return this.subscribedTopics === null ? this.isConsumer : this.subscribedTopics.has(topicName);
  }

  #subscriptions(protocolName: string): ReadonlySet<string> | null {
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      try {
        const subscription = decodeConsumerProtocolSubscription(metadataOf(member, protocolName), 0);
        for (const topic of subscription.topics) topics.add(topic);
      } catch (error) {
        if (error instanceof DecodeError) return null;
        throw error;
      }
    }
    return topics;
  }

  #isKnownToAll(protocolName: string): boolean {
    for (const { protocols } of this.members.values()) {
      if (!protocols.some(({ name }) => name === protocolName)) return false;
    }
    return true;
  }
}

export function joinError(memberId: string, errorCode: ErrorCode): JoinedGroup {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

const NO_BYTES = Buffer.alloc(0);

export function syncError(errorCode: ErrorCode): SyncedGroup {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
}

/** The present generation, for one member of it. The leader gets everybody's metadata. */
export function joinedGroup(
  group: ClassicGroup,
  memberId: string,
  how: { readonly skipAssignment?: boolean; readonly leader?: string; readonly withMembers?: boolean } = {},
): JoinedGroup {
  const { protocolName } = group;
  const withMembers = how.withMembers ?? group.isLeader(memberId);
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName,
    leader: how.leader ?? group.leaderId ?? '',
    skipAssignment: how.skipAssignment ?? false,
    memberId,
    members: !withMembers
      ? []
      : [...group.members.values()].map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          metadata: metadataOf(member, protocolName!),
        })),
  };
}
