/** The groups of one partition of `__consumer_offsets`. */
import { decodeGroupRecord, ErrorCode, type GroupRecord, zeroUuid } from '../../../protocol';
import type { Machine, MachineRecord } from '../../replicated/machine';
import { ClassicGroup } from './classic';
import { type GroupContext, nothingToWrite } from './context';
import { ClassicMember, keptBytes } from './member';
import { type OffsetState, OffsetStore } from './offsets';
import { prepareRebalance, renewSession, stopGroup } from './rebalance';

type GroupMetadata = NonNullable<Extract<GroupRecord, { readonly name: 'GroupMetadata' }>['value']>;

export class GroupShard implements Machine, OffsetState {
  readonly isMoreThanItsLog = true;
  readonly groups = new Map<string, ClassicGroup>();
  readonly offsets = new OffsetStore();
  readonly context: GroupContext;

  constructor(context: GroupContext) {
    this.context = context;
  }

  /** Records of other kinds of groups, and of newer brokers, are left alone. */
  replay({ key, value }: MachineRecord): void {
    if (key === null) return;
    const record = decodeGroupRecord(key, value);
    switch (record?.name) {
      case 'OffsetCommit':
        this.#replayOffset(record.key, record.value);
        return;
      case 'LegacyOffsetCommit': {
        const older = record.value;
        this.#replayOffset(
          record.key,
          older === null ? null : { ...older, leaderEpoch: -1, expireTimestamp: -1, topicId: zeroUuid },
        );
        return;
      }
      case 'GroupMetadata':
        this.#removeGroup(record.key.group);
        if (record.value !== null) this.groups.set(record.key.group, groupOf(record.key.group, record.value));
        return;
      default:
    }
  }

  /** Leadership is over: whoever waits is sent to the next coordinator. */
  reset(): void {
    const groups = [...this.groups.values()];
    this.groups.clear();
    this.offsets.clear();
    for (const group of groups) stopGroup(this.context, group, ErrorCode.NOT_COORDINATOR);
  }

  simpleGroup(groupId: string): void {
    if (!this.groups.has(groupId)) this.groups.set(groupId, new ClassicGroup(groupId, -1));
  }

  /** Everything is replayed and this node leads: from now on members must be heard of. */
  lead(): void {
    const { membersMax } = this.context.settings;
    for (const group of [...this.groups.values()]) {
      for (const member of group.members.values()) renewSession(this.context, group, member);
      if (group.members.size <= membersMax) continue;
      this.context.run(() =>
        group.canRebalance
          ? prepareRebalance(this.context, group, `there may be ${membersMax} members`)
          : nothingToWrite,
      );
    }
  }

  #replayOffset(
    {
      group,
      topic,
      partition,
    }: { readonly group: string; readonly topic: string; readonly partition: number },
    value: {
      readonly offset: number;
      readonly leaderEpoch: number;
      readonly metadata: string;
      readonly commitTimestamp: number;
      readonly expireTimestamp: number;
      readonly topicId: string;
    } | null,
  ): void {
    if (value === null) {
      this.offsets.remove(group, topic, partition);
      return;
    }
    const { topicId, offset, leaderEpoch, metadata } = value;
    this.simpleGroup(group);
    this.offsets.put(group, topic, partition, {
      topicId,
      offset,
      leaderEpoch,
      metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp,
    });
  }

  #removeGroup(groupId: string): void {
    const group = this.groups.get(groupId);
    if (group === undefined) return;
    this.groups.delete(groupId);
    stopGroup(this.context, group, ErrorCode.NOT_COORDINATOR);
  }
}

/** A generation as it was kept: each member knows the one protocol that was chosen. */
function groupOf(groupId: string, value: GroupMetadata): ClassicGroup {
  const group = new ClassicGroup(groupId, value.currentStateTimestamp);
  group.protocolType = value.protocolType === '' ? null : value.protocolType;
  group.protocolName = value.protocol;
  group.generationId = value.generation;
  group.leaderId = value.leader;
  for (const kept of value.members) {
    const { sessionTimeout: sessionTimeoutMs } = kept;
    const rebalanceTimeoutMs = kept.rebalanceTimeout === -1 ? sessionTimeoutMs : kept.rebalanceTimeout;
    const member = new ClassicMember(kept, { rebalanceTimeoutMs, sessionTimeoutMs }, [
      { name: value.protocol ?? '', metadata: keptBytes(kept.subscription) },
    ]);
    member.assignment = keptBytes(kept.assignment);
    group.add(member, value.protocolType);
  }
  if (value.members.length > 0) group.state = 'Stable';
  group.learnSubscriptions();
  return group;
}
