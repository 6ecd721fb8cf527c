/**
 * What was promised about one topic, and whether it holds. Every partition has one writer, which numbers its records
 * from 0: so the offset of a record is its number, or something was lost, written twice or reordered.
 */

const NUMBER_BYTES = 8;
export const VALUE_SIZE_BYTES_MIN = NUMBER_BYTES + 4;
const VIOLATIONS_MAX = 20;

export class Ledger {
  /** By partition: acknowledged are those below. */
  readonly acknowledged: number[];
  /** By partition: all below were read by the group. */
  readonly read: number[];
  /** By partition: the offset of the last commit that was acknowledged. */
  readonly committed: number[];
  /** The first of them. */
  readonly violations: string[] = [];

  constructor(partitions: number) {
    this.acknowledged = new Array<number>(partitions).fill(0);
    this.read = new Array<number>(partitions).fill(0);
    this.committed = new Array<number>(partitions).fill(0);
  }

  get total(): number {
    return this.acknowledged.reduce((sum, count) => sum + count, 0);
  }

  violate(what: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(what);
  }

  /** Values of the next records of a partition. */
  values(partition: number, count: number, sizeBytes: number): readonly Buffer[] {
    const bytes = Buffer.alloc(count * sizeBytes, 'p');
    const first = this.acknowledged[partition]!;
    return Array.from({ length: count }, (_, at) => {
      const value = bytes.subarray(at * sizeBytes, (at + 1) * sizeBytes);
      value.writeDoubleBE(first + at, 0);
      value.writeInt32BE(partition, NUMBER_BYTES);
      return value;
    });
  }

  acknowledge(partition: number, baseOffset: number, count: number): void {
    const due = this.acknowledged[partition]!;
    if (baseOffset !== due)
      this.violate(`partition ${partition}: record ${due} acknowledged at ${baseOffset}`);
    this.acknowledged[partition] = due + count;
  }

  /** A record as it was read. */
  check(partition: number, offset: number, value: Buffer | null): void {
    const isOurs = value !== null && value.length >= VALUE_SIZE_BYTES_MIN;
    const number = isOurs ? value.readDoubleBE(0) : Number.NaN;
    if (number !== offset || value!.readInt32BE(NUMBER_BYTES) !== partition)
      this.violate(`partition ${partition}, offset ${offset}: record ${number} stands there`);
  }

  /** The group has read up to here, exclusively, without a gap from where it began. */
  advance(partition: number, nextOffset: number): void {
    this.read[partition] = Math.max(this.read[partition]!, nextOffset);
  }

  commit(partition: number, offset: number): void {
    this.committed[partition] = Math.max(this.committed[partition]!, offset);
  }

  /** What the group has stored, against the acknowledged commit `least` from before it was asked. */
  checkCommitted(partition: number, stored: number, least: number): void {
    if (stored < least)
      this.violate(`partition ${partition}: committed ${least}, ${stored} is what is stored`);
    if (stored > this.read[partition]!)
      this.violate(`partition ${partition}: ${stored} is stored, only ${this.read[partition]} were read`);
  }

  /** All that was acknowledged has been read. */
  get isRead(): boolean {
    return this.acknowledged.every((count, partition) => this.read[partition]! >= count);
  }
}
