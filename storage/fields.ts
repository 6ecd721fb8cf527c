/**
 * Sequential writing and reading of the small structures of manifest, identity and control records: little-endian,
 * strings as uint16 length and UTF-8. Readers throw RangeError past the end; callers have checked a checksum before.
 */
import { readInt64LittleEndian, writeInt64LittleEndian } from './int64';

/** Grows as needed; one writer is reused for many small structures. */
export class FieldWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(sizeBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes);
  }

  get sizeBytes(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = 0;
  }

  uint8(value: number): void {
    this.#at = this.#reserve(1).writeUInt8(value, this.#at);
  }

  uint32(value: number): void {
    this.#at = this.#reserve(4).writeUInt32LE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#reserve(4).writeInt32LE(value, this.#at);
  }

  int64(value: number): void {
    writeInt64LittleEndian(this.#reserve(8), this.#at, value);
    this.#at += 8;
  }

  string(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.#at = this.#reserve(2 + sizeBytes).writeUInt16LE(sizeBytes, this.#at);
    this.#at += this.#buffer.write(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.#reserve(value.length).set(value, this.#at);
    this.#at += value.length;
  }

  /** What was written since the last reset; valid until the next call. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #reserve(sizeBytes: number): Buffer {
    if (this.#at + sizeBytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + sizeBytes));
      this.#buffer.copy(grown, 0, 0, this.#at);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}

export class FieldReader {
  constructor(
    readonly buffer: Buffer,
    public at = 0,
  ) {}

  uint8(): number {
    this.at += 1;
    return this.buffer.readUInt8(this.at - 1);
  }

  uint32(): number {
    this.at += 4;
    return this.buffer.readUInt32LE(this.at - 4);
  }

  int32(): number {
    this.at += 4;
    return this.buffer.readInt32LE(this.at - 4);
  }

  int64(): number {
    this.at += 8;
    return readInt64LittleEndian(this.buffer, this.at - 8);
  }

  string(): string {
    const sizeBytes = this.buffer.readUInt16LE(this.at);
    this.at += 2 + sizeBytes;
    if (this.at > this.buffer.length) throw new RangeError('string past the end');
    return this.buffer.toString('utf8', this.at - sizeBytes, this.at);
  }

  /** A copy. */
  bytes(): Buffer {
    const sizeBytes = this.uint32();
    this.at += sizeBytes;
    if (this.at > this.buffer.length) throw new RangeError('bytes past the end');
    return Buffer.from(this.buffer.subarray(this.at - sizeBytes, this.at));
  }
}
