import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  DescribeClusterRequest,
  FetchRequest,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ProduceRequest,
} from '../../../protocol';
import { apiVersions } from '../../../src/handlers/18-api-versions';
import type { Handler } from '../../../src/handlers/handler';
import { correlationIdOf, decodeAnswer, elapse, elapseUntil } from '../../support/memory-client';
import { cluster, idempotent, producerId, scripted, startServer } from './rig';

test('behaviour 1: answers leave in the order of the requests, whatever finishes first', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([slow.handler]);
  const client = await connect();
  for (let count = 0; count < 3; count++) client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => slow.finish.length === 3);
  slow.finish[2]!(producerId(0));
  slow.finish[1]!(producerId(0));
  await elapse(world, 5);
  expect(client.frames).toEqual([]);
  slow.finish[0]!(producerId(0));
  await elapseUntil(world, () => client.frames.length === 3);
  expect(client.frames.map(correlationIdOf)).toEqual([1, 2, 3]);
});

test('behaviour 2: a request waits until its predecessor is answered, unless that one was ordered earlier', async () => {
  const waiting = scripted(1);
  const free = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([waiting.handler, free.handler]);
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  client.send(FetchRequest, 12, { maxWaitMs: 1, minBytes: 1, topics: [] });
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapse(world, 10);
  expect({ free: free.started, waiting: waiting.started }).toEqual({ free: [1], waiting: [2] });
  waiting.finish[0]!({ throttleTimeMs: 0, responses: [] });
  await elapseUntil(world, () => free.started.length === 2);
  expect(free.started).toEqual([1, 3]);
});

test('behaviour 3: acks 0 takes no place in the order of answers; a failed one closes the connection', async () => {
  const silent = scripted(0, { ordered: 'now' });
  const spoken = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([silent.handler, spoken.handler]);
  const client = await connect();
  const produce = { acks: 0, timeoutMs: 1, topicData: [] };
  client.send(ProduceRequest, 9, produce);
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => spoken.finish.length === 1);
  spoken.finish[0]!(producerId(0));
  silent.finish[0]!(null);
  await elapseUntil(world, () => client.frames.length === 1);
  expect(client.frames.map(correlationIdOf)).toEqual([2]);
  client.send(ProduceRequest, 9, produce);
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => silent.finish.length === 2);
  silent.finish[1]!('close');
  await elapseUntil(world, () => client.isClosed);
  expect(client.frames).toHaveLength(1);
});

function frame(...parts: (number | string)[]): Buffer {
  const payload = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : int16(part))),
  );
  const size = Buffer.alloc(4);
  size.writeInt32BE(payload.length);
  return Buffer.concat([size, payload]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

// Each of these is one line in the log and the end of that connection, and nobody else notices.
test('behaviour 4: what no Kafka client sends closes its own connection, with one line', async () => {
  const spoken = scripted(22, { ordered: 'now' });
  const { world, connect, lines } = await startServer([spoken.handler, scripted(60).handler]);
  const bystander = await connect('192.0.2.9');
  const strangers: Record<string, Buffer> = {
    'HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
    'length of 2 GiB': Buffer.from('7fffffff', 'hex'),
    'negative length': Buffer.from('ffffffff', 'hex'),
    'garbage behind a small length': frame('deadbeefdeadbeef'),
    'empty frame': frame(),
    'unknown key': frame(999, 0, '00000001', -1),
    'key of a broker to broker request': frame(4, 0, '00000001', -1),
    'unsupported version': frame(60, 9, '00000001', -1),
    'client id longer than the frame': frame(22, 0, '00000001', 500),
    'body cut short': frame(22, 0, '00000001', -1, 'ffff0000'),
  };
  for (const bytes of Object.values(strangers)) {
    const client = await connect();
    client.sendBytes(bytes);
    await elapseUntil(world, () => client.isClosed);
    expect(client.frames).toEqual([]);
  }
  const reasons = lines.map((line) => line.replace(/^Closing the connection from 192\.0\.2\.1:\d+: /, ''));
  expect(Object.keys(strangers).map((name, at) => `${name}: ${reasons[at]}`)).toEqual([
    'HTTP request: an HTTP request on a Kafka listener',
    'TLS hello: a TLS hello on a PLAINTEXT listener',
    'length of 2 GiB: frame size 2147483647 exceeds the limit of 104857600 bytes',
    'negative length: frame size -1 is negative (limit 104857600)',
    'garbage behind a small length: API key -8531 is not served',
    'empty frame: undecodable request: RequestHeader requestApiKey at byte 0: 0 bytes left',
    'unknown key: API key 999 is not served',
    'key of a broker to broker request: API key 4 is not served',
    'unsupported version: DescribeCluster version 9 is not served, only 0 to 2',
    'client id longer than the frame: undecodable request: RequestHeader v1 clientId at byte 8: length 500, 0 bytes left',
    'body cut short: undecodable request: InitProducerIdRequest v0 transactionTimeoutMs at byte 12: int32 needs 4 bytes, 2 left',
  ]);
  expect(lines).toHaveLength(Object.keys(strangers).length);
  bystander.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => spoken.finish.length === 1);
  spoken.finish[0]!(producerId(0));
  await elapseUntil(world, () => bystander.frames.length === 1);
  expect(bystander.isClosed).toBe(false);
});

test('half a frame, then silence: the idle limit ends it, and not earlier', async () => {
  const { world, connect } = await startServer([scripted(22).handler], { 'connections.max.idle.ms': '1000' });
  const client = await connect();
  client.sendBytes(Buffer.from('000000', 'hex'));
  await elapse(world, 900, 50);
  expect(client.isClosed).toBe(false);
  await elapse(world, 500, 50);
  expect(client.isClosed).toBe(true);
});

test('the idle limit spares a connection whose request is being served', async () => {
  const slow = scripted(22);
  const { world, connect } = await startServer([slow.handler], { 'connections.max.idle.ms': '1000' });
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapse(world, 3000, 50);
  expect(client.isClosed).toBe(false);
  slow.finish[0]!(producerId(0));
  await elapseUntil(world, () => client.frames.length === 1);
  await elapse(world, 2000, 50);
  expect(client.isClosed).toBe(true);
});

test('an ApiVersions request from the future gets error 35 in a version 0 body that names key 18 alone', async () => {
  const { world, connect } = await startServer([apiVersions]);
  const client = await connect();
  client.sendBytes(frame(18, 99, '00000007', -1, '00ffffffffff'));
  await elapseUntil(world, () => client.frames.length === 1);
  expect(correlationIdOf(client.frames[0]!)).toBe(7);
  expect(decodeAnswer(ApiVersionsResponse, 0, client.frames[0]!)).toMatchObject({
    errorCode: 35,
    apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
  });
  client.send(ApiVersionsRequest, 0, {});
  expect(client.isClosed).toBe(false);
});

test('a handler that fails answers UNKNOWN_SERVER_ERROR in the shape of its API, and the connection goes on', async () => {
  const failing: Handler = {
    apiKey: 22,
    handle: (_request, { header }) => {
      if (header.correlationId === 1) throw new Error('synchronous');
      return { response: Promise.reject(new Error('asynchronous')) };
    },
    refuse: (_request, errorCode) => producerId(errorCode),
  };
  const { world, connect, lines } = await startServer([failing]);
  const client = await connect();
  client.send(InitProducerIdRequest, 4, idempotent);
  client.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => client.frames.length === 2);
  expect(client.frames.map((answer) => decodeAnswer(InitProducerIdResponse, 4, answer).errorCode)).toEqual([
    -1, -1,
  ]);
  expect(lines).toEqual(['InitProducerId version 4 failed', 'InitProducerId version 4 failed']);
});

// Bounded memory: what is not answered yet counts, and beyond the limit the sockets are not read.
test('requests beyond the limit of bytes in flight stay in the sockets until there is room', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([slow.handler], { 'queued.request.bytes': '1048576' });
  const big = { transactionalId: 'x'.repeat(30_000), transactionTimeoutMs: 1 };
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect()));
  for (const client of clients)
    for (let count = 0; count < 25; count++) client.send(InitProducerIdRequest, 4, big);
  await elapse(world, 200);
  const accepted = slow.started.length;
  expect(accepted).toBeGreaterThan(30);
  expect(accepted).toBeLessThan(80);
  for (let answered = 0; answered < 100; answered++) {
    await elapseUntil(world, () => slow.finish.length > answered);
    slow.finish[answered]!(producerId(0));
  }
  await elapseUntil(world, () => clients.every((client) => client.frames.length === 25));
});

test('one connection has at most queued.max.requests requests open', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, connect } = await startServer([slow.handler], { 'queued.max.requests': '8' });
  const client = await connect();
  for (let count = 0; count < 40; count++) client.send(InitProducerIdRequest, 4, idempotent);
  await elapse(world, 50);
  expect(slow.started).toHaveLength(8);
  for (let answered = 0; answered < 40; answered++) {
    await elapseUntil(world, () => slow.finish.length > answered);
    slow.finish[answered]!(producerId(0));
  }
  await elapseUntil(world, () => client.frames.length === 40);
});

test('a client that does not read its answers is not served further', async () => {
  const quick: Handler = {
    apiKey: 22,
    handle: () => ({ response: { ...producerId(0) } }),
    refuse: (_request, errorCode) => producerId(errorCode),
  };
  let started = 0;
  const large: Handler = {
    apiKey: 1,
    handle: () => {
      started++;
      const records = Buffer.alloc(1_000_000);
      const partitions = [
        { partitionIndex: 0, errorCode: 0, highWatermark: 0, abortedTransactions: null, records },
      ];
      return { response: { throttleTimeMs: 0, responses: [{ topic: 't', partitions }] } };
    },
    refuse: () => ({ throttleTimeMs: 0, responses: [] }),
  };
  const { world, connect } = await startServer([quick, large]);
  const client = await connect();
  const other = await connect();
  client.stopReading();
  for (let count = 0; count < 40; count++)
    client.send(FetchRequest, 12, { maxWaitMs: 1, minBytes: 1, topics: [] });
  await elapse(world, 50);
  expect(started).toBeLessThan(15);
  other.send(InitProducerIdRequest, 4, idempotent);
  await elapseUntil(world, () => other.frames.length === 1);
  client.resumeReading();
  await elapseUntil(world, () => client.frames.length === 40, 60_000);
});

test('connection limits: in all and per address, with a line that names the key', async () => {
  const { connect, lines, world } = await startServer([scripted(22).handler], {
    'max.connections': '3',
    'max.connections.per.ip': '2',
  });
  await connect('192.0.2.1');
  const second = await connect('192.0.2.1');
  const third = await connect('192.0.2.1');
  await elapseUntil(world, () => third.isClosed);
  await connect('192.0.2.2');
  const fifth = await connect('192.0.2.3');
  await elapseUntil(world, () => fifth.isClosed);
  expect(lines).toEqual([
    'Refusing a connection from 192.0.2.1: max.connections.per.ip=2 are open',
    'Refusing a connection from 192.0.2.3: max.connections=3 are open',
  ]);
  second.close();
  await elapseUntil(world, () => second.isClosed);
  const again = await connect('192.0.2.1');
  await elapse(world, 10);
  expect(again.isClosed).toBe(false);
});

test('stop: what was read is answered, then the connection closes; what takes too long is cut off', async () => {
  const slow = scripted(22, { ordered: 'now' });
  const { world, server, connect } = await startServer([slow.handler, scripted(60).handler]);
  const answered = await connect();
  const stuck = await connect();
  const idle = await connect();
  answered.send(InitProducerIdRequest, 4, idempotent);
  stuck.send(DescribeClusterRequest, 1, cluster);
  await elapseUntil(world, () => slow.finish.length === 1);
  await elapse(world, 5);
  let isStopped = false;
  void server.stop(500).then(() => {
    isStopped = true;
  });
  await elapseUntil(world, () => idle.isClosed, 100);
  slow.finish[0]!(producerId(0));
  await elapseUntil(world, () => answered.isClosed, 100);
  expect(answered.frames).toHaveLength(1);
  expect({ isStopped, stuck: stuck.isClosed }).toEqual({ isStopped: false, stuck: false });
  await elapseUntil(world, () => isStopped, 600);
  expect(stuck.frames).toHaveLength(0);
});

test('a port in use is named, and nothing stays bound', async () => {
  const { world, server } = await startServer([]);
  const again = server.listen().then(
    () => 'listening',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  await elapse(world, 5);
  expect(await again).toBe('ListenError: Port in use: cannot listen on *:9092 (PLAINTEXT)');
});
