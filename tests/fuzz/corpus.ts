/**
 * What the fuzz begins with: every frame, record and batch that Apache's own classes wrote, each with the code that
 * reads it here. Without the oracle beside the checkout the committed sample serves.
 */
import { readFileSync } from 'node:fs';
import {
  apis,
  decode,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  decodeControlKey,
  decodeEndTxnMarker,
  decodeGroupRecord,
  decodeMetadataRecord,
  decodeShareStateRecord,
  decodeTransactionRecord,
  encodeMetadataRecord,
  encodeRequest,
  encodeResponse,
  type Message,
  metadataRecords,
} from '../../protocol';
import { hasOracle, type Line, readLines, wireFile } from '../protocol/support/oracle';
import { readBatch, readRequest, readResponse, readStream } from './readers';

export type Kind = 'request' | 'response' | 'record' | 'stream' | 'batch';

/** What became of bytes that were read without a refusal. */
export interface Reading {
  readonly value: unknown;
  /** Throws when the value, written and read once more, is another one. */
  readonly again?: () => void;
}

/**
 * Reads bytes as the broker does. A DecodeError is a refusal; anything else that is thrown is a fault.
 *
 * @param chance  Decides what the bytes leave open (how a stream is cut), the same way each time.
 */
export type Read = (bytes: Buffer, chance: number) => Reading;

export interface Seed {
  readonly kind: Kind;
  readonly name: string;
  readonly bytes: Buffer;
  readonly read: Read;
}

export type Corpus = Readonly<Record<Kind, readonly Seed[]>>;

const CORRELATION_ID = 42;
const CLIENT_ID = 'client-1';
const FRAMES_OF_STREAM = 3;
const folder = hasOracle ? 'oracle' : 'sample';

export function loadCorpus(): Corpus {
  const request: Seed[] = [];
  const response: Seed[] = [];
  for (const line of wireLines()) {
    const api = apis.find(({ key }) => key === line.key)!;
    const name = `${line.message ?? `${api.name} ${line.direction}`} v${line.version} ${line.case}`;
    const body = decode(api[line.direction], line.version, Buffer.from(line.hex, 'hex'));
    if (line.direction === 'request') {
      const header = { correlationId: CORRELATION_ID, clientId: CLIENT_ID };
      const bytes = withoutSize(encodeRequest(api.request, line.version, header, body));
      request.push({ kind: 'request', name, bytes, read: readRequest });
    } else {
      const bytes = withoutSize(encodeResponse(api.response, line.version, CORRELATION_ID, body));
      response.push({ kind: 'response', name, bytes, read: readResponse(api.response, line.version) });
    }
  }
  return { request, response, record: recordSeeds(), stream: streamSeeds(request), batch: batchSeeds() };
}

/** Neighbours on one connection, each behind its size. */
function streamSeeds(requests: readonly Seed[]): Seed[] {
  const seeds: Seed[] = [];
  for (let i = 0; i + FRAMES_OF_STREAM <= requests.length; i += FRAMES_OF_STREAM) {
    const frames = requests.slice(i, i + FRAMES_OF_STREAM).flatMap(({ bytes }): Buffer[] => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(bytes.length);
      return [size, bytes];
    });
    const name = `stream from ${requests[i]!.name} on`;
    seeds.push({ kind: 'stream', name, bytes: Buffer.concat(frames), read: readStream });
  }
  return seeds;
}

function wireLines(): Line[] {
  if (folder === 'sample') return readLines('sample', 'wire.jsonl');
  return apis.flatMap(({ key, name }) =>
    (['request', 'response'] as const).flatMap((direction) =>
      readLines('oracle', wireFile(key, direction, name)).map((line) => ({ ...line, key, direction })),
    ),
  );
}

function withoutSize(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts).subarray(4);
}

function recordSeeds(): Seed[] {
  return [...coordinatorSeeds(), ...memberSeeds(), ...controlSeeds(), ...metadataSeeds()];
}

const record = (line: Line, read: Read, bytes: Buffer = Buffer.from(line.hex, 'hex')): Seed => ({
  kind: 'record',
  name: `${line.message} v${line.version} ${line.case}`,
  bytes,
  read,
});

function coordinatorSeeds(): Seed[] {
  const lines = readLines(folder, 'group-records.jsonl') as (Line & { readonly topic: string })[];
  return lines.map((line) => {
    const decodeRecord =
      line.topic === '__consumer_offsets'
        ? decodeGroupRecord
        : line.topic === '__transaction_state'
          ? decodeTransactionRecord
          : decodeShareStateRecord;
    if (line.part === 'key') return record(line, (bytes) => ({ value: decodeRecord(bytes, null) }));
    const keyName = line.message.replace(/Value$/, 'Key');
    const key = Buffer.from(lines.find(({ message }) => message === keyName)!.hex, 'hex');
    return record(line, (bytes) => ({ value: decodeRecord(key, bytes) }));
  });
}

function memberSeeds(): Seed[] {
  return readLines(folder, 'consumer-protocol.jsonl').map((line) =>
    record(line, (bytes) => ({
      value:
        line.message === 'ConsumerProtocolSubscription'
          ? decodeConsumerProtocolSubscription(bytes)
          : decodeConsumerProtocolAssignment(bytes),
    })),
  );
}

/** The bodies in the oracle lack the int16 version that stands in front of them in a log. */
function controlSeeds(): Seed[] {
  const readers: Readonly<Record<string, ((bytes: Buffer) => unknown) | undefined>> = {
    ControlRecordTypeSchema: decodeControlKey,
    EndTxnMarker: decodeEndTxnMarker,
  };
  return readLines(folder, 'other-messages.jsonl').flatMap((line) => {
    const read = readers[line.message];
    if (read === undefined) return [];
    const bytes = Buffer.concat([Buffer.from([0, line.version]), Buffer.from(line.hex, 'hex')]);
    return [record(line, (mutated) => ({ value: read(mutated) }), bytes)];
  });
}

function metadataSeeds(): Seed[] {
  return readLines(folder, 'other-messages.jsonl').flatMap((line) => {
    const schema: Message | undefined = metadataRecords[line.message as 'TopicRecord'];
    if (schema === undefined) return [];
    const value = decode(schema, line.version, Buffer.from(line.hex, 'hex'));
    const bytes = encodeMetadataRecord(line.message as 'TopicRecord', value as never, line.version);
    return [record(line, (mutated) => ({ value: decodeMetadataRecord(mutated) }), bytes)];
  });
}

function batchSeeds(): Seed[] {
  const file = hasOracle ? '../shared/oracle/data/batches.jsonl' : 'tests/storage/testdata/batches.jsonl';
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(
      (text) => JSON.parse(text) as { readonly codec: string; readonly case: string; readonly hex: string },
    );
  return lines.map(({ codec, case: name, hex }) => ({
    kind: 'batch',
    name: `${codec} ${name}`,
    bytes: Buffer.from(hex, 'hex'),
    read: readBatch,
  }));
}
