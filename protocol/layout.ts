/**
 * One version of a message with every question about versions answered: which fields are there, in which form, with
 * which default. `compile.ts` turns a layout into code, `trace.ts` walks it to explain a failure.
 */
import type { AnyField, AnyType, Fields, FixedKind, Message, VariableKind } from './schema';
import { zeroUuid } from './schema';

export type Layout =
  | { readonly kind: FixedKind; readonly sizeBytes: number }
  | { readonly kind: 'uvarint' | 'varint' | 'varlong' }
  | {
      readonly kind: 'string' | 'bytes' | 'records';
      readonly compact: boolean;
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'array';
      readonly compact: boolean;
      readonly nullable: boolean;
      readonly element: Layout;
    }
  | StructLayout;

export interface StructLayout {
  readonly kind: 'struct';
  readonly nullable: boolean;
  /** Ends with tagged fields. */
  readonly flexible: boolean;
  /** Of every version, in the declared order: one object shape for all versions. */
  readonly fields: readonly FieldLayout[];
  /** On the wire one after the other. */
  readonly plain: readonly PresentField[];
  /** By ascending tag. */
  readonly tagged: readonly PresentField[];
}

export interface FieldLayout {
  readonly name: string;
  /** undefined: this version lacks the field. */
  readonly layout: Layout | undefined;
  readonly tag: number | null;
  /** The value of the field when it is not on the wire. */
  readonly default: unknown;
  /** Encoding may leave the property out. */
  readonly optional: boolean;
}

export type PresentField = FieldLayout & { readonly layout: Layout };

const FIXED_SIZES: Readonly<Record<FixedKind, number>> = {
  int8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

function isFixed(kind: FixedKind | VariableKind): kind is FixedKind {
  return kind in FIXED_SIZES;
}

/** @returns undefined if the message has no such version. */
export function layoutOf(message: Message, version: number): StructLayout | undefined {
  const [first, last] = message.versions;
  if (!Number.isInteger(version) || version < first || version > last) return undefined;
  return structLayout(message.fields, version, version >= message.flexibleFrom, false);
}

function structLayout(fields: Fields, version: number, flexible: boolean, nullable: boolean): StructLayout {
  const all = Object.entries(fields).map(([name, declared]) =>
    fieldLayout(name, declared, version, flexible),
  );
  const present = all.filter((field): field is PresentField => field.layout !== undefined);
  return {
    kind: 'struct',
    nullable,
    flexible,
    fields: all,
    plain: present.filter((field) => field.tag === null),
    tagged: present.filter((field) => field.tag !== null).sort((a, b) => (a.tag ?? 0) - (b.tag ?? 0)),
  };
}

function isField(declared: AnyType | AnyField): declared is AnyField {
  return 'type' in declared;
}

function fieldLayout(
  name: string,
  declared: AnyType | AnyField,
  version: number,
  flexible: boolean,
): FieldLayout {
  if (!isField(declared)) {
    const layout = typeLayout(declared, version, flexible, false);
    return { name, layout, tag: null, default: zeroOf(declared, version), optional: false };
  }
  const isPresent =
    version >= declared.since && version <= declared.until && (declared.tag === null || flexible);
  return {
    name,
    layout: isPresent ? typeLayout(declared.type, version, flexible, false) : undefined,
    tag: declared.tag,
    default: declared.default === undefined ? zeroOf(declared.type, version) : declared.default,
    optional: true,
  };
}

function typeLayout(type: AnyType, version: number, flexible: boolean, nullable: boolean): Layout {
  const shape = type.shape;
  switch (shape.kind) {
    case 'nullable':
      return typeLayout(shape.of, version, flexible, version >= shape.since);
    case 'array': {
      const element = typeLayout(shape.element, version, flexible, false);
      return { kind: 'array', compact: flexible, nullable, element };
    }
    case 'struct':
      return structLayout(shape.fields, version, flexible, nullable);
    case 'string':
    case 'bytes':
    case 'records':
      return { kind: shape.kind, compact: flexible, nullable };
    case 'uvarint':
    case 'varint':
    case 'varlong':
      return { kind: shape.kind };
    default:
      if (isFixed(shape.kind)) return { kind: shape.kind, sizeBytes: FIXED_SIZES[shape.kind] };
      return shape.kind satisfies never;
  }
}

/** What a field of this type holds when nothing was said: Kafka's implicit defaults. */
function zeroOf(type: AnyType, version: number): unknown {
  const shape = type.shape;
  switch (shape.kind) {
    case 'nullable':
      return zeroOf(shape.of, version);
    case 'array':
      return [];
    case 'struct':
      return Object.fromEntries(
        Object.entries(shape.fields).map(([name, declared]) => [
          name,
          fieldLayout(name, declared, version, false).default,
        ]),
      );
    case 'string':
      return '';
    case 'bytes':
    case 'records':
      return Buffer.alloc(0);
    case 'bool':
      return false;
    case 'uuid':
      return zeroUuid;
    default:
      return 0;
  }
}

/** The fewest bytes that a value can take: bounds how many elements the rest of a frame can hold. */
export function sizeBytesMin(layout: Layout): number {
  switch (layout.kind) {
    case 'struct': {
      if (layout.nullable) return 1;
      const plain = layout.plain.reduce((sum, field) => sum + sizeBytesMin(field.layout), 0);
      return plain + (layout.flexible ? 1 : 0);
    }
    case 'array':
      return layout.compact ? 1 : 4;
    case 'string':
      return layout.compact ? 1 : 2;
    case 'bytes':
    case 'records':
      return layout.compact ? 1 : 4;
    case 'uvarint':
    case 'varint':
    case 'varlong':
      return 1;
    default:
      return layout.sizeBytes;
  }
}
