/** Applies what the journal says to the logs of the manifest, group by group. */

import type { Slab } from './arena';
import { batchDamage } from './batch-walk';
import { crc32c } from './crc32c';
import { DamagedStoreError, NewerFormatError } from './errors';
import { FieldReader } from './fields';
import {
  GROUP_HEADER_SIZE_BYTES,
  type GroupHeader,
  JOURNAL_VERSION,
  RECORD_HEADER_SIZE_BYTES,
  RecordType,
  recordBodySizeBytes,
  recordLogNumber,
  recordSizeBytes,
  recordStamp,
  recordType,
  stampOf,
} from './journal-format';
import { Log, type LogHost } from './log';
import type { LogReader } from './log-read';
import type { Manifest } from './manifest';
import {
  isRowValid,
  ROW_SIZE_BYTES,
  rowBaseOffset,
  rowGeneration,
  rowIndex,
  rowKind,
  rowLength,
  rowMaxTimestamp,
  rowNextOffset,
  rowPayloadChecksum,
  rowPosition,
  rowTerm,
} from './rows';
import { decodeSegment, Segment } from './segment';
import type { TailEntry } from './tail-entry';
import { EntryKind, type LogEntry } from './types';

const NO_BYTES = Buffer.alloc(0);

/** A group as read, checked, and not applied yet. */
export interface ReadGroup {
  readonly file: string;
  /** Of the group in the file. */
  readonly position: number;
  readonly header: GroupHeader;
  readonly slab: Slab;
  /** Of the group in the slab. */
  readonly at: number;
  /** Where in the file its structure is damaged, or -1: then nothing of it can be applied. */
  brokenAt: number;
  /** Positions in the slab of entry records whose batch or payload is damaged. */
  readonly damaged: number[];
}

/** A bypassed entry of the last group: nobody knows yet whether its bytes are in the segment. */
export interface BypassedBytes {
  readonly path: string;
  readonly position: number;
  readonly length: number;
  readonly baseOffset: number;
  readonly term: number;
  readonly rowAt: number;
  bytes: Buffer | null;
}

/** Checks every record of a group. */
export function checkGroup(group: ReadGroup): void {
  const { memory } = group.slab;
  const end = group.at + group.header.usedSizeBytes;
  const stamp = stampOf(group.header.sequence, group.header.boot);
  let at = group.at + GROUP_HEADER_SIZE_BYTES;
  for (let count = 0; count < group.header.recordCount; count++) {
    const isWhole =
      at + RECORD_HEADER_SIZE_BYTES <= end &&
      recordStamp(memory, at) === stamp &&
      at + recordSizeBytes(recordBodySizeBytes(memory, at)) <= end;
    if (!isWhole || !isRecordValid(memory, at)) {
      group.brokenAt = group.position + at - group.at;
      return;
    }
    if (recordType(memory, at) === RecordType.entry && !areBytesValid(memory, at)) group.damaged.push(at);
    at += recordSizeBytes(recordBodySizeBytes(memory, at));
  }
  if (at !== end) group.brokenAt = group.position + at - group.at;
}

function isRecordValid(memory: Buffer, at: number): boolean {
  const type = recordType(memory, at);
  const body = at + RECORD_HEADER_SIZE_BYTES;
  const sizeBytes = recordBodySizeBytes(memory, at);
  if (type === RecordType.entry || type === RecordType.bypassedEntry) {
    if (sizeBytes < ROW_SIZE_BYTES || !isRowValid(memory, body, rowGeneration(memory, body))) return false;
    return sizeBytes === ROW_SIZE_BYTES + (type === RecordType.entry ? rowLength(memory, body) : 0);
  }
  const checksumAt = body + sizeBytes - 4;
  return sizeBytes >= 4 && memory.readUInt32LE(checksumAt) === crc32c(memory, at, checksumAt);
}

function areBytesValid(memory: Buffer, at: number): boolean {
  const row = at + RECORD_HEADER_SIZE_BYTES;
  const bytes = row + ROW_SIZE_BYTES;
  const length = rowLength(memory, row);
  if (rowKind(memory, row) !== EntryKind.batch) {
    return rowPayloadChecksum(memory, row) === crc32c(memory, bytes, bytes + length);
  }
  return batchDamage(memory, bytes, length, rowBaseOffset(memory, row), rowTerm(memory, row)) === null;
}

export class Replay {
  readonly logs = new Map<number, Log>();
  nextLogNumber: number;
  nextSegmentGeneration: number;
  readonly #host: LogHost;

  constructor(manifest: Manifest) {
    this.#host = replayHost(this);
    this.nextLogNumber = manifest.nextLogNumber;
    this.nextSegmentGeneration = manifest.nextSegmentGeneration;
    for (const image of manifest.logs) {
      const log = new Log(image.key, image.number, image.config, this.#host);
      log.hardState = image.hardState;
      log.startOffset = image.startOffset;
      log.firstIndex = image.firstIndex;
      log.previousTerm = image.previousTerm;
      log.endOffset = image.endOffset;
      log.epochs.push(...image.epochs);
      log.states.push(...image.states);
      log.checkpointedIndex = log.savedState?.index ?? 0;
      log.quarantine = image.quarantine;
      log.lastIndex = image.firstIndex - 1;
      for (const bounds of image.segments) {
        const segment = new Segment(log.directory, bounds.generation, bounds.firstIndex, bounds.baseOffset);
        segment.restore(bounds);
        log.segments.push(segment);
        log.lastIndex = bounds.nextIndex - 1;
        log.sizeBytes += bounds.sizeBytes;
      }
      log.formedIndex = log.lastIndex;
      log.isRecorded = true;
      this.logs.set(log.number, log);
    }
  }

  /** Bytes that the group says are in segments. */
  bypassedBytes(group: ReadGroup): BypassedBytes[] {
    const { memory } = group.slab;
    const all: BypassedBytes[] = [];
    const pathsByGeneration = new Map<number, string>();
    eachRecord(group, (at, body) => {
      const log = this.logs.get(recordLogNumber(memory, at));
      if (recordType(memory, at) === RecordType.createLog) {
        const fields = new FieldReader(memory, body);
        pathsByGeneration.set(-recordLogNumber(memory, at), `logs/${fields.string()}-${fields.uint32()}`);
      }
      if (recordType(memory, at) !== RecordType.bypassedEntry) return;
      const directory = log?.directory ?? pathsByGeneration.get(-recordLogNumber(memory, at));
      if (directory === undefined) throw damagedGroup(group, at, 'it speaks of a log that does not exist');
      all.push({
        path: new Segment(directory, rowGeneration(memory, body), 0, 0).dataPath,
        position: rowPosition(memory, body),
        length: rowLength(memory, body),
        baseOffset: rowBaseOffset(memory, body),
        term: rowTerm(memory, body),
        rowAt: body,
        bytes: null,
      });
    });
    return all;
  }

  /**
   * @param bypassed  The bytes of bypassed entries of the last group, as verified; null for a group with one behind it.
   * @param abandoned  Logs whose bypassed bytes the next group says never came to be: nobody was told they were stored.
   */
  apply(group: ReadGroup, bypassed: readonly BypassedBytes[] | null, abandoned: ReadonlySet<number>): void {
    const { memory } = group.slab;
    const cut = new Set<number>();
    let number = 0;
    eachRecord(group, (at, body) => {
      const type = recordType(memory, at);
      const logNumber = recordLogNumber(memory, at);
      if (type === RecordType.createLog) return this.#createLog(logNumber, new FieldReader(memory, body));
      const log = this.logs.get(logNumber);
      if (log === undefined) throw damagedGroup(group, at, 'it speaks of a log that does not exist');
      if (type === RecordType.entry || type === RecordType.bypassedEntry) {
        if (type === RecordType.bypassedEntry && abandoned.has(logNumber)) cut.add(logNumber);
        if (cut.has(logNumber)) return;
        const entry = this.#push(log, group, at, body);
        if (type === RecordType.entry) return;
        entry.bytes = bypassed?.[number++]?.bytes ?? null;
        if (entry.bytes !== null) return;
        // It was acknowledged after it was synced in its segment: it is read from there.
        entry.isWritten = true;
        entry.segment.submittedIndex = entry.index;
        entry.segment.writtenSizeBytes = entry.position + entry.length;
        return;
      }
      this.#control(type, log, new FieldReader(memory, body), group, at);
    });
  }

  #push(log: Log, group: ReadGroup, at: number, row: number): TailEntry {
    const { memory } = group.slab;
    const kind = rowKind(memory, row) as EntryKind;
    if (kind > EntryKind.producerExpiry)
      throw new NewerFormatError(group.file, JOURNAL_VERSION + 1, JOURNAL_VERSION);
    const segment = log.segments[log.segments.length - 1];
    const isNext =
      segment !== undefined &&
      rowGeneration(memory, row) === segment.generation &&
      rowIndex(memory, row) === log.lastIndex + 1 &&
      rowBaseOffset(memory, row) === log.endOffset &&
      rowPosition(memory, row) === segment.sizeBytes;
    if (!isNext)
      throw damagedGroup(group, at, `entry ${rowIndex(memory, row)} does not follow ${log.lastIndex}`);
    const isInline = recordType(memory, at) === RecordType.entry;
    const length = rowLength(memory, row);
    const fields: LogEntry = {
      index: rowIndex(memory, row),
      term: rowTerm(memory, row),
      kind,
      baseOffset: rowBaseOffset(memory, row),
      nextOffset: rowNextOffset(memory, row),
      maxTimestamp: rowMaxTimestamp(memory, row),
      bytes: NO_BYTES,
    };
    if (group.damaged.includes(at) && log.quarantine === null) {
      const position = group.position + at - group.at;
      log.quarantine = {
        reason: `${group.file} at byte ${position}: the entry is damaged`,
        offset: fields.baseOffset,
      };
    }
    const entry = log.pushReplayed(fields, segment, length);
    entry.sequence = group.header.sequence;
    if (isInline) {
      entry.slab = group.slab;
      entry.rowAt = row;
      group.slab.uses++;
    }
    log.formedIndex = log.lastIndex;
    return entry;
  }

  #createLog(number: number, fields: FieldReader): void {
    const key = { topicId: fields.string(), partition: fields.uint32() };
    const config = { segmentSizeBytesMax: fields.int64(), segmentAgeMsMax: fields.int64() };
    const log = new Log(key, number, config, this.#host);
    log.isRecorded = true;
    this.logs.set(number, log);
    this.nextLogNumber = Math.max(this.nextLogNumber, number + 1);
  }

  #control(type: number, log: Log, fields: FieldReader, group: ReadGroup, at: number): void {
    switch (type) {
      case RecordType.createSegment: {
        const generation = fields.uint32();
        const segment = log.addSegment(generation);
        segment.isRecorded = true;
        this.nextSegmentGeneration = Math.max(this.nextSegmentGeneration, generation + 1);
        return;
      }
      case RecordType.truncate: {
        const index = fields.int64();
        const generation = fields.uint32();
        const position = fields.int64();
        const slot = fields.uint32();
        const offset = fields.int64();
        // Without such a segment nothing that is left is cut: what lies below was dropped, as the start record says.
        const kept = log.segments.find((each) => each.generation === generation);
        const segment = kept ?? new Segment(log.directory, 0, 0, 0);
        log.cut({ index, segment, position, slot, offset });
        log.pendingTruncation = null;
        log.formedIndex = log.lastIndex;
        return;
      }
      case RecordType.replace: {
        const firstGeneration = fields.uint32();
        const lastGeneration = fields.uint32();
        const bounds = decodeSegment(fields);
        const from = log.segments.findIndex((each) => each.generation === firstGeneration);
        const to = log.segments.findIndex((each) => each.generation === lastGeneration);
        if (from < 0 || to < from) throw damagedGroup(group, at, 'it replaces segments that do not exist');
        const segment = new Segment(log.directory, bounds.generation, bounds.firstIndex, bounds.baseOffset);
        segment.restore(bounds);
        log.exchange(log.segments.slice(from, to + 1), segment);
        this.nextSegmentGeneration = Math.max(this.nextSegmentGeneration, bounds.generation + 1);
        return;
      }
      case RecordType.hardState:
        log.hardState = {
          term: fields.int32(),
          votedFor: fields.int32(),
          votedForIncarnation: fields.string(),
        };
        return;
      case RecordType.start: {
        log.startOffset = fields.int64();
        const generation = fields.uint32();
        const keep = log.segments.findIndex((each) => each.generation === generation);
        if (keep > 0) log.dropSegments(log.segments.splice(0, keep));
        if (generation === 0) log.dropAllSegments();
        log.previousTerm = fields.int32();
        return;
      }
      case RecordType.deleteLog:
        this.logs.delete(log.number);
        return;
      case RecordType.abandon:
        return;
      case RecordType.configure:
        log.config = { segmentSizeBytesMax: fields.int64(), segmentAgeMsMax: fields.int64() };
        return;
      default:
        throw damagedGroup(group, at, `record type ${type} is unknown`);
    }
  }
}

/** Logs whose bypassed bytes of the group before `group` are not in their segments. */
export function abandonedIn(group: ReadGroup): ReadonlySet<number> {
  const numbers = new Set<number>();
  eachRecord(group, (at) => {
    if (recordType(group.slab.memory, at) === RecordType.abandon)
      numbers.add(recordLogNumber(group.slab.memory, at));
  });
  return numbers;
}

function eachRecord(group: ReadGroup, visit: (at: number, body: number) => void): void {
  const { memory } = group.slab;
  let at = group.at + GROUP_HEADER_SIZE_BYTES;
  for (let count = 0; count < group.header.recordCount; count++) {
    visit(at, at + RECORD_HEADER_SIZE_BYTES);
    at += recordSizeBytes(recordBodySizeBytes(memory, at));
  }
}

function damagedGroup(group: ReadGroup, at: number, reason: string): DamagedStoreError {
  return new DamagedStoreError(group.file, group.position + at - group.at, reason);
}

/** What logs ask for while the journal is replayed. */
function replayHost(replay: Replay): LogHost {
  const nothing = (): void => {};
  return {
    get reader(): LogReader {
      throw new Error('a log is not read while it is replayed');
    },
    admit: nothing,
    markDirty: nothing,
    appended: nothing,
    nextGeneration: () => replay.nextSegmentGeneration++,
    rolled: nothing,
    dropped: (_log, entries) => {
      for (const entry of entries) if (entry.slab !== null) entry.slab.uses--;
    },
    freeLater: nothing,
    compact: nothing,
    unsettledCut: nothing,
    segmentsDropped: nothing,
    releaseSlab: nothing,
  };
}
