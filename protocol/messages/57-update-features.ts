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
  until,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * UpdateFeatures (key 57): raise or lower finalized features (KIP-584). v1 says how a level may be lowered,
 * and can only try (KIP-778).
 */
export const UpdateFeaturesRequest = message({
  name: 'UpdateFeaturesRequest',
  apiKey: 57,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    timeoutMs: withDefault(int32, 60000),
    featureUpdates: array(
      struct({
        feature: string,
        maxVersionLevel: int16, // below 1: delete the feature
        allowDowngrade: until(0, bool, false),
        upgradeType: since(1, int8, 1), // 1 upgrade, 2 safe downgrade, 3 unsafe downgrade
      }),
    ),
    validateOnly: since(1, bool, false),
  },
});
export type UpdateFeaturesRequest = ValueOf<typeof UpdateFeaturesRequest>;

/** Up to v1 one result per feature; from v2 on one error for all of them. */
export const UpdateFeaturesResponse = message({
  name: 'UpdateFeaturesResponse',
  apiKey: 57,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
    results: until(
      1,
      array(
        struct({
          feature: string,
          errorCode: int16,
          errorMessage: nullable(string),
        }),
      ),
    ),
  },
});
export type UpdateFeaturesResponse = ValueOf<typeof UpdateFeaturesResponse>;
