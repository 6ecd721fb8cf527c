/** Entries as rows of a row file or of a backlog tell them. */
import assert from 'node:assert/strict';
import { crc32c } from './crc32c';
import {
  isOverflowSlot,
  ROW_SIZE_BYTES,
  readOverflow,
  rowBaseOffset,
  rowIndex,
  rowKind,
  rowLength,
  rowMaxTimestamp,
  rowNextOffset,
  rowPayloadChecksum,
  rowPosition,
  rowTerm,
  slotsOf,
} from './rows';
import { EntryKind, type LogEntry } from './types';

/** The entry whose row stands at `at`, with `bytes`. */
export function entryAt(rows: Buffer, at: number, bytes: Buffer): LogEntry {
  return {
    index: rowIndex(rows, at),
    term: rowTerm(rows, at),
    kind: rowKind(rows, at) as EntryKind,
    baseOffset: rowBaseOffset(rows, at),
    nextOffset: rowNextOffset(rows, at),
    maxTimestamp: rowMaxTimestamp(rows, at),
    bytes,
  };
}

/** Where the entries within `sizeBytesMax` end among the rows, and which part of the data file they need. */
export function rangeOf(rows: Buffer, sizeBytesMax: number): { end: number; from: number; to: number } {
  let from = -1;
  let to = -1;
  let at = 0;
  while (at < rows.length) {
    const length = rowLength(rows, at);
    const kind = rowKind(rows, at);
    const next = at + slotsOf(kind, length) * ROW_SIZE_BYTES;
    if (next > rows.length) break;
    if (kind === EntryKind.batch) {
      if (from < 0) from = to = rowPosition(rows, at);
      if (at > 0 && to + length - from > sizeBytesMax) break;
      to += length;
    }
    at = next;
  }
  return { end: at, from, to };
}

/** The entries of the rows below `end`; `bytes` is the part of the data file that begins at `from`. */
export function entriesOf(rows: Buffer, end: number, bytes: Buffer, from: number): LogEntry[] {
  const entries: LogEntry[] = [];
  let at = 0;
  while (at < end) {
    assert(!isOverflowSlot(rows, at));
    const kind = rowKind(rows, at) as EntryKind;
    const length = rowLength(rows, at);
    const start = rowPosition(rows, at) - from;
    const payload =
      kind === EntryKind.batch
        ? bytes.subarray(start, start + length)
        : readOverflow(rows, at + ROW_SIZE_BYTES, length);
    entries.push(entryAt(rows, at, payload));
    at += slotsOf(kind, length) * ROW_SIZE_BYTES;
  }
  return entries;
}

/** What is wrong with the payload of the entry whose row stands at `at`, which is no batch, or null. */
export function payloadDamage(rows: Buffer, at: number, payload: Buffer): string | null {
  return rowPayloadChecksum(rows, at) === crc32c(payload) ? null : 'the payload fails its checksum';
}
