import {
  array,
  bool,
  float64,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** AlterClientQuotas (key 49): set or remove quotas (KIP-546). */
export const AlterClientQuotasRequest = message({
  name: 'AlterClientQuotasRequest',
  apiKey: 49,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    entries: array(
      struct({
        entity: array(
          struct({
            entityType: string,
            entityName: nullable(string), // null: the default
          }),
        ),
        ops: array(
          struct({
            key: string,
            value: float64,
            remove: bool,
          }),
        ),
      }),
    ),
    validateOnly: bool,
  },
});
export type AlterClientQuotasRequest = ValueOf<typeof AlterClientQuotasRequest>;

/** One result per entity. */
export const AlterClientQuotasResponse = message({
  name: 'AlterClientQuotasResponse',
  apiKey: 49,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    entries: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
        entity: array(
          struct({
            entityType: string,
            entityName: nullable(string),
          }),
        ),
      }),
    ),
  },
});
export type AlterClientQuotasResponse = ValueOf<typeof AlterClientQuotasResponse>;
