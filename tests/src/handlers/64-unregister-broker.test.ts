import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../../protocol';
import { startSimulatedBroker } from '../../support/simulated-broker';

test('nobody knows of a broker: BROKER_ID_NOT_REGISTERED; the one that answers stays', async () => {
  const broker = await startSimulatedBroker();
  const unregister = (brokerId: number) =>
    broker.ask(UnregisterBrokerRequest, UnregisterBrokerResponse, 0, { brokerId });
  expect(await unregister(9)).toMatchObject({ errorCode: 102, errorMessage: 'No broker 9 is registered.' });
  expect(await unregister(-1)).toMatchObject({ errorCode: 102 });
  expect(await unregister(1)).toMatchObject({
    errorCode: 42,
    errorMessage: 'Broker 1 is alive: only a broker that is gone can be unregistered.',
  });
  expect(broker.broker.services.metadata.image.brokers.has(1)).toBe(true);
});
