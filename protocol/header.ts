/**
 * Request header v1 and v2, response header v0 and v1. The form follows from the message: flexible versions have the
 * newer header, except that ApiVersions is always answered with response header 0, so that a client which does not know
 * the broker's age can read it (KIP-511). `clientId` keeps its int16 length in v2.
 */
import { DecodeError } from './errors';
import type { Fields, Message, UnknownTaggedField } from './schema';
import * as types from './types';

const API_VERSIONS_KEY = 18;
/** Header tags beyond this are no client's; each would cost many times its bytes. */
const TAGS_MAX = 100;
/** Key, version and correlation id. */
const FIXED_SIZE_BYTES = 8;

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the body begins in the frame. */
  readonly bodyOffset: number;
  /** Tagged fields of header v2; no tag is known today. Present only if there were any. */
  readonly unknownTaggedFields?: readonly UnknownTaggedField[];
}

export function requestHeaderVersion<F extends Fields>(request: Message<F>, version: number): 1 | 2 {
  return version >= request.flexibleFrom ? 2 : 1;
}

export function responseHeaderVersion<F extends Fields>(response: Message<F>, version: number): 0 | 1 {
  return response.apiKey !== API_VERSIONS_KEY && version >= response.flexibleFrom ? 1 : 0;
}

/** The API key and version of a frame, before anything else of it is believed. @throws DecodeError below 4 bytes */
export function peekApi(frame: Buffer): { readonly apiKey: number; readonly apiVersion: number } {
  if (frame.length < 4)
    throw new DecodeError('RequestHeader', 'requestApiKey', 0, `${frame.length} bytes left`);
  return { apiKey: types.readInt16(frame, 0), apiVersion: types.readInt16(frame, 2) };
}

/**
 * @param frame  Without its size.
 * @throws DecodeError
 */
export function decodeRequestHeader(frame: Buffer, headerVersion: 1 | 2): RequestHeader {
  const fail = (path: string, at: number, reason: string): never => {
    throw new DecodeError(`RequestHeader v${headerVersion}`, path, at, reason);
  };
  if (frame.length < FIXED_SIZE_BYTES + 2) fail('', frame.length, `the frame has only ${frame.length} bytes`);
  const apiKey = types.readInt16(frame, 0);
  const apiVersion = types.readInt16(frame, 2);
  const correlationId = types.readInt32(frame, 4);
  const length = types.readInt16(frame, FIXED_SIZE_BYTES);
  let at = FIXED_SIZE_BYTES + 2;
  if (length > frame.length - at) {
    fail('clientId', FIXED_SIZE_BYTES, `length ${length}, ${frame.length - at} bytes left`);
  }
  const clientId = length < 0 ? null : types.readText(frame, at, length);
  if (length > 0) at += length;
  if (headerVersion === 1) return { apiKey, apiVersion, correlationId, clientId, bodyOffset: at };
  if (frame[at] === 0) return { apiKey, apiVersion, correlationId, clientId, bodyOffset: at + 1 };
  const { fields, end } = readTags(frame, at, fail);
  const header = { apiKey, apiVersion, correlationId, clientId, bodyOffset: end };
  return fields.length === 0 ? header : { ...header, unknownTaggedFields: fields };
}

type Fail = (path: string, at: number, reason: string) => never;

function readTags(frame: Buffer, start: number, fail: Fail): { fields: UnknownTaggedField[]; end: number } {
  let at = start;
  const uvarint = (): number => {
    const length = types.varintLength(frame, at, frame.length, 5);
    if (length < 0) fail('taggedFields', at, 'a varint that does not end');
    const value = types.readUvarint(frame, at, length) | 0;
    at += length;
    return value;
  };
  const fields: UnknownTaggedField[] = [];
  const count = uvarint();
  if (count < 0) fail('taggedFields', start, `count ${count}`);
  for (let left = count; left > 0; left -= 1) {
    const tag = uvarint();
    const size = uvarint();
    const rest = frame.length - at;
    if (size < 0 || size > rest) fail('taggedFields', at, `tag ${tag} has size ${size}, ${rest} bytes left`);
    if (fields.length === TAGS_MAX) fail('taggedFields', at, `more than ${TAGS_MAX} tags`);
    fields.push({ tag: tag >>> 0, bytes: frame.subarray(at, at + size) });
    at += size;
  }
  return { fields, end: at };
}

export interface ResponseHeader {
  readonly correlationId: number;
  readonly bodyOffset: number;
  readonly unknownTaggedFields?: readonly UnknownTaggedField[];
}

/** For clients and peers. @throws DecodeError */
export function decodeResponseHeader(frame: Buffer, headerVersion: 0 | 1): ResponseHeader {
  const fail = (path: string, at: number, reason: string): never => {
    throw new DecodeError(`ResponseHeader v${headerVersion}`, path, at, reason);
  };
  if (frame.length < 4) fail('correlationId', 0, `${frame.length} bytes left`);
  const correlationId = types.readInt32(frame, 0);
  if (headerVersion === 0) return { correlationId, bodyOffset: 4 };
  const { fields, end } = readTags(frame, 4, fail);
  const header = { correlationId, bodyOffset: end };
  return fields.length === 0 ? header : { ...header, unknownTaggedFields: fields };
}

export function requestHeaderSize<F extends Fields>(
  request: Message<F>,
  version: number,
  clientId: string | null,
): number {
  const clientIdSize = clientId === null ? 0 : types.textSize(clientId);
  return FIXED_SIZE_BYTES + 2 + clientIdSize + (requestHeaderVersion(request, version) === 2 ? 1 : 0);
}

export function writeRequestHeader<F extends Fields>(
  request: Message<F>,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  buffer: Buffer,
  position: number,
): number {
  let at = types.writeInt16(buffer, position, request.apiKey);
  at = types.writeInt16(buffer, at, version);
  at = types.writeInt32(buffer, at, header.correlationId);
  if (header.clientId === null) {
    at = types.writeInt16(buffer, at, -1);
  } else {
    const size = types.textSize(header.clientId);
    at = types.writeInt16(buffer, at, size);
    at = types.writeText(buffer, at, header.clientId, size);
  }
  if (requestHeaderVersion(request, version) === 2) at = types.writeUvarint(buffer, at, 0);
  return at;
}

export function responseHeaderSize<F extends Fields>(response: Message<F>, version: number): number {
  return responseHeaderVersion(response, version) === 1 ? 5 : 4;
}

export function writeResponseHeader<F extends Fields>(
  response: Message<F>,
  version: number,
  correlationId: number,
  buffer: Buffer,
  position: number,
): number {
  const at = types.writeInt32(buffer, position, correlationId);
  return responseHeaderVersion(response, version) === 1 ? types.writeUvarint(buffer, at, 0) : at;
}
