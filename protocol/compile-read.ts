/**
 * Writes the source of the two functions that go through bytes. `read` builds the value: position and end are local
 * variables, runs of fixed-size fields share one bounds check, and any refusal is the same bare `malformed`. `check`
 * refuses the same bytes but builds nothing, and its refusals say which field, where and why. It runs first over bodies
 * large enough that the garbage of a half-built value would matter, and after a failure of `read`.
 */
import type { Layout, PresentField, StructLayout } from './layout';
import { sizeBytesMin } from './layout';
import { isNullable, literal, Source } from './source';

const STRING_SIZE_BYTES_MAX = 0x7fff;
/**
 * Elements of arrays (large numbers aside) and unknown tagged fields of one message, all together. An element of two
 * bytes becomes an object thirty times as large, so a frame of the largest size could take all memory there is. Kafka
 * has no such bound; no client comes near it.
 */
const ELEMENTS_MAX = 1_000_000;
/** Numbers of fewer bytes count too: each becomes eight. */
const COUNTED_SIZE_BYTES_BELOW = 4;
/** Part of a template literal in the generated code. */
const LEFT = `\${end - p} bytes left`;

interface Context {
  readonly source: Source;
  readonly checks: boolean;
  /** Body of a template literal that yields the path, e.g. `topics[${v7}].name`. */
  readonly path: string;
}

export function readSource(layout: StructLayout, mode: 'read' | 'check'): string {
  const source = new Source();
  const result = readStruct({ source, checks: mode === 'check', path: '' }, layout);
  const elements = mode === 'check' ? '  let elements = 0;' : '';
  return [`function ${mode}(b, p, end) {`, elements, source.text(), `  return ${result};`, '}'].join('\n');
}

function field(context: Context, name: string): Context {
  return { ...context, path: context.path === '' ? name : `${context.path}.${name}` };
}

/** Emits a refusal. `at` is an expression, `reason` the body of a template literal. */
function refuse(context: Context, condition: string, at: string, reason: string): void {
  const error = context.checks ? `fault(\`${context.path}\`, ${at}, \`${reason}\`)` : 'malformed';
  context.source.line(`if (${condition}) throw ${error};`);
}

/** Emits the reading of a structure that is not null and returns the variable that holds it. */
function readStruct(context: Context, layout: StructLayout): string {
  const { source, checks } = context;
  const values = new Map<string, string>();
  for (let i = 0; i < layout.plain.length; ) {
    const run = checks ? [] : fixedRun(layout.plain, i);
    if (run.length > 0) {
      readFixedRun(context, run, values);
      i += run.length;
    } else {
      const one = layout.plain[i]!;
      values.set(one.name, readValue(field(context, one.name), one.layout, false));
      i += 1;
    }
  }
  const unknown = layout.flexible ? readTags(context, layout, values) : undefined;
  if (checks) return 'p';
  const properties = layout.fields.map(({ name, default: defaultValue }) => {
    return `${JSON.stringify(name)}: ${values.get(name) ?? literal(defaultValue)}`;
  });
  const object = source.variable();
  source.line(`const ${object} = { ${properties.join(', ')} };`);
  if (unknown !== undefined) {
    source.line(`if (${unknown} !== undefined) ${object}.unknownTaggedFields = ${unknown};`);
  }
  return object;
}

function fixedRun(fields: readonly PresentField[], start: number): PresentField[] {
  const run: PresentField[] = [];
  for (let i = start; i < fields.length && 'sizeBytes' in fields[i]!.layout; i += 1) run.push(fields[i]!);
  return run;
}

function readFixedRun(context: Context, run: readonly PresentField[], values: Map<string, string>): void {
  const { source } = context;
  const total = run.reduce((sum, one) => sum + sizeBytesMin(one.layout), 0);
  refuse(context, `end - p < ${total}`, 'p', '');
  let at = 0;
  for (const { name, layout } of run) {
    const value = source.variable();
    source.line(`const ${value} = ${fixedExpression(layout, at === 0 ? 'p' : `p + ${at}`)};`);
    values.set(name, value);
    at += sizeBytesMin(layout);
  }
  source.line(`p += ${total};`);
}

function fixedExpression(layout: Layout, at: string): string {
  switch (layout.kind) {
    case 'int8':
      return `b[${at}] << 24 >> 24`;
    case 'bool':
      return `b[${at}] !== 0`;
    case 'int16':
      return `(b[${at}] << 24 | b[${at} + 1] << 16) >> 16`;
    case 'uint16':
      return `b[${at}] << 8 | b[${at} + 1]`;
    case 'int32':
      return `b[${at}] << 24 | b[${at} + 1] << 16 | b[${at} + 2] << 8 | b[${at} + 3]`;
    case 'uint32':
      return `readUint32(b, ${at})`;
    case 'int64':
      return `readInt64(b, ${at})`;
    case 'float64':
      return `readFloat64(b, ${at})`;
    default:
      return `readUuid(b, ${at})`;
  }
}

/** Emits the reading of one value and returns the variable that holds it (meaningless when only checking). */
function readValue(context: Context, layout: Layout, inTag: boolean): string {
  const { source, checks } = context;
  switch (layout.kind) {
    case 'struct':
      return layout.nullable ? readNullableStruct(context, layout, inTag) : readStruct(context, layout);
    case 'array':
      return readArray(context, layout);
    case 'string':
    case 'bytes':
    case 'records':
      return readSized(context, layout);
    case 'uvarint':
      return `(${readUvarint(context, layout.kind)} >>> 0)`;
    case 'varint':
      return `unzigzag(${readUvarint(context, layout.kind)})`;
    case 'varlong': {
      const length = source.variable();
      source.line(`const ${length} = varintLength(b, p, end, 10);`);
      refuse(context, `${length} < 0`, 'p', `a varint that does not end, ${LEFT}`);
      const value = source.variable();
      if (!checks) source.line(`const ${value} = readVarlong(b, p, ${length});`);
      source.line(`p += ${length};`);
      return value;
    }
    default: {
      const { kind, sizeBytes } = layout;
      refuse(context, `end - p < ${sizeBytes}`, 'p', `${kind} needs ${sizeBytes} bytes, \${end - p} left`);
      const value = source.variable();
      if (!checks) source.line(`const ${value} = ${fixedExpression(layout, 'p')};`);
      source.line(`p += ${sizeBytes};`);
      return value;
    }
  }
}

/** Yields the int32 with the same 32 bits: lengths beyond 2^31 come out negative, as in Kafka. */
function readUvarint(context: Context, what: string): string {
  const { source } = context;
  const n = source.variable();
  refuse(context, 'p >= end', 'p', `${what} is missing`);
  source.line(`let ${n} = b[p++];`);
  source.open(`if (${n} > 127) {`);
  source.line('const length = varintLength(b, p - 1, end, 5);');
  refuse(context, 'length < 0', 'p - 1', `${what} is a varint that does not end`);
  source.line(`${n} = readUvarint(b, p - 1, length) | 0;`);
  source.line('p += length - 1;');
  source.close('}');
  return n;
}

interface Length {
  /** Variable with the length; negative means null. */
  readonly n: string;
  /** Expression for the position where the length begins. */
  readonly at: string;
}

function readLength(context: Context, compact: boolean, wideBytes: 2 | 4, what: string): Length {
  const { source, checks } = context;
  const at = source.variable();
  if (checks) source.line(`const ${at} = p;`);
  if (compact) {
    const n = readUvarint(context, what);
    source.line(`${n} = ${n} - 1 | 0;`);
    return { n, at };
  }
  const n = source.variable();
  const kind = wideBytes === 2 ? 'int16' : 'int32';
  refuse(context, `end - p < ${wideBytes}`, 'p', `${what} needs ${wideBytes} bytes, \${end - p} left`);
  source.line(`const ${n} = ${fixedExpression({ kind, sizeBytes: wideBytes }, 'p')};`);
  source.line(`p += ${wideBytes};`);
  return { n, at };
}

function readSized(context: Context, layout: Layout & { kind: 'string' | 'bytes' | 'records' }): string {
  const { source, checks } = context;
  const { kind, compact, nullable } = layout;
  const { n, at } = readLength(context, compact, kind === 'string' ? 2 : 4, 'length');
  const value = source.variable();
  if (!checks) source.line(`let ${value} = null;`);
  if (!nullable) refuse(context, `${n} < 0`, at, `length \${${n}} of ${kind} that cannot be null`);
  if (nullable) source.open(`if (${n} >= 0) {`);
  if (kind === 'string' && compact) {
    refuse(
      context,
      `${n} > ${STRING_SIZE_BYTES_MAX}`,
      at,
      `length \${${n}}, at most ${STRING_SIZE_BYTES_MAX}`,
    );
  }
  refuse(context, `${n} > end - p`, at, `length \${${n}}, ${LEFT}`);
  if (!checks) {
    source.line(`${value} = ${kind === 'string' ? `readText(b, p, ${n})` : `b.subarray(p, p + ${n})`};`);
  }
  source.line(`p += ${n};`);
  if (nullable) source.close('}');
  return value;
}

function readArray(context: Context, layout: Layout & { kind: 'array' }): string {
  const { source, checks } = context;
  const { n, at } = readLength(context, layout.compact, 4, 'count');
  const value = source.variable();
  if (!checks) source.line(`let ${value} = null;`);
  if (!layout.nullable) refuse(context, `${n} < 0`, at, `count \${${n}} of an array that cannot be null`);
  if (layout.nullable) source.open(`if (${n} >= 0) {`);
  // A count that the rest of the bytes cannot hold fails here, before anything is allocated for it.
  const sizeMin = Math.max(1, sizeBytesMin(layout.element));
  const tooMany = `\${${n}} elements of at least ${sizeMin} bytes, ${LEFT}`;
  refuse(context, `${n} * ${sizeMin} > end - p`, at, tooMany);
  const isFixed = 'sizeBytes' in layout.element;
  if (!isFixed || layout.element.kind === 'uuid' || sizeMin < COUNTED_SIZE_BYTES_BELOW) {
    countElements(context, n, at);
  }
  if (checks && isFixed) {
    source.line(`p += ${n} * ${sizeMin};`);
  } else {
    if (!checks) source.line(`${value} = new Array(${n});`);
    const i = source.variable();
    source.open(`for (let ${i} = 0; ${i} < ${n}; ${i}++) {`);
    if (isFixed) {
      source.line(`${value}[${i}] = ${fixedExpression(layout.element, 'p')};`);
      source.line(`p += ${sizeMin};`);
    } else {
      const inner = { ...context, path: `${context.path}[\${${i}}]` };
      const element = readValue(inner, layout.element, false);
      if (!checks) source.line(`${value}[${i}] = ${element};`);
    }
    source.close('}');
  }
  if (layout.nullable) source.close('}');
  return value;
}

/** Only `check` counts: `read` builds a large body after `check` has let it pass. */
function countElements(context: Context, count: string, at: string): void {
  if (!context.checks) return;
  context.source.line(`elements += ${count};`);
  refuse(context, `elements > ${ELEMENTS_MAX}`, at, `more than ${ELEMENTS_MAX} elements in one message`);
}

function readNullableStruct(context: Context, layout: StructLayout, inTag: boolean): string {
  const { source, checks } = context;
  const value = source.variable();
  if (!checks) source.line(`let ${value} = null;`);
  if (inTag) {
    source.open(`if (${readUvarint(context, 'presence')} > 0) {`);
  } else {
    refuse(context, 'p >= end', 'p', 'presence is missing');
    source.open('if (b[p++] < 128) {');
  }
  const struct = readStruct(context, layout);
  if (!checks) source.line(`${value} = ${struct};`);
  source.close('}');
  return value;
}

/**
 * Emits the reading of tagged fields and returns the variable of those whose tags are unknown. Nearly every structure
 * ends with a zero: none at all. As in Kafka, the size in front of a known tag is not compared with what its field takes,
 * and the tag of a field that this version lacks is no unknown one.
 */
function readTags(context: Context, layout: StructLayout, values: Map<string, string>): string {
  const { source, checks } = context;
  for (const { name, default: defaultValue } of layout.tagged) {
    const value = source.variable();
    if (!checks) source.line(`let ${value} = ${literal(defaultValue)};`);
    values.set(name, value);
  }
  const unknown = source.variable();
  if (!checks) source.line(`let ${unknown};`);
  source.line('if (p < end && b[p] === 0) p++;');
  source.open('else {');
  const tags = field(context, 'taggedFields');
  const countAt = source.variable();
  if (checks) source.line(`const ${countAt} = p;`);
  const count = readUvarint(tags, 'count');
  refuse(tags, `${count} < 0`, countAt, `count \${${count}}`);
  source.open(`for (; ${count} > 0; ${count}--) {`);
  const tag = readUvarint(tags, 'tag');
  const at = source.variable();
  if (checks) source.line(`const ${at} = p;`);
  const size = readUvarint(tags, 'size');
  for (const one of layout.tagged) {
    source.open(`if (${tag} === ${one.tag}) {`);
    const read = readValue(field(context, one.name), one.layout, isNullable(one.layout));
    if (!checks) source.line(`${values.get(one.name)} = ${read};`);
    source.line('continue;');
    source.close('}');
  }
  for (const { tag: foreign, layout: own } of layout.fields) {
    if (foreign !== null && own === undefined) {
      refuse(tags, `${tag} === ${foreign}`, at, `tag ${foreign} is of another version`);
    }
  }
  const reason = `tag \${${tag} >>> 0} has size \${${size}}, ${LEFT}`;
  refuse(tags, `${size} < 0 || ${size} > end - p`, at, reason);
  countElements(tags, '1', at);
  if (!checks) {
    source.line(`if (${unknown} === undefined) ${unknown} = [];`);
    source.line(`${unknown}.push({ tag: ${tag} >>> 0, bytes: b.subarray(p, p + ${size}) });`);
  }
  source.line(`p += ${size};`);
  source.close('}');
  source.close('}');
  return unknown;
}
