/**
 * Bytes of memberships, as they stand in entries and saved states: one version byte, then four lists (voters,
 * outgoing, learners, next learners), each a 16-bit count and per replica a 32-bit node id, a length byte and the
 * incarnation in ASCII. Big-endian.
 */
import assert from 'node:assert/strict';
import type { Entry, Membership, MembershipAt, ReplicaId } from './types';
import { RaftEntryKind } from './types';

const VERSION = 1;

/** The bytes are not a membership of a version that is known here: written by a newer release, or damaged. */
export class MembershipFormatError extends Error {
  override readonly name = 'MembershipFormatError';
  readonly code = 'MEMBERSHIP_FORMAT';
}

export function encodeMembership(membership: Membership): Uint8Array {
  const bytes = new Uint8Array(1 + sizeOf(membership));
  bytes[0] = VERSION;
  writeMembership(new DataView(bytes.buffer), 1, membership);
  return bytes;
}

/** @throws MembershipFormatError */
export function decodeMembership(bytes: Uint8Array): Membership {
  const reader = openReader(bytes);
  const membership = readMembership(reader);
  requireEnd(reader);
  return membership;
}

/** Memberships with their indexes, for the state that a partition saves beside its log. */
export function encodeMembershipHistory(history: readonly MembershipAt[]): Uint8Array {
  let sizeBytes = 3;
  for (const { membership } of history) sizeBytes += 8 + sizeOf(membership);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint16(1, history.length);
  let at = 3;
  for (const { index, membership } of history) {
    view.setFloat64(at, index);
    at = writeMembership(view, at + 8, membership);
  }
  return bytes;
}

/** @throws MembershipFormatError */
export function decodeMembershipHistory(bytes: Uint8Array): MembershipAt[] {
  const reader = openReader(bytes);
  const count = readUint(reader, 2);
  const history: MembershipAt[] = [];
  for (let i = 0; i < count; i++) {
    requireBytes(reader, 8);
    const index = reader.view.getFloat64(reader.at);
    reader.at += 8;
    history.push({ index, membership: readMembership(reader) });
  }
  requireEnd(reader);
  return history;
}

/**
 * The restart path: give every entry that is replayed after the saved state; a membership among them is added.
 * @throws MembershipFormatError
 */
export function noteMembership(history: MembershipAt[], entry: Entry): void {
  if (entry.kind !== RaftEntryKind.membership) return;
  const newest = history[history.length - 1];
  if (newest !== undefined && newest.index >= entry.index) return;
  history.push({ index: entry.index, membership: decodeMembership(entry.bytes) });
}

function lists(membership: Membership): readonly (readonly ReplicaId[])[] {
  return [membership.voters, membership.outgoing, membership.learners, membership.learnersNext];
}

function sizeOf(membership: Membership): number {
  let sizeBytes = 0;
  for (const list of lists(membership)) {
    sizeBytes += 2;
    for (const id of list) sizeBytes += 5 + id.incarnation.length;
  }
  return sizeBytes;
}

function writeMembership(view: DataView, start: number, membership: Membership): number {
  let at = start;
  for (const list of lists(membership)) {
    view.setUint16(at, list.length);
    at += 2;
    for (const { nodeId, incarnation } of list) {
      assert(incarnation.length <= 255);
      view.setInt32(at, nodeId);
      view.setUint8(at + 4, incarnation.length);
      at += 5;
      for (let i = 0; i < incarnation.length; i++) {
        const code = incarnation.charCodeAt(i);
        assert(code < 128);
        view.setUint8(at++, code);
      }
    }
  }
  return at;
}

interface Reader {
  readonly view: DataView;
  at: number;
}

function openReader(bytes: Uint8Array): Reader {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const version = readUint(reader, 1);
  if (version !== VERSION) {
    throw new MembershipFormatError(`membership version ${version}; this release knows ${VERSION}`);
  }
  return reader;
}

function requireBytes(reader: Reader, sizeBytes: number): void {
  if (reader.at + sizeBytes > reader.view.byteLength)
    throw new MembershipFormatError('membership ends early');
}

function requireEnd(reader: Reader): void {
  if (reader.at !== reader.view.byteLength) throw new MembershipFormatError('bytes after the membership');
}

function readUint(reader: Reader, sizeBytes: 1 | 2): number {
  requireBytes(reader, sizeBytes);
  const value = sizeBytes === 1 ? reader.view.getUint8(reader.at) : reader.view.getUint16(reader.at);
  reader.at += sizeBytes;
  return value;
}

function readReplicas(reader: Reader): ReplicaId[] {
  const count = readUint(reader, 2);
  const replicas: ReplicaId[] = [];
  for (let i = 0; i < count; i++) {
    requireBytes(reader, 4);
    const nodeId = reader.view.getInt32(reader.at);
    reader.at += 4;
    const length = readUint(reader, 1);
    requireBytes(reader, length);
    let incarnation = '';
    for (let j = 0; j < length; j++) incarnation += String.fromCharCode(reader.view.getUint8(reader.at++));
    replicas.push({ nodeId, incarnation });
  }
  return replicas;
}

function readMembership(reader: Reader): Membership {
  const voters = readReplicas(reader);
  const outgoing = readReplicas(reader);
  const learners = readReplicas(reader);
  const learnersNext = readReplicas(reader);
  if (voters.length === 0) throw new MembershipFormatError('membership without a voter');
  return { voters, outgoing, learners, learnersNext };
}
