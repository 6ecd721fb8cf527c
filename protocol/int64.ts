/**
 * An int64 of the wire: a number where that is exact, a bigint beyond ±(2^53 - 1). Inside the broker every such value
 * is a number (house rule 12). The functions below cross that border, one per meaning. All of them saturate, because
 * nothing this broker ever hands out lies beyond the safe range: a larger offset is out of range of every log, a larger
 * timestamp is later than every record, a larger producer id is unknown, and Kafka's ordinary answer follows by itself.
 */
export type Int64 = number | bigint;

/** The nearest safe integer. */
export function saturate(value: Int64): number {
  if (typeof value === 'number') return value;
  return value < 0n ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
}

/** A client's offset. Saturated, it is outside every log: OFFSET_OUT_OF_RANGE follows. */
export function asOffset(value: Int64): number {
  return saturate(value);
}

/** A client's timestamp in Unix milliseconds, or one of the negative special values of ListOffsets. */
export function asTimestamp(value: Int64): number {
  return saturate(value);
}

/** A client's producer id. Saturated, it is no id that this cluster has given out. */
export function asProducerId(value: Int64): number {
  return saturate(value);
}

/** A broker or replica epoch. Saturated, it is newer (or older) than every real one. */
export function asEpoch(value: Int64): number {
  return saturate(value);
}
