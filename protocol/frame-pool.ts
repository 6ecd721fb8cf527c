import assert from 'node:assert/strict';

/** Sizes of the memory that readers share. */
export const FRAME_MEMORY = {
  /** What a connection holds while it has nothing to say. */
  slabSizeBytesIdle: 16 * 1024,
  /** First size under load; doubles while reads fill it. */
  slabSizeBytesMin: 64 * 1024,
  slabSizeBytesMax: 1024 * 1024,
} as const;

/** Memory with owners: the reader that fills it and every frame in it. Back to its pool when the last one lets go. */
export class Memory {
  private owners = 1;

  constructor(
    readonly bytes: Buffer,
    private readonly pool: FramePool,
  ) {}

  retain(): void {
    assert(this.owners > 0);
    this.owners += 1;
  }

  release(): void {
    assert(this.owners > 0);
    this.owners -= 1;
    if (this.owners === 0) this.pool.giveBack(this.bytes);
  }

  /** Only one owner: no frame lives in it, so a reader that asks may use it from the beginning. */
  isSoleOwner(): boolean {
    return this.owners === 1;
  }
}

export interface FramePoolOptions {
  /** Bound on memory that is kept though nobody uses it. */
  readonly pooledSizeBytesMax: number;
}

/**
 * Memory for all connections of one broker. Sizes fall into classes, four to each power of two, so that at most a fifth
 * of a buffer is unused. Counted by owners, never by the garbage collector.
 */
export class FramePool {
  private readonly free = new Map<number, Buffer[]>();
  private pooled = 0;
  private used = 0;

  constructor(private readonly options: FramePoolOptions) {}

  /** Bytes waiting to be used again. */
  get pooledSizeBytes(): number {
    return this.pooled;
  }

  /** Bytes in the hands of readers and frames. */
  get usedSizeBytes(): number {
    return this.used;
  }

  /** Memory of at least `sizeBytes`, not zeroed, with the caller as its one owner. */
  take(sizeBytes: number): Memory {
    const classSizeBytes = classOf(sizeBytes);
    const pooled = this.free.get(classSizeBytes)?.pop();
    if (pooled !== undefined) this.pooled -= classSizeBytes;
    this.used += classSizeBytes;
    return new Memory(pooled ?? Buffer.allocUnsafeSlow(classSizeBytes), this);
  }

  /** For `Memory` alone. */
  giveBack(bytes: Buffer): void {
    this.used -= bytes.length;
    if (this.pooled + bytes.length > this.options.pooledSizeBytesMax) return;
    this.pooled += bytes.length;
    const list = this.free.get(bytes.length);
    if (list === undefined) this.free.set(bytes.length, [bytes]);
    else list.push(bytes);
  }
}

const CLASS_SIZE_BYTES_MIN = 16 * 1024;

/** The next multiple of a quarter of the power of two below. */
function classOf(sizeBytes: number): number {
  if (sizeBytes <= CLASS_SIZE_BYTES_MIN) return CLASS_SIZE_BYTES_MIN;
  const power = 2 ** (31 - Math.clz32(sizeBytes - 1));
  const step = power / 4;
  return Math.ceil(sizeBytes / step) * step;
}
