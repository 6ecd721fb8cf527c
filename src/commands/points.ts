/** Places in a log as people write them: `start`, `end`, an offset, so many from an end, a time. */
import type { Cluster, Topic } from '../client/cluster';
import { earliestTimestamp, latestTimestamp, listOffsets } from '../client/offsets';
import { ArgumentError } from './output';

export type Point =
  | { readonly kind: 'start'; readonly plus: number }
  | { readonly kind: 'end'; readonly minus: number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number };

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const POINT_HELP =
  'start, end, an offset, +N from the start, -N from the end, or @TIME: Unix milliseconds, an ISO time, or @-15m';

/** @throws ArgumentError  that names `option` and says what is expected. */
export function parsePoint(option: string, text: string, nowMs: number): Point {
  const word = text.trim();
  if (/^(start|beginning|earliest|first)$/.test(word)) return { kind: 'start', plus: 0 };
  if (/^(end|latest|last)$/.test(word)) return { kind: 'end', minus: 0 };
  if (/^\+\d+$/.test(word)) return { kind: 'start', plus: Number(word) };
  if (/^-\d+$/.test(word)) return { kind: 'end', minus: -Number(word) };
  if (/^\d+$/.test(word)) return { kind: 'offset', offset: Number(word) };
  const time = /^s?@(.+)$/.exec(word)?.[1];
  const timestampMs = time === undefined ? null : parseTime(time, nowMs);
  if (timestampMs !== null) return { kind: 'time', timestampMs };
  throw new ArgumentError(`${option} ${text}: expected ${POINT_HELP}`);
}

function parseTime(text: string, nowMs: number): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  const ago = /^-(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (ago !== null) return Math.round(nowMs - Number(ago[1]) * unitMs[ago[2]!]!);
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}

/** The offset of `point` in each partition, never outside the log but for an offset that was named. */
export async function offsetsAt(
  cluster: Cluster,
  topic: Topic,
  point: Point,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  switch (point.kind) {
    case 'offset':
      return new Map(partitions.map((index) => [index, point.offset]));
    case 'start': {
      const starts = await listOffsets(cluster, topic, earliestTimestamp, partitions);
      if (point.plus === 0) return starts;
      const ends = await listOffsets(cluster, topic, latestTimestamp, partitions);
      return map(starts, (start, index) => Math.min(start + point.plus, ends.get(index)!));
    }
    case 'end': {
      const ends = await listOffsets(cluster, topic, latestTimestamp, partitions);
      if (point.minus === 0) return ends;
      const starts = await listOffsets(cluster, topic, earliestTimestamp, partitions);
      return map(ends, (end, index) => Math.max(end - point.minus, starts.get(index)!));
    }
    case 'time': {
      const found = await listOffsets(cluster, topic, point.timestampMs, partitions);
      // Nothing is that late: what comes next will be.
      const ends = await listOffsets(cluster, topic, latestTimestamp, partitions);
      return map(found, (offset, index) => (offset < 0 ? ends.get(index)! : offset));
    }
  }
}

function map(
  offsets: ReadonlyMap<number, number>,
  change: (offset: number, index: number) => number,
): ReadonlyMap<number, number> {
  return new Map([...offsets].map(([index, offset]) => [index, change(offset, index)]));
}
