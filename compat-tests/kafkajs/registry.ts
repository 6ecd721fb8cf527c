import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Report } from '../report';
import { freshTopic } from '../suite';
import { createAndWait } from '../topics';
import { until } from './members';
import type { Clients } from './suite';

interface Registered {
  readonly schema: string;
  readonly schemaType?: string;
}

/**
 * Just enough of a schema registry for its client: it hands out ids and gives schemas back. The registry is not under
 * test; that its framing (a zero byte, the id as an int32, the body) survives our topics is.
 */
class RegistryStub {
  readonly #schemas: Registered[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
        response.end(JSON.stringify(body));
      });
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(`http://127.0.0.1:${address.port}`);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    const byId = /^\/schemas\/ids\/(\d+)$/.exec(path)?.[1];
    if (byId !== undefined) {
      const found = this.#schemas[Number(byId) - 1];
      return found === undefined ? notFound : { status: 200, body: found };
    }
    if (request.method === 'POST' && path.endsWith('/versions')) {
      this.#schemas.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Registered);
      return { status: 200, body: { id: this.#schemas.length } };
    }
    if (path.startsWith('/config'))
      return { status: 200, body: { compatibilityLevel: COMPATIBILITY.BACKWARD } };
    return notFound;
  }
}

const notFound = { status: 404, body: { error_code: 40403, message: 'not found' } };

const person = {
  type: 'record',
  name: 'Person',
  namespace: 'compat',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'born', type: 'int' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
  ],
} as const;

const order = JSON.stringify({
  $id: 'order',
  type: 'object',
  properties: { id: { type: 'integer' }, lines: { type: 'array', items: { type: 'string' } } },
  required: ['id'],
});

/** @kafkajs/confluent-schema-registry: encode, produce, read in a group, decode. */
export async function registry(clients: Clients, report: Report): Promise<void> {
  const stub = new RegistryStub();
  const schemas = new SchemaRegistry({ host: await stub.listen() });
  try {
    await report.case('Avro and JSON Schema values come back through a group', async () => {
      const { admin, producer, kafka } = clients;
      const topic = freshTopic('kafkajs-registry');
      await createAndWait(admin, { topic, numPartitions: 2 });
      const avro = await schemas.register({ type: SchemaType.AVRO, schema: JSON.stringify(person) });
      const json = await schemas.register(
        { type: SchemaType.JSON, schema: order },
        { subject: `${topic}-order` },
      );
      assert.notEqual(avro.id, json.id);
      const people = Array.from({ length: 50 }, (_, at) => ({
        name: `person ${at} é`,
        born: 1900 + at,
        tags: ['a', String(at)],
      }));
      const orders = Array.from({ length: 50 }, (_, at) => ({ id: at, lines: [`line ${at}`] }));
      const values = await Promise.all([
        ...people.map((one) => schemas.encode(avro.id, one)),
        ...orders.map((one) => schemas.encode(json.id, one)),
      ]);
      await producer.send({
        topic,
        acks: -1,
        messages: values.map((value, at) => ({ key: String(at), value })),
      });

      const decoded = new Map<number, unknown>();
      const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 200 });
      await consumer.connect();
      try {
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
          eachMessage: async ({ message }) => {
            const { key, value } = message;
            assert.ok(value !== null);
            assert.equal(value[0], 0);
            decoded.set(Number(key), await schemas.decode(value));
          },
        });
        await until('100 values', () => decoded.size === 100);
      } finally {
        await consumer.disconnect();
      }
      const wanted = [...people, ...orders];
      const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
      for (const [at, value] of decoded) assert.deepEqual(plain(value), wanted[at]);
    });
  } finally {
    stub.close();
  }
}
