import {
  array,
  bool,
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

/** AlterConfigs (key 33): replace all settings of a resource (KIP-133); clients prefer key 44. */
export const AlterConfigsRequest = message({
  name: 'AlterConfigsRequest',
  apiKey: 33,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    resources: array(
      struct({
        resourceType: int8, // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullable(string),
          }),
        ),
      }),
    ),
    validateOnly: bool,
  },
});
export type AlterConfigsRequest = ValueOf<typeof AlterConfigsRequest>;

/** One result per resource. */
export const AlterConfigsResponse = message({
  name: 'AlterConfigsResponse',
  apiKey: 33,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    responses: array(
      struct({
        errorCode: int16,
        errorMessage: nullable(string),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  },
});
export type AlterConfigsResponse = ValueOf<typeof AlterConfigsResponse>;
