import { InitProducerIdRequest, InitProducerIdResponse } from '../../../protocol';
import { type SimulatedBroker, servedVersions, startSimulatedBroker } from '../../support/simulated-broker';

let broker: SimulatedBroker;
beforeEach(async () => {
  broker = await startSimulatedBroker();
});

const ask = (
  version: number,
  transactionalId: string | null = null,
  extra: { producerId?: number; producerEpoch?: number } = {},
) =>
  broker.ask(InitProducerIdRequest, InitProducerIdResponse, version, {
    transactionalId,
    transactionTimeoutMs: 1000,
    ...extra,
  });

test('behaviour 75: every version gives a fresh id at epoch 0, also after a power cut', async () => {
  const ids = new Set<number>();
  for (const version of servedVersions(22)) {
    const answer = await ask(version);
    expect(answer).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    ids.add(answer.producerId);
  }
  broker = await broker.restart('power');
  for (let count = 0; count < 3; count++) ids.add((await ask(4)).producerId);
  expect(ids.size).toBe(servedVersions(22).length + 3);
});

test('more ids than one block holds are all different', async () => {
  const client = await broker.connect();
  const ids = new Set<number>();
  for (let count = 0; count < 2_500; count++) {
    broker.broker.services.metadata.allocateProducerId(({ errorCode, producerId }) => {
      if (errorCode === 0) ids.add(producerId);
    });
    if (count % 100 === 0) await ask(4);
  }
  expect(ids.size).toBe(2_500);
  client.close();
});

test('a transactional id gets a fatal error and a line, never a retriable one', async () => {
  expect(await ask(5, 'my-transactions')).toMatchObject({ errorCode: 53, producerId: -1, producerEpoch: -1 });
  expect(broker.lines.join('\n')).toContain('my-transactions');
});

test('an id without its epoch is INVALID_REQUEST', async () => {
  expect(await ask(3, null, { producerId: 5 })).toMatchObject({ errorCode: 42 });
});

test('an empty transactional id is INVALID_REQUEST', async () => {
  expect(await ask(4, '')).toMatchObject({ errorCode: 42, producerId: -1, producerEpoch: -1 });
});
