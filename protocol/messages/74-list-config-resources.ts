import {
  array,
  int8,
  int16,
  int32,
  message,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * ListConfigResources (key 74): names of resources that have settings (KIP-1142); v0 knows client metrics
 * alone (KIP-714).
 */
export const ListConfigResourcesRequest = message({
  name: 'ListConfigResourcesRequest',
  apiKey: 74,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    resourceTypes: since(1, array(int8)), // empty: all
  },
});
export type ListConfigResourcesRequest = ValueOf<typeof ListConfigResourcesRequest>;

/** Names, from v1 on with their types. */
export const ListConfigResourcesResponse = message({
  name: 'ListConfigResourcesResponse',
  apiKey: 74,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    configResources: array(
      struct({
        resourceName: string,
        resourceType: since(1, int8, 16),
      }),
    ),
  },
});
export type ListConfigResourcesResponse = ValueOf<typeof ListConfigResourcesResponse>;
