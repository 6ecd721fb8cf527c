/** The text format of Prometheus, version 0.0.4: families of samples, made in pieces so that no turn of the loop is long. */

export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly labels?: Labels | undefined;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** Read once, from front to end; may be long. */
  readonly samples: Iterable<Sample>;
}

/** Samples of one piece: about a third of a millisecond. */
const SAMPLES_PER_PIECE = 500;

/**
 * The text in pieces of bounded work. State may change between two pieces, so a scrape is no snapshot; a family is never
 * cut in two by another.
 */
export function* expositionOf(families: Iterable<Family>): Generator<string> {
  let piece = '';
  let count = 0;
  for (const { name, help, type, samples } of families) {
    piece += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value } of samples) {
      piece += `${name}${labels === undefined ? '' : labelText(labels)} ${numberText(value)}\n`;
      if (++count < SAMPLES_PER_PIECE) continue;
      yield piece;
      piece = '';
      count = 0;
    }
  }
  if (piece !== '') yield piece;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '{' : ','}${name}="${escapeLabel(labels[name]!)}"`;
  return text === '' ? '' : `${text}}`;
}

function escapeLabel(value: string | number): string {
  if (typeof value === 'number') return String(value);
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** A family of one sample. */
export function single(name: string, type: Family['type'], help: string, value: number): Family {
  return { name, type, help, samples: [{ value }] };
}
