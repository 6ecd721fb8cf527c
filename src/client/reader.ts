/** Reads partitions in offset order: long polls to their leaders, records of aborted transactions left out. */
import { ErrorCode, FetchRequest, FetchResponse, type ValueOf } from '../../protocol';
import {
  batchEnd,
  isControl,
  isTransactional,
  leaderEpochOf,
  nextOffsetOf,
  type PlainRecord,
  producerIdOf,
  readEndMarker,
  recordsOf,
} from '../../storage';
import type { Cluster } from './cluster';
import { pause } from './cluster';
import { check } from './errors';
import { earliestTimestamp, listOffsets } from './offsets';

// From version 13 on topics are named by id; names serve brokers of every age.
const exchange = { request: FetchRequest, response: FetchResponse, versionMax: 12 };

export interface ReadRecord extends PlainRecord {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  /** Exclusive; records from there on are not given out. null: no end. */
  readonly endOffset: number | null;
}

export interface ReaderOptions {
  readonly isolation: 'read_uncommitted' | 'read_committed';
  /** How long one poll waits for the first record. */
  readonly waitMs: number;
}

const FETCH_SIZE_BYTES_MAX = 8 * 1024 * 1024;
const PARTITION_SIZE_BYTES_MAX = 1024 * 1024;
const RETRY_PAUSE_MS = 100;

type PartitionAnswer = ValueOf<typeof FetchResponse>['responses'][number]['partitions'][number];

export class Reader {
  readonly #cluster: Cluster;
  readonly #options: ReaderOptions;
  #positions: Position[];

  constructor(cluster: Cluster, positions: readonly Position[], options: ReaderOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#positions = [...positions];
  }

  get positions(): readonly Position[] {
    return this.#positions;
  }

  /** Every position has come to its end. */
  get isAtEnd(): boolean {
    return this.#positions.every(({ offset, endOffset }) => endOffset !== null && offset >= endOffset);
  }

  /**
   * What is there to read now, waited for as long as `waitMs`; `[]` if nothing came. Positions stand behind what is
   * returned. @throws RefusedError, BrokerConnectionError
   */
  async poll(): Promise<readonly ReadRecord[]> {
    const open = this.#positions.filter(({ offset, endOffset }) => endOffset === null || offset < endOffset);
    if (open.length === 0) return [];
    const topics = [...new Set(open.map(({ topic }) => topic))];
    const view = await this.#cluster.describeOnce(topics);
    const byLeader = new Map<number, Position[]>();
    for (const position of open) {
      const topic = view.topics.find(({ name }) => name === position.topic);
      check(topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${position.topic}`);
      const leaderId = topic!.partitions[position.partition]?.leaderId ?? -1;
      byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), position]);
    }
    const records: ReadRecord[] = [];
    if (byLeader.delete(-1)) {
      this.#cluster.forget();
      if (byLeader.size === 0) await pause(RETRY_PAUSE_MS);
    }
    // With several leaders the silent one must not hold back what the others have.
    const isShared = byLeader.size > 1;
    await Promise.all(
      [...byLeader].map(async ([leaderId, positions]) => {
        records.push(...(await this.#fetch(leaderId, positions, isShared)));
      }),
    );
    return records;
  }

  async #fetch(
    leaderId: number,
    positions: readonly Position[],
    isShared: boolean,
  ): Promise<readonly ReadRecord[]> {
    const connection = await this.#cluster.broker(leaderId);
    const waitMs = isShared ? Math.min(this.#options.waitMs, RETRY_PAUSE_MS) : this.#options.waitMs;
    const byTopic = new Map<string, Position[]>();
    for (const position of positions)
      byTopic.set(position.topic, [...(byTopic.get(position.topic) ?? []), position]);
    const answer = await connection.send(
      exchange,
      {
        maxWaitMs: waitMs,
        minBytes: 1,
        maxBytes: FETCH_SIZE_BYTES_MAX,
        isolationLevel: this.#options.isolation === 'read_committed' ? 1 : 0,
        topics: [...byTopic].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            partitionMaxBytes: PARTITION_SIZE_BYTES_MAX,
          })),
        })),
      },
      waitMs,
    );
    check(answer.errorCode, 'Fetch');
    const records: ReadRecord[] = [];
    for (const { topic, partitions } of answer.responses) {
      for (const data of partitions) {
        const position = byTopic.get(topic)?.find(({ partition }) => partition === data.partitionIndex);
        if (position !== undefined) await this.#take(position, data, records);
      }
    }
    return records;
  }

  async #take(position: Position, data: PartitionAnswer, into: ReadRecord[]): Promise<void> {
    const about = `Topic ${position.topic}, partition ${position.partition}`;
    switch (data.errorCode) {
      case ErrorCode.NONE:
        break;
      case ErrorCode.NOT_LEADER_OR_FOLLOWER:
      case ErrorCode.FENCED_LEADER_EPOCH:
      case ErrorCode.UNKNOWN_LEADER_EPOCH:
      case ErrorCode.LEADER_NOT_AVAILABLE:
        this.#cluster.forget();
        await pause(RETRY_PAUSE_MS);
        return;
      case ErrorCode.OFFSET_OUT_OF_RANGE: {
        await this.#moveIntoLog(position, about);
        return;
      }
      default:
        check(data.errorCode, about);
    }
    const { records } = data;
    if (records === null || records.length === 0) return;
    const aborted = new AbortedFilter(data.abortedTransactions ?? []);
    for (let at = 0; ; ) {
      const end = batchEnd(records, at);
      if (end < 0) return;
      const isShown = aborted.shows(records, at);
      if (isShown) takeBatch(records, at, position, into);
      position.offset = Math.max(position.offset, nextOffsetOf(records, at));
      if (position.endOffset !== null && position.offset >= position.endOffset) return;
      at = end;
    }
  }

  /** The beginning of the log has moved past the position: go on there. A position behind the end is refused. */
  async #moveIntoLog(position: Position, about: string): Promise<void> {
    const topic = await this.#cluster.topic(position.topic);
    const first = (await listOffsets(this.#cluster, topic, earliestTimestamp, [position.partition])).get(
      position.partition,
    )!;
    if (position.offset >= first) check(ErrorCode.OFFSET_OUT_OF_RANGE, `${about}, offset ${position.offset}`);
    position.offset = first;
  }
}

function takeBatch(records: Buffer, at: number, position: Position, into: ReadRecord[]): void {
  const { topic, partition, offset, endOffset } = position;
  const leaderEpoch = leaderEpochOf(records, at);
  for (const record of recordsOf(records, at)) {
    if (record.offset < offset) continue;
    if (endOffset !== null && record.offset >= endOffset) return;
    into.push({ ...record, topic, partition, leaderEpoch });
  }
}

/** Knows, batch after batch, which producers have an aborted transaction open (KIP-98). */
class AbortedFilter {
  readonly #aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
  readonly #open = new Set<number>();
  #next = 0;

  constructor(aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]) {
    this.#aborted = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  }

  shows(records: Buffer, at: number): boolean {
    const endOffset = nextOffsetOf(records, at);
    for (; (this.#aborted[this.#next]?.firstOffset ?? endOffset) < endOffset; this.#next++) {
      this.#open.add(this.#aborted[this.#next]!.producerId);
    }
    const producerId = producerIdOf(records, at);
    if (isControl(records, at)) {
      if (readEndMarker(records, at)?.isCommit === false) this.#open.delete(producerId);
      return false;
    }
    return !(isTransactional(records, at) && this.#open.has(producerId));
  }
}
