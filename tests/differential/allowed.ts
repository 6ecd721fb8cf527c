/**
 * The intended differences, `allowed.txt`: under a heading that quotes a row of docs/differences.md, lines of
 *
 *     API VERSIONS PATH: KAFKA -> OURS [in SCENARIO...] [sometimes]
 *
 * PATH with what stands in its brackets, or nothing there
 * for any element; `*` in PATH, KAFKA and OURS for anything; `(outcome)`, which `*`
 * leaves out, for what came of the request as a whole. A line that no difference needs fails the run, unless it says `sometimes`: then chance decides
 * whether the difference shows, as with the order of a hash table.
 */
import { type Difference, OUTCOME } from './compare';

export interface Allowance {
  readonly line: number;
  /** Words of the row of docs/differences.md that explains it. */
  readonly row: string;
  readonly text: string;
  readonly isSometimes: boolean;
  readonly scenarios: readonly string[];
  matches(place: Place, difference: Difference): boolean;
}

export interface Place {
  readonly scenario: string;
  readonly api: string;
  readonly version: number;
}

export function parseAllowed(text: string): readonly Allowance[] {
  const allowances: Allowance[] = [];
  let row = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^#.*$/, '').trim();
    if (line === '') continue;
    const heading = /^\[(.+)\]$/.exec(line);
    if (heading !== null) row = heading[1]!;
    else if (row === '') throw new Error(`allowed.txt:${index + 1}: no row of docs/differences.md above it`);
    else allowances.push(parseAllowance(line, index + 1, row));
  }
  return allowances;
}

const ALLOWANCE = /^(\S+) (\S+) (.+?): (.+?) -> (.+?)(?: in ([\w -]+?))?( sometimes)?$/;

function parseAllowance(text: string, line: number, row: string): Allowance {
  const parts = ALLOWANCE.exec(text);
  if (parts === null) throw new Error(`allowed.txt:${line}: cannot read ${text}`);
  const [, api, versions, path, kafka, ours, scenarios, sometimes] = parts;
  const [low, high] = rangeOf(versions!);
  const [isPath, isKafka, isOurs] = [pathPatternOf(path!), patternOf(kafka!), patternOf(ours!)];
  const only = scenarios === undefined ? [] : scenarios.split(' ');
  return {
    line,
    row,
    text,
    isSometimes: sometimes !== undefined,
    scenarios: only,
    matches: (place, difference) =>
      (api === '*' || place.api === api) &&
      place.version >= low &&
      place.version <= high &&
      (only.length === 0 || only.includes(place.scenario)) &&
      (path !== '*' || difference.path !== OUTCOME) &&
      isPath.test(difference.path) &&
      isKafka.test(difference.kafka) &&
      isOurs.test(difference.ours),
  };
}

/** `v4`, `v4-9`, `v4+` or `*`. */
function rangeOf(text: string): readonly [number, number] {
  if (text === '*') return [-1, Number.POSITIVE_INFINITY];
  const parts = /^v(\d+)(?:-(\d+)|(\+))?$/.exec(text);
  if (parts === null) throw new Error(`allowed.txt: ${text} names no versions`);
  const low = Number(parts[1]);
  return [low, parts[3] !== undefined ? Number.POSITIVE_INFINITY : Number(parts[2] ?? low)];
}

const patternOf = (text: string): RegExp => new RegExp(`^${escaped(text)}$`, 's');

/** Empty brackets take any element. */
const pathPatternOf = (text: string): RegExp =>
  new RegExp(`^${text.split('[]').map(escaped).join('\\[[^\\]]*\\]')}$`, 's');

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
}
