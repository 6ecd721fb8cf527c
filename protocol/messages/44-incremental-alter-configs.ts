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

/** IncrementalAlterConfigs (key 44): set, delete, extend or shorten single settings (KIP-339). */
export const IncrementalAlterConfigsRequest = message({
  name: 'IncrementalAlterConfigsRequest',
  apiKey: 44,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    resources: array(
      struct({
        resourceType: int8, // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
        resourceName: string,
        configs: array(
          struct({
            name: string,
            configOperation: int8, // 0 set, 1 delete, 2 append, 3 subtract
            value: nullable(string),
          }),
        ),
      }),
    ),
    validateOnly: bool,
  },
});
export type IncrementalAlterConfigsRequest = ValueOf<typeof IncrementalAlterConfigsRequest>;

/** One result per resource. */
export const IncrementalAlterConfigsResponse = message({
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: [0, 1],
  flexibleFrom: 1,
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
export type IncrementalAlterConfigsResponse = ValueOf<typeof IncrementalAlterConfigsResponse>;
