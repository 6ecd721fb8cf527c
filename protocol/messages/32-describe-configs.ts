import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DescribeConfigs (key 32): settings of topics, brokers and other resources; null keys mean all of them. */
export const DescribeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: [1, 4],
  flexibleFrom: 4,
  fields: {
    resources: array(
      struct({
        resourceType: int8, // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        resourceName: string,
        configurationKeys: nullable(array(string)),
      }),
    ),
    includeSynonyms: withDefault(bool, false),
    includeDocumentation: since(3, bool, false),
  },
});
export type DescribeConfigsRequest = ValueOf<typeof DescribeConfigsRequest>;

/** Settings with their source (KIP-226); v3 adds type and documentation (KIP-569). */
export const DescribeConfigsResponse = message({
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: [1, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullable(string),
            readOnly: bool,
            configSource: withDefault(int8, -1),
            isSensitive: bool,
            synonyms: array(struct({ name: string, value: nullable(string), source: int8 })),
            configType: since(3, int8, 0),
            documentation: since(3, nullable(string), null),
          }),
        ),
      }),
    ),
  },
});
export type DescribeConfigsResponse = ValueOf<typeof DescribeConfigsResponse>;
