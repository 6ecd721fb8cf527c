/**
 * The bytes of one simulated file, twice: as a reader sees them (page cache) and as a power cut would leave them.
 * In between stand the changes that no sync has covered yet; a crash decides for each 512-byte sector how many of
 * them reached the medium.
 */
import type { SeededRandom } from './random';

export const SECTOR_SIZE_BYTES = 512;
export const PAGE_SIZE_BYTES = 4096;
const SECTORS_PER_PAGE = PAGE_SIZE_BYTES / SECTOR_SIZE_BYTES;

interface WriteChange {
  readonly kind: 'write';
  readonly sequence: number;
  readonly position: number;
  readonly bytes: Buffer;
  /** A completed direct write: on the medium, whatever else is lost. */
  readonly isDurable: boolean;
}

interface TruncateChange {
  readonly kind: 'truncate';
  readonly sequence: number;
  readonly sizeBytes: number;
}

type Change = WriteChange | TruncateChange;

/** What one power cut did to one file. */
export interface Losses {
  lostSectors: number;
  tornPages: number;
  lostSizes: number;
}

const RECENT_WRITES = 8;
const NO_BYTES = Buffer.alloc(0);

export class FileImage {
  sizeBytes = 0;
  /** Where the last writes went: what damage must hit to matter. */
  readonly recentWrites: { readonly position: number; readonly sizeBytes: number }[] = [];
  #bytes: Buffer = NO_BYTES;
  #durableBytes: Buffer = NO_BYTES;
  /** Readers and medium hold the same bytes, in the same memory, until the next change. */
  #isShared = false;
  #durableSizeBytes = 0;
  #changes: Change[] = [];
  #sequence = 0;
  /** One byte for each page that takes space on the disk. */
  #pages: Buffer = NO_BYTES;
  #pageCount = 0;

  get allocatedSizeBytes(): number {
    return this.#pageCount * PAGE_SIZE_BYTES;
  }

  get hasUnsynced(): boolean {
    return this.#changes.length > 0;
  }

  /** Copies from `position`; the count is short only at the end of the file. */
  read(position: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.sizeBytes - position));
    if (count > 0) this.#bytes.copy(into, 0, position, position + count);
    return count;
  }

  /** Bytes of new space a write of this range would take. */
  growthOf(position: number, sizeBytes: number): number {
    let growth = 0;
    const last = Math.ceil((position + sizeBytes) / PAGE_SIZE_BYTES);
    for (let page = Math.floor(position / PAGE_SIZE_BYTES); page < last; page++) {
      if (this.#pages[page] !== 1) growth += PAGE_SIZE_BYTES;
    }
    return growth;
  }

  /** @param isOwned  Nobody else changes `bytes` any more: they are kept without a copy. */
  write(position: number, bytes: Buffer, isDurable: boolean, isOwned = false): void {
    if (bytes.length === 0) return;
    this.#unshare();
    const end = position + bytes.length;
    this.recentWrites.push({ position, sizeBytes: bytes.length });
    if (this.recentWrites.length > RECENT_WRITES) this.recentWrites.shift();
    this.#bytes = grown(this.#bytes, end);
    bytes.copy(this.#bytes, position);
    this.sizeBytes = Math.max(this.sizeBytes, end);
    this.#allocate(position, end);
    if (isDurable && this.#changes.length === 0) {
      this.#applyDurably(position, bytes);
      return;
    }
    const kept = isOwned ? bytes : Buffer.from(bytes);
    this.#changes.push({ kind: 'write', sequence: ++this.#sequence, position, bytes: kept, isDurable });
  }

  #unshare(): void {
    if (!this.#isShared) return;
    this.#isShared = false;
    this.#bytes = Buffer.from(this.#durableBytes);
  }

  truncate(sizeBytes: number): void {
    this.#unshare();
    if (sizeBytes < this.sizeBytes) this.#bytes.fill(0, sizeBytes, this.sizeBytes);
    else this.#bytes = grown(this.#bytes, sizeBytes);
    this.sizeBytes = sizeBytes;
    const keptPages = Math.ceil(sizeBytes / PAGE_SIZE_BYTES);
    for (let page = keptPages; page < this.#pages.length; page++) {
      if (this.#pages[page] === 1) this.#pageCount--;
      this.#pages[page] = 0;
    }
    this.#changes.push({ kind: 'truncate', sequence: ++this.#sequence, sizeBytes });
  }

  /** The point a sync submitted now must cover. */
  mark(): number {
    return this.#sequence;
  }

  /** Makes every change up to `mark` durable. */
  commit(mark: number): void {
    let count = 0;
    for (const change of this.#changes) {
      if (change.sequence > mark) break;
      count++;
      if (change.kind === 'write') this.#applyDurably(change.position, change.bytes);
      else this.#truncateDurably(change.sizeBytes);
    }
    if (count > 0) this.#changes = this.#changes.slice(count);
  }

  /**
   * A sync that failed: its pages are clean now, so no later sync writes them (ATC'20, "Can applications recover from
   * fsync failures?"). Readers go on seeing them. Part of them may have been written.
   */
  forget(mark: number, random: SeededRandom, losses: Losses): void {
    const kept = this.#changes.filter((change) => change.sequence > mark);
    this.#changes = this.#changes.filter((change) => change.sequence <= mark);
    if (this.#changes.length > 0) this.#settle(random, losses, random.chance(0.5) ? 'none' : 'some');
    this.#changes = kept;
  }

  /** Flips one bit for readers and on the medium; false when the file is shorter. */
  flipBit(position: number, bit: number): boolean {
    if (position >= this.sizeBytes) return false;
    this.#unshare();
    this.#bytes[position]! ^= 1 << bit;
    if (position < this.#durableSizeBytes) this.#durableBytes[position]! ^= 1 << bit;
    return true;
  }

  /** Zeros one sector for readers and on the medium. */
  zeroSector(sector: number): void {
    this.#unshare();
    const start = sector * SECTOR_SIZE_BYTES;
    this.#bytes.fill(0, start, Math.min(start + SECTOR_SIZE_BYTES, this.sizeBytes));
    this.#durableBytes.fill(0, start, Math.min(start + SECTOR_SIZE_BYTES, this.#durableSizeBytes));
  }

  /** The same file after the process died and the machine did not: the page cache is all there, still unsynced. */
  afterProcessDeath(): FileImage {
    const image = new FileImage();
    image.sizeBytes = this.sizeBytes;
    image.recentWrites.push(...this.recentWrites);
    image.#bytes = this.#bytes;
    image.#isShared = this.#isShared;
    image.#durableBytes = this.#durableBytes;
    image.#durableSizeBytes = this.#durableSizeBytes;
    image.#changes = this.#changes;
    image.#sequence = this.#sequence;
    image.#pages = this.#pages;
    image.#pageCount = this.#pageCount;
    return image;
  }

  /** The file as a power cut leaves it. */
  afterPowerCut(random: SeededRandom, losses: Losses): FileImage {
    if (this.#changes.length > 0) {
      this.#settle(random, losses, random.pick(['none', 'all', 'some', 'some', 'some'] as const));
    }
    const image = new FileImage();
    image.sizeBytes = this.#durableSizeBytes;
    image.recentWrites.push(...this.recentWrites);
    image.#durableSizeBytes = this.#durableSizeBytes;
    image.#durableBytes = this.#durableBytes;
    image.#bytes = this.#durableBytes;
    image.#isShared = true;
    image.#allocate(0, image.sizeBytes);
    return image;
  }

  /**
   * Decides which pending changes reached the medium, then drops the rest. Each sector holds the state after some
   * number of the changes that touched it; sectors of one page mostly agree (one writeback), torn pages do not.
   * Sizes are metadata: they become durable in order. Where the size is durable and the bytes are not, there are zeros.
   */
  #settle(random: SeededRandom, losses: Losses, how: 'none' | 'all' | 'some'): void {
    const changes = this.#changes;
    const oldest = changes[0]!.sequence - 1;
    const newest = changes.at(-1)!.sequence;
    const draw = (): number =>
      how === 'all' ? newest : how === 'none' ? oldest : drawCut(random, oldest, newest);
    const sizeCut = draw();
    const cuts = new Map<number, number>();
    for (const change of changes) {
      if (change.kind === 'truncate') continue;
      for (const page of pagesOf(change)) {
        if (cuts.has(page * SECTORS_PER_PAGE)) continue;
        const isTorn = how === 'some' && random.chance(0.25);
        if (isTorn) losses.tornPages++;
        const pageCut = draw();
        for (let sector = page * SECTORS_PER_PAGE; sector < (page + 1) * SECTORS_PER_PAGE; sector++) {
          cuts.set(sector, isTorn ? draw() : pageCut);
        }
      }
    }
    for (const change of changes) {
      if (change.kind === 'write' && change.isDurable) raiseCuts(cuts, change);
    }
    const sizeIsDurable = (change: Change): boolean =>
      change.sequence <= sizeCut || (change.kind === 'write' && change.isDurable);
    const lastDurableSize = changes.findLast(sizeIsDurable)?.sequence ?? oldest;
    for (const change of changes) {
      if (change.kind === 'truncate') {
        if (change.sequence <= lastDurableSize) this.#truncateDurably(change.sizeBytes);
        else this.#zeroWritten(change, cuts, losses);
      } else this.#settleWrite(change, cuts, change.sequence <= lastDurableSize, losses);
    }
    this.#changes = [];
  }

  /** A truncation whose size was lost still shows as zeros in the sectors that were written after it. */
  #zeroWritten(change: TruncateChange, cuts: ReadonlyMap<number, number>, losses: Losses): void {
    losses.lostSizes++;
    for (const [sector, cut] of cuts) {
      const start = Math.max(sector * SECTOR_SIZE_BYTES, change.sizeBytes);
      const end = Math.min((sector + 1) * SECTOR_SIZE_BYTES, this.#durableSizeBytes);
      if (cut >= change.sequence && start < end) this.#durableBytes.fill(0, start, end);
    }
  }

  #settleWrite(
    change: WriteChange,
    cuts: ReadonlyMap<number, number>,
    isSizeDurable: boolean,
    losses: Losses,
  ): void {
    const end = change.position + change.bytes.length;
    if (isSizeDurable) this.#growDurably(end);
    let at = change.position;
    while (at < end) {
      const sector = Math.floor(at / SECTOR_SIZE_BYTES);
      const pieceEnd = Math.min(end, (sector + 1) * SECTOR_SIZE_BYTES, this.#durableSizeBytes);
      if (pieceEnd <= at) {
        losses.lostSizes++;
        return;
      }
      if ((cuts.get(sector) ?? 0) >= change.sequence) {
        change.bytes.copy(this.#durableBytes, at, at - change.position, pieceEnd - change.position);
      } else losses.lostSectors++;
      at = pieceEnd;
    }
  }

  #applyDurably(position: number, bytes: Buffer): void {
    this.#growDurably(position + bytes.length);
    bytes.copy(this.#durableBytes, position);
  }

  #growDurably(sizeBytes: number): void {
    this.#durableBytes = grown(this.#durableBytes, sizeBytes);
    this.#durableSizeBytes = Math.max(this.#durableSizeBytes, sizeBytes);
  }

  #truncateDurably(sizeBytes: number): void {
    if (sizeBytes < this.#durableSizeBytes) this.#durableBytes.fill(0, sizeBytes, this.#durableSizeBytes);
    else this.#durableBytes = grown(this.#durableBytes, sizeBytes);
    this.#durableSizeBytes = sizeBytes;
  }

  #allocate(position: number, end: number): void {
    const last = Math.ceil(end / PAGE_SIZE_BYTES);
    if (last > this.#pages.length) this.#pages = grown(this.#pages, last);
    for (let page = Math.floor(position / PAGE_SIZE_BYTES); page < last; page++) {
      if (this.#pages[page] === 0) this.#pageCount++;
      this.#pages[page] = 1;
    }
  }
}

/** Nothing, everything, or anything between. */
function drawCut(random: SeededRandom, oldest: number, newest: number): number {
  const kind = random.below(4);
  return kind === 0 ? oldest : kind === 1 ? newest : random.between(oldest, newest);
}

function* pagesOf(change: WriteChange): Generator<number> {
  const last = Math.ceil((change.position + change.bytes.length) / PAGE_SIZE_BYTES);
  for (let page = Math.floor(change.position / PAGE_SIZE_BYTES); page < last; page++) yield page;
}

function raiseCuts(cuts: Map<number, number>, change: WriteChange): void {
  const last = Math.ceil((change.position + change.bytes.length) / SECTOR_SIZE_BYTES);
  for (let sector = Math.floor(change.position / SECTOR_SIZE_BYTES); sector < last; sector++) {
    cuts.set(sector, Math.max(cuts.get(sector) ?? 0, change.sequence));
  }
}

/** `bytes` with room for `sizeBytes`, zeros behind the old content. */
function grown(bytes: Buffer, sizeBytes: number): Buffer {
  if (sizeBytes <= bytes.length) return bytes;
  const larger = Buffer.alloc(
    Math.max(sizeBytes, 8192, Math.min(bytes.length * 2, bytes.length + (1 << 20))),
  );
  bytes.copy(larger);
  return larger;
}
