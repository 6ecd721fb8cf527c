/**
 * Records of the coordinators' topics against Apache's bytes: the bodies of every version, and the int16 in front of
 * them, through the functions of each topic.
 */
import {
  DecodeError,
  decodeGroupRecord,
  decodeShareStateRecord,
  decodeTransactionRecord,
  type EncodedRecord,
  encodeGroupRecord,
  encodeShareStateRecord,
  encodeTransactionRecord,
  groupRecords,
  type InputOf,
  type Message,
  shareStateRecords,
  transactionRecords,
} from '../../../protocol';
import { checkBody } from '../support/check-body';
import { hasOracle, type Line, readLines } from '../support/oracle';

interface Kind {
  readonly key: Message;
  readonly value: Message;
  readonly decode: (
    key: Buffer,
    value: Buffer | null,
  ) => { readonly name: string; readonly key: unknown } | null;
  readonly encode: (key: InputOf<Message>, value: InputOf<Message> | null, version?: number) => EncodedRecord;
}

/** What the functions of a topic do, as they see it who know a kind by its name alone. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ...Object.entries(groupRecords).map(([name, schemas]): [string, Kind] => [
    name,
    {
      ...schemas,
      decode: decodeGroupRecord,
      encode: (key, value, version) =>
        encodeGroupRecord(name as 'OffsetCommit', key as never, value as never, version),
    },
  ]),
  ...Object.entries(transactionRecords).map(([name, schemas]): [string, Kind] => [
    name,
    {
      ...schemas,
      decode: decodeTransactionRecord,
      encode: (key, value, version) =>
        encodeTransactionRecord(name as 'TransactionLog', key as never, value as never, version),
    },
  ]),
  ...Object.entries(shareStateRecords).map(([name, schemas]): [string, Kind] => [
    name,
    {
      ...schemas,
      decode: decodeShareStateRecord,
      encode: (key, value, version) =>
        encodeShareStateRecord(name as 'ShareUpdate', key as never, value as never, version),
    },
  ]),
]);

function kindOf(line: Line): Kind {
  const kind = kinds.get(line.message.replace(/(?:Key|Value)$/, ''));
  if (kind === undefined) throw new Error(`no schema for ${line.message}`);
  return kind;
}

function checkLine(line: Line, keyOf: (line: Line) => Line): void {
  const kind = kindOf(line);
  const bytes = Buffer.from(line.hex, 'hex');
  expect(bytes.readInt16BE(0)).toBe(line.part === 'key' ? line.type : line.version);
  checkBody(line.part === 'key' ? kind.key : kind.value, { ...line, hex: line.hex.slice(4) });

  const key = line.part === 'key' ? bytes : Buffer.from(keyOf(line).hex, 'hex');
  const value = line.part === 'key' ? null : bytes;
  const record = kind.decode(key, value) as { name: string; key: never; value: never } | null;
  expect(record?.name).toBe(line.message.replace(/(?:Key|Value)$/, ''));
  const encoded = kind.encode(record!.key, record!.value, line.part === 'key' ? undefined : line.version);
  expect([encoded.key.toString('hex'), encoded.value?.toString('hex') ?? null]).toEqual([
    key.toString('hex'),
    value?.toString('hex') ?? null,
  ]);
}

function checkAll(folder: 'oracle' | 'sample'): void {
  const lines = readLines(folder, 'group-records.jsonl');
  const keyOf = ({ message }: Line) =>
    lines.find((other) => other.message === message.replace(/Value$/, 'Key'))!;
  for (const line of lines) checkLine(line, keyOf);
  const names = new Set(lines.map(({ message }) => message));
  expect(names.size).toBe(2 * kinds.size);
  for (const { value } of kinds.values()) {
    const versions = lines.filter(({ message }) => message === value.name).map(({ version }) => version);
    expect([Math.min(...versions), Math.max(...versions)]).toEqual(value.versions);
  }
}

test('sample of the oracle: every kind, every version', () => {
  checkAll('sample');
});

(hasOracle ? test : test.skip)('oracle: every kind, every version', () => {
  checkAll('oracle');
});

// As GroupCoordinatorRecordHelpers of Kafka 4.3.1 writes them: int16 type 1 and the texts; then int16 version 4, offset,
// leader epoch, metadata, time, and the topic id in tag 0.
test('positions are written in version 4, with an end in version 1; classic groups in version 3', () => {
  const position = { offset: 7, leaderEpoch: 2, metadata: 'm', commitTimestamp: 9 };
  const keyOf = { group: 'g', topic: 't', partition: 5 };
  const topicId = '00000000-0000-4000-8000-00000000000a';
  const { key, value } = encodeGroupRecord('OffsetCommit', keyOf, { ...position, topicId });
  expect(key.toString('hex')).toBe('0001 0001 67 0001 74 00000005'.replaceAll(' ', ''));
  expect(value!.toString('hex')).toBe(
    `0004 0000000000000007 00000002 02 6d 0000000000000009 01 00 10 ${topicId}`.replaceAll(/[ -]/g, ''),
  );
  expect(decodeGroupRecord(key, value)).toEqual({
    name: 'OffsetCommit',
    key: keyOf,
    value: { ...position, expireTimestamp: -1, topicId },
  });
  const ending = encodeGroupRecord('OffsetCommit', keyOf, { ...position, expireTimestamp: 11 }, 1);
  expect(ending.value!.toString('hex')).toBe(
    '0001 0000000000000007 0001 6d 0000000000000009 000000000000000b'.replaceAll(' ', ''),
  );
  const group = { protocolType: 'consumer', generation: 1, protocol: null, leader: null, members: [] };
  expect(encodeGroupRecord('GroupMetadata', { group: 'g' }, group).value!.readInt16BE(0)).toBe(3);
  expect(encodeGroupRecord('GroupMetadata', { group: 'g' }, null).value).toBeNull();
});

test('a type of a newer broker is skipped, a version of one is refused', () => {
  const key = Buffer.from('0002000167', 'hex');
  expect(decodeGroupRecord(Buffer.from('0009000167', 'hex'), null)).toBeNull();
  expect(decodeGroupRecord(Buffer.from('7fff000167', 'hex'), Buffer.alloc(0))).toBeNull();
  expect(decodeGroupRecord(Buffer.from('ffff000167', 'hex'), null)).toBeNull();
  expect(decodeTransactionRecord(Buffer.from('0001000167', 'hex'), null)).toBeNull();
  const errors = [
    () => decodeGroupRecord(Buffer.from('00', 'hex'), null),
    () => decodeGroupRecord(Buffer.from('00020002ff', 'hex'), null),
    () => decodeGroupRecord(key, Buffer.from('0005', 'hex')),
    () => decodeGroupRecord(key, Buffer.from('ffff', 'hex')),
    () => decodeGroupRecord(key, Buffer.from('', 'hex')),
  ].map((run) => {
    try {
      return run();
    } catch (error) {
      return error instanceof DecodeError ? error.message : error;
    }
  });
  expect(errors).toEqual([
    'record key version at byte 0: 1 bytes left',
    'GroupMetadataKey v0 group at byte 2: length 2, 1 bytes left',
    'GroupMetadataValue version at byte 0: version 5 is unknown',
    'GroupMetadataValue version at byte 0: version -1 is unknown',
    'GroupMetadataValue version at byte 0: 0 bytes left',
  ]);
});
