/** What compaction is to do: which part of a log is new since the last time, and which log is the dirtiest. */
import type { CompactionLimits, SegmentFacts } from '../../storage';
import type { BrokerConfig } from '../config/broker-config';
import { booleanValue, integerValue } from '../config/keys';

export interface CleaningFacts {
  /** Oldest first; the last one grows and is never cleaned. */
  readonly segments: readonly SegmentFacts[];
  readonly startOffset: number;
  readonly cleanedOffset: number;
  readonly lastStableOffset: number;
}

export interface CleaningPolicy {
  readonly minCleanableRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
}

export interface CleaningPlan {
  readonly firstDirtyOffset: number;
  /** Exclusive; the end of a segment. */
  readonly endOffset: number;
  /** Bytes of the dirty part, of all that would be written again. */
  readonly ratio: number;
}

/**
 * What a round over this log would clean, or null when it is clean enough: up to the last stable offset, without the
 * segment that grows, up to the first dirty segment with a record younger than `minCompactionLagMs`.
 */
export function planCleaning(
  facts: CleaningFacts,
  policy: CleaningPolicy,
  nowMs: number,
): CleaningPlan | null {
  const { segments, startOffset, lastStableOffset } = facts;
  const firstDirtyOffset = Math.max(facts.cleanedOffset, startOffset);
  let endOffset = firstDirtyOffset;
  let dirtyBytes = 0;
  let cleanBytes = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  let isInReach = true;
  for (let at = 0; at < segments.length - 1; at++) {
    const { baseOffset, nextOffset, sizeBytes, maxTimestamp, firstTimestamp } = segments[at]!;
    if (nextOffset <= startOffset) continue;
    if (baseOffset < firstDirtyOffset) cleanBytes += sizeBytes;
    if (nextOffset <= firstDirtyOffset) continue;
    if (firstTimestamp > 0) oldestMs = Math.min(oldestMs, firstTimestamp);
    const isYoung = policy.minCompactionLagMs > 0 && maxTimestamp > nowMs - policy.minCompactionLagMs;
    if (isYoung || nextOffset > lastStableOffset) isInReach = false;
    if (!isInReach) continue;
    dirtyBytes += sizeBytes;
    endOffset = nextOffset;
  }
  if (dirtyBytes === 0) return null;
  const ratio = dirtyBytes / (dirtyBytes + cleanBytes);
  const isOverdue = oldestMs < nowMs - policy.maxCompactionLagMs;
  return isOverdue || ratio > policy.minCleanableRatio ? { firstDirtyOffset, endOffset, ratio } : null;
}

export interface CleanerSettings {
  readonly isEnabled: boolean;
  /** Pause when nothing is dirty enough. */
  readonly backoffMs: number;
  readonly limits: CompactionLimits;
}

const READ_SIZE_BYTES_MIN = 4096;

export function cleanerSettingsOf(config: BrokerConfig): CleanerSettings {
  const text = (name: string): string => config.value(`log.cleaner.${name}`)!;
  const perSecond = Number(text('io.max.bytes.per.second'));
  return {
    isEnabled: booleanValue(text('enable')),
    backoffMs: integerValue(text('backoff.ms')),
    limits: {
      mapSizeBytesMax: integerValue(text('dedupe.buffer.size')),
      mapLoadMax: Number(text('io.buffer.load.factor')),
      // Half of it is for reading, as much for writing.
      readSizeBytes: Math.max(READ_SIZE_BYTES_MIN, Math.floor(integerValue(text('io.buffer.size')) / 2)),
      bytesPerSecondMax: perSecond > 0 ? perSecond : Number.POSITIVE_INFINITY,
    },
  };
}
