/** A full disk: who waits for space, and who was told. */
import type { DiskError } from './disk';
import type { LogStoreOptions } from './types';

const RETRY_MS = 250;

export class SpaceWatch {
  /** What the disk said, while it is full. */
  error: DiskError | null = null;
  readonly #options: LogStoreOptions;
  #retries: (() => void)[] = [];
  #timer: { cancel(): void } | null = null;

  constructor(options: LogStoreOptions) {
    this.#options = options;
  }

  /** A write found no space; `retry` does it again, after a while. */
  full(error: DiskError, retry: () => void): void {
    this.#retries.push(retry);
    this.#arm();
    if (this.error !== null) return;
    this.error = error;
    this.#options.onNotice('error', `appends are refused until there is space: ${error.message}`);
    this.#options.onStorageFailed(null, error);
  }

  /** A write that needs space got it. */
  healed(): void {
    if (this.error === null || this.#retries.length > 0) return;
    this.error = null;
    this.#options.onNotice('info', 'there is space again: appends are taken');
    this.#options.onStorageHealed();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer ??= this.#options.timers.after(RETRY_MS, () => {
      this.#timer = null;
      const retries = this.#retries;
      this.#retries = [];
      if (retries.length > 0) {
        for (const each of retries) each();
        this.#arm();
      } else {
        // Whoever waited failed for another reason or is gone: the next append finds out whether there is space.
        this.healed();
      }
    });
  }
}
