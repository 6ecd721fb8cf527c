/**
 * Fixtures out of Apache Kafka's own classes. `../shared/oracle/data`, where it is present, has all of them; a compact
 * sample stands in `testdata` (regenerate: `UPDATE=1 npx jest tests/protocol/messages.test.ts`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FieldLayout, Layout, StructLayout } from '../../../protocol/layout';

// From the root of the checkout, where every program of the tests is started: some of them run as one bundled file.
const ORACLE = resolve('../shared/oracle/data');
export const SAMPLE = resolve('tests/protocol/testdata');

export const hasOracle = existsSync(ORACLE);

export interface Line {
  readonly api: string;
  readonly key: number;
  readonly message: string;
  readonly version: number;
  readonly direction: 'request' | 'response';
  readonly headerVersion: number;
  readonly case: string;
  readonly json: Record<string, unknown>;
  readonly hex: string;
  readonly parsed: boolean;
  /** Of a record of a coordinator: `type` stands in front of a key, `version` in front of a value. */
  readonly part?: 'key' | 'value';
  readonly type?: number;
  readonly unknownTaggedFields?: readonly {
    readonly path: string;
    readonly tag: number;
    readonly hex: string;
  }[];
}

/** Numbers of 16 digits and more become bigints unless they are exact. */
export function parseLine(text: string): Line {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    /^-?\d{16,}$/.test(token) ? `"int64:${token}"` : token,
  );
  const line = JSON.parse(quoted, (_, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('int64:')) return value;
    const exact = BigInt(value.slice('int64:'.length));
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }) as Line;
  // Keys of records have one version and do not say so.
  return line.version === undefined ? { ...line, version: 0 } : line;
}

export function readLines(folder: 'oracle' | 'sample', file: string): Line[] {
  return rawLines(folder, file).map(parseLine);
}

export function rawLines(folder: 'oracle' | 'sample', file: string): string[] {
  const path = join(folder === 'oracle' ? ORACLE : SAMPLE, file);
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

export function readOracle(file: string): string {
  return readFileSync(join(ORACLE, file), 'utf8');
}

export function wireFile(key: number, direction: string, name: string): string {
  const kebab = name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  return `wire/${String(key).padStart(2, '0')}-${kebab}-${direction}.jsonl`;
}

function uuidToBase64(text: string): string {
  return Buffer.from(text.replaceAll('-', ''), 'hex').toString('base64url');
}

function uuidFromBase64(text: string): string {
  const hex = Buffer.from(text, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Our value as Apache's JsonConverter prints it: absent fields and tagged fields with their default are left out. */
export function toJson(layout: StructLayout, value: unknown): Record<string, unknown> {
  const from = value as Readonly<Record<string, unknown>>;
  const json: Record<string, unknown> = {};
  for (const { name, layout: inner } of layout.plain) json[name] = valueToJson(inner, from[name]);
  for (const { name, layout: inner, default: defaultValue } of layout.tagged) {
    const printed = valueToJson(inner, from[name]);
    if (!same(printed, valueToJson(inner, defaultValue))) json[name] = printed;
  }
  return json;
}

function same(a: unknown, b: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  return text(a) === text(b);
}

function valueToJson(layout: Layout, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (layout.kind) {
    case 'struct':
      return toJson(layout, value);
    case 'array':
      return (value as readonly unknown[]).map((element) => valueToJson(layout.element, element));
    case 'bytes':
    case 'records':
      return (value as Buffer).toString('base64');
    case 'uuid':
      return uuidToBase64(value as string);
    default:
      return value;
  }
}

/** The way back. Fields that Apache did not print stay away, so that encoding has to supply their defaults. */
export function fromJson(
  layout: StructLayout,
  json: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const field of [...layout.plain, ...layout.tagged] as (FieldLayout & { layout: Layout })[]) {
    if (field.name in json) value[field.name] = valueFromJson(field.layout, json[field.name]);
  }
  return value;
}

function valueFromJson(layout: Layout, json: unknown): unknown {
  if (json === null) return null;
  switch (layout.kind) {
    case 'struct':
      return fromJson(layout, json as Record<string, unknown>);
    case 'array':
      return (json as unknown[]).map((element) => valueFromJson(layout.element, element));
    case 'bytes':
    case 'records':
      return Buffer.from(json as string, 'base64');
    case 'uuid':
      return uuidFromBase64(json as string);
    default:
      return json;
  }
}

type Found = { path: string; tag: number; hex: string };

/** Every unknown tagged field in a decoded value, with the oracle's paths. */
export function unknownTags(value: unknown, path = '$'): Found[] {
  if (Array.isArray(value)) return value.flatMap((element, i) => unknownTags(element, `${path}[${i}]`));
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name !== 'unknownTaggedFields') return unknownTags(inner, `${path}.${name}`);
    const fields = inner as readonly { tag: number; bytes: Buffer }[];
    return fields.map(({ tag, bytes }) => ({ path, tag, hex: bytes.toString('hex') }));
  });
}

/** Puts unknown tagged fields where the oracle says. */
export function addUnknownTags(value: unknown, fields: NonNullable<Line['unknownTaggedFields']>): void {
  for (const { path, tag, hex } of fields) {
    const steps = path.match(/[^.[\]$]+/g) ?? [];
    let at = value as Record<string, unknown>;
    for (const step of steps) at = at[step] as Record<string, unknown>;
    const list = (at.unknownTaggedFields ?? []) as unknown[];
    list.push({ tag, bytes: Buffer.from(hex, 'hex') });
    at.unknownTaggedFields = list;
  }
}
