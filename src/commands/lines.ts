/** Cuts a stream of bytes at a delimiter. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly delimiter: Buffer) {}

  /** The lines that are whole now, without the delimiter. */
  add(chunk: Buffer): Buffer[] {
    // Only where the new bytes begin, or the delimiter before them, can a line end.
    let searchFrom = Math.max(0, this.#rest.length - this.delimiter.length + 1);
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: Buffer[] = [];
    let from = 0;
    for (;;) {
      const at = this.delimiter.length === 0 ? -1 : bytes.indexOf(this.delimiter, searchFrom);
      if (at < 0) break;
      lines.push(bytes.subarray(from, at));
      from = at + this.delimiter.length;
      searchFrom = from;
    }
    this.#rest = bytes.subarray(from);
    return lines;
  }

  /** What stands behind the last delimiter, if anything does. */
  end(): Buffer[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? [] : [rest];
  }
}
