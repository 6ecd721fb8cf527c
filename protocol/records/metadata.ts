/**
 * Records of the cluster metadata log, in Kafka's schemas and Kafka's frame: three uvarints (frame version 1, type,
 * version) and the body.
 */
import { decode, encode } from '../codec';
import { DecodeError } from '../errors';
import {
  array,
  bool,
  type InputOf,
  int8,
  int16,
  int32,
  int64,
  type Message,
  message,
  nullable,
  since,
  string,
  struct,
  tagged,
  uint16,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';
import { readUvarint, varintLength, writeUvarint } from '../types';

/** A broker joined with this incarnation and endpoints. */
export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  apiKey: 0,
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    brokerId: int32,
    isMigratingZkBroker: since(2, bool, false),
    incarnationId: uuid,
    brokerEpoch: int64,
    endPoints: array(struct({ name: string, host: string, port: uint16, securityProtocol: int16 })),
    features: array(struct({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 })),
    rack: nullable(string),
    fenced: withDefault(bool, true),
    inControlledShutdown: since(1, bool, false),
    logDirs: tagged(0, since(3, array(uuid))),
    cordonedLogDirs: tagged(1, since(4, nullable(array(uuid)), null)),
  },
});
export type RegisterBrokerRecord = ValueOf<typeof RegisterBrokerRecord>;

/** A broker left for good. */
export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  apiKey: 1,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: int64,
  },
});
export type UnregisterBrokerRecord = ValueOf<typeof UnregisterBrokerRecord>;

/** A topic exists. */
export const TopicRecord = message({
  name: 'TopicRecord',
  apiKey: 2,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string,
    topicId: uuid,
  },
});
export type TopicRecord = ValueOf<typeof TopicRecord>;

/** A partition exists, with its replicas. v1 directories (KIP-858); v2 eligible leaders (KIP-966). */
export const PartitionRecord = message({
  name: 'PartitionRecord',
  apiKey: 3,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: withDefault(int32, -1),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    leader: withDefault(int32, -1),
    leaderRecoveryState: tagged(0, withDefault(int8, 0)), // 0 recovered, 1 recovering
    leaderEpoch: withDefault(int32, -1),
    partitionEpoch: withDefault(int32, -1),
    directories: since(1, array(uuid)),
    eligibleLeaderReplicas: tagged(1, since(2, nullable(array(int32)), null)),
    lastKnownElr: tagged(2, since(2, nullable(array(int32)), null)),
  },
});
export type PartitionRecord = ValueOf<typeof PartitionRecord>;

/** A setting of a resource; null removes it. */
export const ConfigRecord = message({
  name: 'ConfigRecord',
  apiKey: 4,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    resourceType: int8, // 2 topic, 4 broker
    resourceName: string,
    name: string,
    value: nullable(string),
  },
});
export type ConfigRecord = ValueOf<typeof ConfigRecord>;

/** What changed in a partition; fields left out did not. */
export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  apiKey: 5,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: withDefault(int32, -1),
    topicId: uuid,
    isr: tagged(0, withDefault(nullable(array(int32)), null)),
    leader: tagged(1, withDefault(int32, -2)), // -2: unchanged, -1: none
    replicas: tagged(2, withDefault(nullable(array(int32)), null)),
    removingReplicas: tagged(3, withDefault(nullable(array(int32)), null)),
    addingReplicas: tagged(4, withDefault(nullable(array(int32)), null)),
    leaderRecoveryState: tagged(5, withDefault(int8, -1)), // -1: unchanged
    directories: tagged(8, since(1, nullable(array(uuid)), null)),
    eligibleLeaderReplicas: tagged(6, since(2, nullable(array(int32)), null)),
    lastKnownElr: tagged(7, since(2, nullable(array(int32)), null)),
  },
});
export type PartitionChangeRecord = ValueOf<typeof PartitionChangeRecord>;

/** A topic is gone, with all its partitions. */
export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  apiKey: 9,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicId: uuid,
  },
});
export type RemoveTopicRecord = ValueOf<typeof RemoveTopicRecord>;

/** A feature is finalized at a level; 0 removes it. */
export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  apiKey: 12,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string,
    featureLevel: int16,
  },
});
export type FeatureLevelRecord = ValueOf<typeof FeatureLevelRecord>;

/** The first producer id that no broker has been given yet; blocks end below it. */
export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  apiKey: 15,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: withDefault(int64, -1),
    nextProducerId: int64,
  },
});
export type ProducerIdsRecord = ValueOf<typeof ProducerIdsRecord>;

/** What changed in a registration: 0 leaves a field as it was. */
export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  apiKey: 17,
  versions: [0, 3],
  flexibleFrom: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: int64,
    fenced: tagged(0, withDefault(int8, 0)), // -1 unfenced, 1 fenced
    inControlledShutdown: tagged(1, since(1, int8, 0)),
    logDirs: tagged(2, since(2, array(uuid))),
    cordonedLogDirs: tagged(3, since(3, nullable(array(uuid)), null)),
  },
});
export type BrokerRegistrationChangeRecord = ValueOf<typeof BrokerRegistrationChangeRecord>;

/** Nothing: it only moves the log on. */
export const NoOpRecord = message({
  name: 'NoOpRecord',
  apiKey: 20,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});
export type NoOpRecord = ValueOf<typeof NoOpRecord>;

/** Every record that may stand in the metadata log, by name. */
export const metadataRecords = {
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  TopicRecord,
  PartitionRecord,
  ConfigRecord,
  PartitionChangeRecord,
  RemoveTopicRecord,
  FeatureLevelRecord,
  ProducerIdsRecord,
  BrokerRegistrationChangeRecord,
  NoOpRecord,
} as const;

type Schemas = typeof metadataRecords;
export type MetadataRecordName = keyof Schemas;
/** A record as read: `switch (record.name)` tells the type of `record.value`. */
export type MetadataRecord = {
  [N in MetadataRecordName]: {
    readonly name: N;
    readonly version: number;
    readonly value: ValueOf<Schemas[N]>;
  };
}[MetadataRecordName];

const FRAME_VERSION = 1;

const nameByType: ReadonlyMap<number, MetadataRecordName> = new Map(
  (Object.keys(metadataRecords) as MetadataRecordName[]).map((name) => [metadataRecords[name].apiKey, name]),
);

/** The value of a record of the metadata log. Without `version`: the newest. @throws EncodeError */
export function encodeMetadataRecord<N extends MetadataRecordName>(
  name: N,
  value: InputOf<Schemas[N]>,
  version: number = metadataRecords[name].versions[1],
): Buffer {
  const schema: Message = metadataRecords[name];
  const prefix = Buffer.allocUnsafe(MAX_PREFIX_BYTES);
  let at = writeUvarint(prefix, 0, FRAME_VERSION);
  at = writeUvarint(prefix, at, schema.apiKey);
  at = writeUvarint(prefix, at, version);
  return Buffer.concat([prefix.subarray(0, at), ...encode(schema, version, value)]);
}

/** @throws DecodeError  also for a type or version that this broker does not know: its log is newer than it is. */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord {
  const cursor = { at: 0 };
  const frameVersion = prefixPart(bytes, cursor, 'frameVersion');
  if (frameVersion !== FRAME_VERSION) {
    throw new DecodeError('MetadataRecord', 'frameVersion', 0, `frame version ${frameVersion} is unknown`);
  }
  const type = prefixPart(bytes, cursor, 'type');
  const name = nameByType.get(type);
  if (name === undefined)
    throw new DecodeError('MetadataRecord', 'type', 1, `record type ${type} is unknown`);
  const version = prefixPart(bytes, cursor, 'version');
  const schema: Message = metadataRecords[name];
  if (version > schema.versions[1]) {
    throw new DecodeError(
      'MetadataRecord',
      'version',
      cursor.at - 1,
      `version ${version} of ${name} is unknown`,
    );
  }
  return { name, version, value: decode(schema, version, bytes, cursor.at) } as MetadataRecord;
}

const MAX_PREFIX_BYTES = 15;

function prefixPart(bytes: Buffer, cursor: { at: number }, path: string): number {
  const length = varintLength(bytes, cursor.at, bytes.length, 5);
  if (length < 0) throw new DecodeError('MetadataRecord', path, cursor.at, 'a varint that does not end');
  const value = readUvarint(bytes, cursor.at, length);
  cursor.at += length;
  return value;
}
