/** Turns what is pending into groups: the bytes of the journal, laid out in the memory that also serves readers. */
import assert from 'node:assert/strict';
import type { Arena, Slab } from './arena';
import { crc32c } from './crc32c';
import { FieldWriter } from './fields';
import {
  GROUP_HEADER_SIZE_BYTES,
  GroupFlag,
  RECORD_HEADER_SIZE_BYTES,
  RecordType,
  recordSizeBytes,
  stampOf,
  writeRecordHeader,
} from './journal-format';
import type { Log } from './log';
import { ROW_SIZE_BYTES, writeRow } from './rows';
import { encodeSegment } from './segment';
import type { TailEntry } from './tail-entry';
import { EntryKind, type HardState } from './types';

/** What becomes durable for one log with a group. */
export interface GroupPart {
  readonly log: Log;
  /** Last index of the log in this group. */
  readonly index: number;
  readonly hasEntries: boolean;
  readonly hardState: HardState | null;
}

export interface BypassedPart {
  readonly log: Log;
  readonly entry: TailEntry;
}

export interface Group {
  readonly sequence: number;
  readonly flags: number;
  readonly slab: Slab;
  readonly memory: Buffer;
  readonly usedSizeBytes: number;
  readonly recordCount: number;
  readonly parts: readonly GroupPart[];
  /** The last entry of each log whose bytes are not in the group, but in a segment. */
  readonly bypassed: readonly BypassedPart[];
  /** Bytes of entries that become durable with it. */
  readonly pendingSizeBytes: number;
}

export interface GroupOptions {
  readonly arena: Arena;
  readonly alignmentBytes: number;
  readonly groupSizeBytesMax: number;
  readonly boot: number;
}

/** Room that a control record never exceeds: the longest has a topic id or an incarnation in it. */
const CONTROL_SIZE_BYTES_MAX = 512;

export class GroupBuilder {
  readonly #options: GroupOptions;
  readonly #fields = new FieldWriter(CONTROL_SIZE_BYTES_MAX);
  readonly #groups: Group[] = [];
  #sequence: number;
  #stamp = 0;
  #sizeHintBytes: number;
  #slab: Slab | null = null;
  #start = 0;
  #at = 0;
  #end = 0;
  #recordCount = 0;
  #parts: GroupPart[] = [];
  #bypassed: BypassedPart[] = [];
  #pendingSizeBytes = 0;

  /** @param sizeHintBytes  About what all records together take. */
  constructor(options: GroupOptions, firstSequence: number, sizeHintBytes: number) {
    this.#options = options;
    this.#sequence = firstSequence;
    this.#sizeHintBytes = sizeHintBytes;
  }

  addDeleted(log: Log): void {
    this.#fields.reset();
    this.#control(RecordType.deleteLog, log.number);
  }

  /**
   * Everything that `log` has for the journal, entries up to `lastIndex`; the hard state before any entry that relies
   * on it.
   */
  addLog(log: Log, lastIndex: number): void {
    const { key, number } = log;
    const fields = this.#fields;
    if (!log.isRecorded) {
      fields.reset();
      fields.string(key.topicId);
      fields.uint32(key.partition);
      writeConfig(fields, log);
      this.#control(RecordType.createLog, number);
    } else if (log.isConfigDirty) {
      fields.reset();
      writeConfig(fields, log);
      this.#control(RecordType.configure, number);
    }
    if (log.isHardStateDirty) {
      fields.reset();
      fields.int32(log.hardState.term);
      fields.int32(log.hardState.votedFor);
      fields.string(log.hardState.votedForIncarnation);
      this.#control(RecordType.hardState, number);
    }
    for (const { firstGeneration, lastGeneration, segment } of log.pendingReplacements.splice(0)) {
      fields.reset();
      fields.uint32(firstGeneration);
      fields.uint32(lastGeneration);
      encodeSegment(fields, segment);
      this.#control(RecordType.replace, number);
    }
    if (log.pendingTruncation !== null) {
      fields.reset();
      fields.int64(log.pendingTruncation.index);
      fields.uint32(log.pendingTruncation.generation);
      fields.int64(log.pendingTruncation.sizeBytes);
      fields.uint32(log.pendingTruncation.slots);
      fields.int64(log.pendingTruncation.nextOffset);
      this.#control(RecordType.truncate, number);
    }
    const hasEntries = this.#addEntries(log, lastIndex) || log.pendingTruncation !== null;
    if (log.isStartDirty) {
      fields.reset();
      fields.int64(log.startOffset);
      fields.uint32(log.segments[0]?.isRecorded === true ? log.segments[0].generation : 0);
      fields.int32(log.previousTerm);
      this.#control(RecordType.start, number);
    }
    const hardState = log.isHardStateDirty ? log.hardState : null;
    this.#parts.push({ log, index: lastIndex, hasEntries, hardState });
    log.isRecorded = true;
    log.isDirty = log.isConfigDirty = log.isHardStateDirty = log.isStartDirty = false;
    log.pendingTruncation = null;
    log.formedIndex = lastIndex;
    if (lastIndex === log.lastIndex) log.unclaimedSizeBytes = 0;
  }

  /** A group that takes back the bypassed entries which the one before it holds of these logs. */
  static abandoning(options: GroupOptions, sequence: number, logs: readonly Log[]): Group {
    const builder = new GroupBuilder(options, sequence, 0);
    builder.#fields.reset();
    for (const log of logs) builder.#control(RecordType.abandon, log.number);
    return builder.#close(GroupFlag.none);
  }

  /** A group without records, that says only where the one before it ends. */
  static bare(options: GroupOptions, sequence: number, flags: number): Group {
    const builder = new GroupBuilder(options, sequence, 0);
    builder.#open(0);
    return builder.#close(flags);
  }

  finish(): readonly Group[] {
    if (this.#slab !== null) this.#groups.push(this.#close(GroupFlag.none));
    return this.#groups;
  }

  #addEntries(log: Log, lastIndex: number): boolean {
    const from = log.tailAt(log.formedIndex + 1);
    if (from === undefined || from.index > lastIndex) return false;
    let bypassed: TailEntry | null = null;
    for (let { index } = from; index <= lastIndex; index++) {
      const entry = log.tailAt(index)!;
      const { segment } = entry;
      const groupCount = this.#groups.length;
      if (!segment.isRecorded) {
        this.#fields.reset();
        this.#fields.uint32(segment.generation);
        this.#fields.int64(segment.firstIndex);
        this.#fields.int64(segment.baseOffset);
        this.#control(RecordType.createSegment, log.number);
        segment.isRecorded = true;
      }
      if (entry.isBypassed) this.#addRow(log, entry);
      else this.#addInline(log, entry);
      // A log whose entries go over a border of groups is durable up to there with the first of them.
      if (this.#groups.length > groupCount) {
        if (index > from.index) this.#splitPart(log, index - 1, bypassed);
        bypassed = null;
      }
      if (entry.isBypassed) bypassed = entry;
      this.#pendingSizeBytes += entry.length;
    }
    if (bypassed !== null) this.#bypassed.push({ log, entry: bypassed });
    return true;
  }

  /** The group before the current one ends with entry `index` of `log`. */
  #splitPart(log: Log, index: number, bypassed: TailEntry | null): void {
    const previous = this.#groups[this.#groups.length - 1]!;
    (previous.parts as GroupPart[]).push({ log, index, hasEntries: true, hardState: null });
    if (bypassed !== null) (previous.bypassed as BypassedPart[]).push({ log, entry: bypassed });
  }

  #addInline(log: Log, entry: TailEntry): void {
    const at = this.#record(RecordType.entry, ROW_SIZE_BYTES + entry.length, log.number);
    const slab = this.#slab!;
    const bytes = entry.bytes!;
    assert(entry.slab === null);
    writeRow(slab.memory, at, entry, rowTimestampOrChecksum(entry, bytes));
    bytes.copy(slab.memory, at + ROW_SIZE_BYTES);
    slab.uses++;
    entry.slab = slab;
    entry.rowAt = at;
    entry.bytes = null;
    entry.sequence = this.#sequence;
    log.unclaimedSizeBytes -= entry.length;
  }

  #addRow(log: Log, entry: TailEntry): void {
    const at = this.#record(RecordType.bypassedEntry, ROW_SIZE_BYTES, log.number);
    writeRow(this.#slab!.memory, at, entry, rowTimestampOrChecksum(entry, entry.bytes!));
    entry.sequence = this.#sequence;
  }

  #control(type: number, logNumber: number): void {
    const body = this.#fields.view();
    const at = this.#record(type, body.length + 4, logNumber);
    const { memory } = this.#slab!;
    body.copy(memory, at);
    const end = at + body.length;
    memory.writeUInt32LE(crc32c(memory, at - RECORD_HEADER_SIZE_BYTES, end), end);
  }

  /** Makes room for a record, in the next group if need be; returns where its body goes. */
  #record(type: number, bodySizeBytes: number, logNumber: number): number {
    const sizeBytes = recordSizeBytes(bodySizeBytes);
    if (this.#slab !== null && this.#at + sizeBytes > this.#end)
      this.#groups.push(this.#close(GroupFlag.none));
    if (this.#slab === null) this.#open(sizeBytes);
    const at = this.#at;
    const { memory } = this.#slab!;
    // The last word first: it is padding unless the body is longer, and is overwritten then.
    memory.writeUInt32LE(0, at + sizeBytes - 4);
    writeRecordHeader(memory, at, type, bodySizeBytes, logNumber, this.#stamp);
    this.#at += sizeBytes;
    this.#recordCount++;
    return at + RECORD_HEADER_SIZE_BYTES;
  }

  #open(recordBytes: number): void {
    const { arena, alignmentBytes, groupSizeBytesMax, boot } = this.#options;
    const wanted = Math.max(this.#sizeHintBytes, recordBytes) + GROUP_HEADER_SIZE_BYTES;
    const sizeBytes = Math.min(roundUp(wanted, alignmentBytes), groupSizeBytesMax);
    assert(recordBytes + GROUP_HEADER_SIZE_BYTES <= sizeBytes);
    this.#slab = arena.take(sizeBytes);
    this.#start = this.#slab.at;
    this.#at = this.#start + GROUP_HEADER_SIZE_BYTES;
    this.#end = this.#start + sizeBytes;
    this.#stamp = stampOf(this.#sequence, boot);
  }

  #close(flags: number): Group {
    const slab = this.#slab!;
    const usedSizeBytes = this.#at - this.#start;
    const sizeBytes = roundUp(usedSizeBytes, this.#options.alignmentBytes);
    slab.memory.fill(0, this.#at, this.#start + sizeBytes);
    slab.at = this.#start + sizeBytes;
    this.#sizeHintBytes = Math.max(0, this.#sizeHintBytes - usedSizeBytes);
    const group: Group = {
      sequence: this.#sequence,
      flags,
      slab,
      memory: slab.memory.subarray(this.#start, this.#start + sizeBytes),
      usedSizeBytes,
      recordCount: this.#recordCount,
      parts: this.#parts,
      bypassed: this.#bypassed,
      pendingSizeBytes: this.#pendingSizeBytes,
    };
    this.#sequence++;
    this.#slab = null;
    this.#recordCount = 0;
    this.#parts = [];
    this.#bypassed = [];
    this.#pendingSizeBytes = 0;
    return group;
  }
}

/** A batch of this size finds room in a group, whatever else its log has for it. */
export const inlineSizeBytesMax = (groupSizeBytesMax: number): number =>
  groupSizeBytesMax / 2 - GROUP_HEADER_SIZE_BYTES - CONTROL_SIZE_BYTES_MAX;

/** About what the records of `log` up to `lastIndex` take in the journal. */
export function pendingRecordsSizeBytes(log: Log, lastIndex: number): number {
  let sizeBytes = CONTROL_SIZE_BYTES_MAX;
  for (let index = log.formedIndex + 1; index <= lastIndex; index++) {
    const entry = log.tailAt(index)!;
    sizeBytes += recordSizeBytes(ROW_SIZE_BYTES + 7) + (entry.isBypassed ? 0 : entry.length);
  }
  return sizeBytes;
}

export function rowTimestampOrChecksum(entry: TailEntry, bytes: Buffer): number {
  return entry.kind === EntryKind.batch ? entry.maxTimestamp : crc32c(bytes);
}

function writeConfig(fields: FieldWriter, log: Log): void {
  fields.int64(log.config.segmentSizeBytesMax);
  fields.int64(log.config.segmentAgeMsMax);
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
