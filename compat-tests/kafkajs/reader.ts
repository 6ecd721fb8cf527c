/**
 * Reads a partition with kafkajs's own Fetch, by offset. The public consumer needs a group; its lower layers, which
 * are unmodified here, do not.
 */
import { createRequire } from 'node:module';

export interface ReadMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly messages: readonly ReadMessage[];
}

interface KafkajsBroker {
  fetch(request: object): Promise<{ responses: readonly { partitions: readonly FetchedPartition[] }[] }>;
}

interface KafkajsCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, readonly number[]>;
  findBroker(at: { nodeId: string }): Promise<KafkajsBroker>;
}

const load = createRequire(__filename);
const Cluster = load('kafkajs/src/cluster') as new (options: object) => KafkajsCluster;
const socketFactory = load('kafkajs/src/network/socketFactory') as () => unknown;
const { createLogger, LEVELS } = load('kafkajs/src/loggers') as {
  createLogger(options: object): object;
  LEVELS: { NOTHING: number };
};
const consoleLogger = load('kafkajs/src/loggers/console') as unknown;

export class Reader {
  readonly #cluster: KafkajsCluster;

  constructor(bootstrap: string) {
    this.#cluster = new Cluster({
      logger: createLogger({ level: LEVELS.NOTHING, logCreator: consoleLogger }),
      socketFactory: socketFactory(),
      brokers: [bootstrap],
      clientId: 'compat-reader',
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      retry: { retries: 3 },
    });
  }

  connect(): Promise<void> {
    return this.#cluster.connect();
  }

  disconnect(): Promise<void> {
    return this.#cluster.disconnect();
  }

  /** One Fetch of one partition. */
  async fetch(
    topic: string,
    partition: number,
    fetchOffset: string,
    limits: { maxWaitTime?: number; minBytes?: number; maxBytes?: number; partitionMaxBytes?: number } = {},
  ): Promise<FetchedPartition> {
    await this.#cluster.addTargetTopic(topic);
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`no leader of ${topic}-${partition}`);
    const broker = await this.#cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      isolationLevel: 0,
      maxWaitTime: limits.maxWaitTime ?? 500,
      minBytes: limits.minBytes ?? 1,
      maxBytes: limits.maxBytes ?? 10_485_760,
      topics: [
        { topic, partitions: [{ partition, fetchOffset, maxBytes: limits.partitionMaxBytes ?? 1_048_576 }] },
      ],
    });
    const fetched = responses[0]?.partitions[0];
    if (fetched === undefined) throw new Error(`the answer lacks ${topic}-${partition}`);
    return fetched;
  }

  /** Everything from offset 0 to the high watermark, in the order in which it came. */
  async readAll(topic: string, partition: number): Promise<readonly ReadMessage[]> {
    const messages: ReadMessage[] = [];
    let nextOffset = 0n;
    for (;;) {
      const fetched = await this.fetch(topic, partition, nextOffset.toString(), { maxWaitTime: 100 });
      if (fetched.errorCode !== 0) throw new Error(`${topic}-${partition}: error ${fetched.errorCode}`);
      for (const message of fetched.messages) {
        if (BigInt(message.offset) < nextOffset) continue; // The batch may begin below the offset asked for.
        messages.push(message);
        nextOffset = BigInt(message.offset) + 1n;
      }
      if (nextOffset >= BigInt(fetched.highWatermark)) return messages;
    }
  }
}
