/** What a broker makes of a disk that fails: a start and a stop that end, and words for the operator. */
import type { DiskError, StoredLog } from '../../storage';

/** What the storage says of its disk, for a start and a stop that must not wait for what never comes. */
export class DiskTrouble {
  /** Rejects when the disk is lost for good. A full one is not: it takes votes, and what is read needs nothing. */
  readonly lost: Promise<never>;
  #present: DiskError | null = null;
  #onLost!: (error: DiskError) => void;
  #onNext: ((error: DiskError) => void) | null = null;

  constructor() {
    this.lost = new Promise((_, reject) => {
      this.#onLost = reject;
    });
    // While the broker serves it is a state that clients are told; nobody waits for it then.
    this.lost.catch(() => {});
  }

  failed(error: DiskError): void {
    this.#present = error;
    if (error.code !== 'ENOSPC') this.#onLost(error);
    this.#onNext?.(error);
  }

  healed(): void {
    this.#present = null;
  }

  /** What it is now; null when there is none. */
  get words(): string | null {
    return this.#present === null ? null : `the disk takes no appends: ${this.#present.message}`;
  }

  /** Rejects as soon as the disk takes nothing, for now or for good. */
  next(): Promise<never> {
    return new Promise((_, reject) => {
      this.#onNext = reject;
      if (this.#present !== null) reject(this.#present);
    });
  }
}

/** For the operator: what is lost, what goes on, and what can be done. Clients are told KAFKA_STORAGE_ERROR. */
export function failureNotice(log: StoredLog | null, error: DiskError): string {
  const what =
    log === null ? 'The disk failed' : `The disk failed under log ${log.key.topicId}-${log.key.partition}`;
  return `${what}: ${error.message}. Appends are refused until a restart, what is acknowledged is kept, reads go on. Mend the disk and restart.`;
}
