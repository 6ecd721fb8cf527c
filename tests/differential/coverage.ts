/** Which answers of Kafka were compared: (API, version, error code), as Kafka produced them. */
import { errorName } from '../../protocol';

export class Coverage {
  readonly #triples = new Map<string, Map<number, Set<number>>>();

  add(api: string, version: number, codes: ReadonlySet<number>): void {
    for (const code of codes.size === 0 ? [0] : codes) {
      const byCode = this.#triples.get(api) ?? new Map<number, Set<number>>();
      const versions = byCode.get(code) ?? new Set<number>();
      versions.add(version);
      byCode.set(code, versions);
      this.#triples.set(api, byCode);
    }
  }

  get count(): number {
    let count = 0;
    for (const byCode of this.#triples.values())
      for (const versions of byCode.values()) count += versions.size;
    return count;
  }

  /** One line for each API: how many triples, and of each error in how many versions it was seen. */
  lines(): readonly string[] {
    return [...this.#triples]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([api, byCode]) => {
        const codes = [...byCode].sort(([a], [b]) => a - b);
        const count = codes.reduce((sum, [, versions]) => sum + versions.size, 0);
        return `${api} ${count}: ${codes.map(([code, versions]) => `${nameOf(code)} x${versions.size}`).join(', ')}`;
      });
  }
}

function nameOf(code: number): string {
  return code === 0 ? 'NONE' : (errorName(code) ?? String(code));
}

/** Every error code in a decoded answer; empty if it has no such field. */
export function errorCodesIn(answer: unknown, codes: Set<number> = new Set()): ReadonlySet<number> {
  if (Array.isArray(answer)) for (const item of answer) errorCodesIn(item, codes);
  else if (answer !== null && typeof answer === 'object' && !Buffer.isBuffer(answer)) {
    for (const [name, value] of Object.entries(answer)) {
      if (/^error(Code)?$|ErrorCode$/.test(name) && typeof value === 'number') codes.add(value);
      else errorCodesIn(value, codes);
    }
  }
  return codes;
}
