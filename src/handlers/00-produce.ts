import { ErrorCode, type InputOf, type ProduceRequest, type ProduceResponse } from '../../protocol';
import { Attribute, attributesOf, HEADER_SIZE_BYTES, magicOf, sizeBytesOf } from '../../storage';
import type { AppendOutcome, Partition } from '../partition/types';
import type { Handled, Handler, RequestContext } from './handler';
import { clusterEndpoints, findTopic, type TopicReference, topicMissing } from './topics';

type Response = InputOf<typeof ProduceResponse>;
type Topic = ProduceRequest['topicData'][number];
type Data = Topic['partitionData'][number];
type PartitionResponse = Response['responses'][number]['partitionResponses'][number];

/** Clients may not write into internal topics, except the one client id that Kafka's own tools use for it. */
const internalClientId = '__admin_client';
const empty = Buffer.alloc(0);
/**
 * A request's timeout is about other replicas: Kafka answers after its own write even to a timeout of zero. A sync takes
 * longer than such a write, and a client that is told of a timeout sends its records again.
 */
const ownSyncMs = 1_000;

/**
 * Produce: v3-13 (advertised from 0).
 *
 * Behaviour: one record batch per partition (27-31); every append is validated and proposed before `handle` returns, so
 * that pipelined requests keep their order (34); acks 0 has no answer, and closes the connection if a partition failed (3).
 * Versions: v5 logStartOffset; v8 record errors; v9 flexible; v10 current leader (37); v13 topic ids.
 * Transactional requests are refused for good: transactions are not served yet.
 */
export const produce: Handler<ProduceRequest, Response> = {
  apiKey: 0,
  handle(request, context) {
    const acks = request.acks;
    if (request.transactionalId !== null || hasTransactionalBatch(request)) {
      const response = produce.refuse(request, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, context);
      return { response: acks === 0 ? 'close' : response };
    }
    if (acks !== -1 && acks !== 0 && acks !== 1) {
      return { response: produce.refuse(request, ErrorCode.INVALID_REQUIRED_ACKS, context) };
    }
    return new Produce(request, acks, context).run();
  },
  refuse: (request, errorCode) => ({
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map(({ index }) => refused(index, errorCode)),
    })),
  }),
};

function refused(index: number, errorCode: number): PartitionResponse {
  return { index, errorCode, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
}

/** A transactional batch needs a transactional id that may write (36): one such batch fails the whole request. */
function hasTransactionalBatch({ topicData }: ProduceRequest): boolean {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length < HEADER_SIZE_BYTES || magicOf(records, 0) !== 2) continue;
      const isWhole = sizeBytesOf(records, 0) <= records.length;
      if (isWhole && (attributesOf(records, 0) & Attribute.transactional) !== 0) return true;
    }
  }
  return false;
}

/** One request on its way: counts the partitions that still wait for their promise. */
class Produce {
  readonly #request: ProduceRequest;
  readonly #acks: -1 | 0 | 1;
  readonly #context: RequestContext;
  readonly #response: { name: string; topicId: string; partitionResponses: PartitionResponse[] }[] = [];
  /** One for the loop itself, so that an early answer does not finish the request. */
  #pending = 1;
  #hasFailed = false;
  #hasMoved = false;
  #fulfil: ((response: Response | null | 'close') => void) | null = null;

  constructor(request: ProduceRequest, acks: -1 | 0 | 1, context: RequestContext) {
    this.#request = request;
    this.#acks = acks;
    this.#context = context;
  }

  run(): Handled<Response> {
    for (const topic of this.#request.topicData) this.#appendTopic(topic);
    this.#pending--;
    if (this.#pending === 0) return { response: this.#finished() };
    const response = new Promise<Response | null | 'close'>((fulfil) => {
      this.#fulfil = fulfil;
    });
    return { response, ordered: 'now' };
  }

  #appendTopic(topic: Topic): void {
    const found = findTopic(this.#context, topic);
    const partitionResponses: PartitionResponse[] = new Array(topic.partitionData.length);
    this.#response.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
    for (let at = 0; at < topic.partitionData.length; at++) {
      this.#append(topic, found, topic.partitionData[at]!, partitionResponses, at);
    }
  }

  #append(
    reference: TopicReference,
    topic: ReturnType<typeof findTopic>,
    data: Data,
    into: PartitionResponse[],
    at: number,
  ): void {
    const partition = topic && this.#context.broker.partitions.get(topic.id, data.index);
    if (topic === undefined || partition === undefined) {
      const errorCode =
        topic === undefined
          ? topicMissing(reference, this.#isByTopicId())
          : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      this.#refuse(into, at, data.index, errorCode);
      return;
    }
    if (topic.isInternal && this.#context.header.clientId !== internalClientId) {
      this.#refuse(into, at, data.index, ErrorCode.INVALID_TOPIC_EXCEPTION);
      return;
    }
    this.#pending++;
    partition.append(
      {
        records: data.records ?? empty,
        lease: this.#context.lease,
        acks: this.#acks,
        timeoutMs: Math.max(this.#request.timeoutMs, ownSyncMs),
        apiVersion: this.#context.header.apiVersion,
        origin: 'client',
      },
      (outcome) => {
        into[at] = this.#answer(data.index, partition, outcome);
        if (--this.#pending === 0) this.#fulfil?.(this.#finished());
      },
    );
  }

  #isByTopicId(): boolean {
    return this.#context.header.apiVersion >= 13;
  }

  #refuse(into: PartitionResponse[], at: number, index: number, errorCode: number): void {
    into[at] = refused(index, errorCode);
    this.#hasFailed = true;
  }

  #answer(index: number, partition: Partition, outcome: AppendOutcome): PartitionResponse {
    const { errorCode, errorMessage, baseOffset, logAppendTimeMs, logStartOffset, recordErrors } = outcome;
    if (errorCode === ErrorCode.NONE)
      return { index, errorCode, baseOffset, logAppendTimeMs, logStartOffset };
    this.#hasFailed = true;
    const response: PartitionResponse = {
      index,
      errorCode,
      // As in Kafka, only refused records are explained: the other codes speak for themselves.
      errorMessage: recordErrors.length > 0 ? errorMessage : null,
      baseOffset,
      logAppendTimeMs,
      logStartOffset,
      recordErrors: recordErrors.map(({ batchIndex, message }) => ({
        batchIndex,
        batchIndexErrorMessage: message,
      })),
    };
    if (errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) return response;
    this.#hasMoved = true;
    return {
      ...response,
      currentLeader: { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch },
    };
  }

  #finished(): Response | null | 'close' {
    if (this.#acks === 0) return this.#hasFailed ? 'close' : null;
    if (!this.#hasMoved) return { responses: this.#response };
    return { responses: this.#response, nodeEndpoints: clusterEndpoints(this.#context) };
  }
}
