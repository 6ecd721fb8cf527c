import {
  ErrorCode,
  type InputOf,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '../../protocol';
import type { FeatureUpdate, FeatureUpgradeType } from '../metadata/types';
import type { Handler } from './handler';

type Response = InputOf<typeof UpdateFeaturesResponse>;

const upgradeTypes: Readonly<Record<number, FeatureUpgradeType>> = {
  1: 'upgrade',
  2: 'safe-downgrade',
  3: 'unsafe-downgrade',
};

/**
 * UpdateFeatures: v0-2.
 *
 * Behaviour: all updates or none; a level that cannot be is INVALID_UPDATE_VERSION with the reason. Only features that are
 * served whole are there to be updated.
 * Versions: v0 says with a flag that a downgrade is meant; v1 kinds of upgrade, dry runs; v2 no result for each feature.
 */
export const updateFeatures: Handler<UpdateFeaturesRequest, Response> = {
  apiKey: 57,
  handle(request, { broker, header }) {
    const { validateOnly, timeoutMs, featureUpdates } = request;
    const updates = featureUpdates.map((update): FeatureUpdate => {
      const { feature, maxVersionLevel, allowDowngrade, upgradeType } = update;
      const ofFlag = allowDowngrade ? 'safe-downgrade' : 'upgrade';
      return {
        name: feature,
        level: maxVersionLevel,
        upgradeType: header.apiVersion === 0 ? ofFlag : (upgradeTypes[upgradeType] ?? null),
      };
    });
    return {
      response: new Promise((fulfil) => {
        broker.metadata.updateFeatures(
          { updates, validateOnly, timeoutMs },
          ({ errorCode, errorMessage }) => {
            const results = errorCode === ErrorCode.NONE ? featureUpdates.map(updated) : [];
            fulfil({ throttleTimeMs: 0, errorCode, errorMessage, results });
          },
        );
      }),
    };
  },
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, errorMessage: null, results: [] }),
};

/** Kafka says the name of the error code even where there is none. */
function updated({ feature }: UpdateFeaturesRequest['featureUpdates'][number]) {
  return { feature, errorCode: ErrorCode.NONE, errorMessage: 'NONE' };
}
