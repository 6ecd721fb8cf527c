/** The shape of a configuration key and the one rule that checks a value against it. Values stay text: int64 is exact. */

export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD';

export type UpdateMode = 'read-only' | 'cluster-wide' | 'per-broker';

export interface ConfigKey {
  readonly name: string;
  readonly type: ConfigType;
  readonly defaultValue: string | null;
  /** Kafka's notation, which `checkValue` reads: `[0,...]`, `[1,...,9] or -1`, `[a, b]`, `non-empty string`; '' = any. */
  readonly validValues: string;
  readonly updateMode: UpdateMode;
}

export type BrokerKeyRow = readonly [
  name: string,
  type: ConfigType,
  defaultValue: string | null,
  validValues: string,
  updateMode: UpdateMode,
];

/** ConfigType numbers of DescribeConfigs. */
export const configTypeCode: Record<ConfigType, number> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
};

const integerBounds: Partial<Record<ConfigType, readonly [bigint, bigint]>> = {
  SHORT: [-(2n ** 15n), 2n ** 15n - 1n],
  INT: [-(2n ** 31n), 2n ** 31n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
};

const rangePattern = /^\[(-?[\d.]+),\.\.\.(?:,(-?[\d.]+))?\](?: or (-?\d+))?$/;
const choicePattern = /^(\(case insensitive\) )?\[([A-Za-z_0-9]+(?:, [A-Za-z_0-9]+)*)\]$/;

/** Elements of a LIST value, trimmed; the empty text is the empty list. */
export function listElements(value: string): string[] {
  const trimmed = value.trim();
  return trimmed === '' ? [] : trimmed.split(',').map((element) => element.trim());
}

/** null when `value` fits `key`; otherwise what is wrong with it, naming value, key and range. */
export function checkValue(key: ConfigKey, value: string): string | null {
  const invalid = (reason: string): string =>
    `Invalid value ${value} for configuration ${key.name}: ${reason}`;
  const trimmed = value.trim();
  switch (key.type) {
    case 'BOOLEAN':
      return /^(true|false)$/i.test(trimmed) ? null : invalid('Expected value to be either true or false');
    case 'SHORT':
    case 'INT':
    case 'LONG': {
      const [low, high] = integerBounds[key.type]!;
      if (!/^[+-]?\d+$/.test(trimmed)) return invalid(`Not a number of type ${key.type}`);
      const number = BigInt(trimmed.replace(/^\+/, ''));
      if (number < low || number > high) return invalid(`Not a number of type ${key.type}`);
      return explain(invalid, outOfRange(key.validValues, number));
    }
    case 'DOUBLE': {
      if (trimmed === '' || Number.isNaN(Number(trimmed))) return invalid('Not a number of type DOUBLE');
      return explain(invalid, outOfRange(key.validValues, Number(trimmed)));
    }
    case 'LIST': {
      for (const element of listElements(value)) {
        if (element === '' && choicePattern.test(key.validValues)) return invalid('An element is empty');
        const wrong = notAChoice(key.validValues, element);
        if (wrong !== null) return invalid(wrong);
      }
      return null;
    }
    default:
      if (key.validValues === 'non-empty string' && trimmed === '')
        return invalid('String must be non-empty');
      return explain(invalid, notAChoice(key.validValues, trimmed));
  }
}

function explain(invalid: (reason: string) => string, reason: string | null): string | null {
  return reason === null ? null : invalid(reason);
}

function outOfRange(validValues: string, value: bigint | number): string | null {
  const match = rangePattern.exec(validValues);
  if (match === null) return null;
  const [, low, high, exception] = match;
  if (exception !== undefined && String(value) === exception) return null;
  if (low !== undefined && value < Number(low)) return `Value must be at least ${low}`;
  if (high !== undefined && value > Number(high)) return `Value must be no more than ${high}`;
  return null;
}

function notAChoice(validValues: string, value: string): string | null {
  const match = choicePattern.exec(validValues);
  if (match === null) return null;
  const choices = match[2]!.split(', ');
  const fits = match[1] === undefined ? choices.includes(value) : choices.includes(value.toUpperCase());
  return fits ? null : `String must be one of: ${choices.join(', ')}`;
}

/**
 * A checked value as Kafka shows it in DescribeConfigs: what it understood, not what was written. CreateTopics and the
 * file keep the text.
 */
export function shownValue({ type }: ConfigKey, value: string): string {
  switch (type) {
    case 'BOOLEAN':
      return value.trim().toLowerCase();
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return String(BigInt(value.trim().replace(/^\+/, '')));
    case 'DOUBLE':
      return doubleText(Number(value.trim()));
    case 'LIST':
      return [...new Set(listElements(value))].join(',');
    default:
      return type === 'PASSWORD' ? value : value.trim();
  }
}

/** As Java writes it: `0.5`, `1.0`, `1.0E10`. */
function doubleText(number: number): string {
  const size = Math.abs(number);
  const isPlain = number === 0 || (size >= 1e-3 && size < 1e7);
  const [digits, exponent] = (isPlain ? String(number) : number.toExponential()).split('e');
  const mantissa = digits!.includes('.') ? digits! : `${digits}.0`;
  return exponent === undefined ? mantissa : `${mantissa}E${exponent.replace('+', '')}`;
}

/** A checked integer as a number; beyond 2^53 it is saturated, which every duration and size here can bear. */
export function integerValue(value: string): number {
  const number = BigInt(value.trim().replace(/^\+/, ''));
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (number < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(number);
}

export function booleanValue(value: string): boolean {
  return value.trim().toLowerCase() === 'true';
}
