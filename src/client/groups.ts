/** What administrators do with consumer groups. */
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  decodeConsumerProtocolAssignment,
  ErrorCode,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../protocol';
import type { Cluster } from './cluster';
import { check, RefusedError } from './errors';
import type { Result } from './topics';

export interface ListedGroup {
  readonly group: string;
  /** `classic`, `consumer` and others; '' where the broker does not say. */
  readonly type: string;
  readonly protocol: string;
  readonly state: string;
  readonly coordinator: number;
}

/** The groups of all brokers, by name. */
export async function listGroups(cluster: Cluster): Promise<readonly ListedGroup[]> {
  const { brokers } = await cluster.describe([]);
  const lists = await Promise.all(
    brokers.map(async ({ id }) => {
      const connection = await cluster.broker(id);
      const answer = await connection.send(
        { request: ListGroupsRequest, response: ListGroupsResponse },
        { statesFilter: [], typesFilter: [] },
      );
      check(answer.errorCode, `Groups of broker ${id}`);
      return answer.groups.map(({ groupId, groupState, groupType, protocolType }) => ({
        group: groupId,
        type: groupType.toLowerCase(),
        protocol: protocolType,
        state: groupState,
        coordinator: id,
      }));
    }),
  );
  return lists.flat().sort((left, right) => (left.group < right.group ? -1 : 1));
}

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export interface DescribedGroup {
  readonly group: string;
  readonly state: string;
  readonly protocolType: string;
  /** The assignor that was agreed on. */
  readonly protocol: string;
  readonly members: readonly GroupMember[];
}

/** null: the group is of a kind that this API does not show, or there is none. */
export async function describeGroup(cluster: Cluster, group: string): Promise<DescribedGroup | null> {
  return cluster.retrying(async () => {
    const connection = await cluster.coordinator(group);
    const answer = await connection.send(
      { request: DescribeGroupsRequest, response: DescribeGroupsResponse },
      { groups: [group] },
    );
    const found = answer.groups[0]!;
    if (found.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return null;
    check(found.errorCode, `Group ${group}`, found.errorMessage);
    return {
      group,
      state: found.groupState,
      protocolType: found.protocolType,
      protocol: found.protocolData,
      members: found.members.map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        host: member.clientHost.replace(/^\//, ''),
        assigned: assignedOf(found.protocolType, member.memberAssignment),
      })),
    };
  });
}

function assignedOf(protocolType: string, assignment: Buffer): GroupMember['assigned'] {
  if (protocolType !== 'consumer' || assignment.length === 0) return [];
  return decodeConsumerProtocolAssignment(assignment).assignedPartitions;
}

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string | null;
}

/** All that the group has stored. */
export async function committedOffsets(cluster: Cluster, group: string): Promise<readonly CommittedOffset[]> {
  return cluster.retrying(async () => {
    const connection = await cluster.coordinator(group);
    const answer = await connection.send(
      // From version 10 on topics are named by id.
      { request: OffsetFetchRequest, response: OffsetFetchResponse, versionMax: 9 },
      { groupId: group, topics: null, groups: [{ groupId: group, topics: null }] },
    );
    const found = answer.groups[0] ?? answer;
    if (found.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return [];
    check(found.errorCode, `Group ${group}`);
    const offsets: CommittedOffset[] = [];
    for (const { name, partitions } of found.topics) {
      for (const { partitionIndex, committedOffset, metadata, errorCode } of partitions) {
        check(errorCode, `Group ${group}, topic ${name}, partition ${partitionIndex}`);
        if (committedOffset < 0) continue;
        offsets.push({ topic: name, partition: partitionIndex, offset: committedOffset, metadata });
      }
    }
    return offsets.sort((left, right) =>
      left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
    );
  });
}

export interface GroupMembership {
  readonly generationId: number;
  readonly memberId: string;
}

/** Who is no member: allowed while the group is empty. */
export const noMembership: GroupMembership = { generationId: -1, memberId: '' };

/** @throws RefusedError  naming the first partition that was refused. */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  { generationId, memberId }: GroupMembership = noMembership,
): Promise<void> {
  const byTopic = new Map<
    string,
    { partitionIndex: number; committedOffset: number; committedMetadata: string }[]
  >();
  for (const { topic, partition, offset } of offsets) {
    const list = byTopic.get(topic) ?? [];
    byTopic.set(topic, list);
    list.push({ partitionIndex: partition, committedOffset: offset, committedMetadata: '' });
  }
  await cluster.retrying(async () => {
    const connection = await cluster.coordinator(group);
    const answer = await connection.send(
      // From version 10 on topics are named by id.
      { request: OffsetCommitRequest, response: OffsetCommitResponse, versionMax: 9 },
      {
        groupId: group,
        generationIdOrMemberEpoch: generationId,
        memberId,
        topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
      },
    );
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const isActive = errorCode === ErrorCode.UNKNOWN_MEMBER_ID && generationId < 0;
        const words = isActive ? 'the group has members; stop them first' : null;
        check(errorCode, `Group ${group}, topic ${name}, partition ${partitionIndex}`, words);
      }
    }
  });
}

export async function deleteGroup(cluster: Cluster, group: string): Promise<Result> {
  const connection = await cluster.coordinator(group);
  const answer = await connection.send(
    { request: DeleteGroupsRequest, response: DeleteGroupsResponse },
    { groupsNames: [group] },
  );
  const { errorCode, errorMessage } = answer.results[0]!;
  const error =
    errorCode === ErrorCode.NONE ? null : new RefusedError(errorCode, `Group ${group}`, errorMessage);
  return { name: group, error };
}
