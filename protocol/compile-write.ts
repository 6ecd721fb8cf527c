/**
 * Writes the source of the two passes of encoding: `size` checks every value against its type and adds up the bytes,
 * `write` fills a buffer of exactly that size. Bytes beyond `INLINE_SIZE_BYTES_MAX` are not in that sum: they stay where
 * they are and become parts of their own (`splits`), except inside tagged fields, whose length prefix covers them.
 */
import type { FieldLayout, Layout, PresentField, StructLayout } from './layout';
import { isNullable, literal, Source } from './source';

/** Copying up to this many bytes is cheaper than handing the socket two more buffers. */
export const INLINE_SIZE_BYTES_MAX = 2048;

const STRING_SIZE_BYTES_MAX = 0x7fff;

interface Context {
  readonly source: Source;
  /** Variable that `size` adds to. */
  readonly sum: string;
  /** Inside a tagged field: everything is copied. */
  readonly copyAll: boolean;
  /** Only the first pass refuses values. */
  readonly checks: boolean;
}

export function sizeSource(layout: StructLayout, name: string): string {
  const source = new Source();
  sizeStruct({ source, sum: 's', copyAll: false, checks: true }, layout, 'value', name);
  return ['function size(value) {', '  let s = 0;', source.text(), '  return s;', '}'].join('\n');
}

export function writeSource(layout: StructLayout): string {
  const source = new Source();
  writeStruct({ source, sum: '', copyAll: false, checks: false }, layout, 'value');
  return ['function write(value, b, p, splits) {', source.text(), '  return p;', '}'].join('\n');
}

function refuse(context: Context, condition: string, path: string, expected: string): void {
  if (!context.checks) return;
  context.source.line(
    `if (${condition}) throw refused(${JSON.stringify(path)}, ${JSON.stringify(expected)});`,
  );
}

/** Emits the loading of a property, with its default if it was left out. */
function property(source: Source, field: FieldLayout, of: string): string {
  const value = source.variable();
  source.line(`${field.optional ? 'let' : 'const'} ${value} = ${of}.${field.name};`);
  if (field.optional) source.line(`if (${value} === undefined) ${value} = ${sharedLiteral(field.default)};`);
  return value;
}

/** Encoding only reads defaults, so that one empty array serves all. */
function sharedLiteral(value: unknown): string {
  return Array.isArray(value) ? 'none' : literal(value);
}

function sizeStruct(context: Context, layout: StructLayout, of: string, path: string): void {
  const { source, sum } = context;
  refuse(context, `typeof ${of} !== 'object' || ${of} === null`, path, 'a structure');
  let constant = 0;
  for (const field of layout.plain) {
    const value = property(source, field, of);
    const fieldPath = `${path}.${field.name}`;
    if ('sizeBytes' in field.layout) {
      constant += field.layout.sizeBytes;
      checkFixed(context, field.layout, value, fieldPath);
    } else {
      sizeValue(context, field.layout, value, fieldPath);
    }
  }
  if (constant > 0) source.line(`${sum} += ${constant};`);
  if (layout.flexible) sizeTags(context, layout, of, path);
}

function checkFixed(context: Context, layout: Layout, value: string, path: string): void {
  switch (layout.kind) {
    case 'int8':
      refuse(context, `${value} !== ${value} << 24 >> 24`, path, 'an int8');
      return;
    case 'int16':
      refuse(context, `${value} !== ${value} << 16 >> 16`, path, 'an int16');
      return;
    case 'uint16':
      refuse(context, `${value} !== (${value} & 65535)`, path, 'a uint16');
      return;
    case 'int32':
      refuse(context, `${value} !== (${value} | 0)`, path, 'an int32');
      return;
    case 'uint32':
      refuse(context, `${value} !== ${value} >>> 0`, path, 'a uint32');
      return;
    case 'int64':
      refuse(context, `!isInt64(${value})`, path, 'a safe integer or a bigint of 64 bits');
      return;
    case 'float64':
      refuse(context, `typeof ${value} !== 'number'`, path, 'a number');
      return;
    case 'bool':
      refuse(context, `typeof ${value} !== 'boolean'`, path, 'a boolean');
      return;
    case 'uuid':
      refuse(context, `!isUuid(${value})`, path, 'a uuid in canonical lower-case text');
      return;
    default:
      return;
  }
}

function sizeValue(context: Context, layout: Layout, value: string, path: string): void {
  const { source, sum } = context;
  switch (layout.kind) {
    case 'struct':
      sizeMaybe(context, layout.nullable, '1', value, () => {
        if (layout.nullable) source.line(`${sum} += 1;`);
        sizeStruct(context, layout, value, path);
      });
      return;
    case 'array':
      sizeMaybe(context, layout.nullable, layout.compact ? '1' : '4', value, () =>
        sizeArray(context, layout, value, path),
      );
      return;
    case 'string':
      sizeMaybe(context, layout.nullable, layout.compact ? '1' : '2', value, () => {
        refuse(
          context,
          `typeof ${value} !== 'string'`,
          path,
          layout.nullable ? 'a string or null' : 'a string',
        );
        const n = source.variable();
        source.line(`const ${n} = textSize(${value});`);
        refuse(
          context,
          `${n} > ${STRING_SIZE_BYTES_MAX}`,
          path,
          `at most ${STRING_SIZE_BYTES_MAX} bytes of text`,
        );
        source.line(`${sum} += ${layout.compact ? `uvarintSize(${n} + 1)` : '2'} + ${n};`);
      });
      return;
    case 'bytes':
    case 'records':
      sizeMaybe(context, layout.nullable, layout.compact ? '1' : '4', value, () => {
        const n = source.variable();
        source.line(`const ${n} = partsSize(${value});`);
        refuse(context, `${n} < 0`, path, layout.kind === 'bytes' ? 'bytes' : 'bytes or an array of bytes');
        source.line(`${sum} += ${layout.compact ? `uvarintSize(${n} + 1)` : '4'};`);
        source.line(`${context.copyAll ? '' : `if (${n} <= ${INLINE_SIZE_BYTES_MAX}) `}${sum} += ${n};`);
      });
      return;
    case 'uvarint':
      refuse(context, `${value} !== ${value} >>> 0`, path, 'a uint32');
      source.line(`${sum} += uvarintSize(${value});`);
      return;
    case 'varint':
      refuse(context, `${value} !== (${value} | 0)`, path, 'an int32');
      source.line(`${sum} += uvarintSize(zigzag(${value}));`);
      return;
    case 'varlong':
      refuse(context, `!isInt64(${value})`, path, 'a safe integer or a bigint of 64 bits');
      source.line(`${sum} += varlongSize(${value});`);
      return;
    default:
      checkFixed(context, layout, value, path);
      source.line(`${sum} += ${layout.sizeBytes};`);
      return;
  }
}

function sizeMaybe(
  context: Context,
  nullable: boolean,
  sizeOfNull: string,
  value: string,
  present: () => void,
): void {
  const { source, sum } = context;
  if (!nullable) {
    present();
    return;
  }
  source.open(`if (${value} === null) {`);
  source.line(`${sum} += ${sizeOfNull};`);
  source.otherwise();
  present();
  source.close('}');
}

function sizeArray(context: Context, layout: Layout & { kind: 'array' }, value: string, path: string): void {
  const { source, sum } = context;
  refuse(context, `!Array.isArray(${value})`, path, layout.nullable ? 'an array or null' : 'an array');
  source.line(`${sum} += ${layout.compact ? `uvarintSize(${value}.length + 1)` : '4'};`);
  const { element } = layout;
  if ('sizeBytes' in element) {
    source.line(`${sum} += ${value}.length * ${element.sizeBytes};`);
    if (!context.checks) return;
  }
  const i = source.variable();
  const item = source.variable();
  source.open(`for (let ${i} = 0; ${i} < ${value}.length; ${i}++) {`);
  source.line(`const ${item} = ${value}[${i}];`);
  if ('sizeBytes' in element) checkFixed(context, element, item, `${path}[]`);
  else sizeValue(context, element, item, `${path}[]`);
  source.close('}');
}

/** Emits what is known before tagged fields are written: value, presence and count. */
function presentTags(context: Context, layout: StructLayout, of: string, path: string) {
  const { source } = context;
  const unknown = source.variable();
  source.line(`const ${unknown} = ${of}.unknownTaggedFields;`);
  const count = source.variable();
  source.line(`let ${count} = ${unknown} === undefined ? 0 : ${unknown}.length;`);
  const fields = layout.tagged.map((field) => {
    const value = source.variable();
    source.line(`const ${value} = ${of}.${field.name};`);
    const isThere = `${value} !== undefined${isNullable(field.layout) ? ` && ${value} !== null` : ''}`;
    if (field.layout.kind === 'struct') {
      refuse(context, `${isThere} && Object(${value}) !== ${value}`, `${path}.${field.name}`, 'a structure');
    } else if (field.layout.kind === 'array') {
      refuse(context, `${isThere} && !Array.isArray(${value})`, `${path}.${field.name}`, 'an array');
    }
    const isPresent = source.variable();
    source.line(
      `const ${isPresent} = ${value} !== undefined && !(${isDefault(field.layout, value, field.default)});`,
    );
    source.line(`if (${isPresent}) ${count}++;`);
    return { field, value, isPresent };
  });
  return { unknown, count, fields };
}

/** An expression: does the value equal the default, so that a tagged field is left out? */
function isDefault(layout: Layout, value: string, defaultValue: unknown): string {
  if (defaultValue === null) return `${value} === null`;
  const notNull = isNullable(layout) ? `${value} !== null && ` : '';
  switch (layout.kind) {
    case 'array':
    case 'bytes':
    case 'records':
      return `${notNull}${value}.length === 0`;
    case 'struct': {
      const defaults = defaultValue as Readonly<Record<string, unknown>>;
      const parts = [...layout.plain, ...layout.tagged].map((field) => {
        const inner = `${value}.${field.name}`;
        const isInnerDefault = isDefault(field.layout, inner, defaults[field.name]);
        return `(${field.optional ? `${inner} === undefined || ` : ''}${isInnerDefault})`;
      });
      return `${notNull}${[...parts, `${value}.unknownTaggedFields === undefined`].join(' && ')}`;
    }
    default:
      return `${value} === ${literal(defaultValue)}`;
  }
}

function sizeTags(context: Context, layout: StructLayout, of: string, path: string): void {
  const { source, sum } = context;
  const { unknown, count, fields } = presentTags(context, layout, of, path);
  source.line(`${sum} += ${unknown} === undefined ? 0 : unknownTagsSize(${unknown});`);
  for (const { field, value, isPresent } of fields) {
    source.open(`if (${isPresent}) {`);
    const inner = sizeTagged(context, field, value, `${path}.${field.name}`);
    source.line(`${sum} += uvarintSize(${field.tag}) + uvarintSize(${inner}) + ${inner};`);
    source.close('}');
  }
  source.line(`${sum} += uvarintSize(${count});`);
}

/** Emits the size of a tagged value into a variable of its own. A structure that may be null has a uvarint in front. */
function sizeTagged(context: Context, field: PresentField, value: string, path: string): string {
  const inner = context.source.variable();
  context.source.line(`let ${inner} = 0;`);
  sizeValue({ ...context, sum: inner, copyAll: true }, field.layout, value, path);
  return inner;
}

function writeStruct(context: Context, layout: StructLayout, of: string): void {
  const { source } = context;
  for (const field of layout.plain) writeValue(context, field.layout, property(source, field, of));
  if (!layout.flexible) return;
  const { unknown, count, fields } = presentTags(context, layout, of, '');
  source.line(`p = writeUvarint(b, p, ${count});`);
  let tagFirst = 0;
  for (const { field, value, isPresent } of fields) {
    const before = `p = writeUnknownTags(b, p, ${unknown}, ${tagFirst}, ${field.tag});`;
    if (tagFirst !== field.tag) source.line(`if (${unknown} !== undefined) ${before}`);
    source.open(`if (${isPresent}) {`);
    const inner = sizeTagged(context, field, value, '');
    source.line(`p = writeUvarint(b, p, ${field.tag});`);
    source.line(`p = writeUvarint(b, p, ${inner});`);
    writeValue({ ...context, copyAll: true }, field.layout, value, true);
    source.close('}');
    tagFirst = (field.tag ?? 0) + 1;
  }
  source.line(`if (${unknown} !== undefined) p = writeUnknownTags(b, p, ${unknown}, ${tagFirst}, Infinity);`);
}

function writeValue(context: Context, layout: Layout, value: string, inTag = false): void {
  const { source } = context;
  switch (layout.kind) {
    case 'struct':
      if (!layout.nullable) {
        writeStruct(context, layout, value);
        return;
      }
      source.open(`if (${value} === null) {`);
      source.line(`b[p++] = ${inTag ? 0 : 255};`);
      source.otherwise();
      source.line('b[p++] = 1;');
      writeStruct(context, layout, value);
      source.close('}');
      return;
    case 'array':
      writeMaybe(source, layout, 4, value, () => {
        writeLength(source, layout.compact, 4, `${value}.length`);
        const i = source.variable();
        const item = source.variable();
        source.open(`for (let ${i} = 0; ${i} < ${value}.length; ${i}++) {`);
        source.line(`const ${item} = ${value}[${i}];`);
        writeValue(context, layout.element, item);
        source.close('}');
      });
      return;
    case 'string':
      writeMaybe(source, layout, 2, value, () => {
        const n = source.variable();
        source.line(`const ${n} = textSize(${value});`);
        writeLength(source, layout.compact, 2, n);
        source.line(`p = writeText(b, p, ${value}, ${n});`);
      });
      return;
    case 'bytes':
    case 'records':
      writeMaybe(source, layout, 4, value, () => {
        const n = source.variable();
        source.line(`const ${n} = partsSize(${value});`);
        writeLength(source, layout.compact, 4, n);
        source.line(
          `if (${context.copyAll || `${n} <= ${INLINE_SIZE_BYTES_MAX}`}) p = writeParts(b, p, ${value});`,
        );
        source.line(`else splits.push(p, ${value});`);
      });
      return;
    default:
      source.line(scalarStatement(layout.kind, value));
      return;
  }
}

function scalarStatement(kind: string, value: string): string {
  switch (kind) {
    case 'int8':
      return `b[p++] = ${value};`;
    case 'bool':
      return `b[p++] = ${value} ? 1 : 0;`;
    case 'int16':
    case 'uint16':
      return `b[p] = ${value} >> 8; b[p + 1] = ${value}; p += 2;`;
    case 'int32':
    case 'uint32':
      return `b[p] = ${value} >> 24; b[p + 1] = ${value} >> 16; b[p + 2] = ${value} >> 8; b[p + 3] = ${value}; p += 4;`;
    case 'int64':
      return `p = writeInt64(b, p, ${value});`;
    case 'float64':
      return `p = writeFloat64(b, p, ${value});`;
    case 'uuid':
      return `p = writeUuid(b, p, ${value});`;
    case 'uvarint':
      return `p = writeUvarint(b, p, ${value});`;
    case 'varint':
      return `p = writeUvarint(b, p, zigzag(${value}));`;
    default:
      return `p = writeVarlong(b, p, ${value});`;
  }
}

function writeMaybe(
  source: Source,
  layout: { readonly nullable: boolean; readonly compact: boolean },
  lengthBytes: 2 | 4,
  value: string,
  present: () => void,
): void {
  if (!layout.nullable) {
    present();
    return;
  }
  source.open(`if (${value} === null) {`);
  if (layout.compact) source.line('b[p++] = 0;');
  else writeLength(source, false, lengthBytes, '-1');
  source.otherwise();
  present();
  source.close('}');
}

function writeLength(source: Source, compact: boolean, wideBytes: 2 | 4, length: string): void {
  if (compact) source.line(`p = writeUvarint(b, p, ${length} + 1);`);
  else source.line(`p = ${wideBytes === 2 ? 'writeInt16' : 'writeInt32'}(b, p, ${length});`);
}
