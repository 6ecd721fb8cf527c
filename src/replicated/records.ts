/** Machine records as record batches of magic 2, and back. */
import { buildBatch, isControl, recordsOf } from '../../storage';
import type { Machine, MachineRecord } from './machine';

/** One uncompressed batch; the partition stamps its base offset and leader epoch. The memory is its own. */
export function encodeMachineBatch(records: readonly MachineRecord[], nowMs: number): Buffer {
  return buildBatch({ records: records.map(({ key, value }) => ({ timestamp: nowMs, key, value })) });
}

/** Replays one whole batch of the log into a machine. Control batches tell a machine nothing. */
export function replayBatch(machine: Machine, batch: Buffer, nextOffset: number): void {
  if (!isControl(batch, 0)) for (const record of recordsOf(batch)) machine.replay(record, record.offset);
  machine.endBatch?.(nextOffset);
}
