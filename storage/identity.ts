/**
 * The identity file: who this directory belongs to, and in which format it is. Written once, before anything else
 * may be stored; a directory without it that holds a journal is refused rather than taken for an empty one.
 *
 *   uint32 magic "PYID", uint32 format version, string cluster id, int32 node id, string incarnation, uint32 CRC-32C
 */
import { crc32c } from './crc32c';
import { DamagedStoreError, NewerFormatError } from './errors';
import { FieldReader, FieldWriter } from './fields';
import type { StoreIdentity } from './types';

export const IDENTITY_PATH = 'identity';
export const IDENTITY_NEW_PATH = 'identity.new';
/** Version of the directory as a whole: names, and which files there are. */
export const FORMAT_VERSION = 1;
const MAGIC = 0x4449_5950;

export function encodeIdentity(identity: StoreIdentity): Buffer {
  const fields = new FieldWriter();
  fields.uint32(MAGIC);
  fields.uint32(FORMAT_VERSION);
  fields.string(identity.clusterId);
  fields.int32(identity.nodeId);
  fields.string(identity.incarnation);
  fields.uint32(crc32c(fields.view()));
  return fields.view();
}

/** Throws NewerFormatError or DamagedStoreError. */
export function decodeIdentity(bytes: Buffer): StoreIdentity {
  if (bytes.length < 12 || bytes.readUInt32LE(0) !== MAGIC) {
    throw new DamagedStoreError(IDENTITY_PATH, 0, 'it does not begin like an identity file');
  }
  const version = bytes.readUInt32LE(4);
  if (version > FORMAT_VERSION) throw new NewerFormatError(IDENTITY_PATH, version, FORMAT_VERSION);
  const end = bytes.length - 4;
  if (crc32c(bytes, 0, end) !== bytes.readUInt32LE(end)) {
    throw new DamagedStoreError(IDENTITY_PATH, 0, 'it fails its checksum');
  }
  const fields = new FieldReader(bytes, 8);
  return { clusterId: fields.string(), nodeId: fields.int32(), incarnation: fields.string() };
}

/** Known to this directory only, in every group header: bytes that a client sends cannot pass for a group. */
export const saltOf = (identity: StoreIdentity): number =>
  crc32c(Buffer.from(`${identity.clusterId}/${identity.nodeId}/${identity.incarnation}`));
