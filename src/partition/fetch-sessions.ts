/**
 * Fetch sessions (KIP-227, behaviour 46): the broker remembers which partitions a consumer reads, and where, so that
 * requests name only what changed and answers only what is new. A machine without a clock: time comes as an argument.
 *
 * Its memory is bounded by two settings, slots and partitions. Nobody loses anything by having no session: the client
 * is told id 0 and goes on naming all its partitions.
 */
import assert from 'node:assert/strict';
import { asOffset, ErrorCode, type FetchRequest } from '../../protocol';
import { type AnsweredPartition, FetchSession, nextSessionEpoch } from './fetch-session';

/** What a consumer is told when it has no session. */
export const NO_SESSION_ID = 0;

/** Kafka's constant: so long is a session safe from being pushed out, and so long unused is it fair game. */
const EVICTABLE_AFTER_MS = 120_000;

export interface FetchSessionsOptions {
  /** Sessions at most; 0: none are made. */
  readonly slotsMax: number;
  /** Partitions at most that all sessions together remember. */
  readonly partitionsMax: number;
  /** Uniform integer in [0, bound): session ids cannot be guessed from one another. */
  readonly below: (bound: number) => number;
}

export type SessionRequest = Pick<
  FetchRequest,
  'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'
> & {
  /** Topics stand in the request by id (v13 and later), not by name. */
  readonly usesTopicIds: boolean;
};

/** How a fetch is to be served. */
export type FetchPlan =
  /** The whole answer is this code: it is not known which partitions were meant. */
  | { readonly kind: 'refused'; readonly errorCode: ErrorCode }
  /** What stands in the request; no session goes on. */
  | { readonly kind: 'sessionless' }
  /** What stands in the request; `create` a session for the answer. */
  | { readonly kind: 'full' }
  /** What stands in the session, in its order. It answers if its epoch is still `nextEpoch` by then. */
  | { readonly kind: 'incremental'; readonly session: FetchSession; readonly nextEpoch: number };

const sessionless: FetchPlan = { kind: 'sessionless' };
const full: FetchPlan = { kind: 'full' };

export class FetchSessions {
  readonly #options: FetchSessionsOptions;
  readonly #sessions = new Map<number, FetchSession>();
  /** The same sessions, least recently used first. */
  readonly #byUse = new Set<FetchSession>();
  #partitionCount = 0;
  #evictionCount = 0;

  constructor(options: FetchSessionsOptions) {
    this.#options = options;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  isKnown(sessionId: number): boolean {
    return this.#sessions.has(sessionId);
  }

  /** Over all sessions. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Sessions that made room for another one, since the start. */
  get evictionCount(): number {
    return this.#evictionCount;
  }

  /** Takes note of what the request changes in its session, and says how it is served. */
  begin(request: SessionRequest, nowMs: number): FetchPlan {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === 0 || sessionEpoch === -1) {
      // Whoever asks for everything closes what he had.
      const closed = this.#sessions.get(sessionId);
      if (closed !== undefined) this.#remove(closed);
      return sessionEpoch === 0 ? full : sessionless;
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.epoch !== sessionEpoch) return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    if (session.usesTopicIds !== request.usesTopicIds) return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
    this.#update(session, request);
    if (session.partitionCount === 0) {
      this.#remove(session);
      return sessionless;
    }
    if (this.#partitionCount > this.#options.partitionsMax) {
      // As if it had been pushed out by others: the client begins anew, and is told then that there is no room.
      this.#remove(session);
      return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    }
    session.epoch = nextSessionEpoch(session.epoch);
    this.#touch(session, nowMs);
    return { kind: 'incremental', session, nextEpoch: session.epoch };
  }

  /**
   * A session for what a full fetch answers, or `NO_SESSION_ID` when there is no room. `isPrivileged`: followers push
   * out consumers. Of a partition that stands twice the last one counts, in the place of the first.
   */
  create(
    answers: Iterable<AnsweredPartition>,
    options: { readonly usesTopicIds: boolean; readonly isPrivileged: boolean },
    nowMs: number,
  ): number {
    const { slotsMax, partitionsMax } = this.#options;
    if (slotsMax === 0) return NO_SESSION_ID;
    const { usesTopicIds, isPrivileged } = options;
    const session = new FetchSession({ id: this.#newId(), usesTopicIds, isPrivileged, createdMs: nowMs });
    for (const answer of answers) {
      session.note(answer);
      if (session.partitionCount > partitionsMax) return NO_SESSION_ID;
    }
    while (this.#sessions.size >= slotsMax || this.#partitionCount + session.partitionCount > partitionsMax) {
      if (!this.#evictFor(session, nowMs)) return NO_SESSION_ID;
    }
    this.#sessions.set(session.id, session);
    this.#byUse.add(session);
    this.#partitionCount += session.partitionCount;
    this.#touch(session, nowMs);
    return session.id;
  }

  #update(session: FetchSession, { topics, forgottenTopicsData }: SessionRequest): void {
    const before = session.partitionCount;
    for (const { topic, topicId, partitions } of topics) {
      for (const asked of partitions) session.put(topic, topicId, asked, asOffset(asked.fetchOffset));
    }
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const index of partitions) session.forget(session.usesTopicIds ? topicId : topic, index);
    }
    this.#partitionCount += session.partitionCount - before;
  }

  #touch(session: FetchSession, nowMs: number): void {
    session.lastUsedMs = nowMs;
    session.rankSize = session.partitionCount;
    session.isOld = nowMs - session.createdMs > EVICTABLE_AFTER_MS;
    this.#byUse.delete(session);
    this.#byUse.add(session);
  }

  #remove(session: FetchSession): void {
    assert(this.#sessions.delete(session.id));
    this.#byUse.delete(session);
    this.#partitionCount -= session.partitionCount;
  }

  /**
   * Kafka's order: whoever was not used for two minutes goes; else the least of those that may be pushed out, if it is
   * less than the newcomer. A consumer is less than a follower, few partitions are less than many. Sessions younger
   * than two minutes at their last use are safe from consumers, and young followers are safe from all.
   */
  #evictFor(newcomer: FetchSession, nowMs: number): boolean {
    let victim: FetchSession | null = null;
    for (const oldest of this.#byUse) {
      if (nowMs - oldest.lastUsedMs > EVICTABLE_AFTER_MS) victim = oldest;
      break;
    }
    victim ??= this.#leastValuable(newcomer);
    if (victim === null) return false;
    this.#remove(victim);
    this.#evictionCount++;
    return true;
  }

  /** A walk over all slots, which happens only when they are full and none is stale. */
  #leastValuable(newcomer: FetchSession): FetchSession | null {
    let least: FetchSession | null = null;
    for (const session of this.#sessions.values()) {
      if (!session.isOld && (session.isPrivileged || !newcomer.isPrivileged)) continue;
      if (least === null || isLess(session, least)) least = session;
    }
    if (least === null) return null;
    if (least.isPrivileged !== newcomer.isPrivileged) return least.isPrivileged ? null : least;
    return newcomer.partitionCount > least.rankSize ? least : null;
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#options.below(0x7fff_ffff);
      if (!this.#sessions.has(id)) return id;
    }
  }
}

function refused(errorCode: ErrorCode): FetchPlan {
  return { kind: 'refused', errorCode };
}

function isLess(left: FetchSession, right: FetchSession): boolean {
  if (left.isPrivileged !== right.isPrivileged) return right.isPrivileged;
  return left.rankSize === right.rankSize ? left.id < right.id : left.rankSize < right.rankSize;
}
