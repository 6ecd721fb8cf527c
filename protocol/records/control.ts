/**
 * Control records that clients know: the end of a transaction in a data partition (KIP-98). The key is version and type,
 * the value version and body, each version an int16 in front.
 */
import { decode, encodeToBuffer } from '../codec';
import { DecodeError } from '../errors';
import { int16, int32, message, type ValueOf } from '../schema';
import { readInt16, writeInt16 } from '../types';

/** Types of control records, as in their keys. */
export const ControlRecordType = { abort: 0, commit: 1, leaderChange: 2 } as const;
export type ControlRecordType = (typeof ControlRecordType)[keyof typeof ControlRecordType];

/** The key of a control record, behind its version. */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  fields: { type: int16 },
});
export type ControlRecordTypeSchema = ValueOf<typeof ControlRecordTypeSchema>;

/** The value of an abort or commit marker, behind its version. */
export const EndTxnMarker = message({
  name: 'EndTxnMarker',
  versions: [0, 0],
  fields: { coordinatorEpoch: int32 },
});
export type EndTxnMarker = ValueOf<typeof EndTxnMarker>;

const CURRENT_VERSION = 0;
const VERSION_BYTES = 2;

function withVersion(body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(VERSION_BYTES + body.length);
  writeInt16(bytes, 0, CURRENT_VERSION);
  bytes.set(body, VERSION_BYTES);
  return bytes;
}

/** A newer version is read as the newest we know: its fields begin the same way (as Kafka does). */
function assertVersion(name: string, bytes: Buffer): void {
  if (bytes.length < VERSION_BYTES) throw new DecodeError(name, 'version', 0, `${bytes.length} bytes left`);
  const version = readInt16(bytes, 0);
  if (version < 0) throw new DecodeError(name, 'version', 0, `version ${version}`);
}

export function encodeControlKey(type: ControlRecordType): Buffer {
  return withVersion(encodeToBuffer(ControlRecordTypeSchema, CURRENT_VERSION, { type }));
}

/** The type may be one that `ControlRecordType` does not name; readers skip those. @throws DecodeError */
export function decodeControlKey(key: Buffer): number {
  assertVersion('ControlRecordTypeSchema', key);
  return decode(ControlRecordTypeSchema, CURRENT_VERSION, key, VERSION_BYTES).type;
}

export function encodeEndTxnMarker(value: { readonly coordinatorEpoch: number }): Buffer {
  return withVersion(encodeToBuffer(EndTxnMarker, CURRENT_VERSION, value));
}

/** @throws DecodeError */
export function decodeEndTxnMarker(value: Buffer): EndTxnMarker {
  assertVersion('EndTxnMarker', value);
  return decode(EndTxnMarker, CURRENT_VERSION, value, VERSION_BYTES);
}
