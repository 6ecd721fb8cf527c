import { ErrorCode } from '../../protocol';
import { Deadline, type DeadlineWheel } from './deadlines';
import type { Isolation, ParkedFetch, Partition, Partitions } from './types';

/** The parked fetches of one partition. Owned by the replica; the purgatory hangs its watchers in. */
export class Watchers {
  first: Watcher | null = null;

  /** Readable bytes grew by `sizeBytes`: everything in [fromOffset, toOffset). `woken` collects what is due. */
  grew(
    isolation: Isolation,
    fromOffset: number,
    toOffset: number,
    sizeBytes: number,
    woken: FetchPark[],
  ): void {
    for (let watcher = this.first; watcher !== null; watcher = watcher.next) {
      const { park, offset } = watcher;
      if (park.isolation !== isolation || offset >= toOffset || park.isWoken) continue;
      // Beyond the old bound by some records: the true number is smaller, and an early wake does no harm.
      if (offset > fromOffset) park.missingSizeBytes -= Math.max(1, Math.floor(sizeBytes / 2));
      else park.missingSizeBytes -= sizeBytes;
      if (park.missingSizeBytes <= 0) wakeLater(park, woken);
    }
  }

  /** Leadership, epoch, start or existence changed: every fetch has to look again. */
  changed(woken: FetchPark[]): void {
    for (let watcher = this.first; watcher !== null; watcher = watcher.next) wakeLater(watcher.park, woken);
  }

  /** The log now starts at `startOffset`. */
  startMoved(startOffset: number, woken: FetchPark[]): void {
    for (let watcher = this.first; watcher !== null; watcher = watcher.next) {
      if (watcher.offset < startOffset) wakeLater(watcher.park, woken);
    }
  }

  add(watcher: Watcher): void {
    watcher.next = this.first;
    if (this.first !== null) this.first.previous = watcher;
    this.first = watcher;
  }

  remove(watcher: Watcher): void {
    if (watcher.previous === null) this.first = watcher.next;
    else watcher.previous.next = watcher.next;
    if (watcher.next !== null) watcher.next.previous = watcher.previous;
  }
}

function wakeLater(park: FetchPark, woken: FetchPark[]): void {
  if (park.isWoken) return;
  park.isWoken = true;
  woken.push(park);
}

/** One partition of one parked fetch. */
class Watcher {
  previous: Watcher | null = null;
  next: Watcher | null = null;

  constructor(
    readonly park: FetchPark,
    readonly watchers: Watchers,
    readonly offset: number,
  ) {}
}

/** What a replica offers to the purgatory. */
export interface Watched extends Partition {
  readonly watchers: Watchers;
}

/** A fetch that waits for bytes (behaviour 40). Wakes once. */
export class FetchPark extends Deadline implements ParkedFetch {
  /** Due: it stands in a list of fetches to wake, or has been woken or cancelled. */
  isWoken = false;
  readonly #watchers: Watcher[] = [];
  #wake: (() => void) | null;

  constructor(
    readonly wheel: DeadlineWheel,
    readonly isolation: Isolation,
    public missingSizeBytes: number,
    wake: () => void,
  ) {
    super();
    this.#wake = wake;
  }

  watch(partition: Watched, offset: number): void {
    const watcher = new Watcher(this, partition.watchers, offset);
    partition.watchers.add(watcher);
    this.#watchers.push(watcher);
  }

  cancel(): void {
    this.#leave();
    this.#wake = null;
  }

  override onDeadline(): void {
    this.wake();
  }

  wake(): void {
    this.#leave();
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #leave(): void {
    this.isWoken = true;
    this.wheel.remove(this);
    for (const watcher of this.#watchers) watcher.watchers.remove(watcher);
    this.#watchers.length = 0;
  }
}

/** See `Partitions.parkFetch`. A fetch that is due, or that would be told an error, is woken before this returns. */
export function parkFetch(
  wheel: DeadlineWheel,
  request: Parameters<Partitions['parkFetch']>[0],
  wake: () => void,
): ParkedFetch {
  const { positions, isolation, sizeBytesMin, waitMs } = request;
  let readableSizeBytes = 0;
  let hasNews = waitMs <= 0 || positions.length === 0;
  for (const { partition, offset } of positions) {
    readableSizeBytes += partition.readableSizeBytes(offset, isolation);
    hasNews ||= partition.checkLeader(-1) !== ErrorCode.NONE;
    hasNews ||= offset < partition.startOffset || offset > partition.endOffset;
  }
  const park = new FetchPark(wheel, isolation, sizeBytesMin - readableSizeBytes, wake);
  if (hasNews || park.missingSizeBytes <= 0) {
    park.wake();
    return park;
  }
  for (const { partition, offset } of positions) park.watch(partition as Watched, offset);
  wheel.add(park, waitMs);
  return park;
}
