/**
 * Records of the topics in which coordinators keep their state, in Kafka's form: the key begins with the int16 type of
 * the record, the value with the int16 version of its own body. Keys have one version.
 */
import { decode, encodeToBuffer } from '../codec';
import { DecodeError } from '../errors';
import type { InputOf, Message, ValueOf } from '../schema';
import { readInt16, writeInt16 } from '../types';

/**
 * The kinds of records of one topic, by name. The type of a kind is the `apiKey` of its key. Values are written in
 * `writtenVersion`, else in the newest.
 */
export type CoordinatorSchemas = Readonly<
  Record<string, { readonly key: Message; readonly value: Message; readonly writtenVersion?: number }>
>;

/** A record as read: `switch (record.name)` tells the types of `key` and `value`. A null value deletes. */
export type CoordinatorRecord<S extends CoordinatorSchemas> = {
  [N in keyof S]: {
    readonly name: N;
    readonly key: ValueOf<S[N]['key']>;
    readonly value: ValueOf<S[N]['value']> | null;
  };
}[keyof S];

export type KeyInput<S extends CoordinatorSchemas, N extends keyof S> = InputOf<S[N]['key']>;
export type ValueInput<S extends CoordinatorSchemas, N extends keyof S> = InputOf<S[N]['value']>;

export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

const PREFIX_BYTES = 2;
const KEY_VERSION = 0;

/** Names at the index of their type. */
export function namesByType<S extends CoordinatorSchemas>(schemas: S): readonly (keyof S | undefined)[] {
  const names: (keyof S | undefined)[] = [];
  for (const name of Object.keys(schemas)) names[schemas[name]!.key.apiKey] = name;
  return names;
}

/** @throws EncodeError */
export function encodeCoordinatorRecord<S extends CoordinatorSchemas, N extends keyof S>(
  schemas: S,
  name: N,
  key: KeyInput<S, N>,
  value: ValueInput<S, N> | null,
  version: number = schemas[name]!.writtenVersion ?? schemas[name]!.value.versions[1],
): EncodedRecord {
  const schema = schemas[name]!;
  return {
    key: prefixed(schema.key.apiKey, encodeToBuffer(schema.key, KEY_VERSION, key)),
    value: value === null ? null : prefixed(version, encodeToBuffer(schema.value, version, value)),
  };
}

/**
 * @returns null for a type without a name: written by a newer broker, to be skipped as Kafka does.
 * @throws DecodeError  also for a version of a value that is not known.
 */
export function decodeCoordinatorRecord<S extends CoordinatorSchemas>(
  schemas: S,
  names: readonly (keyof S | undefined)[],
  key: Buffer,
  value: Buffer | null,
): CoordinatorRecord<S> | null {
  const name = names[prefixOf('record key', key)];
  if (name === undefined) return null;
  const schema = schemas[name]!;
  return {
    name,
    key: decode(schema.key, KEY_VERSION, key, PREFIX_BYTES),
    value: value === null ? null : decodeValue(schema.value, value),
  } as CoordinatorRecord<S>;
}

function decodeValue(schema: Message, value: Buffer): unknown {
  const version = prefixOf(schema.name, value);
  const [first, last] = schema.versions;
  if (version < first || version > last) {
    throw new DecodeError(schema.name, 'version', 0, `version ${version} is unknown`);
  }
  return decode(schema, version, value, PREFIX_BYTES);
}

function prefixed(prefix: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  writeInt16(bytes, 0, prefix);
  bytes.set(body, PREFIX_BYTES);
  return bytes;
}

function prefixOf(name: string, bytes: Buffer): number {
  if (bytes.length < PREFIX_BYTES) throw new DecodeError(name, 'version', 0, `${bytes.length} bytes left`);
  return readInt16(bytes, 0);
}
