/** What logs hold, one line for each entry, batch or record, in text or in JSON. */
import {
  baseSequenceOf,
  baseTimestampOf,
  batchPositions,
  compressionOf,
  EntryKind,
  hasDeleteHorizon,
  isControl,
  isLogAppendTime,
  isTransactional,
  lostText,
  type PlainRecord,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  recordsOf,
  type Walked,
  type WalkedDamage,
  type WalkedEntry,
} from '../../storage';
import { bytesText, type Decoded, decodedRecord, kindName, payloadText, plain } from './decode';
import { type InspectedLog, logName, type OpenedDirectory, walked } from './directory';
import { damageLine } from './verify';

export interface DumpOptions {
  readonly unit: 'entries' | 'batches' | 'records';
  readonly isJson: boolean;
  /** Name or id of a topic; null: all. */
  readonly topic: string | null;
  readonly partition: number | null;
  /** What ends at or below it is left out. */
  readonly offset: number | null;
}

/** No log of the directory is meant. */
export class NoSuchLogError extends Error {
  override readonly name = 'NoSuchLogError';
  readonly code = 'NO_SUCH_LOG';
}

/** What names a log in every line of it. */
interface Named {
  readonly name: string;
  readonly topic: string;
  readonly log: InspectedLog;
}

const TEXT_SIZE_MAX = 65_536;
const codecs: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/**
 * Gives text to `write` a few hundred lines at a time and waits for it.
 *
 * @returns Whether nothing was damaged.
 * @throws NoSuchLogError
 */
export async function dump(
  opened: OpenedDirectory,
  options: DumpOptions,
  write: (text: string) => Promise<void>,
): Promise<boolean> {
  const { inspection, names } = opened;
  const logs = chosen(opened, options);
  let isWhole = inspection.damages.length === 0;
  for (const damage of inspection.damages) {
    const { log: _log, ...rest } = damage;
    await write(
      `${options.isJson ? JSON.stringify({ damage: rest }) : damageLine({ ...damage, log: null })}\n`,
    );
  }
  for (const log of logs) {
    const { topicId } = log.key;
    const named = { name: logName(names, log.key), topic: names.get(topicId) ?? topicId, log };
    for await (const items of walked(inspection, log, options.offset ?? undefined)) {
      let text = '';
      for (const line of linesOf(named, items, options)) {
        text += `${line}\n`;
        if (text.length < TEXT_SIZE_MAX) continue;
        await write(text);
        text = '';
      }
      if (text !== '') await write(text);
      isWhole &&= items.every(({ kind }) => kind === 'entry');
    }
  }
  return isWhole;
}

function chosen(opened: OpenedDirectory, { topic, partition }: DumpOptions): readonly InspectedLog[] {
  const { inspection, names, directory } = opened;
  const wanted = inspection.logs.filter(({ key }) => {
    const isTopic = topic === null || names.get(key.topicId) === topic || key.topicId === uuidOf(topic);
    return isTopic && (partition === null || key.partition === partition);
  });
  if (wanted.length > 0 || (topic === null && partition === null)) return wanted;
  const what = [topic === null ? '' : `topic ${topic}`, partition === null ? '' : `partition ${partition}`];
  throw new NoSuchLogError(`${directory} has no log of ${what.filter((word) => word !== '').join(', ')}`);
}

/** Ids come as UUIDs, in names of directories, and as Kafka's tools print them. */
function uuidOf(text: string): string {
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return text.toLowerCase();
  const hex = Buffer.from(text, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function* linesOf(named: Named, items: readonly Walked[], options: DumpOptions): Generator<string> {
  const { unit, isJson } = options;
  for (const item of items) {
    if (item.kind === 'damage') yield damageText(named, item, isJson);
    else if (unit === 'entries') yield entryLine(named, item, isJson);
    else if (item.entry.kind !== EntryKind.batch) continue;
    else if (unit === 'batches') yield batchLine(named, item, isJson);
    else yield* recordLines(named, item, options);
  }
}

const identified = ({ topic, log: { key } }: Named) => ({
  topic,
  topicId: key.topicId,
  partition: key.partition,
});

function damageText(named: Named, damage: WalkedDamage, isJson: boolean): string {
  const { file, position, reason } = damage;
  const lost = lostText(damage);
  if (!isJson) return damageLine({ file, position, reason, lost, log: named.name });
  return JSON.stringify({ ...identified(named), damage: { file, position, reason, lost } });
}

function entryLine(named: Named, { entry, file, position }: WalkedEntry, isJson: boolean): string {
  const { index, term, kind, baseOffset, nextOffset, maxTimestamp, bytes } = entry;
  const isBatch = kind === EntryKind.batch;
  if (isJson) {
    return JSON.stringify({
      ...identified(named),
      ...{ index, term, kind: kindName(kind), baseOffset, nextOffset, maxTimestamp },
      ...{ sizeBytes: bytes.length, file, position },
      ...(isBatch ? {} : { payload: payloadText(entry) }),
    });
  }
  const head = `${named.name} entry ${index} term ${term} ${kindName(kind)}`;
  const place = `at ${file}:${position}`;
  if (isBatch) {
    return `${head} ${span(baseOffset, nextOffset)} time ${maxTimestamp} ${bytes.length} bytes ${place}`;
  }
  const payload = payloadText(entry);
  return `${head} offset ${baseOffset}${payload === '' ? '' : ` ${payload}`} ${bytes.length} bytes ${place}`;
}

const span = (base: number, next: number): string =>
  next - base === 1 ? `offset ${base}` : `offsets ${base}-${next - 1}`;

function batchLine(named: Named, { entry, file, position }: WalkedEntry, isJson: boolean): string {
  const { term, baseOffset, nextOffset, maxTimestamp, bytes } = entry;
  const records = recordCountOf(bytes, 0);
  const codec = codecs[compressionOf(bytes, 0)] ?? `codec ${compressionOf(bytes, 0)}`;
  const producer = {
    producerId: producerIdOf(bytes, 0),
    producerEpoch: producerEpochOf(bytes, 0),
    baseSequence: baseSequenceOf(bytes, 0),
  };
  const flags = [
    isTransactional(bytes, 0) ? 'transactional' : '',
    isControl(bytes, 0) ? 'control' : '',
    isLogAppendTime(bytes, 0) ? 'log-append-time' : '',
    hasDeleteHorizon(bytes, 0) ? `delete-horizon` : '',
  ].filter((flag) => flag !== '');
  const baseTimestamp = baseTimestampOf(bytes, 0);
  if (isJson) {
    return JSON.stringify({
      ...identified(named),
      ...{ baseOffset, nextOffset, leaderEpoch: term, records, codec, baseTimestamp, maxTimestamp },
      ...{ ...producer, flags, sizeBytes: bytes.length, file, position },
    });
  }
  const { producerId, producerEpoch, baseSequence } = producer;
  const words = [
    `${named.name} ${span(baseOffset, nextOffset)} epoch ${term} records ${records} ${codec}`,
    `time ${baseTimestamp}..${maxTimestamp}`,
    producerId < 0 ? '' : `producer ${producerId} epoch ${producerEpoch} sequence ${baseSequence}`,
    ...flags,
    `${bytes.length} bytes at ${file}:${position}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

function* recordLines(named: Named, walkedEntry: WalkedEntry, options: DumpOptions): Generator<string> {
  const { bytes } = walkedEntry.entry;
  const from = options.offset ?? 0;
  try {
    for (const at of batchPositions(bytes)) {
      const isOfControl = isControl(bytes, at);
      for (const record of recordsOf(bytes, at)) {
        if (record.offset < from) continue;
        const decoded = decodedRecord(named.topic, record, isOfControl);
        yield options.isJson ? recordJson(named, record, decoded) : recordText(named, record, decoded);
      }
    }
  } catch (error) {
    // The checksum is right, so it is as the client sent it.
    const { baseOffset } = walkedEntry.entry;
    const reason = `the records of the batch cannot be read: ${(error as Error).message}`;
    yield options.isJson
      ? JSON.stringify({ ...identified(named), baseOffset, unreadable: reason })
      : `${named.name} ${baseOffset} ${reason}`;
  }
}

function recordText({ name }: Named, record: PlainRecord, decoded: Decoded | null): string {
  const { offset, timestamp, key, value, headers } = record;
  const head = `${name} ${offset} time ${timestamp}`;
  if (decoded !== null) {
    const words = [decoded.key, decoded.value].map((part) => JSON.stringify(part));
    return `${head} ${decoded.name}${decoded.key === null ? '' : ` ${words[0]}`} ${words[1]}`;
  }
  const ends = headers.map((header) => ` ${header.key}=${bytesText(header.value)}`).join('');
  return `${head} ${bytesText(key)} ${bytesText(value)}${ends}`;
}

function recordJson(named: Named, record: PlainRecord, decoded: Decoded | null): string {
  const { offset, timestamp } = record;
  const head = { ...identified(named), offset, timestamp };
  if (decoded !== null) return JSON.stringify({ ...head, record: decoded });
  const { key, value, headers } = record;
  return JSON.stringify({
    ...head,
    ...bytesJson('key', key),
    ...bytesJson('value', value),
    headers: headers.map((header) => ({ name: header.key, ...bytesJson('value', header.value) })),
  });
}

/** As `consume --json` says them. */
function bytesJson(name: string, bytes: Buffer | null): Readonly<Record<string, unknown>> {
  const text = bytesText(bytes);
  if (!text.startsWith('base64:')) return { [name]: bytes === null ? null : bytes.toString('utf8') };
  return { [`${name}Base64`]: plain(bytes) };
}
