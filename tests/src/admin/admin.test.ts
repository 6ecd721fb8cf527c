// The admin port over real HTTP.
import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { type AdminServer, sendPieces, startAdmin } from '../../../src/admin/admin';

let admin: AdminServer;
beforeEach(async () => {
  admin = await startAdmin({ host: '127.0.0.1', port: 0 }, () => null);
});
afterEach(() => admin.close());

function ask(
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((fulfil, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: admin.port, path, method, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          fulfil({
            status: response.statusCode!,
            type: response.headers['content-type'],
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

test('answers, with status and type', async () => {
  expect(await ask('/livez')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: 'live\n' });
  expect(await ask('/readyz?verbose')).toMatchObject({ status: 503, body: 'starting\n' });
  expect(await ask('/metrics')).toMatchObject({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: expect.stringContaining('\nnodejs_heap_size_used_bytes '),
  });
  expect(await ask('/version')).toMatchObject({ type: 'application/json; charset=utf-8' });
  expect(await ask('/x')).toMatchObject({ status: 404 });
  expect(await ask('/livez', 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect(await ask('/livez', 'POST')).toMatchObject({ status: 405, body: '' });
});

test('a port in use is an error that names it, and leaves nothing open', async () => {
  const { port } = admin;
  await expect(startAdmin({ host: '127.0.0.1', port }, () => null)).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `Port in use: cannot listen on 127.0.0.1:${port} (admin)`,
  });
});

// The pieces are larger than a socket takes without a word, and the network takes them at once all the same.
test('one piece a turn of the event loop, however fast the reader', async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const turns: number[] = [];
  const pieces = function* (): Generator<string> {
    for (let piece = 0; piece < 30; piece++) {
      turns.push(turn);
      yield 'x'.repeat(40_000);
    }
  };
  const server = createServer((_request, response) => {
    void sendPieces(pieces(), response).then(() => response.end());
  });
  await new Promise<void>((bound) => server.listen(0, '127.0.0.1', () => bound()));
  const { port } = server.address() as { readonly port: number };
  const sizeBytes = await new Promise<number>((done) => {
    httpRequest({ host: '127.0.0.1', port, agent: false }, (response) => {
      let sum = 0;
      response.on('data', (chunk: Buffer) => {
        sum += chunk.length;
      });
      response.on('end', () => done(sum));
    }).end();
  });
  isOver = true;
  await new Promise((closed) => server.close(closed));
  expect([sizeBytes, new Set(turns).size]).toEqual([1_200_000, 30]);
});

test('a reader that hangs up ends the making of pieces', async () => {
  let made = 0;
  const endless = function* (): Generator<string> {
    for (;;) {
      made++;
      yield 'x'.repeat(40_000);
    }
  };
  const server = createServer((_request, response) => {
    over = sendPieces(endless(), response);
  });
  let over: Promise<void> | null = null;
  await new Promise<void>((bound) => server.listen(0, '127.0.0.1', () => bound()));
  const { port } = server.address() as { readonly port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((some) => socket.once('data', some));
  socket.destroy();
  await over;
  expect(made).toBeGreaterThan(0);
  await new Promise((closed) => server.close(closed));
});

test('a stop ends connections that are open', async () => {
  const socket = connect(admin.port, '127.0.0.1');
  const closed = new Promise((over) => socket.once('close', over));
  await new Promise<void>((sent) => socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n', () => sent()));
  await new Promise((answered) => socket.once('data', answered));
  await admin.close();
  await closed;
});
