/** Compares two normalised answers, field by field. */

export interface Difference {
  /** As `topics[~a].partitions[0].errorCode`; `... order` when the same elements stand in another order. */
  readonly path: string;
  readonly kafka: string;
  readonly ours: string;
}

/** Fields that say which element of a list is meant; of each element those that it has. */
const identifying = [
  ...[
    'partitionIndex',
    'partition',
    'index',
    'resourceType',
    'resourceName',
    'configName',
    'groupId',
    'group',
  ],
  ...[
    'groupInstanceId',
    'memberId',
    'nodeId',
    'brokerId',
    'apiKey',
    'key',
    'feature',
    'batchIndex',
    'logDir',
  ],
  ...['replicaId', 'producerId'],
];
const names = ['name', 'topic', 'topicName'];

/** The path of a difference between an answer and none. */
export const OUTCOME = '(outcome)';

const LENGTH_MAX = 400;

export function compare(kafka: unknown, ours: unknown): readonly Difference[] {
  const differences: Difference[] = [];
  compareAt('', kafka, ours, differences);
  return differences;
}

function compareAt(path: string, kafka: unknown, ours: unknown, found: Difference[]): void {
  if (Array.isArray(kafka) && Array.isArray(ours)) compareLists(path, kafka, ours, found);
  else if (isObject(kafka) && isObject(ours)) {
    for (const name of new Set([...Object.keys(kafka), ...Object.keys(ours)])) {
      compareAt(path === '' ? name : `${path}.${name}`, kafka[name], ours[name], found);
    }
  } else if (!Object.is(kafka, ours)) found.push({ path, kafka: textOf(kafka), ours: textOf(ours) });
}

function compareLists(
  path: string,
  kafka: readonly unknown[],
  ours: readonly unknown[],
  found: Difference[],
): void {
  const [theirKeys, ourKeys] = [kafka.map(keyOf), ours.map(keyOf)];
  if (!isKeyed(theirKeys) || !isKeyed(ourKeys)) {
    comparePlaces(path, kafka, ours, found);
    return;
  }
  for (const [at, key] of theirKeys.entries()) {
    const other = ourKeys.indexOf(key);
    if (other < 0) found.push({ path: `${path}[${key}]`, kafka: textOf(kafka[at]), ours: 'absent' });
    else compareAt(`${path}[${key}]`, kafka[at], ours[other], found);
  }
  for (const [at, key] of ourKeys.entries()) {
    if (!theirKeys.includes(key))
      found.push({ path: `${path}[${key}]`, kafka: 'absent', ours: textOf(ours[at]) });
  }
  const theirOrder = theirKeys.filter((key) => ourKeys.includes(key)).join(' ');
  const ourOrder = ourKeys.filter((key) => theirKeys.includes(key)).join(' ');
  if (theirOrder !== ourOrder) found.push({ path: `${path} order`, kafka: theirOrder, ours: ourOrder });
}

/** Without names for the elements, or with the same name twice, the place in the list says which is which. */
function comparePlaces(
  path: string,
  kafka: readonly unknown[],
  ours: readonly unknown[],
  found: Difference[],
): void {
  if (kafka.length !== ours.length) {
    found.push({ path: `${path}.length`, kafka: textOf(kafka), ours: textOf(ours) });
    return;
  }
  for (const [at, element] of kafka.entries()) compareAt(`${path}[${at}]`, element, ours[at], found);
}

function isKeyed(keys: readonly (string | null)[]): keys is readonly string[] {
  return !keys.includes(null) && new Set(keys).size === keys.length;
}

function keyOf(element: unknown): string | null {
  if (!isObject(element)) return null;
  // Batches and records stand at an offset, whatever is in them.
  if ('recordCount' in element) return String(element.baseOffset);
  if ('headers' in element) return String(element.offset);
  const isPart = (part: unknown): boolean => part !== undefined && part !== null && typeof part !== 'object';
  const parts = [...names, ...identifying].map((field) => element[field]).filter(isPart);
  const isNamed = names.some((field) => isPart(element[field]) && element[field] !== '');
  if (!isNamed && isPart(element.topicId)) parts.unshift(element.topicId);
  return parts.length === 0 ? null : parts.join('/');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}...`;
}
