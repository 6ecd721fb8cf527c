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
    '8: 2-10',
    '9: 1-10',
    '10: 0-6',
    '11: 0-9',
    '12: 0-4',
    '13: 0-5',
    '14: 0-5',
    '15: 0-6',
    '16: 0-5',
    '18: 0-4',
    '19: 2-7',
    '20: 1-6',
    '21: 0-2',
    '22: 0-5',
    '23: 2-4',
    '32: 1-4',
    '33: 0-2',
    '34: 1-2',
    '35: 1-5',
    '37: 0-3',
    '42: 0-2',
    '43: 0-2',
    '44: 0-1',
    '45: 0-1',
    '46: 0-0',
    '47: 0-0',
    '55: 0-2',
    '57: 0-2',
    '60: 0-2',
    '61: 0-0',
    '64: 0-0',
    '74: 0-1',
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
