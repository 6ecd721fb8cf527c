/** Rules that one broker key alone cannot tell. */
import { integerValue, listElements } from './keys';

const groupKinds = ['consumer', 'share', 'streams'] as const;

/** What is wrong with the settings as a whole; `value` answers any key and every single value has been checked. */
export function checkBrokerTogether(value: (key: string) => string | null): string[] {
  const problems: string[] = [];
  for (const key of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours']) {
    const text = value(key);
    if (text !== null && integerValue(text) !== -1 && integerValue(text) < 1) {
      problems.push(
        `Invalid value ${text} for configuration ${key}: expected -1, which is for ever, or at least 1`,
      );
    }
  }
  const overrides = value('max.connections.per.ip.overrides') ?? '';
  for (const element of listElements(overrides)) {
    if (/^.+:\d+$/.test(element)) continue;
    problems.push(
      `Invalid value ${overrides} for configuration max.connections.per.ip.overrides: expected address:count`,
    );
  }
  if (integerValue(value('max.connections.per.ip')!) === 0 && listElements(overrides).length === 0) {
    problems.push(
      'Invalid value 0 for configuration max.connections.per.ip: nobody could connect without max.connections.per.ip.overrides',
    );
  }
  for (const kind of groupKinds) {
    const key = `group.${kind}.assignment.interval.ms`;
    const wrong = outsideOf(key, value(key)!, `group.${kind}`, 'assignment.interval.ms', value);
    if (wrong !== null) problems.push(wrong);
  }
  return problems;
}

/** A value against the bounds `prefix.min.rest` and `prefix.max.rest`, as far as there are such keys. */
export function outsideOf(
  key: string,
  text: string,
  prefix: string,
  rest: string,
  value: (key: string) => string | null,
): string | null {
  for (const bound of ['min', 'max'] as const) {
    const limitKey = `${prefix}.${bound}.${rest}`;
    const limit = value(limitKey);
    if (limit === null) continue;
    const isInside =
      bound === 'min' ? integerValue(text) >= integerValue(limit) : integerValue(text) <= integerValue(limit);
    if (isInside) continue;
    const words = bound === 'min' ? 'at least' : 'no more than';
    return `Invalid value ${text} for configuration ${key}: Value must be ${words} ${limit} (${limitKey})`;
  }
  return null;
}

/** `address:count` pairs that have been checked. */
export function addressCounts(text: string): ReadonlyMap<string, number> {
  return new Map(
    listElements(text).map((element) => {
      const colon = element.lastIndexOf(':');
      return [element.slice(0, colon), Number(element.slice(colon + 1))];
    }),
  );
}
