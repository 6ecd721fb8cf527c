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
    if (this.#retries.length === 1) {
      this.#timer = this.#options.timers.after(RETRY_MS, () => {
        const retries = this.#retries;
        this.#retries = [];
        for (const each of retries) each();
      });
    }
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
  }
}
