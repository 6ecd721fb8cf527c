/**
 * Every message in every version against Apache's own bytes: they decode to Apache's JSON, and both the decoded value
 * and a value made from that JSON alone encode to Apache's bytes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  apiByKey,
  apis,
  DecodeError,
  decode,
  decodeRequestHeader,
  decodeResponseHeader,
  encode,
  type Message,
  peekApi,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../protocol';
import { ControlRecordTypeSchema, EndTxnMarker } from '../../protocol/records/control';
import { metadataRecords } from '../../protocol/records/metadata';
import { checkBody, hexOf } from './support/check-body';
import { hasOracle, type Line, parseLine, rawLines, readLines, SAMPLE, wireFile } from './support/oracle';
import { sampleOfOracle } from './support/sample';

const withOracle = hasOracle ? describe : describe.skip;

function messageOf(line: Line): Message {
  const api = apiByKey(line.key);
  if (api === undefined) throw new Error(`no schema for key ${line.key}`);
  return api[line.direction];
}

function checkHeader(line: Line): void {
  const message = messageOf(line);
  const bytes = Buffer.from(line.hex, 'hex');
  const wanted = (line.unknownTaggedFields ?? []).map(({ tag, hex }) => ({
    tag,
    bytes: Buffer.from(hex, 'hex'),
  }));
  const tags = wanted.length === 0 ? {} : { unknownTaggedFields: wanted };
  if (line.direction === 'response') {
    expect(responseHeaderVersion(message, line.version)).toBe(line.headerVersion);
    const header = decodeResponseHeader(bytes, responseHeaderVersion(message, line.version));
    expect(header).toEqual({ ...line.json, bodyOffset: bytes.length, ...tags });
    return;
  }
  const { requestApiKey, requestApiVersion, ...rest } = line.json;
  expect(peekApi(bytes)).toEqual({ apiKey: requestApiKey, apiVersion: requestApiVersion });
  expect(requestHeaderVersion(message, line.version)).toBe(line.headerVersion);
  expect(decodeRequestHeader(bytes, requestHeaderVersion(message, line.version))).toEqual({
    apiKey: requestApiKey,
    apiVersion: requestApiVersion,
    ...rest,
    bodyOffset: bytes.length,
    ...tags,
  });
}

/** Size, header and body of a whole frame. The answer to ApiVersions 99 is a body of version 0. */
function checkFrame(line: Line): void {
  const message = messageOf(line);
  const bytes = Buffer.from(line.hex, 'hex');
  expect(bytes.readInt32BE(0)).toBe(bytes.length - 4);
  const frame = bytes.subarray(4);
  const [first, last] = message.versions;
  const known = line.version >= first && line.version <= last;
  if (line.direction === 'request') {
    const header = decodeRequestHeader(frame, requestHeaderVersion(message, line.version));
    if (!known) return;
    const body = encode(message, line.version, decode(message, line.version, frame, header.bodyOffset));
    expect(hexOf(body)).toBe(frame.subarray(header.bodyOffset).toString('hex'));
    return;
  }
  const version = known ? line.version : 0;
  const header = decodeResponseHeader(frame, responseHeaderVersion(message, version));
  const body = encode(message, version, decode(message, version, frame, header.bodyOffset));
  expect(hexOf(body)).toBe(frame.subarray(header.bodyOffset).toString('hex'));
}

/**
 * Apache looks at the values of this request while it parses: a filter for no kind of resource closes the connection.
 * Here the bytes decode, and the handler has to say no.
 */
const isRefusedForItsValues = ({ key, case: name }: Line) => key === 29 && name === 'all-zero';

/** As a broker does it: an ApiVersions request of any version is answered, so its body is not looked at then. */
function isParsed(line: Line): boolean {
  const frame = Buffer.from(line.hex, 'hex');
  try {
    const { apiKey, apiVersion } = peekApi(frame);
    const request = apiByKey(apiKey)?.request;
    if (request === undefined) return false;
    const header = decodeRequestHeader(frame, requestHeaderVersion(request, apiVersion));
    const [first, last] = request.versions;
    if (apiVersion < first || apiVersion > last) return apiKey === 18;
    decode(request, apiVersion, frame, header.bodyOffset);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

const recordSchemas: Readonly<Record<string, Message>> = {
  ...metadataRecords,
  EndTxnMarker,
  ControlRecordTypeSchema,
};
const isOurs = (line: Line) => apiByKey(line.key) !== undefined;

describe('sample of the oracle', () => {
  test('bodies', () => {
    const lines = readLines('sample', 'wire.jsonl');
    expect(lines.length).toBeGreaterThan(480);
    for (const line of lines) checkBody(messageOf(line), line);
  });

  test('headers', () => {
    for (const line of readLines('sample', 'headers.jsonl')) checkHeader(line);
  });

  test('frames', () => {
    for (const line of readLines('sample', 'frames.jsonl')) checkFrame(line);
  });

  test('refusals get the verdict of Apache', () => {
    const lines = readLines('sample', 'refusals.jsonl');
    expect(lines.map((line) => [line.key, line.version, line.case, isParsed(line)])).toEqual(
      lines.map((line) => [line.key, line.version, line.case, line.parsed || isRefusedForItsValues(line)]),
    );
  });

  test('metadata records and control records', () => {
    for (const line of readLines('sample', 'other-messages.jsonl'))
      checkBody(recordSchemas[line.message]!, line);
  });
});

withOracle('oracle', () => {
  test('the committed sample is what the oracle says', () => {
    for (const [file, lines] of sampleOfOracle()) {
      if (process.env.UPDATE === '1') writeFileSync(join(SAMPLE, file), `${lines.join('\n')}\n`);
      expect(rawLines('sample', file)).toEqual(lines);
    }
  });

  test.each(apis.map((api) => [api.name, api] as const))('bodies of %s, all versions', (_, api) => {
    for (const direction of ['request', 'response'] as const) {
      const message = api[direction];
      const lines = rawLines('oracle', wireFile(api.key, direction, api.name)).map(parseLine);
      for (const line of lines) checkBody(message, line);
      const versions = new Set(lines.map(({ version }) => version));
      expect([Math.min(...versions), Math.max(...versions)]).toEqual(message.versions);
    }
  });

  test('headers', () => {
    for (const line of readLines('oracle', 'headers.jsonl').filter(isOurs)) checkHeader(line);
  });

  test('frames', () => {
    for (const line of readLines('oracle', 'frames.jsonl').filter(isOurs)) checkFrame(line);
  });

  test('refusals get the verdict of Apache', () => {
    const lines = readLines('oracle', 'refusals.jsonl').filter(isOurs);
    expect(lines.map((line) => [line.key, line.version, line.case, isParsed(line)])).toEqual(
      lines.map((line) => [line.key, line.version, line.case, line.parsed || isRefusedForItsValues(line)]),
    );
  });

  test('metadata records and control records', () => {
    const lines = readLines('oracle', 'other-messages.jsonl').filter(
      ({ message }) => message in recordSchemas,
    );
    expect(new Set(lines.map(({ message }) => message)).size).toBe(Object.keys(recordSchemas).length);
    for (const line of lines) checkBody(recordSchemas[line.message]!, line);
  });
});
