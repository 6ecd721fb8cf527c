/** Records of `__consumer_offsets`: positions, and groups of every protocol. */
import {
  array,
  between,
  bytes,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  tagged,
  uuid,
  type ValueOf,
  zeroUuid,
} from '../schema';
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from './consumer-group';
import {
  type CoordinatorRecord,
  type CoordinatorSchemas,
  decodeCoordinatorRecord,
  type EncodedRecord,
  encodeCoordinatorRecord,
  type KeyInput,
  namesByType,
  type ValueInput,
} from './coordinator';
import {
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
} from './share-group';
import {
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
} from './streams-group';

/** Whose position it is, as Kafka before 0.8.3 wrote it. */
export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  apiKey: 0,
  versions: [0, 0],
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
});
export type LegacyOffsetCommitKey = ValueOf<typeof LegacyOffsetCommitKey>;

/** A position of the same age. */
export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  apiKey: 0,
  versions: [0, 0],
  fields: {
    offset: int64,
    metadata: string,
    commitTimestamp: int64,
  },
});
export type LegacyOffsetCommitValue = ValueOf<typeof LegacyOffsetCommitValue>;

/** Whose position it is. */
export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  apiKey: 1,
  versions: [0, 0],
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
});
export type OffsetCommitKey = ValueOf<typeof OffsetCommitKey>;

/**
 * A position. v1 alone has a time to forget it; v3 leader epoch (KIP-320); v4 flexible, with the topic id.
 */
export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  apiKey: 1,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    offset: int64,
    leaderEpoch: since(3, int32, -1), // -1: not known
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: between(1, 1, int64, -1), // -1: kept for as long as the broker says
    topicId: tagged(0, since(4, uuid, zeroUuid)),
  },
});
export type OffsetCommitValue = ValueOf<typeof OffsetCommitValue>;

/** A classic group. */
export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  apiKey: 2,
  versions: [0, 0],
  fields: {
    group: string,
  },
});
export type GroupMetadataKey = ValueOf<typeof GroupMetadataKey>;

/** A generation of a classic group with its members. v3 static members (KIP-345); v4 flexible. */
export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  apiKey: 2,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: nullable(string),
    leader: nullable(string),
    currentStateTimestamp: since(2, int64, -1), // -1: not known
    members: array(
      struct({
        memberId: string,
        groupInstanceId: since(3, nullable(string), null),
        clientId: string,
        clientHost: string,
        rebalanceTimeout: since(1, int32, -1), // -1: the session timeout counts
        sessionTimeout: int32,
        subscription: bytes,
        assignment: bytes,
      }),
    ),
  },
});
export type GroupMetadataValue = ValueOf<typeof GroupMetadataValue>;

/**
 * Every record of `__consumer_offsets`, by name. Versions are written as Kafka 4.3 does: positions in the newest (those
 * with an end, of clients that ask for one, in version 1), classic groups in version 3.
 */
export const groupRecords = {
  LegacyOffsetCommit: { key: LegacyOffsetCommitKey, value: LegacyOffsetCommitValue },
  OffsetCommit: { key: OffsetCommitKey, value: OffsetCommitValue },
  GroupMetadata: { key: GroupMetadataKey, value: GroupMetadataValue, writtenVersion: 3 },
  ConsumerGroupMetadata: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  ConsumerGroupPartitionMetadata: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
  },
  ConsumerGroupMemberMetadata: {
    key: ConsumerGroupMemberMetadataKey,
    value: ConsumerGroupMemberMetadataValue,
  },
  ConsumerGroupTargetAssignmentMetadata: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  ConsumerGroupTargetAssignmentMember: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  ConsumerGroupCurrentMemberAssignment: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  ConsumerGroupRegularExpression: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
  },
  ShareGroupMemberMetadata: { key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue },
  ShareGroupMetadata: { key: ShareGroupMetadataKey, value: ShareGroupMetadataValue },
  ShareGroupTargetAssignmentMetadata: {
    key: ShareGroupTargetAssignmentMetadataKey,
    value: ShareGroupTargetAssignmentMetadataValue,
  },
  ShareGroupTargetAssignmentMember: {
    key: ShareGroupTargetAssignmentMemberKey,
    value: ShareGroupTargetAssignmentMemberValue,
  },
  ShareGroupCurrentMemberAssignment: {
    key: ShareGroupCurrentMemberAssignmentKey,
    value: ShareGroupCurrentMemberAssignmentValue,
  },
  ShareGroupStatePartitionMetadata: {
    key: ShareGroupStatePartitionMetadataKey,
    value: ShareGroupStatePartitionMetadataValue,
  },
  StreamsGroupMetadata: { key: StreamsGroupMetadataKey, value: StreamsGroupMetadataValue },
  StreamsGroupMemberMetadata: { key: StreamsGroupMemberMetadataKey, value: StreamsGroupMemberMetadataValue },
  StreamsGroupTargetAssignmentMetadata: {
    key: StreamsGroupTargetAssignmentMetadataKey,
    value: StreamsGroupTargetAssignmentMetadataValue,
  },
  StreamsGroupTargetAssignmentMember: {
    key: StreamsGroupTargetAssignmentMemberKey,
    value: StreamsGroupTargetAssignmentMemberValue,
  },
  StreamsGroupCurrentMemberAssignment: {
    key: StreamsGroupCurrentMemberAssignmentKey,
    value: StreamsGroupCurrentMemberAssignmentValue,
  },
  StreamsGroupTopology: { key: StreamsGroupTopologyKey, value: StreamsGroupTopologyValue },
} as const satisfies CoordinatorSchemas;

export type GroupRecordName = keyof typeof groupRecords;
export type GroupRecord = CoordinatorRecord<typeof groupRecords>;

const names = namesByType(groupRecords);

/** Key and value as they stand in the log; a null value deletes. Without `version`: as written by default. */
export function encodeGroupRecord<N extends GroupRecordName>(
  name: N,
  key: KeyInput<typeof groupRecords, N>,
  value: ValueInput<typeof groupRecords, N> | null,
  version?: number,
): EncodedRecord {
  return encodeCoordinatorRecord(groupRecords, name, key, value, version);
}

/** null: a type that this broker does not know, to be skipped. @throws DecodeError */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | null {
  return decodeCoordinatorRecord(groupRecords, names, key, value);
}
