/** What commands print: tables for people, JSON for programs, and errors that name the thing. */

/** A pipe whose reader has gone is no error: whoever reads has seen enough. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** Resolves when standard output takes more. */
export function write(text: string | Uint8Array): Promise<void> {
  return new Promise((taken) => {
    if (process.stdout.write(text)) taken();
    else process.stdout.once('drain', taken);
  });
}

export type Cell = string | number | null;

/** Numbers to the right, text to the left, two blanks between columns, nothing at the ends of lines. */
export function tableText(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '-' : String(cell));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => text(row[at]).length)),
  );
  const isNumeric = columns.map(
    (_, at) =>
      rows.length > 0 && rows.every((row) => typeof row[at] === 'number' || (row[at] ?? null) === null),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumeric[at] === true ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd();
  return `${[columns.map(String), ...rows.map((row) => columns.map((_, at) => text(row[at])))].map(line).join('\n')}\n`;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part), 2)}\n`;
}

/** One line for what has a code, the stack for what is a mistake of ours. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return `pyralog: ${String(error)}\n`;
  const isExplained = (error as { code?: unknown }).code !== undefined;
  return `pyralog: ${isExplained ? error.message : error.stack}\n`;
}

/** An argument that cannot be. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
  readonly code = 'ARGUMENT';
}
