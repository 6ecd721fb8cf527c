/**
 * The state of a replica that is saved beside its log, so that an open replays only what came later:
 *
 *      0 uint8   version, 1          9 uint32  size of the memberships
 *      1 float64 high watermark     13         memberships (raft/membership-codec.ts), then producers (to the end)
 *
 * Big-endian. Everything in it is as of one applied index, which the storage keeps beside it.
 */
import type { MembershipAt } from '../../raft';
import { decodeMembershipHistory, encodeMembershipHistory } from '../../raft';
import { ProducerState } from '../../storage';

const VERSION = 1;
const HEADER_SIZE_BYTES = 13;

export interface SavedState {
  readonly highWatermark: number;
  readonly memberships: MembershipAt[];
  readonly producers: ProducerState;
}

/** Written by a newer release, or damaged. */
export class SavedStateFormatError extends Error {
  override readonly name = 'SavedStateFormatError';
  readonly code = 'SAVED_STATE_FORMAT';
}

export function encodeSavedState({ highWatermark, memberships, producers }: SavedState): Buffer {
  const membershipBytes = encodeMembershipHistory(memberships);
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeDoubleBE(highWatermark, 1);
  header.writeUInt32BE(membershipBytes.byteLength, 9);
  return Buffer.concat([header, membershipBytes, producers.encode()]);
}

/** @throws SavedStateFormatError, MembershipFormatError, SnapshotFormatError */
export function decodeSavedState(bytes: Buffer): SavedState {
  const version = bytes[0];
  if (version !== VERSION) {
    throw new SavedStateFormatError(`partition state version ${version}; this release knows ${VERSION}`);
  }
  if (bytes.length < HEADER_SIZE_BYTES) throw new SavedStateFormatError('partition state ends early');
  const producersAt = HEADER_SIZE_BYTES + bytes.readUInt32BE(9);
  if (producersAt > bytes.length) throw new SavedStateFormatError('partition state ends early');
  return {
    highWatermark: bytes.readDoubleBE(1),
    memberships: decodeMembershipHistory(bytes.subarray(HEADER_SIZE_BYTES, producersAt)),
    producers: ProducerState.decode(bytes.subarray(producersAt)),
  };
}
