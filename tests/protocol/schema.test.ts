/**
 * The schemas against Apache's definitions: in every version each field with its type, form, tag and default. The wire
 * fixtures cannot see a wrong default of a field that a version lacks; this does.
 */
import {
  apis,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  groupRecords,
  type Message,
  metadataRecords,
  shareStateRecords,
  transactionRecords,
} from '../../protocol';
import type { FieldLayout, Layout, StructLayout } from '../../protocol/layout';
import { layoutOf } from '../../protocol/layout';
import { EndTxnMarker } from '../../protocol/records/control';
import { hasOracle, readOracle } from './support/oracle';

interface Definition {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: unknown;
  readonly fields?: readonly Definition[];
}

interface MessageDefinition {
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly fields: readonly Definition[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly Definition[] }[];
}

/** Some definitions still have fields of versions that are gone. */
function isGone(field: Definition, definition: MessageDefinition): boolean {
  const first = Number.parseInt(definition.validVersions, 10);
  const last = /\d+$/.exec(field.versions ?? '');
  return last !== null && Number(last[0]) < first;
}

function within(range: string | undefined, version: number): boolean {
  if (range === undefined || range === 'none') return false;
  const [first, last] = range.endsWith('+') ? [range.slice(0, -1), '32767'] : range.split('-');
  return version >= Number(first) && version <= Number(last ?? first);
}

function camel(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

const SCALARS: Readonly<Record<string, unknown>> = {
  bool: false,
  string: '',
  uuid: '00000000-0000-0000-0000-000000000000',
};

function defaultOf({ type, default: declared, nullableVersions }: Definition): string | null {
  if (declared === 'null') return 'null';
  // A null that is no text: empty, whatever that means for the type. The wire fixtures settle it.
  if (declared === null) return null;
  if (type.startsWith('[]')) return nullableVersions === undefined ? '[]' : null;
  if (declared === undefined) {
    if (nullableVersions !== undefined || type === 'records' || type === 'bytes') return null;
    if (/^u?int\d+$/.test(type)) return '0';
    return type in SCALARS ? JSON.stringify(SCALARS[type]) : null;
  }
  if (type === 'string') return JSON.stringify(declared);
  if (type === 'bool') return String(declared);
  return BigInt(declared as string).toString();
}

/** One line per field: path, type, null allowed, tag, default where the definition settles it. */
function ofDefinition(definition: MessageDefinition, version: number): string[] {
  const lines: string[] = [];
  const walk = (fields: readonly Definition[], path: string): void => {
    for (const field of fields) {
      if (isGone(field, definition)) continue;
      const name = `${path}.${camel(field.name)}`;
      const isPresent = within(field.versions ?? field.taggedVersions, version);
      const isTagged = within(field.taggedVersions, version);
      const element = field.type.replace('[]', '');
      const inner = field.fields ?? definition.commonStructs?.find((one) => one.name === element)?.fields;
      const type = inner === undefined ? field.type : field.type.replace(element, 'struct');
      const nullable = within(field.nullableVersions, version) ? ' or null' : '';
      if (isPresent) lines.push(`${name}: ${type}${nullable}${isTagged ? ` tag ${field.tag}` : ''}`);
      const hasDefault = field.default !== undefined || field.versions !== '0+' || isTagged;
      const value = defaultOf(field);
      if (hasDefault && value !== null && inner === undefined) lines.push(`${name} = ${value}`);
      if (isPresent && inner !== undefined) walk(inner, name);
    }
  };
  walk(definition.fields, '');
  return lines;
}

function ofLayout(layout: StructLayout): string[] {
  const lines: string[] = [];
  const typeOf = (one: Layout): string => (one.kind === 'array' ? `[]${typeOf(one.element)}` : one.kind);
  const text = (value: unknown): string =>
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : JSON.stringify(value);
  const walk = (fields: readonly FieldLayout[], path: string): void => {
    for (const field of fields) {
      const name = `${path}.${field.name}`;
      const { layout: own } = field;
      if (own !== undefined) {
        const nullable = 'nullable' in own && own.nullable ? ' or null' : '';
        lines.push(`${name}: ${typeOf(own)}${nullable}${field.tag === null ? '' : ` tag ${field.tag}`}`);
      }
      lines.push(`${name} = ${text(field.default)}`);
      const inner = own?.kind === 'array' ? own.element : own;
      if (inner?.kind === 'struct') walk(inner.fields, name);
    }
  };
  walk(layout.fields, '');
  return lines;
}

const messages: readonly Message[] = [
  ...apis.flatMap(({ request, response }) => [request, response]),
  ...Object.values(metadataRecords),
  ...[groupRecords, transactionRecords, shareStateRecords].flatMap((kinds) =>
    Object.values(kinds).flatMap(({ key, value }): Message[] => [key, value]),
  ),
  ConsumerProtocolSubscription,
  ConsumerProtocolAssignment,
  EndTxnMarker,
];

(hasOracle
  ? test.each(messages.map((one) => [one.name, one] as const))
  : test.skip.each([['no oracle', messages[0]!]]))('%s is as Apache defines it', (_, message) => {
  const text = readOracle(`messages/${message.name}.json`).replaceAll(/^\s*\/\/.*$/gm, '');
  const definition = JSON.parse(text) as MessageDefinition;
  const [first, last] = message.versions;
  expect([within(definition.validVersions, first), within(definition.validVersions, last)]).toEqual([
    true,
    true,
  ]);
  expect(within(definition.validVersions, last + 1)).toBe(false);
  for (let version = first; version <= last; version += 1) {
    expect(version >= message.flexibleFrom).toBe(within(definition.flexibleVersions, version));
    const ours = ofLayout(layoutOf(message, version)!);
    const isType = (line: string) => line.includes(': ');
    const wanted = ofDefinition(definition, version);
    expect(ours.filter(isType)).toEqual(wanted.filter(isType));
    expect(wanted.filter((line) => !ours.includes(line))).toEqual([]);
  }
});
