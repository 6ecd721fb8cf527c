import type { Layout } from './layout';

/** Text of generated JavaScript, line by line. */
export class Source {
  private readonly lines: string[] = [];
  private depth = 1;
  private variables = 0;

  line(text: string): void {
    this.lines.push(`${'  '.repeat(this.depth)}${text}`);
  }

  open(text: string): void {
    this.line(text);
    this.depth += 1;
  }

  close(text: string): void {
    this.depth -= 1;
    this.line(text);
  }

  otherwise(): void {
    this.close('} else {');
    this.depth += 1;
  }

  /** A name not used before in this function. */
  variable(): string {
    this.variables += 1;
    return `v${this.variables}`;
  }

  text(): string {
    return this.lines.join('\n');
  }
}

/** A default value as an expression that makes a fresh copy of it. */
export function literal(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return '[]';
  if (value instanceof Uint8Array) return 'Buffer.alloc(0)';
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner)}`)
    .join(', ')} }`;
}

export function isNullable(layout: Layout): boolean {
  return 'nullable' in layout && layout.nullable;
}
