import { DescribeClusterRequest, InitProducerIdRequest } from '../../../protocol';
import type { Handler } from '../../../src/handlers/handler';
import { framesInFlight } from '../../../src/server/frames-in-flight';
import { correlationIdOf, elapse, elapseUntil } from '../../support/memory-client';
import { cluster, idempotent, producerId, scripted, startServer } from './rig';

const unknownKey = Buffer.from('0000000a03e7000000000001ffff', 'hex');

test('behaviour 4: answers to what came before a broken request leave before the connection does', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([slow.handler]);
  for (const broken of [unknownKey, Buffer.from('7fffffff', 'hex'), Buffer.from('GET / HTTP/1.1')]) {
    slow.finish.splice(0);
    const client = await connect();
    client.send(InitProducerIdRequest, 4, idempotent);
    client.send(InitProducerIdRequest, 4, idempotent);
    client.sendBytes(broken);
    await elapseUntil(world, () => slow.finish.length === 2);
    await elapse(world, 5);
    expect(client.isClosed).toBe(false);
    slow.finish[1]!(producerId(0));
    slow.finish[0]!(producerId(0));
    await elapseUntil(world, () => client.isClosed);
    expect(client.frames.map(correlationIdOf)).toEqual([1, 2]);
  }
});

test('behaviour 3: nothing behind a failed acks-0 produce is started, though it came in the same read', async () => {
  const spoken = scripted(22, { ordered: 'now' });
  const failing: Handler = { apiKey: 60, handle: () => ({ response: 'close' }), refuse: () => ({}) };
  const { world, connect } = await startServer([spoken.handler, failing]);
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  client.send(DescribeClusterRequest, 1, cluster);
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => spoken.finish.length > 0);
  await elapse(world, 5);
  expect(spoken.started).toEqual([1]);
  spoken.finish[0]!(producerId(0));
  await elapseUntil(world, () => client.isClosed);
  expect(client.frames.map(correlationIdOf)).toEqual([1]);
});

// A frame that is forgotten counts for ever: after enough of them no socket would be read any more.
test('every frame is given back, also that of a request which is refused or whose client is gone', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([slow.handler], { 'queued.max.request.bytes': '2000' });
  for (let count = 0; count < 300; count++) {
    const broken = await connect();
    broken.sendBytes(unknownKey);
    await elapseUntil(world, () => broken.isClosed);
  }
  for (let count = 0; count < 100; count++) {
    slow.finish.splice(0);
    const gone = await connect();
    gone.send(InitProducerIdRequest, 4, idempotent);
    gone.send(InitProducerIdRequest, 4, idempotent);
    await elapseUntil(world, () => slow.finish.length === 2);
    slow.finish[1]!(producerId(0));
    gone.close();
    await elapse(world, 3);
    slow.finish[0]!(producerId(0));
  }
  slow.finish.splice(0);
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => slow.finish.length === 1);
});

test('`sent` is called once for each answer, however its request ends', async () => {
  let sent = 0;
  const slow = scripted(22, { ordered: 'now', sent: () => sent++ });
  const { world, connect } = await startServer([slow.handler]);
  const three = async () => {
    slow.finish.splice(0);
    sent = 0;
    const client = await connect();
    for (let count = 0; count < 3; count++) client.send(InitProducerIdRequest, 4, idempotent);
    await elapseUntil(world, () => slow.finish.length === 3);
    return client;
  };
  const counts: Record<string, number[]> = {};

  const answered = await three();
  for (const finish of slow.finish) finish(producerId(0));
  await elapseUntil(world, () => answered.frames.length === 3);
  await elapse(world, 5);
  counts.answered = [sent];

  // The first is never answered in time, the second is ready behind it, the third comes after the end.
  const cut = await three();
  slow.finish[1]!(producerId(0));
  await elapse(world, 2);
  const ready = sent;
  cut.close();
  await elapse(world, 5);
  const closed = sent;
  slow.finish[0]!(producerId(0));
  slow.finish[2]!(producerId(0));
  await elapse(world, 5);
  counts.cut = [ready, closed, sent];

  const unread = await three();
  unread.stopReading();
  for (const finish of slow.finish) finish(producerId(0));
  unread.close();
  await elapse(world, 20);
  counts.unread = [sent];

  const wrong = await three();
  slow.finish[0]!({ nothing: 'that fits' });
  slow.finish[1]!(Promise.reject(new Error('handler failed')));
  slow.finish[2]!('close');
  await elapseUntil(world, () => wrong.isClosed);
  await elapse(world, 5);
  counts.wrong = [sent];

  expect(counts).toEqual({ answered: [3], cut: [0, 1, 3], unread: [3], wrong: [3] });
});

test('a response that does not fit its schema is answered by the refusal of its handler', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect, lines } = await startServer([slow.handler]);
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => slow.finish.length === 2);
  slow.finish[0]!({ nothing: 'that fits' });
  slow.finish[1]!(producerId(0));
  await elapseUntil(world, () => client.frames.length === 2);
  // Correlation id, no tags, throttle time, error code.
  expect(client.frames[0]!.readInt16BE(9)).toBe(-1);
  expect(lines).toEqual(['InitProducerId version 4 failed']);
});

test('when refusing fails as well, the connection closes and the server goes on', async () => {
  const broken: Handler = {
    apiKey: 22,
    handle: () => {
      throw new Error('handler');
    },
    refuse: () => {
      throw new Error('refusal');
    },
  };
  const rejected: Handler = {
    ...broken,
    apiKey: 60,
    handle: () => ({ response: Promise.reject(new Error('later')), ordered: 'now' }),
  };
  const { world, connect } = await startServer([broken, rejected]);
  const first = await connect();
  first.send(InitProducerIdRequest, 4, idempotent);
  const second = await connect();
  second.send(DescribeClusterRequest, 1, cluster);
  await elapseUntil(world, () => first.isClosed && second.isClosed);
});

test('room that comes back wakes everybody who waits for it, once, below three quarters', () => {
  const frames = framesInFlight(100);
  const woken: string[] = [];
  frames.add(100);
  frames.waitForRoom(() => woken.push('a'));
  frames.waitForRoom(() => woken.push('b'));
  frames.remove(20);
  expect(woken).toEqual([]);
  frames.remove(10);
  frames.remove(70);
  expect({ woken, left: frames.sizeBytes }).toEqual({ woken: ['a', 'b'], left: 0 });
});
