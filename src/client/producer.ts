/** Writes records: batches per partition, one request in flight per leader, retries that cannot write twice. */
import {
  InitProducerIdRequest,
  InitProducerIdResponse,
  ProduceRequest,
  ProduceResponse,
} from '../../protocol';
import { buildBatch, type CompressionCode, type NewRecord } from '../../storage';
import type { Cluster, Topic } from './cluster';
import { check, RefusedError } from './errors';
import { partitionOf } from './partitioner';

// From version 13 on topics are named by id; names serve brokers of every age.
const exchange = { request: ProduceRequest, response: ProduceResponse, versionMax: 12 };
const producerIdExchange = {
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
  versionMax: 4,
};

export interface ProducerOptions {
  readonly topic: string;
  readonly acks: -1 | 0 | 1;
  readonly compression: CompressionCode;
  /** All records go there; null: by key, and in turns without one. */
  readonly partition: number | null;
  readonly allowAutoTopicCreation: boolean;
}

export interface Written {
  readonly partition: number;
  /** -1 with acks 0. */
  readonly baseOffset: number;
  readonly count: number;
}

export class Producer {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  #topic: Topic | null = null;
  #producerId = -1;
  #producerEpoch = -1;
  readonly #sequences = new Map<number, number>();
  #turn = 0;

  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Finds the topic. @throws RefusedError, BrokerConnectionError */
  async start(): Promise<void> {
    const { topic, partition, acks, allowAutoTopicCreation } = this.#options;
    this.#topic = await this.#cluster.topic(topic, allowAutoTopicCreation);
    const count = this.#topic.partitions.length;
    if (partition !== null && partition >= count) {
      throw new RefusedError(
        3,
        `Topic ${topic}`,
        `there is no partition ${partition}, only 0 to ${count - 1}`,
      );
    }
    // Without it a retry after a lost answer writes twice. It needs acks -1.
    if (acks === -1) await this.#becomeIdempotent();
  }

  /** Resolves when all are written as `acks` says; those of one partition keep their order. One call at a time. */
  async write(records: readonly NewRecord[]): Promise<readonly Written[]> {
    const byPartition = new Map<number, NewRecord[]>();
    const count = this.#topic!.partitions.length;
    const turn = this.#turn++ % count;
    for (const record of records) {
      const partition =
        this.#options.partition ?? (record.key === null ? turn : partitionOf(record.key, count));
      const list = byPartition.get(partition);
      if (list === undefined) byPartition.set(partition, [record]);
      else list.push(record);
    }
    return Promise.all([...byPartition].map(([partition, list]) => this.#writeTo(partition, list)));
  }

  async #writeTo(partition: number, records: readonly NewRecord[]): Promise<Written> {
    const baseSequence = this.#producerId < 0 ? -1 : (this.#sequences.get(partition) ?? 0);
    const batch = buildBatch({
      records,
      compression: this.#options.compression,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence,
    });
    const baseOffset = await this.#cluster.retrying(async () => {
      try {
        return await this.#send(partition, batch);
      } catch (error) {
        if (error instanceof RefusedError && error.isRetriable)
          this.#topic = await this.#cluster.topic(this.#options.topic);
        throw error;
      }
    });
    if (baseSequence >= 0) this.#sequences.set(partition, baseSequence + records.length);
    return { partition, baseOffset, count: records.length };
  }

  async #send(partition: number, batch: Buffer): Promise<number> {
    const { topic, acks } = this.#options;
    const about = `Topic ${topic}, partition ${partition}`;
    const leaderId = this.#topic!.partitions[partition]!.leaderId;
    if (leaderId < 0) throw new RefusedError(5, about);
    const connection = await this.#cluster.broker(leaderId);
    const request = {
      acks,
      timeoutMs: this.#cluster.timeoutMs,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    };
    if (acks === 0) {
      connection.sendOnly(exchange, request);
      return -1;
    }
    const answer = await connection.send(exchange, request, this.#cluster.timeoutMs);
    const result = answer.responses[0]!.partitionResponses[0]!;
    const words = result.recordErrors[0]?.batchIndexErrorMessage ?? result.errorMessage;
    check(result.errorCode, about, words);
    return result.baseOffset;
  }

  async #becomeIdempotent(): Promise<void> {
    const connection = await this.#cluster.any();
    if (connection.versionOf(producerIdExchange) === null) return;
    const answer = await this.#cluster.retrying(async () => {
      const result = await connection.send(producerIdExchange, {
        transactionalId: null,
        transactionTimeoutMs: this.#cluster.timeoutMs,
      });
      check(result.errorCode, 'A producer id');
      return result;
    });
    this.#producerId = answer.producerId;
    this.#producerEpoch = answer.producerEpoch;
  }
}
