import { asOffset, ErrorCode, type FetchRequest, type FetchResponse, type InputOf } from '../../protocol';
import type { FetchOutcome, Isolation, ParkedFetch, Partition } from '../partition/types';
import type { Handled, Handler, RequestContext } from './handler';
import { clusterEndpoints, findTopic, topicMissing } from './topics';

type Response = InputOf<typeof FetchResponse>;
type Topic = FetchRequest['topics'][number];
type Position = Topic['partitions'][number];
type PartitionResponse = Response['responses'][number]['partitions'][number];

/** One partition of the request, in request order. */
interface Part {
  readonly topic: Topic;
  readonly position: Position;
  readonly offset: number;
  readonly partition: Partition | undefined;
  /** Why there is no partition. */
  readonly missing: number;
  outcome: FetchOutcome | null;
}

/**
 * Fetch: v4-18.
 *
 * Behaviour: whole batches, one at least (38, 39); long poll until min_bytes, an error or the deadline (40); `records` is
 * empty, never null (41). Sessions are answered "sessionless" (46): every full fetch gets session id 0, an incremental
 * one FETCH_SESSION_ID_NOT_FOUND, and the client sends a full one again.
 * Versions: v5 log start offset; v7 sessions; v9 leader epoch; v11 rack; v12 diverging epoch; v13 topic ids; v16 endpoints.
 */
export const fetch: Handler<FetchRequest, Response> = {
  apiKey: 1,
  handle(request, context) {
    const isFull = request.sessionEpoch === 0 || request.sessionEpoch === -1;
    if (!isFull) return { response: { ...nothing, errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND } };
    // Kafka fails here as well: no such isolation level exists.
    if (request.isolationLevel !== 0 && request.isolationLevel !== 1) {
      return { response: fetch.refuse(request, ErrorCode.UNKNOWN_SERVER_ERROR, context) };
    }
    return new Fetch(request, context).run();
  },
  refuse: (request, errorCode, { header }) => ({
    ...nothing,
    errorCode,
    // From v13 on the code of the whole answer says it all, as in Kafka.
    responses: (header.apiVersion >= 13 ? [] : request.topics).map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => refused(partition, errorCode)),
    })),
  }),
};

const nothing: Response = { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses: [] };
const noRecords: readonly Buffer[] = [];

function refused(partitionIndex: number, errorCode: number): PartitionResponse {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: [], records: noRecords };
}

/** One request on its way: reads its partitions in order, perhaps parks, and reads once more. */
class Fetch {
  readonly #request: FetchRequest;
  readonly #context: RequestContext;
  readonly #isolation: Isolation;
  readonly #parts: Part[] = [];
  readonly #sizeBytesMax: number;
  readonly #sizeBytesMin: number;
  #fulfil: ((response: Response) => void) | null = null;
  #response: Response | null = null;
  #parked: ParkedFetch | null = null;

  constructor(request: FetchRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
    this.#isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted';
    this.#sizeBytesMax = Math.min(request.maxBytes, context.broker.config.fetchSizeBytesMax);
    this.#sizeBytesMin = Math.min(request.minBytes, this.#sizeBytesMax);
    const isByTopicId = context.header.apiVersion >= 13;
    // Replicas are no consumers: a broker of Kafka that fetches from here is told that it has no business here.
    const isFollower = Math.max(request.replicaId, request.replicaState.replicaId) >= 0;
    for (const topic of request.topics) {
      const found = findTopic(context, topic);
      for (const position of topic.partitions) {
        const there = found && context.broker.partitions.get(found.id, position.partition);
        let missing: number = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        if (found === undefined) missing = topicMissing(topic, isByTopicId);
        else if (there !== undefined) missing = ErrorCode.NOT_LEADER_OR_FOLLOWER;
        const partition = isFollower ? undefined : there;
        const offset = asOffset(position.fetchOffset);
        this.#parts.push({ topic, position, offset, partition, missing, outcome: null });
      }
    }
  }

  run(): Handled<Response> {
    this.#read(() => (this.#isEnough() ? this.#finish() : this.#park()));
    const sent = (): void => this.#release();
    if (this.#response !== null) return { response: this.#response, sent };
    const response = new Promise<Response>((fulfil) => {
      this.#fulfil = fulfil;
    });
    const cancelled = (): void => {
      if (this.#parked === null) return;
      this.#parked.cancel();
      this.#fulfil?.(nothing);
    };
    return { response, cancelled, sent };
  }

  /** Reads every partition within the budget that is left. A loop, because most reads complete before they return. */
  #read(done: () => void): void {
    let remaining = this.#sizeBytesMax;
    let atLeastOne = true;
    let next = 0;
    let isLooping = false;
    let isWaiting = false;
    const took = (part: Part, outcome: FetchOutcome): void => {
      part.outcome = outcome;
      remaining -= outcome.sizeBytes;
      if (outcome.sizeBytes > 0) atLeastOne = false;
      isWaiting = false;
      if (!isLooping) loop();
    };
    const loop = (): void => {
      isLooping = true;
      while (!isWaiting && next < this.#parts.length) {
        const part = this.#parts[next++]!;
        if (part.partition === undefined) continue;
        isWaiting = true;
        const { currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes } = part.position;
        part.partition.fetch(
          {
            offset: part.offset,
            sizeBytesMax: Math.max(0, Math.min(remaining, partitionMaxBytes)),
            atLeastOne,
            isolation: this.#isolation,
            currentLeaderEpoch,
            lastFetchedEpoch,
          },
          (outcome) => took(part, outcome),
        );
      }
      isLooping = false;
      if (!isWaiting) done();
    };
    loop();
  }

  /**
   * A partition that does not exist answers nothing and shortens no wait (40): a consumer of a deleted topic would
   * otherwise ask without pause.
   */
  #isEnough(): boolean {
    if (this.#request.maxWaitMs <= 0) return true;
    let sizeBytes = 0;
    let count = 0;
    for (const { outcome } of this.#parts) {
      if (outcome === null) continue;
      if (outcome.errorCode !== ErrorCode.NONE || outcome.divergingEpoch !== null) return true;
      sizeBytes += outcome.sizeBytes;
      count++;
    }
    return count === 0 || sizeBytes >= this.#sizeBytesMin;
  }

  #park(): void {
    this.#release();
    let isWoken = false;
    const positions: { partition: Partition; offset: number }[] = [];
    for (const { partition, offset } of this.#parts) {
      if (partition !== undefined) positions.push({ partition, offset });
    }
    const parked = this.#context.broker.partitions.parkFetch(
      {
        positions,
        isolation: this.#isolation,
        sizeBytesMin: this.#sizeBytesMin,
        waitMs: this.#request.maxWaitMs,
      },
      () => {
        isWoken = true;
        this.#parked = null;
        this.#read(() => this.#finish());
      },
    );
    if (!isWoken) this.#parked = parked;
  }

  #release(): void {
    for (const part of this.#parts) {
      part.outcome?.release();
      part.outcome = null;
    }
  }

  #finish(): void {
    const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
    let hasMoved = false;
    let at = 0;
    for (const { topic, topicId, partitions } of this.#request.topics) {
      const answers: PartitionResponse[] = [];
      for (let count = 0; count < partitions.length; count++) {
        const answer = this.#answer(this.#parts[at++]!);
        if (answer.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) hasMoved = true;
        answers.push(answer);
      }
      responses.push({ topic, topicId, partitions: answers });
    }
    this.#response = hasMoved
      ? { ...nothing, responses, nodeEndpoints: clusterEndpoints(this.#context) }
      : { ...nothing, responses };
    this.#fulfil?.(this.#response);
  }

  #answer({ position, partition, missing, outcome }: Part): PartitionResponse {
    if (partition === undefined || outcome === null) return refused(position.partition, missing);
    const { errorCode, divergingEpoch } = outcome;
    const response: PartitionResponse = {
      partitionIndex: position.partition,
      errorCode:
        errorCode === ErrorCode.KAFKA_STORAGE_ERROR && this.#isBeforeStorageErrors()
          ? ErrorCode.NOT_LEADER_OR_FOLLOWER
          : errorCode,
      highWatermark: outcome.highWatermark,
      lastStableOffset: outcome.lastStableOffset,
      logStartOffset: outcome.logStartOffset,
      abortedTransactions: outcome.abortedTransactions,
      records: outcome.buffers,
    };
    if (divergingEpoch !== null) return { ...response, divergingEpoch };
    if (errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) return response;
    return {
      ...response,
      currentLeader: { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch },
    };
  }

  /** Clients of v5 and earlier do not know KAFKA_STORAGE_ERROR (behaviour 5). */
  #isBeforeStorageErrors(): boolean {
    return this.#context.header.apiVersion <= 5;
  }
}
