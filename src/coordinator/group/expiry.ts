/** What is forgotten: by age, by request, and with its topic. Behaviours 18, 67 and 68 of the protocol notes. */
import { ErrorCode } from '../../../protocol';
import type { MachineRecord, Outcome } from '../../replicated/machine';
import type { ClassicGroup } from './classic';
import { isOf, type OffsetState } from './offsets';
import { type CommittedOffset, groupTombstone, offsetTombstone } from './records';
import type { DeletedGroup } from './types';

/** Tombstones of positions that are old enough, and of the group when nothing is left of it. */
export function expireGroup(
  { groups, offsets }: OffsetState,
  groupId: string,
  retentionMs: number,
  nowMs: number,
): readonly MachineRecord[] {
  const group = groups.get(groupId);
  if (group === undefined) return [];
  const records: MachineRecord[] = [];
  let isAnyLeft = false;
  for (const [topic, partitions] of offsets.group(groupId) ?? []) {
    const isWanted = group.isSubscribed(topic);
    for (const [partition, committed] of partitions) {
      if (!isWanted && isExpired(group, committed, retentionMs, nowMs)) {
        records.push(offsetTombstone(groupId, topic, partition));
      } else {
        isAnyLeft = true;
      }
    }
  }
  // An id that was handed out may come back any moment.
  if (!isAnyLeft && group.state === 'Empty' && !group.hasPending) {
    records.push(groupTombstone(groupId));
  }
  return records;
}

/**
 * Without members the time counts from the day on which the last one left; without ever a member, and for topics that
 * the members of a consumer group no longer want, from the commit. A retention that the client asked for wins.
 */
function isExpired(
  group: ClassicGroup,
  { commitTimestampMs, expireTimestampMs }: CommittedOffset,
  retentionMs: number,
  nowMs: number,
): boolean {
  const isEmpty = group.state === 'Empty';
  if (group.protocolType !== null && !isEmpty) {
    if (!group.isConsumer || group.subscribedTopics === null || group.state !== 'Stable') return false;
  }
  if (expireTimestampMs !== -1) return nowMs >= expireTimestampMs;
  const countsFromEmpty = group.protocolType !== null && isEmpty && group.stateTimestampMs !== -1;
  return nowMs - (countsFromEmpty ? group.stateTimestampMs : commitTimestampMs) >= retentionMs;
}

export function deleteGroup({ groups, offsets }: OffsetState, groupId: string): Outcome<DeletedGroup> {
  const group = groups.get(groupId);
  if (group === undefined || group.state !== 'Empty') {
    const errorCode = group === undefined ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.NON_EMPTY_GROUP;
    return { records: [], response: { groupId, errorCode } };
  }
  const records: MachineRecord[] = [];
  for (const [topic, partitions] of offsets.group(groupId) ?? []) {
    for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition));
  }
  records.push(groupTombstone(groupId));
  return { records, response: { groupId, errorCode: ErrorCode.NONE } };
}

export interface DeletedTopicName {
  readonly name: string;
  readonly id: string;
}

/** A topic that comes back under its name begins anew. At most `recordsMax`; ask again for the rest. */
export function tombstonesOf(
  { offsets }: OffsetState,
  deletedTopics: readonly DeletedTopicName[],
  recordsMax: number,
): readonly MachineRecord[] {
  const records: MachineRecord[] = [];
  for (const [groupId, topics] of offsets.groups()) {
    for (const { name, id } of deletedTopics) {
      for (const [partition, committed] of topics.get(name) ?? []) {
        if (!isOf(committed, id)) continue;
        if (records.length === recordsMax) return records;
        records.push(offsetTombstone(groupId, name, partition));
      }
    }
  }
  return records;
}
