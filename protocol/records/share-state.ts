/** Records of `__share_group_state` (KIP-932). */
import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  tagged,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';
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

/** A partition that a share group reads. */
export const ShareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  apiKey: 0,
  versions: [0, 0],
  fields: {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
});
export type ShareSnapshotKey = ValueOf<typeof ShareSnapshotKey>;

/** All of its state at once. The count of finished deliveries is of KIP-1226. */
export const ShareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  apiKey: 0,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32,
    stateEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: tagged(0, withDefault(int32, -1)), // -1: not known
    createTimestamp: int64,
    writeTimestamp: int64,
    stateBatches: array(
      struct({
        firstOffset: int64,
        lastOffset: int64,
        deliveryState: int8, // 0 available, 2 acknowledged, 4 archived
        deliveryCount: int16,
      }),
    ),
  },
});
export type ShareSnapshotValue = ValueOf<typeof ShareSnapshotValue>;

/** A partition that a share group reads. */
export const ShareUpdateKey = message({
  name: 'ShareUpdateKey',
  apiKey: 1,
  versions: [0, 0],
  fields: {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
});
export type ShareUpdateKey = ValueOf<typeof ShareUpdateKey>;

/** What changed in its state since the snapshot. */
export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  apiKey: 1,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: tagged(0, withDefault(int32, -1)), // -1: not known
    stateBatches: array(
      struct({
        firstOffset: int64,
        lastOffset: int64,
        deliveryState: int8, // 0 available, 2 acknowledged, 4 archived
        deliveryCount: int16,
      }),
    ),
  },
});
export type ShareUpdateValue = ValueOf<typeof ShareUpdateValue>;

/** Every record of that topic, by name. */
export const shareStateRecords = {
  ShareSnapshot: { key: ShareSnapshotKey, value: ShareSnapshotValue },
  ShareUpdate: { key: ShareUpdateKey, value: ShareUpdateValue },
} as const satisfies CoordinatorSchemas;

export type ShareStateRecordName = keyof typeof shareStateRecords;
export type ShareStateRecord = CoordinatorRecord<typeof shareStateRecords>;

const names = namesByType(shareStateRecords);

/** Key and value as they stand in the log; a null value deletes. Without `version`: the newest. */
export function encodeShareStateRecord<N extends ShareStateRecordName>(
  name: N,
  key: KeyInput<typeof shareStateRecords, N>,
  value: ValueInput<typeof shareStateRecords, N> | null,
  version?: number,
): EncodedRecord {
  return encodeCoordinatorRecord(shareStateRecords, name, key, value, version);
}

/** null: a type that this broker does not know, to be skipped. @throws DecodeError */
export function decodeShareStateRecord(key: Buffer, value: Buffer | null): ShareStateRecord | null {
  return decodeCoordinatorRecord(shareStateRecords, names, key, value);
}
