/** What scenarios may call: `batch(k=v x | codec=gzip)`, `hex(00ff)`, ... Each makes one value out of a text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBatch, compressionCodeOf, type NewRecord, setProducer, stampCrc } from '../../storage';
import { ScenarioSyntaxError } from './values';

/** The timestamp of a scenario's first record unless it says another one. */
export const FIRST_TIMESTAMP = 1_700_000_000_000;

const codecs = ['none', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * `key=value`, `value`, `key=<null>` for a tombstone, `x*300` for 300 of x, `^name=value` behind a record for a header.
 * Options behind `|`: codec, ts (`now` too), step, pid, epoch, seq, transactional, control; and what makes a batch wrong: base,
 * leader, magic, count, delta, attributes, crc.
 */
export function batch(text: string): Buffer {
  const [list = '', tail = ''] = text.split('|');
  const options = new Map(
    words(tail).map((word) => {
      const [name = '', value = 'true'] = word.split('=');
      return [name, value] as const;
    }),
  );
  const number = (name: string, otherwise: number): number => {
    const value = options.get(name);
    options.delete(name);
    return value === undefined ? otherwise : Number(value);
  };
  const isSet = (name: string): boolean => options.delete(name);
  const codec = options.get('codec') ?? 'none';
  options.delete('codec');
  const known = codecs.find((one) => one === codec);
  if (known === undefined) throw new ScenarioSyntaxError(`unknown codec ${codec}`);
  const firstTimestamp = number('ts', FIRST_TIMESTAMP);
  const step = number('step', 10);
  const bytes = buildBatch({
    records: words(list).map((word, index) => recordOf(word, firstTimestamp + index * step)),
    compression: compressionCodeOf(known),
    baseOffset: number('base', 0),
    leaderEpoch: number('leader', -1),
    isTransactional: isSet('transactional'),
    isControl: isSet('control'),
  });
  setProducer(bytes, 0, number('pid', -1), number('epoch', -1), number('seq', -1));
  if (options.has('attributes')) bytes.writeInt16BE(number('attributes', 0), 21);
  if (options.has('delta')) bytes.writeInt32BE(number('delta', 0), 23);
  if (options.has('count')) bytes.writeInt32BE(number('count', 0), 57);
  stampCrc(bytes, 0);
  if (options.has('magic')) bytes.writeInt8(number('magic', 2), 16);
  if (options.has('crc')) bytes.writeUInt32BE(number('crc', 0), 17);
  for (const name of options.keys()) throw new ScenarioSyntaxError(`a batch has no option ${name}`);
  return bytes;
}

function recordOf(word: string, timestamp: number): NewRecord {
  const [record = '', ...headers] = word.split('^');
  const equals = record.indexOf('=');
  return {
    timestamp,
    key: equals < 0 ? null : contentOf(record.slice(0, equals)),
    value: contentOf(record.slice(equals + 1)),
    headers: headers.map((header) => {
      const at = header.indexOf('=');
      return { key: header.slice(0, at), value: contentOf(header.slice(at + 1)) };
    }),
  };
}

function contentOf(text: string): Buffer | null {
  if (text === '<null>') return null;
  const repeated = /^(.)\*(\d+)$/.exec(text);
  return Buffer.from(repeated === null ? text : repeated[1]!.repeat(Number(repeated[2])));
}

export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** What a consumer says it wants: `subscription(topic topic)`. */
export function subscription(text: string): Buffer {
  const topics = words(text);
  return Buffer.concat([int16(0), int32(topics.length), ...topics.map(shortString), int32(-1)]);
}

/** What a consumer is given: `assignment(topic/0,1 topic/2)`. */
export function assignment(text: string): Buffer {
  const parts = words(text).map((word) => {
    const [topic = '', list = ''] = word.split('/');
    const partitions = list.split(',').map(Number);
    return Buffer.concat([shortString(topic), int32(partitions.length), ...partitions.map(int32)]);
  });
  return Buffer.concat([int16(0), int32(parts.length), ...parts, int32(-1)]);
}

/** `request(key version)`: a frame with a header of version 1, correlation id 7 and the client id `raw`. */
export function request(text: string, body: Buffer): Buffer {
  const [key = '', version = ''] = words(text);
  return frame(
    Buffer.concat([int16(Number(key)), int16(Number(version)), int32(7), shortString('raw'), body]),
  );
}

export function frame(payload: Buffer): Buffer {
  return Buffer.concat([int32(payload.length), payload]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function shortString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int16(bytes.length), bytes]);
}

/** Recorded bytes with the verdict of Kafka's own classes; only what is sent matters here. */
export interface Sample {
  readonly case: string;
  readonly hex: string;
  readonly topicConfig?: Readonly<Record<string, string>>;
}

const sampleFiles: Readonly<Record<string, string>> = {
  bad: 'storage/testdata/batches-bad.jsonl',
  odd: 'storage/testdata/batches-odd.jsonl',
  refusals: 'protocol/testdata/refusals.jsonl',
};

/** The samples of a file by the names of their cases; requests carry the API and the version in front. */
export function samplesOf(file: string): ReadonlyMap<string, Sample> {
  const path = sampleFiles[file];
  if (path === undefined) throw new ScenarioSyntaxError(`there are no samples ${file}`);
  const lines = readFileSync(join(process.cwd(), 'tests', path), 'utf8').split('\n');
  const samples = lines
    .filter((line) => line !== '')
    .map((line): Sample & { api?: string; version?: number } => {
      return JSON.parse(line);
    });
  return new Map(
    samples.map((one) => [one.api === undefined ? one.case : `${one.api} v${one.version} ${one.case}`, one]),
  );
}
