/**
 * Bytes of requests that were read and not yet answered, over all connections. Above the limit sockets are not read;
 * TCP then holds the clients back. Reading goes on at three quarters, so that it does not flutter.
 */
export interface FramesInFlight {
  readonly sizeBytes: number;
  readonly isFull: boolean;
  add(sizeBytes: number): void;
  remove(sizeBytes: number): void;
  /** `resume` is called once, when there is room again. */
  waitForRoom(resume: () => void): void;
}

export function framesInFlight(sizeBytesMax: number): FramesInFlight {
  let sizeBytes = 0;
  let waiting: (() => void)[] = [];
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    get isFull() {
      return sizeBytes >= sizeBytesMax;
    },
    add(added) {
      sizeBytes += added;
    },
    remove(removed) {
      sizeBytes -= removed;
      if (waiting.length === 0 || sizeBytes > sizeBytesMax * 0.75) return;
      const resumed = waiting;
      waiting = [];
      for (const resume of resumed) resume();
    },
    waitForRoom(resume) {
      waiting.push(resume);
    },
  };
}
