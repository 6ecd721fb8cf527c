import {
  array,
  bool,
  float64,
  int8,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DescribeClientQuotas (key 48): quotas of users, client ids and addresses (KIP-546). */
export const DescribeClientQuotasRequest = message({
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    components: array(
      struct({
        entityType: string,
        matchType: int8, // 0 this name, 1 the default entity, 2 any with a name
        match: nullable(string),
      }),
    ),
    strict: bool, // no entity of further types
  },
});
export type DescribeClientQuotasRequest = ValueOf<typeof DescribeClientQuotasRequest>;

/** The entities that match with their limits. */
export const DescribeClientQuotasResponse = message({
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
    entries: nullable(
      array(
        struct({
          entity: array(
            struct({
              entityType: string,
              entityName: nullable(string), // null: the default
            }),
          ),
          values: array(
            struct({
              key: string,
              value: float64,
            }),
          ),
        }),
      ),
    ),
  },
});
export type DescribeClientQuotasResponse = ValueOf<typeof DescribeClientQuotasResponse>;
