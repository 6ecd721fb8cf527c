/** The brokers of one cluster: found through the bootstrap servers, connected when they are needed. */
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  MetadataRequest,
  MetadataResponse,
} from '../../protocol';
import { type Address, ClientConnection, type ConnectionOptions } from './connection';
import { BrokerConnectionError, check, RefusedError } from './errors';

export interface TopicPartition {
  readonly index: number;
  /** -1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface Topic {
  readonly name: string;
  /** As Kafka's tools write it: 22 characters. */
  readonly id: string;
  readonly isInternal: boolean;
  /** Of the topic as such: UNKNOWN_TOPIC_OR_PARTITION and others. */
  readonly errorCode: number;
  /** By index. */
  readonly partitions: readonly TopicPartition[];
}

export interface ClusterView {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly (Address & { readonly id: number; readonly rack: string | null })[];
  readonly topics: readonly Topic[];
}

export interface ClusterOptions extends ConnectionOptions {
  readonly bootstrap: readonly Address[];
}

const RETRY_PAUSE_MS = 100;

const metadataExchange = { request: MetadataRequest, response: MetadataResponse };
const coordinatorExchange = { request: FindCoordinatorRequest, response: FindCoordinatorResponse };

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #connections = new Map<string, Promise<ClientConnection>>();
  #view: ClusterView | null = null;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  /** A connection to whichever bootstrap server answers first in their order. @throws BrokerConnectionError the last one's */
  async any(): Promise<ClientConnection> {
    let failure: unknown;
    for (const address of this.#options.bootstrap) {
      try {
        return await this.#connect(address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * Brokers and topics as they are now.
   *
   * @param topics  null: all of them.
   */
  async describe(topics: readonly string[] | null, allowAutoTopicCreation = false): Promise<ClusterView> {
    const connection = await this.any();
    const answer = await connection.send(metadataExchange, {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation,
    });
    this.#view = {
      clusterId: answer.clusterId,
      controllerId: answer.controllerId,
      brokers: answer.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })),
      topics: answer.topics.map((topic) => ({
        name: topic.name ?? '',
        id: topicIdText(topic.topicId),
        isInternal: topic.isInternal,
        errorCode: topic.errorCode,
        partitions: topic.partitions
          .map((partition) => ({
            index: partition.partitionIndex,
            leaderId: partition.leaderId,
            leaderEpoch: partition.leaderEpoch,
            replicas: partition.replicaNodes,
            inSyncReplicas: partition.isrNodes,
            offlineReplicas: partition.offlineReplicas,
          }))
          .sort((left, right) => left.index - right.index),
      })),
    };
    return this.#view;
  }

  /** As `describe`, remembered until `forget` for as long as it covers what is asked. */
  async describeOnce(topics: readonly string[]): Promise<ClusterView> {
    const known = this.#view;
    if (known !== null && topics.every((name) => known.topics.some((topic) => topic.name === name)))
      return known;
    return this.describe(topics);
  }

  forget(): void {
    this.#view = null;
  }

  /** One topic whose partitions have leaders, waited for within the timeout. @throws RefusedError */
  async topic(name: string, allowAutoTopicCreation = false): Promise<Topic> {
    return this.retrying(async () => {
      const view = await this.describe([name], allowAutoTopicCreation);
      const topic = view.topics[0]!;
      check(topic.errorCode, `Topic ${name}`);
      return topic;
    }, allowAutoTopicCreation);
  }

  /** A connection to a broker of the last `describe`. */
  async broker(nodeId: number): Promise<ClientConnection> {
    const view = this.#view ?? (await this.describe([]));
    const broker =
      view.brokers.find(({ id }) => id === nodeId) ??
      (await this.describe([])).brokers.find(({ id }) => id === nodeId);
    if (broker === undefined)
      throw new BrokerConnectionError('UNREACHABLE', `Broker ${nodeId} is not in the cluster`);
    return this.#connect(broker);
  }

  /** Where a group is coordinated. */
  async coordinator(groupId: string): Promise<ClientConnection> {
    return this.retrying(async () => {
      const connection = await this.any();
      const answer = await connection.send(coordinatorExchange, {
        key: groupId,
        keyType: 0,
        coordinatorKeys: [groupId],
      });
      const found = answer.coordinators[0] ?? answer;
      check(found.errorCode, `Group ${groupId}`, found.errorMessage);
      return this.#connect(found);
    });
  }

  /**
   * Tries again while the broker says that it may help, for as long as the timeout.
   *
   * @param retriesUnknownTopics  Where the topic is being created; elsewhere a missing topic is an answer.
   */
  async retrying<T>(operation: () => Promise<T>, retriesUnknownTopics = false): Promise<T> {
    const deadlineMs = performance.now() + this.#options.timeoutMs;
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        const mayHelp =
          error instanceof RefusedError &&
          error.isRetriable &&
          (retriesUnknownTopics || error.code !== 'UNKNOWN_TOPIC_OR_PARTITION');
        if (!mayHelp || performance.now() + RETRY_PAUSE_MS > deadlineMs) throw error;
        await pause(RETRY_PAUSE_MS);
      }
    }
  }

  async close(): Promise<void> {
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close(),
        () => {},
      );
    }
    this.#connections.clear();
  }

  async #connect({ host, port }: Address): Promise<ClientConnection> {
    const key = `${host}:${port}`;
    const known = this.#connections.get(key);
    if (known !== undefined) {
      const connection = await known;
      if (connection.isOpen) return connection;
    }
    const opening = ClientConnection.open({ host, port }, this.#options);
    this.#connections.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      this.#connections.delete(key);
      throw error;
    }
  }
}

function topicIdText(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((over) => setTimeout(over, durationMs));
}

/** `host:port,host:port`; a port that is left out is 9092. null: this is no such list. */
export function parseBootstrap(text: string): readonly Address[] | null {
  const addresses: Address[] = [];
  for (const part of text.split(',')) {
    const match = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(part.trim());
    const port = Number(match?.[3] ?? 9092);
    if (match === null || port < 1 || port > 65_535) return null;
    addresses.push({ host: match[1] ?? match[2]!, port });
  }
  return addresses;
}
