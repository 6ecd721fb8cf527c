/** How `consume` prints a record: a format with `%` words as kcat and rpk have them, or JSON. */
import type { ReadRecord } from '../client/reader';
import { ArgumentError } from './output';

export const FORMAT_HELP =
  '%v value, %k key, %t topic, %p partition, %o offset, %T timestamp in ms, %h headers, %V and %K their lengths ' +
  '(-1 for null), %e leader epoch, %% a percent; \\n \\t \\r \\0 \\xHH';

type Part = Buffer | ((record: ReadRecord) => Buffer | string);

const words: Readonly<Record<string, (record: ReadRecord) => Buffer | string>> = {
  v: ({ value }) => value ?? '',
  s: ({ value }) => value ?? '',
  V: ({ value }) => String(value?.length ?? -1),
  S: ({ value }) => String(value?.length ?? -1),
  k: ({ key }) => key ?? '',
  K: ({ key }) => String(key?.length ?? -1),
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  T: ({ timestamp }) => String(timestamp),
  d: ({ timestamp }) => String(timestamp),
  h: ({ headers }) => headers.map(({ key, value }) => `${key}=${value?.toString() ?? 'NULL'}`).join(','),
  e: ({ leaderEpoch }) => String(leaderEpoch),
};

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, '0': 0, '\\': 92 };

/** `\n`, `\t`, `\r`, `\0`, `\\`, and `\xHH` for any byte; what else stands there stays as it is. */
export function unescaped(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [literal, escaped, hex] of text.matchAll(/\\(x([0-9a-fA-F]{2})|[ntr0\\])|[^\\]+|\\/g)) {
    if (escaped === undefined) parts.push(Buffer.from(literal));
    else parts.push(Buffer.from([hex === undefined ? escapes[escaped]! : Number.parseInt(hex, 16)]));
  }
  return Buffer.concat(parts);
}

/** @throws ArgumentError  for a word that is none. */
export function recordFormat(format: string): (record: ReadRecord) => Buffer {
  const parts: Part[] = [];
  for (const [, literal, word] of format.matchAll(/([^%]+)|%(.?)/gs)) {
    if (literal !== undefined) {
      parts.push(unescaped(literal));
      continue;
    }
    if (word === '%') {
      parts.push(Buffer.from('%'));
      continue;
    }
    const part = Object.hasOwn(words, word!) ? words[word!] : undefined;
    if (part === undefined) throw new ArgumentError(`--format: %${word} is none of ${FORMAT_HELP}`);
    parts.push(part);
  }
  return (record) =>
    Buffer.concat(
      parts.map((part) => {
        const text = typeof part === 'function' ? part(record) : part;
        return typeof text === 'string' ? Buffer.from(text) : text;
      }),
    );
}

/** One line of JSON. Bytes that are no UTF-8 stand in base64 under `keyBase64`, `valueBase64`. */
export function recordJson(record: ReadRecord): string {
  const { topic, partition, offset, timestamp, headers } = record;
  return `${JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    ...bytesJson('key', record.key),
    ...bytesJson('value', record.value),
    headers: headers.map(({ key, value }) => ({ name: key, ...bytesJson('value', value) })),
  })}\n`;
}

function bytesJson(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  const text = bytes.toString('utf8');
  const isText = !text.includes('\ufffd') || Buffer.from(text).equals(bytes);
  return isText ? { [name]: text } : { [`${name}Base64`]: bytes.toString('base64') };
}
