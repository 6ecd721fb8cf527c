import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  tagged,
  type ValueOf,
} from '../schema';

/**
 * ApiVersions (key 18): what does this broker serve? v3 names the client software (KIP-511); v5 names the broker
 * meant (KIP-1242).
 */
export const ApiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    clientSoftwareName: since(3, string, ''),
    clientSoftwareVersion: since(3, string, ''),
    clusterId: since(5, nullable(string), null),
    nodeId: since(5, int32, -1),
  },
});
export type ApiVersionsRequest = ValueOf<typeof ApiVersionsRequest>;

/**
 * Keys with their versions, and feature levels (KIP-584). Its header is always version 0, so that a client of any
 * age can read it.
 */
export const ApiVersionsResponse = message({
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: since(1, int32, 0),
    supportedFeatures: tagged(
      0,
      since(3, array(struct({ name: string, minVersion: int16, maxVersion: int16 }))),
    ),
    finalizedFeaturesEpoch: tagged(1, since(3, int64, -1)), // -1: unknown
    finalizedFeatures: tagged(
      2,
      since(3, array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }))),
    ),
    zkMigrationReady: tagged(3, since(3, bool, false)),
  },
});
export type ApiVersionsResponse = ValueOf<typeof ApiVersionsResponse>;
