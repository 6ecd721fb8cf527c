/** What the coordinator writes into `__consumer_offsets`, in the versions that Kafka writes and its tools read. */
import { encodeGroupRecord } from '../../../protocol';
import type { MachineRecord } from '../../replicated/machine';
import type { ClassicGroup } from './classic';
import { EMPTY_ASSIGNMENT, metadataOf } from './member';

/** The only version of the value that says when a single offset expires; it knows neither epochs nor topic ids. */
const EXPIRING_OFFSET_VERSION = 1;

/** A generation with its members and what they are to do; without `assignments`, what they do already. */
export function groupRecord(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer> | null = null,
): MachineRecord {
  const { protocolName } = group;
  return encodeGroupRecord(
    'GroupMetadata',
    { group: group.groupId },
    {
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.stateTimestampMs,
      members: [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: metadataOf(member, protocolName!),
        assignment:
          assignments === null ? member.assignment : (assignments.get(member.memberId) ?? EMPTY_ASSIGNMENT),
      })),
    },
  );
}

/** A group that somebody asked to join and that has had no generation yet. */
export function newGroupRecord({ groupId, stateTimestampMs }: ClassicGroup): MachineRecord {
  return encodeGroupRecord(
    'GroupMetadata',
    { group: groupId },
    {
      protocolType: '',
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: stateTimestampMs,
      members: [],
    },
  );
}

export function groupTombstone(groupId: string): MachineRecord {
  return encodeGroupRecord('GroupMetadata', { group: groupId }, null);
}

/** A committed position as the coordinator keeps it. */
export interface CommittedOffset {
  /** The zero id when it is not known. */
  readonly topicId: string;
  readonly offset: number;
  /** -1: not known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** -1: as long as the broker says. */
  readonly expireTimestampMs: number;
}

export function offsetRecord(
  group: string,
  topic: string,
  partition: number,
  { topicId, offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs }: CommittedOffset,
): MachineRecord {
  return encodeGroupRecord(
    'OffsetCommit',
    { group, topic, partition },
    {
      offset,
      leaderEpoch,
      metadata,
      commitTimestamp: commitTimestampMs,
      expireTimestamp: expireTimestampMs,
      topicId,
    },
    expireTimestampMs === -1 ? undefined : EXPIRING_OFFSET_VERSION,
  );
}

export function offsetTombstone(group: string, topic: string, partition: number): MachineRecord {
  return encodeGroupRecord('OffsetCommit', { group, topic, partition }, null);
}
