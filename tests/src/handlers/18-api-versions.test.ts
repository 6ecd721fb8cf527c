import { ApiVersionsRequest, ApiVersionsResponse } from '../../../protocol';
import { servedVersions, startSimulatedBroker } from '../../support/simulated-broker';

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };

test('every version lists the same served ranges; Produce is shown from 0 (KAFKA-18659)', async () => {
  const broker = await startSimulatedBroker();
  const lists = [];
  for (const version of servedVersions(18)) {
    const { errorCode, apiKeys } = await broker.ask(
      ApiVersionsRequest,
      ApiVersionsResponse,
      version,
      software,
    );
    expect(errorCode).toBe(0);
    lists.push(apiKeys.map(({ apiKey, minVersion, maxVersion }) => `${apiKey}: ${minVersion}-${maxVersion}`));
  }
  expect(lists[0]).toEqual([
    '0: 0-13',
    '1: 4-18',
    '2: 1-11',
    '3: 0-13',
    '18: 0-4',
    '19: 2-7',
    '20: 1-6',
    '22: 0-5',
    '23: 2-4',
    '32: 1-4',
    '60: 0-2',
    '75: 0-0',
  ]);
  for (const list of lists) expect(list).toEqual(lists[0]);
});

test('no feature is finalized before it is served: transactions, new groups, share and streams groups', async () => {
  const broker = await startSimulatedBroker();
  const answer = await broker.ask(ApiVersionsRequest, ApiVersionsResponse, 4, software);
  const names = [...answer.finalizedFeatures, ...answer.supportedFeatures].map(({ name }) => name);
  for (const name of ['transaction.version', 'group.version', 'share.version', 'streams.version']) {
    expect(names).not.toContain(name);
  }
  expect(answer.finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0);
});

test.each(['', 'bad name', '-x', 'x-', 'ümlaut'])('the software name %j is INVALID_REQUEST', async (name) => {
  const broker = await startSimulatedBroker();
  const body = { clientSoftwareName: name, clientSoftwareVersion: '1.0' };
  const answer = await broker.ask(ApiVersionsRequest, ApiVersionsResponse, 3, body);
  expect(answer).toMatchObject({ errorCode: 42, apiKeys: [] });
});
