/** What stands in a window of a row file, slot by slot: rows that are whole, and slots that are not. */
import { entryAt, payloadDamage } from './row-entries';
import {
  isOverflowSlot,
  isOverflowValid,
  isRowValid,
  ROW_SIZE_BYTES,
  readOverflow,
  rowIndex,
  rowKind,
  rowLength,
  rowPosition,
  slotsOf,
} from './rows';
import { EntryKind, type LogEntry } from './types';

/** A row that is whole. Its entry's `bytes` are the payload; empty for a batch, which stands in the data file. */
export interface FoundEntry {
  readonly slot: number;
  readonly slots: number;
  readonly entry: LogEntry;
  readonly position: number;
  readonly length: number;
  /** What is wrong with its payload, or null. */
  readonly damage: string | null;
}

/** `entry` is null for a slot that holds no row. */
export type FoundSlot = FoundEntry | { readonly slot: number; readonly slots: 1; readonly entry: null };

const NO_BYTES = Buffer.alloc(0);

/**
 * @param from  Slot that `rows` begins with; entries begin there unless what stands there is damaged.
 * @param end   Slots that the segment has in this file.
 * @returns The slots up to the last entry that is in `rows` as a whole; none when the first is not.
 */
export function slotsIn(rows: Buffer, from: number, end: number, generation: number): FoundSlot[] {
  const found: FoundSlot[] = [];
  let at = 0;
  while (at < rows.length) {
    const slot = from + at / ROW_SIZE_BYTES;
    const slots = slotsAt(rows, at, generation);
    if (slots === 0 || slot + slots > end) {
      found.push({ slot, slots: 1, entry: null });
      at += ROW_SIZE_BYTES;
      continue;
    }
    if (at + slots * ROW_SIZE_BYTES > rows.length) break;
    found.push(entryIn(rows, at, slot, slots, generation));
    at += slots * ROW_SIZE_BYTES;
  }
  return found;
}

/** Slots of the entry whose row stands at `at`; 0 when no row of this segment does. */
export function slotsAt(rows: Buffer, at: number, generation: number): number {
  if (isOverflowSlot(rows, at) || !isRowValid(rows, at, generation)) return 0;
  return slotsOf(rowKind(rows, at), rowLength(rows, at));
}

function entryIn(rows: Buffer, at: number, slot: number, slots: number, generation: number): FoundEntry {
  const length = rowLength(rows, at);
  const payloadAt = at + ROW_SIZE_BYTES;
  const place = { slot, slots, position: rowPosition(rows, at), length };
  if (rowKind(rows, at) === EntryKind.batch) {
    return { ...place, entry: entryAt(rows, at, NO_BYTES), damage: null };
  }
  const payload = readOverflow(rows, payloadAt, length);
  return {
    ...place,
    entry: entryAt(rows, at, payload),
    damage:
      overflowDamage(rows, payloadAt, at + slots * ROW_SIZE_BYTES, rowIndex(rows, at), generation) ??
      payloadDamage(rows, at, payload),
  };
}

function overflowDamage(
  rows: Buffer,
  from: number,
  end: number,
  index: number,
  generation: number,
): string | null {
  for (let at = from; at < end; at += ROW_SIZE_BYTES) {
    const isValid =
      isOverflowSlot(rows, at) && isOverflowValid(rows, at, generation) && rowIndex(rows, at) === index;
    if (!isValid) return 'the payload fails its checksum';
  }
  return null;
}
