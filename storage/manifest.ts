/**
 * The manifest: everything that was true when a certain group of the journal had been written, and the place in the
 * journal from where the rest is replayed. Written whole beside the old one and renamed over it.
 *
 *   uint32 magic "PYMF", uint32 format version, uint32 size of all, int64 sequence of this manifest
 *   place: uint32 journal file, uint32 generation, int64 position, int64 group sequence
 *   uint32 boot, uint32 next journal generation, uint32 next log number, uint32 next segment generation
 *   uint32 logs, then each log (`encodeLog`), uint32 CRC-32C of all before
 */
import { crc32c } from './crc32c';
import { DamagedStoreError, NewerFormatError } from './errors';
import { FieldReader, FieldWriter } from './fields';
import type { JournalPlace } from './journal';
import type { LeaderEpoch } from './leader-epochs';
import type { Log, SavedState } from './log';
import { decodeSegment, encodeSegment, type SegmentBounds } from './segment';
import type { HardState, LogConfig, LogKey } from './types';

export const MANIFEST_PATH = 'manifest';
export const MANIFEST_NEW_PATH = 'manifest.new';
export const MANIFEST_VERSION = 1;
const MAGIC = 0x464d_5950;

export interface LogImage {
  readonly key: LogKey;
  readonly number: number;
  readonly config: LogConfig;
  readonly hardState: HardState;
  readonly startOffset: number;
  readonly firstIndex: number;
  readonly previousTerm: number;
  readonly endOffset: number;
  readonly epochs: readonly LeaderEpoch[];
  readonly segments: readonly SegmentBounds[];
  readonly states: readonly SavedState[];
  readonly quarantine: { readonly reason: string; readonly offset: number } | null;
}

export interface Manifest {
  readonly sequence: number;
  readonly place: JournalPlace;
  readonly boot: number;
  readonly nextJournalGeneration: number;
  readonly nextLogNumber: number;
  readonly nextSegmentGeneration: number;
  readonly logs: readonly LogImage[];
}

/** The logs as they are in memory now, encoded: the part of a manifest that is taken at one moment. */
export function encodeLogs(logs: readonly Log[]): Buffer {
  const fields = new FieldWriter(256 * (logs.length + 1));
  fields.uint32(logs.length);
  for (const log of logs) encodeLog(fields, log);
  return fields.view();
}

export function encodeManifest(head: Omit<Manifest, 'logs'>, logs: Buffer): Buffer {
  const fields = new FieldWriter(logs.length + 128);
  fields.uint32(MAGIC);
  fields.uint32(MANIFEST_VERSION);
  fields.uint32(0);
  fields.int64(head.sequence);
  fields.uint32(head.place.number);
  fields.uint32(head.place.generation);
  fields.int64(head.place.position);
  fields.int64(head.place.sequence);
  fields.uint32(head.boot);
  fields.uint32(head.nextJournalGeneration);
  fields.uint32(head.nextLogNumber);
  fields.uint32(head.nextSegmentGeneration);
  const start = Buffer.from(fields.view());
  const whole = Buffer.allocUnsafe(start.length + logs.length + 4);
  start.copy(whole);
  logs.copy(whole, start.length);
  whole.writeUInt32LE(whole.length, 8);
  whole.writeUInt32LE(crc32c(whole, 0, whole.length - 4), whole.length - 4);
  return whole;
}

/** Throws NewerFormatError or DamagedStoreError. */
export function decodeManifest(bytes: Buffer): Manifest {
  if (bytes.length < 16 || bytes.readUInt32LE(0) !== MAGIC) {
    throw new DamagedStoreError(MANIFEST_PATH, 0, 'it does not begin like a manifest');
  }
  const version = bytes.readUInt32LE(4);
  if (version > MANIFEST_VERSION) throw new NewerFormatError(MANIFEST_PATH, version, MANIFEST_VERSION);
  const sizeBytes = bytes.readUInt32LE(8);
  if (sizeBytes !== bytes.length || crc32c(bytes, 0, sizeBytes - 4) !== bytes.readUInt32LE(sizeBytes - 4)) {
    throw new DamagedStoreError(MANIFEST_PATH, 0, 'it fails its checksum');
  }
  const fields = new FieldReader(bytes, 12);
  return {
    sequence: fields.int64(),
    place: {
      number: fields.uint32(),
      generation: fields.uint32(),
      position: fields.int64(),
      sequence: fields.int64(),
    },
    boot: fields.uint32(),
    nextJournalGeneration: fields.uint32(),
    nextLogNumber: fields.uint32(),
    nextSegmentGeneration: fields.uint32(),
    logs: many(fields, decodeLog),
  };
}

function encodeLog(fields: FieldWriter, log: Log): void {
  fields.string(log.key.topicId);
  fields.uint32(log.key.partition);
  fields.uint32(log.number);
  fields.int64(log.config.segmentSizeBytesMax);
  fields.int64(log.config.segmentAgeMsMax);
  fields.int32(log.hardState.term);
  fields.int32(log.hardState.votedFor);
  fields.string(log.hardState.votedForIncarnation);
  fields.int64(log.startOffset);
  fields.int64(log.firstIndex);
  fields.int32(log.previousTerm);
  fields.int64(log.endOffset);
  fields.uint32(log.epochs.length);
  for (const epoch of log.epochs) {
    fields.int32(epoch.epoch);
    fields.int64(epoch.startOffset);
    fields.int64(epoch.startIndex);
  }
  fields.uint32(log.segments.length);
  for (const segment of log.segments) encodeSegment(fields, segment);
  fields.uint32(log.states.length);
  for (const state of log.states) {
    fields.int64(state.index);
    fields.bytes(state.bytes);
  }
  fields.uint8(log.quarantine === null ? 0 : 1);
  if (log.quarantine === null) return;
  fields.string(log.quarantine.reason);
  fields.int64(log.quarantine.offset);
}

function decodeLog(fields: FieldReader): LogImage {
  return {
    key: { topicId: fields.string(), partition: fields.uint32() },
    number: fields.uint32(),
    config: { segmentSizeBytesMax: fields.int64(), segmentAgeMsMax: fields.int64() },
    hardState: {
      term: fields.int32(),
      votedFor: fields.int32(),
      votedForIncarnation: fields.string(),
    },
    startOffset: fields.int64(),
    firstIndex: fields.int64(),
    previousTerm: fields.int32(),
    endOffset: fields.int64(),
    epochs: many(fields, () => ({
      epoch: fields.int32(),
      startOffset: fields.int64(),
      startIndex: fields.int64(),
    })),
    segments: many(fields, decodeSegment),
    states: many(fields, () => ({ index: fields.int64(), bytes: fields.bytes() })),
    quarantine: fields.uint8() === 0 ? null : { reason: fields.string(), offset: fields.int64() },
  };
}

function many<T>(fields: FieldReader, one: (fields: FieldReader) => T): T[] {
  const count = fields.uint32();
  const all: T[] = [];
  for (let number = 0; number < count; number++) all.push(one(fields));
  return all;
}
