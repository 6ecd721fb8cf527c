/** What records of internal topics and payloads of Raft's own entries say, for people and programs. */
import {
  ControlRecordType,
  decodeControlKey,
  decodeEndTxnMarker,
  decodeGroupRecord,
  decodeMetadataRecord,
  decodeShareStateRecord,
  decodeTransactionRecord,
} from '../../protocol';
import { decodeMembership, renderMembership } from '../../raft';
import { decodeProducerExpiry, EntryKind, type LogEntry, type PlainRecord } from '../../storage';
import { METADATA_TOPIC_NAME } from '../metadata/topic-names';
import { decodeLogStart } from '../partition/recovery';

export interface Decoded {
  /** Of the kind of record. */
  readonly name: string;
  readonly key: unknown;
  /** null: it deletes. */
  readonly value: unknown;
}

type Decode = (key: Buffer | null, value: Buffer | null) => Decoded | null;

const keyed =
  (decode: (key: Buffer, value: Buffer | null) => Decoded | null): Decode =>
  (key, value) =>
    key === null ? null : decode(key, value);

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['__consumer_offsets', keyed(decodeGroupRecord)],
  ['__transaction_state', keyed(decodeTransactionRecord)],
  ['__share_group_state', keyed(decodeShareStateRecord)],
  [
    METADATA_TOPIC_NAME,
    (_key, value) => {
      if (value === null) return null;
      const record = decodeMetadataRecord(value);
      return { name: record.name, key: null, value: record.value };
    },
  ],
]);

/** null for records that are the clients' own, and for those that this version does not know. */
export function decodedRecord(topic: string, record: PlainRecord, isControl: boolean): Decoded | null {
  try {
    const decoded = isControl
      ? decodedControl(record)
      : (decoders.get(topic)?.(record.key, record.value) ?? null);
    return decoded === null ? null : (plain(decoded) as Decoded);
  } catch (error) {
    const { message } = error as Error;
    return { name: `unreadable (${message})`, key: bytesText(record.key), value: bytesText(record.value) };
  }
}

function decodedControl({ key, value }: PlainRecord): Decoded | null {
  if (key === null) return null;
  const type = decodeControlKey(key);
  const name = Object.entries(ControlRecordType).find(([, number]) => number === type)?.[0];
  const isEnd = type === ControlRecordType.abort || type === ControlRecordType.commit;
  return {
    name: name ?? `control ${type}`,
    key: null,
    value: isEnd && value !== null ? decodeEndTxnMarker(value) : null,
  };
}

const kindNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(EntryKind).map(([name, kind]) => [kind, name]),
);

export const kindName = (kind: number): string => kindNames[kind] ?? `kind ${kind}`;

/** '' for what has no payload. */
export function payloadText({ kind, bytes }: LogEntry): string {
  try {
    if (kind === EntryKind.membership) return renderMembership(decodeMembership(bytes));
    if (kind === EntryKind.logStart) return `start offset ${decodeLogStart(bytes)}`;
    if (kind === EntryKind.producerExpiry) return `producers before ${decodeProducerExpiry(bytes)}`;
  } catch {
    // Shown as it is.
  }
  return kind === EntryKind.noop ? '' : bytesText(bytes);
}

/** A string of JSON, or base64 behind a word that says so. */
export function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  const text = bytes.toString('utf8');
  const isText = !text.includes('\ufffd') || Buffer.from(text).equals(bytes);
  return isText ? JSON.stringify(text) : `base64:${bytes.toString('base64')}`;
}

/** A copy that JSON can say: bytes in base64, large integers in digits. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return [...value].map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
