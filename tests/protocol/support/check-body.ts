import { decode, encode, type Message } from '../../../protocol';
import { layoutOf } from '../../../protocol/layout';
import { addUnknownTags, fromJson, type Line, toJson, unknownTags } from './oracle';

/** Bytes to Apache's JSON, and from the decoded value as from that JSON alone back to Apache's bytes. */
export function checkBody(message: Message, line: Line): void {
  const layout = layoutOf(message, line.version);
  if (layout === undefined) throw new Error(`${message.name} has no version ${line.version}`);
  const wanted = line.unknownTaggedFields ?? [];
  const decoded = decode(message, line.version, Buffer.from(line.hex, 'hex'));
  expect(toJson(layout, decoded)).toEqual(line.json);
  expect(unknownTags(decoded)).toHaveLength(wanted.length);
  expect(unknownTags(decoded)).toEqual(expect.arrayContaining([...wanted]));
  expect(hexOf(encode(message, line.version, decoded))).toBe(line.hex);
  const built = fromJson(layout, line.json);
  addUnknownTags(built, wanted);
  expect(hexOf(encode(message, line.version, built))).toBe(line.hex);
}

export function hexOf(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString('hex');
}
