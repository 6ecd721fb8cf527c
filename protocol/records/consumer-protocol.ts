/** What clients put into the bytes of JoinGroup and SyncGroup, behind an int16 version. */
import { decode, encodeToBuffer } from '../codec';
import { DecodeError } from '../errors';
import {
  array,
  bytes,
  type InputOf,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';
import { readInt16, writeInt16 } from '../types';

/**
 * What a member of a classic consumer group wants. v1 what it owns (KIP-429); v2 since which generation; v3
 * its rack (KIP-881).
 */
export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string),
    userData: withDefault(nullable(bytes), null),
    ownedPartitions: since(
      1,
      array(
        struct({
          topic: string,
          partitions: array(int32),
        }),
      ),
    ),
    generationId: since(2, int32, -1), // -1: none yet
    rackId: since(3, nullable(string), null),
  },
});
export type ConsumerProtocolSubscription = ValueOf<typeof ConsumerProtocolSubscription>;

/** What the leader of a classic consumer group gives to a member. */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array(
      struct({
        topic: string,
        partitions: array(int32),
      }),
    ),
    userData: withDefault(nullable(bytes), null),
  },
});
export type ConsumerProtocolAssignment = ValueOf<typeof ConsumerProtocolAssignment>;

const VERSION_BYTES = 2;

/**
 * A version newer than `versionMax` is read as that one: its fields begin the same way. Kafka's coordinator reads
 * version 0 alone, because clients exist that announce a version and leave out its fields.
 *
 * @throws DecodeError
 */
export function decodeConsumerProtocolSubscription(
  bytes: Buffer,
  versionMax: number = ConsumerProtocolSubscription.versions[1],
): ConsumerProtocolSubscription {
  const version = versionOf(ConsumerProtocolSubscription.name, bytes, versionMax);
  return decode(ConsumerProtocolSubscription, version, bytes, VERSION_BYTES);
}

/** @throws DecodeError */
export function decodeConsumerProtocolAssignment(bytes: Buffer): ConsumerProtocolAssignment {
  const { name, versions } = ConsumerProtocolAssignment;
  return decode(ConsumerProtocolAssignment, versionOf(name, bytes, versions[1]), bytes, VERSION_BYTES);
}

export function encodeConsumerProtocolSubscription(
  value: InputOf<typeof ConsumerProtocolSubscription>,
  version: number = ConsumerProtocolSubscription.versions[1],
): Buffer {
  return withVersion(version, encodeToBuffer(ConsumerProtocolSubscription, version, value));
}

export function encodeConsumerProtocolAssignment(
  value: InputOf<typeof ConsumerProtocolAssignment>,
  version: number = ConsumerProtocolAssignment.versions[1],
): Buffer {
  return withVersion(version, encodeToBuffer(ConsumerProtocolAssignment, version, value));
}

function withVersion(version: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(VERSION_BYTES + body.length);
  writeInt16(bytes, 0, version);
  bytes.set(body, VERSION_BYTES);
  return bytes;
}

function versionOf(name: string, bytes: Buffer, versionMax: number): number {
  if (bytes.length < VERSION_BYTES) throw new DecodeError(name, 'version', 0, `${bytes.length} bytes left`);
  const version = readInt16(bytes, 0);
  if (version < 0) throw new DecodeError(name, 'version', 0, `version ${version}`);
  return Math.min(version, versionMax);
}
