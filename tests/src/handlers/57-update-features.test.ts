import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeAll(async () => {
  broker = await startSimulatedBroker();
});

const update = (version: number, feature: string, maxVersionLevel: number, rest: object = {}) =>
  broker.ask(UpdateFeaturesRequest, UpdateFeaturesResponse, version, {
    featureUpdates: [{ feature, maxVersionLevel, ...rest }],
  });

test('the level that is finalized may be asked for in every version', async () => {
  for (const version of servedVersions(57)) {
    const { errorCode, results } = await update(version, 'metadata.version', 30);
    expect([version, errorCode]).toEqual([version, 0]);
    expect(results).toEqual(
      version >= 2 ? [] : [{ feature: 'metadata.version', errorCode: 0, errorMessage: 'NONE' }],
    );
  }
});

test('a feature that is not served whole cannot be finalized', async () => {
  for (const version of servedVersions(57)) {
    const { errorCode, errorMessage, results } = await update(version, 'share.version', 1);
    expect([version, errorCode, results]).toEqual([version, 95, []]);
    expect(errorMessage).toMatch(/level 1 of share\.version cannot be set/);
  }
});

test('downgrades and kinds of upgrade that do not exist are refused', async () => {
  expect((await update(0, 'metadata.version', 29, { allowDowngrade: true })).errorCode).toBe(95);
  for (const upgradeType of [0, 1, 2, 3, 4]) {
    expect((await update(1, 'metadata.version', 29, { upgradeType })).errorCode).toBe(95);
  }
  expect((await update(1, 'metadata.version', 30, { upgradeType: 0 })).errorCode).toBe(95);
});

test('ApiVersions shows the levels that are served and those that count', async () => {
  for (const version of [3, 4]) {
    const answer = await broker.ask(ApiVersionsRequest, ApiVersionsResponse, version, {
      clientSoftwareName: 'test',
      clientSoftwareVersion: '1',
    });
    expect(answer.supportedFeatures).toEqual([{ name: 'metadata.version', minVersion: 7, maxVersion: 30 }]);
    expect(answer.finalizedFeatures).toEqual([
      { name: 'metadata.version', maxVersionLevel: 30, minVersionLevel: 30 },
    ]);
  }
});
