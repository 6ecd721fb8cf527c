import {
  asTimestamp,
  ErrorCode,
  type InputOf,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../../protocol';
import type { Isolation, OffsetOutcome, Partition } from '../partition/types';
import type { Handled, Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof ListOffsetsResponse>;
type PartitionResponse = Response['topics'][number]['partitions'][number];
type Asked = ListOffsetsRequest['topics'][number]['partitions'][number];

/** Oldest version that knows each special timestamp: latest and earliest always, max timestamp, local start, tiered, pending upload. */
const specialSince: Readonly<Record<number, number>> = {
  [-1]: 1,
  [-2]: 1,
  [-3]: 7,
  [-4]: 8,
  [-5]: 9,
  [-6]: 11,
};

/**
 * ListOffsets: v1-11.
 *
 * Behaviour: special timestamps, search by record, unsettled leaders (53-55); a partition named twice is INVALID_REQUEST.
 * Versions: v2 isolation; v4 leader epoch; v5 OFFSET_NOT_AVAILABLE; v7, v8, v9, v11 new special timestamps.
 */
export const listOffsets: Handler<ListOffsetsRequest, Response> = {
  apiKey: 2,
  handle(request, context) {
    // Kafka fails here as well: no such isolation level exists.
    if (request.isolationLevel !== 0 && request.isolationLevel !== 1) {
      return { response: listOffsets.refuse(request, ErrorCode.UNKNOWN_SERVER_ERROR, context) };
    }
    return new ListOffsets(request, context).run();
  },
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
};

class ListOffsets {
  readonly #request: ListOffsetsRequest;
  readonly #context: RequestContext;
  readonly #isolation: Isolation;
  readonly #twice: ReadonlySet<string>;
  #pending = 1;
  #fulfil: (() => void) | null = null;

  constructor(request: ListOffsetsRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
    this.#isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted';
    this.#twice = namedTwice(request);
  }

  run(): Handled<Response> {
    const topics = this.#request.topics.map(({ name, partitions }) => {
      const answers: PartitionResponse[] = new Array(partitions.length);
      for (let at = 0; at < partitions.length; at++) this.#look(name, partitions[at]!, answers, at);
      return { name, partitions: answers };
    });
    const response: Response = { topics };
    if (--this.#pending === 0) return { response };
    return {
      response: new Promise((fulfil) => {
        this.#fulfil = () => fulfil(response);
      }),
    };
  }

  #look(name: string, asked: Asked, into: PartitionResponse[], at: number): void {
    const { partitionIndex, currentLeaderEpoch } = asked;
    const topic = findTopic(this.#context, { name });
    const partition = topic && this.#context.broker.partitions.get(topic.id, partitionIndex);
    const timestamp = asTimestamp(asked.timestamp);
    const errorCode = this.#refusal(`${name}/${partitionIndex}`, timestamp, asked, partition);
    if (errorCode !== ErrorCode.NONE || partition === undefined) {
      into[at] = { partitionIndex, errorCode };
      return;
    }
    this.#pending++;
    partition.listOffset({ timestamp, isolation: this.#isolation, currentLeaderEpoch }, (outcome) => {
      into[at] = this.#answer(partitionIndex, outcome);
      if (--this.#pending === 0) this.#fulfil?.();
    });
  }

  #refusal(
    key: string,
    timestamp: number,
    { currentLeaderEpoch }: Asked,
    partition: Partition | undefined,
  ): number {
    if (this.#twice.has(key)) return ErrorCode.INVALID_REQUEST;
    const isKnown =
      timestamp >= 0 || (specialSince[timestamp] ?? Infinity) <= this.#context.header.apiVersion;
    if (!isKnown) return ErrorCode.UNSUPPORTED_VERSION;
    if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    // -1 is "do not check"; anything below is an epoch, older than all.
    return currentLeaderEpoch < -1 ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.NONE;
  }

  #answer(
    partitionIndex: number,
    { errorCode, offset, timestamp, leaderEpoch }: OffsetOutcome,
  ): PartitionResponse {
    if (errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode: this.#knownError(errorCode) };
    return { partitionIndex, errorCode, offset, timestamp, leaderEpoch };
  }

  /** Clients of v4 and earlier do not know OFFSET_NOT_AVAILABLE (behaviour 5). */
  #knownError(errorCode: number): number {
    const isUnknown = errorCode === ErrorCode.OFFSET_NOT_AVAILABLE && this.#context.header.apiVersion <= 4;
    return isUnknown ? ErrorCode.LEADER_NOT_AVAILABLE : errorCode;
  }
}

function namedTwice({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
  }
  return twice;
}
