import type { StoredLog } from '../../storage';
import { baseOffsetOf, batchEnd, nextOffsetOf } from '../../storage';

/** One read is one turn of the loop: larger ones make everybody else wait while a long log is replayed. */
const READ_SIZE_BYTES = 256 << 10;

/** See `MachinePartition.replayCommitted`. */
export function replayCommitted(
  replica: { readonly log: StoredLog; readonly startOffset: number; readonly highWatermark: number },
  fromOffset: number,
  visit: (batch: Buffer, baseOffset: number, nextOffset: number) => void,
  done: (error: Error | null, nextOffset: number) => void,
): void {
  let offset = Math.max(fromOffset, replica.startOffset);
  let failure: Error | null = null;
  let isReading = false;
  let isLooping = false;

  const visitBuffer = (buffer: Buffer) => {
    for (let at = 0, next = batchEnd(buffer, 0); next > 0; at = next, next = batchEnd(buffer, at)) {
      offset = nextOffsetOf(buffer, at);
      visit(buffer.subarray(at, next), baseOffsetOf(buffer, at), offset);
    }
  };
  // Reads from memory complete at once: a loop instead of a call per piece keeps the stack flat.
  const loop = () => {
    isLooping = true;
    while (!isReading && failure === null && offset < replica.highWatermark) {
      isReading = true;
      const request = {
        offset,
        endOffset: replica.highWatermark,
        sizeBytesMax: READ_SIZE_BYTES,
        atLeastOne: true,
      };
      replica.log.read(request, (error, result) => {
        isReading = false;
        failure = error;
        if (error === null) {
          const before = offset;
          for (const buffer of result.buffers) visitBuffer(buffer);
          result.release();
          // Nothing lies between: what was there is gone from the log (compaction leaves holes at the end too).
          if (offset === before) offset = request.endOffset;
        }
        if (!isLooping) loop();
      });
    }
    isLooping = false;
    if (!isReading) done(failure, offset);
  };
  loop();
}
