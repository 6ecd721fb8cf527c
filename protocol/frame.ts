/**
 * A byte stream cut into frames: int32 size, then that many bytes. The reader owns the memory that the stream reads into
 * (`StreamHandler.readBuffer`), so that a frame is used where it landed.
 */
import assert from 'node:assert/strict';
import { FrameSizeError } from './errors';
import type { FramePool, Memory } from './frame-pool';
import { FRAME_MEMORY } from './frame-pool';

const LENGTH_PREFIX_BYTES = 4;
/** A frame beyond this size that does not fit into the rest of the slab gets memory of its own. */
const OWN_MEMORY_SIZE_BYTES_MIN = 16 * 1024;
/**
 * A size alone buys little memory: that of a frame grows by this factor as its bytes arrive, unless the stream had more
 * to give than the last read could take. Then the whole frame, up to `OWN_MEMORY_SIZE_BYTES_TRUSTED`, comes at once.
 */
const OWN_MEMORY_GROWTH = 4;
const OWN_MEMORY_SIZE_BYTES_TRUSTED = 2 * 1024 * 1024;
/** A slab with less than this part of it free is left to its frames. */
const SLAB_ROOM_PART_MIN = 8;

/**
 * One frame, without its size. It begins with one owner; the memory is reused after the last `release`, and no view of
 * `buffer` may be touched from then on.
 */
export class Frame {
  private owners = 1;

  constructor(
    readonly buffer: Buffer,
    private readonly memory: Memory,
  ) {}

  retain(): void {
    assert(this.owners > 0, 'a released frame cannot be retained');
    this.owners += 1;
  }

  release(): void {
    assert(this.owners > 0, 'a frame is released once per owner');
    this.owners -= 1;
    if (this.owners === 0) this.memory.release();
  }
}

export interface FrameReaderOptions {
  /** `socket.request.max.bytes`; a longer frame is refused as soon as its size is known. */
  readonly frameSizeBytesMax: number;
}

/**
 * One per connection:
 *
 *     readBuffer()   the stream reads into this
 *     advance(n)     n bytes of it are filled
 *     next()         the next whole frame, or null; call until null, at once or later
 *     close()        no more reading; frames already given out stay with their owners
 *
 * Once the stream is drained and no frame is pending, it holds 16 KiB, since it may stay so for hours.
 */
export class FrameReader {
  private memory: Memory;
  /** First byte not yet given out, and first byte not yet filled. */
  private start = 0;
  private filled = 0;
  /** Payload size when `memory` belongs to one frame alone (it then begins with that payload), else -1. */
  private ownSizeBytes = -1;
  private lentSizeBytes = 0;
  /** The last read was full: more is waiting. If not, the connection may be idle for a long time. */
  private isBusy = false;
  /** Slab size while busy. */
  private busySizeBytes: number = FRAME_MEMORY.slabSizeBytesMin;
  /** Frames that were complete in memory of their own before anybody asked. They come before those in the slab. */
  private readonly ready: Frame[] = [];
  private closed = false;

  constructor(
    private readonly pool: FramePool,
    private readonly options: FrameReaderOptions,
  ) {
    this.memory = pool.take(FRAME_MEMORY.slabSizeBytesIdle);
  }

  /** Bytes received but not yet given out as frames. */
  get pendingSizeBytes(): number {
    return this.filled - this.start;
  }

  readBuffer(): Uint8Array {
    assert(!this.closed);
    const pending = this.filled - this.start;
    if (this.ownSizeBytes >= 0) this.growOwnMemory();
    else if (pending === 0) this.prepareEmpty();
    else this.preparePartial(pending);
    const bytes = this.memory.bytes;
    const end = this.ownSizeBytes >= 0 ? Math.min(bytes.length, this.ownSizeBytes) : bytes.length;
    this.lentSizeBytes = end - this.filled;
    return bytes.subarray(this.filled, end);
  }

  advance(sizeBytes: number): void {
    assert(sizeBytes >= 0 && sizeBytes <= this.lentSizeBytes);
    this.filled += sizeBytes;
    // The last bytes of a frame with its own memory fill that memory by design, not because more is waiting.
    if (this.filled === this.ownSizeBytes) this.finishOwnMemory();
    else this.learn(sizeBytes);
    this.lentSizeBytes = 0;
  }

  /** @throws FrameSizeError  after all frames before the offending one were given out. */
  next(): Frame | null {
    if (this.closed) return null;
    const ready = this.ready.shift();
    if (ready !== undefined) return ready;
    const pending = this.filled - this.start;
    if (this.ownSizeBytes >= 0 || pending < LENGTH_PREFIX_BYTES) return null;
    const sizeBytes = this.memory.bytes.readInt32BE(this.start);
    if (!this.isAllowed(sizeBytes)) throw new FrameSizeError(sizeBytes, this.options.frameSizeBytesMax);
    if (pending - LENGTH_PREFIX_BYTES < sizeBytes) return null;
    const from = this.start + LENGTH_PREFIX_BYTES;
    this.start = from + sizeBytes;
    this.memory.retain();
    return new Frame(this.memory.bytes.subarray(from, this.start), this.memory);
  }

  /** To be called when the stream no longer holds the last `readBuffer()`. Frames not given out yet are dropped. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.memory.release();
    for (const frame of this.ready) frame.release();
  }

  private learn(sizeBytes: number): void {
    this.isBusy = sizeBytes === this.lentSizeBytes;
    if (this.isBusy && sizeBytes >= this.busySizeBytes / 2) {
      this.busySizeBytes = Math.min(this.busySizeBytes * 2, FRAME_MEMORY.slabSizeBytesMax);
    } else if (!this.isBusy && sizeBytes < this.busySizeBytes / 4) {
      this.busySizeBytes = Math.max(this.busySizeBytes / 2, FRAME_MEMORY.slabSizeBytesMin);
    }
  }

  private get slabSizeBytes(): number {
    return this.isBusy ? this.busySizeBytes : FRAME_MEMORY.slabSizeBytesIdle;
  }

  private isAllowed(sizeBytes: number): boolean {
    return sizeBytes >= 0 && sizeBytes <= this.options.frameSizeBytesMax;
  }

  private finishOwnMemory(): void {
    this.ready.push(new Frame(this.memory.bytes.subarray(0, this.ownSizeBytes), this.memory));
    this.ownSizeBytes = -1;
    this.replaceMemory(this.pool.take(this.slabSizeBytes), 0);
  }

  private replaceMemory(memory: Memory, filled: number): void {
    this.memory = memory;
    this.start = 0;
    this.filled = filled;
  }

  /** Nothing is pending: the memory must have room and be no larger than the traffic deserves. */
  private prepareEmpty(): void {
    const memory = this.memory;
    if (memory.bytes.length === this.slabSizeBytes) {
      if (memory.isSoleOwner()) {
        this.start = 0;
        this.filled = 0;
        return;
      }
      if (memory.bytes.length - this.filled >= memory.bytes.length / SLAB_ROOM_PART_MIN) return;
    }
    memory.release();
    this.replaceMemory(this.pool.take(this.slabSizeBytes), 0);
  }

  /** Bytes are pending, normally the beginning of a frame: where will its rest go? */
  private preparePartial(pending: number): void {
    const room = this.memory.bytes.length - this.start;
    const sizeBytes = pending < LENGTH_PREFIX_BYTES ? 0 : this.memory.bytes.readInt32BE(this.start);
    const wholeSizeBytes = LENGTH_PREFIX_BYTES + sizeBytes;
    if (wholeSizeBytes <= pending || !this.isAllowed(sizeBytes)) {
      // `next` has something to say that nobody has heard yet.
      if (room === pending) this.moveTo(this.pool.take(2 * pending), this.start, pending);
      return;
    }
    const isTooLarge = this.memory.bytes.length > this.slabSizeBytes && wholeSizeBytes <= this.slabSizeBytes;
    if (wholeSizeBytes <= room && !isTooLarge) return;
    if (wholeSizeBytes <= OWN_MEMORY_SIZE_BYTES_MIN) {
      this.moveTo(this.pool.take(this.slabSizeBytes), this.start, pending);
      return;
    }
    if (wholeSizeBytes <= room) return;
    const received = pending - LENGTH_PREFIX_BYTES;
    const trusted = this.isBusy ? OWN_MEMORY_SIZE_BYTES_TRUSTED : FRAME_MEMORY.slabSizeBytesMin;
    const first = Math.min(sizeBytes, Math.max(trusted, received * OWN_MEMORY_GROWTH));
    this.moveTo(this.pool.take(first), this.start + LENGTH_PREFIX_BYTES, received);
    this.ownSizeBytes = sizeBytes;
  }

  private growOwnMemory(): void {
    const capacity = this.memory.bytes.length;
    if (this.filled < capacity || capacity >= this.ownSizeBytes) return;
    const larger = Math.min(this.ownSizeBytes, capacity * OWN_MEMORY_GROWTH);
    this.moveTo(this.pool.take(larger), 0, this.filled);
  }

  /** Copies `sizeBytes` bytes from `from` on to the beginning of `memory` and goes on there. */
  private moveTo(memory: Memory, from: number, sizeBytes: number): void {
    memory.bytes.set(this.memory.bytes.subarray(from, from + sizeBytes), 0);
    this.memory.release();
    this.replaceMemory(memory, sizeBytes);
  }
}
