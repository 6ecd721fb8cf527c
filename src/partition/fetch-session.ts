/** One fetch session: its partitions in the order in which they are served, and what the client knows of each. */
import type { FetchRequest } from '../../protocol';
import type { FetchOutcome } from './types';

/** What is asked of a partition. */
export type AskedPartition = Pick<
  FetchRequest['topics'][number]['partitions'][number],
  'partition' | 'partitionMaxBytes' | 'currentLeaderEpoch' | 'lastFetchedEpoch'
>;

/** A partition as a session remembers it: what is asked of it, and what was last said. */
export class SessionPartition {
  previous: SessionPartition | null = null;
  next: SessionPartition | null = null;
  /** Learned from the id, and kept when the topic is gone; '' as long as nobody knows it. */
  topic: string;
  readonly topicId: string;
  readonly partition: number;
  offset = 0;
  partitionMaxBytes = 0;
  currentLeaderEpoch = -1;
  lastFetchedEpoch = -1;
  /** As last told to the client; -1: it must be told again. */
  highWatermark = -1;
  logStartOffset = -1;

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
  }

  ask(asked: AskedPartition, offset: number): void {
    this.offset = offset;
    this.partitionMaxBytes = asked.partitionMaxBytes;
    this.currentLeaderEpoch = asked.currentLeaderEpoch;
    this.lastFetchedEpoch = asked.lastFetchedEpoch;
  }
}

/** What a full fetch asked of a partition and was told. */
export interface AnsweredPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly asked: AskedPartition;
  readonly offset: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** What of an answer decides whether the client has to hear it. */
export type SessionAnswer = Pick<
  FetchOutcome,
  'errorCode' | 'highWatermark' | 'logStartOffset' | 'sizeBytes' | 'divergingEpoch'
>;

/** After the largest epoch comes 1: 0 and -1 ask for everything. */
export function nextSessionEpoch(epoch: number): number {
  return epoch === 0x7fff_ffff ? 1 : epoch + 1;
}

export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** Of a follower. */
  readonly isPrivileged: boolean;
  readonly createdMs: number;
  /** The one that the next request must carry. */
  epoch = 1;
  partitionCount = 0;
  lastUsedMs: number;
  /** As of the last use: number of partitions, and whether it existed long enough to be pushed out by anybody. */
  rankSize = 0;
  isOld = false;
  /** By name or id, then by index. */
  readonly #topics = new Map<string, Map<number, SessionPartition>>();
  #first: SessionPartition | null = null;
  #last: SessionPartition | null = null;

  constructor(options: {
    readonly id: number;
    readonly usesTopicIds: boolean;
    readonly isPrivileged: boolean;
    readonly createdMs: number;
  }) {
    this.id = options.id;
    this.usesTopicIds = options.usesTopicIds;
    this.isPrivileged = options.isPrivileged;
    this.createdMs = this.lastUsedMs = options.createdMs;
  }

  /** In the order in which they are served: what had data last comes last. */
  *partitions(): Generator<SessionPartition> {
    for (let at = this.#first; at !== null; at = at.next) yield at;
  }

  /** Adds a partition at the end, or changes what is asked of it. */
  put(topic: string, topicId: string, asked: AskedPartition, offset: number): SessionPartition {
    const key = this.usesTopicIds ? topicId : topic;
    let ofTopic = this.#topics.get(key);
    if (ofTopic === undefined) {
      ofTopic = new Map();
      this.#topics.set(key, ofTopic);
    }
    let partition = ofTopic.get(asked.partition);
    if (partition === undefined) {
      partition = new SessionPartition(topic, topicId, asked.partition);
      ofTopic.set(asked.partition, partition);
      this.#append(partition);
      this.partitionCount++;
    }
    partition.ask(asked, offset);
    return partition;
  }

  /** Takes over what a full fetch asked and was told. */
  note(answer: AnsweredPartition): void {
    const partition = this.put(answer.topic, answer.topicId, answer.asked, answer.offset);
    partition.highWatermark = answer.highWatermark;
    partition.logStartOffset = answer.logStartOffset;
  }

  forget(topicOrId: string, index: number): void {
    const ofTopic = this.#topics.get(topicOrId);
    const partition = ofTopic?.get(index);
    if (ofTopic === undefined || partition === undefined) return;
    ofTopic.delete(index);
    if (ofTopic.size === 0) this.#topics.delete(topicOrId);
    this.#unlink(partition);
    this.partitionCount--;
  }

  /**
   * Whether the answer says something that the client does not know; it knows it then. A partition with data goes to
   * the end of the order, so that none starves behind others that always have some. An error is said every time, and
   * its end as well.
   */
  tell(partition: SessionPartition, answer: SessionAnswer): boolean {
    const isNews =
      answer.sizeBytes > 0 ||
      answer.highWatermark !== partition.highWatermark ||
      answer.logStartOffset !== partition.logStartOffset ||
      answer.errorCode !== 0 ||
      answer.divergingEpoch !== null;
    partition.highWatermark = answer.errorCode === 0 ? answer.highWatermark : -1;
    partition.logStartOffset = answer.logStartOffset;
    if (answer.sizeBytes > 0 && partition !== this.#last) {
      this.#unlink(partition);
      this.#append(partition);
    }
    return isNews;
  }

  #append(partition: SessionPartition): void {
    partition.previous = this.#last;
    partition.next = null;
    if (this.#last === null) this.#first = partition;
    else this.#last.next = partition;
    this.#last = partition;
  }

  #unlink(partition: SessionPartition): void {
    if (partition.previous === null) this.#first = partition.next;
    else partition.previous.next = partition.next;
    if (partition.next === null) this.#last = partition.previous;
    else partition.next.previous = partition.previous;
  }
}
