/**
 * Bytes that went straight to a data file, in memory that is laid out as the file's blocks are: a direct write takes
 * whole blocks, so it begins with the end of what was written before and ends with zeros. A short while longer the same
 * memory serves readers, because a direct write leaves nothing in the page cache.
 */
import { Arena, type Slab } from './arena';
import type { Disk } from './disk';
import { ROW_SIZE_BYTES } from './rows';
import type { Segment } from './segment';
import type { TailEntry } from './tail-entry';
import { EntryKind, type LogStoreOptions } from './types';

const KEPT_SIZE_BYTES_MAX = 2 ** 30;
/** What is kept is freed when nothing came for so long, or twice as long. */
const KEPT_MS = 120_000;
/** Few slabs, and large ones: a slab is free when all that is in it was forgotten. */
const SLABS = 32;
const SLAB_SIZE_BYTES_MAX = 64 << 20;

export interface Extent {
  readonly segment: Segment;
  readonly slab: Slab;
  /** Whole blocks of the file, from `blocksFrom` on. */
  readonly blocks: Buffer;
  readonly blocksFrom: number;
  /** Positions in the file of the bytes that are new. */
  readonly from: number;
  readonly to: number;
  /** What stands before `from` in the first block is there too. */
  readonly isWhole: boolean;
}

export class Extents {
  readonly #arena: Arena;
  readonly #alignmentBytes: number;
  readonly #keptSizeBytesMax: number;
  readonly #timers: LogStoreOptions['timers'];
  /** The oldest first. */
  #kept: Extent[] = [];
  #keptHead = 0;
  #keptSizeBytes = 0;
  #timer: { cancel(): void } | null = null;
  #hasNew = false;

  /** @param slabSizeBytesMin  Room for the largest batch that a group could take. */
  constructor(disk: Disk, slabSizeBytesMin: number, { journal, timers }: LogStoreOptions) {
    const wanted = journal.recentSizeBytesMax ?? -1;
    const share = Math.min((disk.memorySizeBytes ?? 0) / 16, KEPT_SIZE_BYTES_MAX);
    this.#keptSizeBytesMax = wanted >= 0 ? wanted : Math.max(share, journal.lazySizeBytesMax);
    const slabSizeBytes = roundUp(this.#keptSizeBytesMax / SLABS, disk.alignmentBytes);
    this.#arena = new Arena(disk, {
      slabSizeBytes: Math.max(slabSizeBytesMin, Math.min(slabSizeBytes, SLAB_SIZE_BYTES_MAX)),
      freeSizeBytesMax: this.#keptSizeBytesMax,
      isBorrowed: true,
    });
    this.#alignmentBytes = disk.alignmentBytes;
    this.#timers = timers;
  }

  /** More bytes than this go to the file from where they are. */
  get sizeBytesMax(): number {
    return this.#arena.slabSizeBytes - 2 * this.#alignmentBytes;
  }

  /** Copies the batches among `entries`, which follow each other in the file from `from` on. The caller ends its use. */
  build(segment: Segment, entries: readonly TailEntry[], from: number, sizeBytes: number): Extent {
    const align = this.#alignmentBytes;
    const headSizeBytes = from % align;
    const head = headSizeBytes === 0 ? null : lastBlockOf(segment, from, headSizeBytes);
    const usedSizeBytes = headSizeBytes + sizeBytes;
    const blocksSizeBytes = roundUp(usedSizeBytes, align);
    const slab = this.#arena.take(blocksSizeBytes);
    const blocks = slab.memory.subarray(slab.at, slab.at + blocksSizeBytes);
    slab.at += blocksSizeBytes;
    head?.copy(blocks);
    let at = headSizeBytes;
    for (const entry of entries) {
      if (entry.kind === EntryKind.batch) at += entry.view(ROW_SIZE_BYTES).copy(blocks, at);
    }
    blocks.fill(0, usedSizeBytes);
    const isWhole = headSizeBytes === 0 || head !== null;
    return {
      segment,
      slab,
      blocks,
      blocksFrom: from - headSizeBytes,
      from,
      to: from + sizeBytes,
      isWhole,
    };
  }

  /** The file has the bytes: readers may have them from here. */
  keep(extent: Extent): void {
    if (extent.segment.isDropped || this.#keptSizeBytesMax < extent.blocks.length)
      return this.discard(extent);
    extent.segment.extents.push(extent);
    this.#kept.push(extent);
    this.#keptSizeBytes += extent.blocks.length;
    while (this.#keptSizeBytes > this.#keptSizeBytesMax) this.#forgetOldest();
    this.#hasNew = true;
    if (this.#timer === null) this.#watch();
  }

  /** Nothing is kept any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    while (this.#keptHead < this.#kept.length) this.#forgetOldest();
    this.#arena.trim();
  }

  discard(extent: Extent): void {
    this.#arena.release(extent.slab);
  }

  #watch(): void {
    this.#hasNew = false;
    this.#timer = this.#timers.after(KEPT_MS, () => {
      if (this.#hasNew) this.#watch();
      else this.stop();
    });
  }

  #forgetOldest(): void {
    const oldest = this.#kept[this.#keptHead++]!;
    if (this.#keptHead * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#keptHead);
      this.#keptHead = 0;
    }
    this.#keptSizeBytes -= oldest.blocks.length;
    const { extents } = oldest.segment;
    // A truncation may have taken it, and only from the end.
    if (extents[0] === oldest) extents.shift();
    this.#arena.release(oldest.slab);
  }
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Bytes of the block that `end` lies in, up to there; null when they are not in memory. */
function lastBlockOf(segment: Segment, end: number, sizeBytes: number): Buffer | null {
  const last = segment.extents[segment.extents.length - 1];
  if (last === undefined || last.to !== end) return null;
  const from = end - sizeBytes;
  if (from < (last.isWhole ? last.blocksFrom : last.from)) return null;
  return last.blocks.subarray(from - last.blocksFrom, end - last.blocksFrom);
}

/** Fills `into` with the bytes from `position` on, if all of them are in memory. */
export function copyFromExtents(segment: Segment, position: number, into: Buffer): boolean {
  const { extents } = segment;
  const end = position + into.length;
  if (extents.length === 0 || extents[extents.length - 1]!.to < end) return false;
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (extents[middle]!.to <= position) low = middle + 1;
    else high = middle;
  }
  let at = position;
  for (let number = low; at < end; number++) {
    const extent = extents[number];
    if (extent === undefined || at < extent.from || at >= extent.to) return false;
    const to = Math.min(end, extent.to);
    extent.blocks.copy(into, at - position, at - extent.blocksFrom, to - extent.blocksFrom);
    at = to;
  }
  return true;
}
