/** Committed positions: behaviours 65, 66 and 68 of the protocol notes. */
import { ErrorCode, zeroUuid } from '../../../protocol';
import type { MachineRecord, Outcome } from '../../replicated/machine';
import type { ClassicGroup } from './classic';
import type { GroupContext } from './context';
import { renewSession } from './rebalance';
import { type CommittedOffset, offsetRecord, offsetTombstone } from './records';
import type {
  CommitOffsets,
  CommittedOffsets,
  DeletedOffsets,
  DeleteOffsets,
  FetchedOffsets,
  FetchOffsets,
} from './types';

export type TopicOffsets = ReadonlyMap<number, CommittedOffset>;
export type GroupOffsets = ReadonlyMap<string, TopicOffsets>;

/** Positions by group, topic and partition. Nothing empty is kept. */
export class OffsetStore {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>();

  group(groupId: string): GroupOffsets | undefined {
    return this.#groups.get(groupId);
  }

  groups(): Iterable<readonly [string, GroupOffsets]> {
    return this.#groups;
  }

  put(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    let topics = this.#groups.get(groupId);
    if (topics === undefined) {
      topics = new Map();
      this.#groups.set(groupId, topics);
    }
    let partitions = topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      topics.set(topic, partitions);
    }
    partitions.set(partition, sharingId(committed, partitions));
  }

  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return;
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#groups.delete(groupId);
  }

  clear(): void {
    this.#groups.clear();
  }
}

/** Every record brings its own text of the id; the partitions of a topic need but one. */
function sharingId(committed: CommittedOffset, others: TopicOffsets): CommittedOffset {
  const [other] = others.values();
  return other?.topicId === committed.topicId ? { ...committed, topicId: other.topicId } : committed;
}

/** Where the operations below find their state. `group` makes one for offsets that come without members. */
export interface OffsetState {
  readonly groups: ReadonlyMap<string, ClassicGroup>;
  readonly offsets: OffsetStore;
  simpleGroup(groupId: string): void;
}

export function commitOffsets(
  context: GroupContext,
  state: OffsetState,
  request: CommitOffsets,
  nowMs: number,
): Outcome<CommittedOffsets> {
  const { groupId, memberId, retentionTimeMs } = request;
  const group = state.groups.get(groupId);
  const wrong = checkCommit(group, request);
  if (wrong !== ErrorCode.NONE) return { records: [], response: refusedCommit(request, wrong) };
  const member = group?.members.get(memberId);
  if (group !== undefined && member !== undefined) renewSession(context, group, member);
  const expireTimestampMs = retentionTimeMs === -1 ? -1 : nowMs + retentionTimeMs;
  const records: MachineRecord[] = [];
  const kept: { topic: string; partition: number; committed: CommittedOffset }[] = [];
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((asked) => {
      const { partitionIndex } = asked;
      const metadata = asked.committedMetadata ?? '';
      if (metadata.length > context.settings.offsetMetadataLengthMax) {
        return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      }
      const committed = {
        topicId: expireTimestampMs === -1 ? topicId : zeroUuid,
        offset: asked.committedOffset,
        leaderEpoch: expireTimestampMs === -1 ? asked.committedLeaderEpoch : -1,
        metadata,
        commitTimestampMs: nowMs,
        expireTimestampMs,
      };
      records.push(offsetRecord(groupId, name, partitionIndex, committed));
      kept.push({ topic: name, partition: partitionIndex, committed });
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return {
    records,
    response: { topics },
    apply: () => {
      state.simpleGroup(groupId);
      for (const { topic, partition, committed } of kept) {
        state.offsets.put(groupId, topic, partition, committed);
      }
    },
  };
}

/** Members of the present generation, and anybody while the group has no members. */
function checkCommit(group: ClassicGroup | undefined, request: CommitOffsets): ErrorCode {
  const { generationId, memberId, groupInstanceId, canMissGroup } = request;
  if (group === undefined) {
    if (generationId < 0) return ErrorCode.NONE;
    return canMissGroup ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
  }
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE;
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  const wrong = group.checkMember(memberId, groupInstanceId);
  if (wrong !== ErrorCode.NONE) return wrong;
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

export function refusedCommit({ topics }: CommitOffsets, errorCode: ErrorCode): CommittedOffsets {
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

/** What a client is told when the log did not take its positions. */
export function commitErrorOf(errorCode: ErrorCode): ErrorCode {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE;
    default:
      return errorCode;
  }
}

/** A group or partition that is not known has no position, and that is no error. */
export function fetchOffsets(state: OffsetState, { groupId, topics }: FetchOffsets): FetchedOffsets {
  const known = state.groups.has(groupId) ? state.offsets.group(groupId) : undefined;
  if (topics !== null) {
    return {
      errorCode: ErrorCode.NONE,
      topics: topics.map(({ name, topicId, partitionIndexes }) => {
        const partitions = known?.get(name);
        return {
          name,
          partitions: partitionIndexes.map((index) => {
            const committed = partitions?.get(index);
            return fetched(index, isOf(committed, topicId ?? zeroUuid) ? committed : undefined);
          }),
        };
      }),
    };
  }
  const all = [...(known ?? [])].map(([name, partitions]) => ({
    name,
    partitions: [...partitions].map(([index, committed]) => fetched(index, committed)),
  }));
  return { errorCode: ErrorCode.NONE, topics: all };
}

/** Whether a position belongs to the topic with this id, as far as both are known. */
export function isOf(committed: CommittedOffset | undefined, topicId: string): boolean {
  if (committed === undefined || committed.topicId === zeroUuid || topicId === zeroUuid) return true;
  return committed.topicId === topicId;
}

function fetched(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
): FetchedOffsets['topics'][number]['partitions'][number] {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCode.NONE,
  };
}

/** Positions of topics that the group's members want are refused one by one. */
export function deleteOffsets(
  { groups, offsets }: OffsetState,
  { groupId, topics }: DeleteOffsets,
): Outcome<DeletedOffsets> {
  const group = groups.get(groupId);
  if (group === undefined) return { records: [], response: refusedDeletion(ErrorCode.GROUP_ID_NOT_FOUND) };
  if (group.state !== 'Empty' && !group.isConsumer) {
    return { records: [], response: refusedDeletion(ErrorCode.NON_EMPTY_GROUP) };
  }
  const records: MachineRecord[] = [];
  const known = offsets.group(groupId);
  const deleted = topics.map(({ name, partitions }) => {
    const errorCode = group.isSubscribed(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
    for (const { partitionIndex } of partitions) {
      if (errorCode !== ErrorCode.NONE || known?.get(name)?.has(partitionIndex) !== true) continue;
      records.push(offsetTombstone(groupId, name, partitionIndex));
    }
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
  });
  return { records, response: { errorCode: ErrorCode.NONE, topics: deleted } };
}

export function refusedDeletion(errorCode: ErrorCode): DeletedOffsets {
  return { errorCode, topics: [] };
}
