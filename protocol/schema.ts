/**
 * The language in which messages are declared, once for all their versions (house rule 3).
 *
 *     export const Example = message({
 *       name: 'ExampleRequest', apiKey: 99, versions: [0, 3], flexibleFrom: 2,
 *       fields: {
 *         name: until(0, string, ''),           // versions 0 to 0
 *         topicId: since(1, uuid, zeroUuid),    // versions 1 and later
 *         partitions: array(int32),
 *         rack: tagged(0, since(2, nullable(string), null)),
 *       },
 *     });
 *     export type Example = ValueOf<typeof Example>;
 *
 * A field that a version lacks takes its declared default when decoded and is left out when encoded. A default that is
 * not written down is the zero of the type: 0, false, '', the zero uuid, an empty array, a structure of defaults.
 * Nothing here looks at bytes: `layout.ts` resolves a version, `compile-read.ts` and `compile-write.ts` turn it into
 * code.
 */
import type { Int64 } from './int64';

declare const decoded: unique symbol;
declare const encodable: unique symbol;

/** Carries the TypeScript types of a field: what decoding gives and what encoding takes. Exists for the compiler only. */
interface Typed<Value, Input> {
  readonly [decoded]: Value;
  readonly [encodable]: Input;
}

export type FixedKind =
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'bool'
  | 'uuid';
export type VariableKind = 'uvarint' | 'varint' | 'varlong' | 'string' | 'bytes' | 'records';

/** A type as data. `Value` is what decoding yields, `Input` what encoding accepts (wider or equal). */
export interface Type<Value, Input = Value> extends Typed<Value, Input> {
  readonly shape: Shape;
}

export type Shape =
  | { readonly kind: FixedKind | VariableKind }
  | { readonly kind: 'array'; readonly element: AnyType }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'nullable'; readonly of: AnyType; readonly since: number };

/** A type with a version range, a tag or a default. `Optional`: encoding may leave the property out. */
export interface Field<Value, Input = Value> extends Typed<Value, Input> {
  readonly type: AnyType;
  readonly since: number;
  readonly until: number;
  readonly tag: number | null;
  /** undefined: the zero of the type. */
  readonly default: unknown;
}

export type AnyType = Type<unknown, unknown>;
export type AnyField = Field<unknown, unknown>;
export type Fields = Readonly<Record<string, AnyType | AnyField>>;

/** A tagged field whose tag this schema does not know (KIP-482). It survives decode and encode. */
export interface UnknownTaggedField {
  readonly tag: number;
  readonly bytes: Buffer;
}

interface UnknownTags {
  /** In the order of the wire; present only if there were any. */
  readonly unknownTaggedFields?: readonly UnknownTaggedField[];
}

type DecodedOf<T> = T extends { readonly [decoded]: infer Value } ? Value : never;
type EncodableOf<T> = T extends { readonly [encodable]: infer Input } ? Input : never;
type OptionalNames<F> = { [K in keyof F]: F[K] extends AnyField ? K : never }[keyof F];

export type StructValue<F> = { readonly [K in keyof F]: DecodedOf<F[K]> } & UnknownTags;
export type StructInput<F> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: EncodableOf<F[K]>;
} & { readonly [K in OptionalNames<F>]?: EncodableOf<F[K]> | undefined } & UnknownTags;

/** What decoding a message or a type yields. Every property is present, whatever the version. Unknown for `Message`. */
export type ValueOf<T> =
  T extends Message<infer F> ? (string extends keyof F ? unknown : StructValue<F>) : DecodedOf<T>;
/** What encoding accepts: as `ValueOf`, but properties with a declared default, tag or version range may be left out. */
export type InputOf<T> =
  T extends Message<infer F> ? (string extends keyof F ? unknown : StructInput<F>) : EncodableOf<T>;

function type<Value, Input = Value>(shape: Shape): Type<Value, Input> {
  return { shape } as Type<Value, Input>;
}

export const int8 = type<number>({ kind: 'int8' });
export const int16 = type<number>({ kind: 'int16' });
export const uint16 = type<number>({ kind: 'uint16' });
export const int32 = type<number>({ kind: 'int32' });
export const uint32 = type<number>({ kind: 'uint32' });
/**
 * An int64 that a broker wrote: our own offsets, timestamps and ids, which are safe integers (house rule 12). Beyond
 * that range decoding yields a bigint all the same, so that no bit is lost; who reads such a field from a stranger
 * declares it `clientInt64` or passes it through a function of `int64.ts`.
 */
export const int64 = type<number, Int64>({ kind: 'int64' });
/** An int64 that a client wrote, hence `number | bigint`: the compiler asks for `asOffset`, `asTimestamp`, ... */
export const clientInt64 = type<Int64>({ kind: 'int64' });
export const float64 = type<number>({ kind: 'float64' });
export const bool = type<boolean>({ kind: 'bool' });
/** Unsigned, at most 32 bits, as a number from 0 to 2^32 - 1. */
export const uvarint = type<number>({ kind: 'uvarint' });
/** Zigzag, 32 bits. */
export const varint = type<number>({ kind: 'varint' });
/** Zigzag, 64 bits; bigint beyond the safe range, as `int64`. */
export const varlong = type<number, Int64>({ kind: 'varlong' });
/** UTF-8. Malformed input decodes to replacement characters, as it does in Kafka. */
export const string = type<string>({ kind: 'string' });
/** Decodes to a view of the frame. Large values are lent to the encoder's result, not copied. */
export const bytes = type<Buffer, Uint8Array>({ kind: 'bytes' });
/** Record batches, opaque here. Decodes to a view of the frame; several buffers may be encoded as one value. */
export const records = type<Buffer, Uint8Array | readonly Uint8Array[]>({ kind: 'records' });
/** Canonical lower-case text, 36 characters with hyphens. */
export const uuid = type<string>({ kind: 'uuid' });

export const zeroUuid = '00000000-0000-0000-0000-000000000000';

export function array<Value, Input>(element: Type<Value, Input>): Type<readonly Value[], readonly Input[]> {
  return type({ kind: 'array', element });
}

export function struct<const F extends Fields>(fields: F): Type<StructValue<F>, StructInput<F>> {
  return type({ kind: 'struct', fields });
}

/** Null is allowed from version `sinceVersion` on. A structure then begins with int8 -1 or 1; tagged, with uvarint 0 or 1. */
export function nullable<Value, Input>(
  of: Type<Value, Input>,
  sinceVersion = 0,
): Type<Value | null, Input | null> {
  return type({ kind: 'nullable', of, since: sinceVersion });
}

const NO_LIMIT = 0x7fff;

/** A field of versions `first` to `last`, both inclusive. */
export function between<Value, Input>(
  first: number,
  last: number,
  of: Type<Value, Input>,
  defaultValue?: Value,
): Field<Value, Input> {
  return { type: of, since: first, until: last, tag: null, default: defaultValue } as Field<Value, Input>;
}

export function since<Value, Input>(
  first: number,
  of: Type<Value, Input>,
  defaultValue?: Value,
): Field<Value, Input> {
  return between(first, NO_LIMIT, of, defaultValue);
}

export function until<Value, Input>(
  last: number,
  of: Type<Value, Input>,
  defaultValue?: Value,
): Field<Value, Input> {
  return between(0, last, of, defaultValue);
}

/** A field of every version which encoding may leave out. */
export function withDefault<Value, Input>(of: Type<Value, Input>, defaultValue?: Value): Field<Value, Input> {
  return between(0, NO_LIMIT, of, defaultValue);
}

/** A tagged field (KIP-482): written only when it differs from its default, and only in flexible versions. */
export function tagged<Value, Input>(tag: number, field: Field<Value, Input>): Field<Value, Input> {
  return { ...field, tag };
}

export interface Message<F extends Fields = Fields> {
  readonly name: string;
  /** API key of a request or response, type number of a metadata record, -1 for others. */
  readonly apiKey: number;
  /** First and last version, inclusive. */
  readonly versions: readonly [number, number];
  /** First version with compact lengths and tagged fields; beyond every version if there is none. */
  readonly flexibleFrom: number;
  readonly fields: F;
  /** The compiled code of each version, filled on first use by `codec.ts`. A memo, not state. */
  readonly plans: unknown[];
}

export function message<const F extends Fields>(declaration: {
  readonly name: string;
  readonly apiKey?: number;
  readonly versions: readonly [number, number];
  readonly flexibleFrom?: number;
  readonly fields: F;
}): Message<F> {
  return {
    name: declaration.name,
    apiKey: declaration.apiKey ?? -1,
    versions: declaration.versions,
    flexibleFrom: declaration.flexibleFrom ?? NO_LIMIT,
    fields: declaration.fields,
    plans: [],
  };
}
