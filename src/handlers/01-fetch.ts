import { asOffset, ErrorCode, type FetchRequest, type FetchResponse, type InputOf } from '../../protocol';
import type { TopicImage } from '../metadata/types';
import type {
  AnsweredPartition,
  AskedPartition,
  FetchSession,
  SessionAnswer,
  SessionPartition,
} from '../partition/fetch-session';
import type { FetchPlan } from '../partition/fetch-sessions';
import type { FetchOutcome, Isolation, ParkedFetch, Partition } from '../partition/types';
import type { Handled, Handler, RequestContext } from './handler';
import { clusterEndpoints, findTopic, topicMissing } from './topics';

type Response = InputOf<typeof FetchResponse>;
type TopicResponse = Response['responses'][number];
type PartitionResponse = TopicResponse['partitions'][number];

/** One partition of the fetch. */
interface Part {
  readonly topic: string;
  readonly topicId: string;
  /** By this request, or by its session. */
  readonly asked: AskedPartition;
  readonly offset: number;
  readonly partition: Partition | undefined;
  /** Why there is no partition. */
  readonly missing: ErrorCode;
  /** The session's memory of it, in an incremental fetch. */
  readonly remembered: SessionPartition | null;
  outcome: FetchOutcome | null;
}

/**
 * Fetch: v4-18.
 *
 * Behaviour: whole batches, one at least (38, 39); long poll until min_bytes, an error or the deadline (40); `records` is
 * empty, never null (41); sessions (46): an incremental fetch reads what the session names, in the session's order, and
 * answers what is new.
 * Versions: v5 log start offset; v7 sessions; v9 leader epoch; v11 rack; v12 diverging epoch; v13 topic ids; v16 endpoints.
 */
export const fetch: Handler<FetchRequest, Response> = {
  apiKey: 1,
  handle(request, context) {
    // Kafka fails here as well: no such isolation level exists.
    if (request.isolationLevel !== 0 && request.isolationLevel !== 1) {
      return { response: fetch.refuse(request, ErrorCode.UNKNOWN_SERVER_ERROR, context) };
    }
    const { fetchSessions, host } = context.broker;
    const usesTopicIds = context.header.apiVersion >= 13;
    const { sessionId, sessionEpoch, topics, forgottenTopicsData } = request;
    const plan = fetchSessions.begin(
      { sessionId, sessionEpoch, topics, forgottenTopicsData, usesTopicIds },
      host.brokerTime.nowMs(),
    );
    if (plan.kind === 'refused') return { response: { ...nothing, errorCode: plan.errorCode } };
    return new Fetch(request, context, plan).run();
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

const unknownInOrder: readonly ErrorCode[] = [
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
];

/** Nobody here knows of such a partition: it shortens no wait, and is answered after the others. */
function isUnknown({ partition, missing }: Part): boolean {
  return partition === undefined && unknownInOrder.includes(missing);
}

/** One request on its way: reads its partitions in order, perhaps parks, and reads once more. */
class Fetch {
  readonly #request: FetchRequest;
  readonly #context: RequestContext;
  readonly #plan: Exclude<FetchPlan, { readonly kind: 'refused' }>;
  readonly #isolation: Isolation;
  readonly #isFollower: boolean;
  readonly #parts: Part[] = [];
  readonly #sizeBytesMax: number;
  readonly #sizeBytesMin: number;
  #fulfil: ((response: Response) => void) | null = null;
  #response: Response | null = null;
  #parked: ParkedFetch | null = null;

  constructor(
    request: FetchRequest,
    context: RequestContext,
    plan: Exclude<FetchPlan, { readonly kind: 'refused' }>,
  ) {
    this.#request = request;
    this.#context = context;
    this.#plan = plan;
    this.#isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted';
    this.#sizeBytesMax = Math.min(request.maxBytes, context.broker.config.fetchSizeBytesMax);
    this.#sizeBytesMin = Math.min(request.minBytes, this.#sizeBytesMax);
    // Replicas are no consumers: a broker of Kafka that fetches from here is told that it has no business here.
    this.#isFollower = Math.max(request.replicaId, request.replicaState.replicaId) >= 0;
    if (plan.kind === 'incremental') this.#takeRemembered(plan.session);
    else this.#takeRequested();
  }

  #takeRequested(): void {
    const isByTopicId = this.#context.header.apiVersion >= 13;
    for (const topic of this.#request.topics) {
      const found = findTopic(this.#context, topic);
      for (const asked of topic.partitions) {
        const there = this.#partition(found, asked.partition);
        this.#parts.push({
          topic: topic.topic,
          topicId: topic.topicId,
          asked,
          offset: asOffset(asked.fetchOffset),
          partition: this.#isFollower ? undefined : there,
          missing: found === undefined ? topicMissing(topic, isByTopicId) : missingPartition(there),
          remembered: null,
          outcome: null,
        });
      }
    }
  }

  #takeRemembered(session: FetchSession): void {
    for (const remembered of session.partitions()) {
      const found = findTopic(this.#context, remembered);
      if (found !== undefined) remembered.topic = found.name;
      const there = this.#partition(found, remembered.partition);
      this.#parts.push({
        topic: remembered.topic,
        topicId: remembered.topicId,
        asked: remembered,
        offset: remembered.offset,
        partition: this.#isFollower ? undefined : there,
        missing: found === undefined ? this.#lost(remembered, session.usesTopicIds) : missingPartition(there),
        remembered,
        outcome: null,
      });
    }
  }

  #partition(topic: TopicImage | undefined, index: number): Partition | undefined {
    return topic && this.#context.broker.partitions.get(topic.id, index);
  }

  /** A session goes on to know the name of a topic that was deleted, as Kafka's do; another topic may have it now. */
  #lost({ topic, partition }: SessionPartition, isByTopicId: boolean): ErrorCode {
    if (!isByTopicId) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (topic === '') return ErrorCode.UNKNOWN_TOPIC_ID;
    const successor = this.#context.broker.metadata.image.topicsByName.get(topic);
    return successor?.partitions[partition] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INCONSISTENT_TOPIC_ID;
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
        const { currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes } = part.asked;
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
    for (const part of this.#parts) {
      const { outcome } = part;
      if (outcome === null) {
        if (isUnknown(part)) continue;
        return true;
      }
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
    const response = this.#plan.kind === 'incremental' ? this.#finishIncremental() : this.#finishFull();
    this.#response = response;
    this.#fulfil?.(response);
  }

  #finishFull(): Response {
    const answered: AnsweredPartition[] | null = this.#plan.kind === 'full' ? [] : null;
    const response = this.#answerAll((part) => {
      answered?.push({
        topic: part.partition?.topicName ?? part.topic,
        topicId: part.topicId,
        asked: part.asked,
        offset: part.offset,
        highWatermark: part.outcome?.highWatermark ?? -1,
        logStartOffset: part.outcome?.logStartOffset ?? -1,
      });
      return true;
    });
    if (answered === null) return response;
    const { fetchSessions, host } = this.#context.broker;
    const sessionId = fetchSessions.create(
      answered,
      { usesTopicIds: this.#context.header.apiVersion >= 13, isPrivileged: this.#isFollower },
      host.brokerTime.nowMs(),
    );
    return { ...response, sessionId };
  }

  #finishIncremental(): Response {
    const { session, nextEpoch } = this.#plan as Extract<FetchPlan, { readonly kind: 'incremental' }>;
    const sessionId = session.id;
    // Another request of the session has overtaken this one while it was parked: what the client knows is unknown.
    if (session.epoch !== nextEpoch) {
      return { ...nothing, sessionId, errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    }
    const response = this.#answerAll(({ remembered, outcome, missing }) =>
      session.tell(remembered!, outcome ?? notThere(missing)),
    );
    return { ...response, sessionId };
  }

  /** The answer of all partitions that `isTold` keeps: those that exist first, as in Kafka's answers. */
  #answerAll(isTold: (part: Part) => boolean): Response {
    const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
    let hasMoved = false;
    const answer = (part: Part): void => {
      if (!isTold(part)) return;
      const answered = this.#answer(part);
      hasMoved ||= this.#isMoved(answered.errorCode);
      const { topic, topicId } = part;
      const last = responses[responses.length - 1];
      if (last !== undefined && last.topicId === topicId && last.topic === topic)
        last.partitions.push(answered);
      else responses.push({ topic, topicId, partitions: [answered] });
    };
    let unknownCount = 0;
    for (const part of this.#parts) {
      if (isUnknown(part)) unknownCount++;
      else answer(part);
    }
    for (const missing of unknownCount === 0 ? [] : unknownInOrder) {
      for (const part of this.#parts) if (isUnknown(part) && part.missing === missing) answer(part);
    }
    return hasMoved
      ? { ...nothing, responses, nodeEndpoints: clusterEndpoints(this.#context) }
      : { ...nothing, responses };
  }

  #answer({ asked, partition, missing, outcome }: Part): PartitionResponse {
    if (partition === undefined || outcome === null) return refused(asked.partition, missing);
    const { errorCode, divergingEpoch } = outcome;
    partition.traffic.bytesOut += outcome.sizeBytes;
    const response: PartitionResponse = {
      partitionIndex: asked.partition,
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
    if (!this.#isMoved(errorCode)) return response;
    return {
      ...response,
      currentLeader: { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch },
    };
  }

  /** The client should look for another leader, and from v16 on is told which (KIP-951). */
  #isMoved(errorCode: number): boolean {
    if (this.#context.header.apiVersion < 16) return false;
    return errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
  }

  /** Clients of v5 and earlier do not know KAFKA_STORAGE_ERROR (behaviour 5). */
  #isBeforeStorageErrors(): boolean {
    return this.#context.header.apiVersion <= 5;
  }
}

function notThere(errorCode: ErrorCode): SessionAnswer {
  return { errorCode, highWatermark: -1, logStartOffset: -1, sizeBytes: 0, divergingEpoch: null };
}

function missingPartition(partition: Partition | undefined): ErrorCode {
  return partition === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NOT_LEADER_OR_FOLLOWER;
}
