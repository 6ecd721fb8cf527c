import {
  asOffset,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import type { Handled, Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof DeleteRecordsResponse>;
type PartitionResponse = Response['topics'][number]['partitions'][number];
type Asked = DeleteRecordsRequest['topics'][number]['partitions'][number];

/**
 * DeleteRecords: v0-2.
 *
 * Behaviour: the start of each log moves up to the offset asked for, -1 is the high watermark; the answer is where the log
 * begins (56). Internal topics are INVALID_TOPIC_EXCEPTION, topics that are only compacted POLICY_VIOLATION.
 */
export const deleteRecords: Handler<DeleteRecordsRequest, Response> = {
  apiKey: 21,
  handle: (request, context) => new DeleteRecords(request, context).run(),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
};

/** One request on its way: counts the partitions whose new start is not durable yet. */
class DeleteRecords {
  readonly #request: DeleteRecordsRequest;
  readonly #context: RequestContext;
  /** One for the loop itself, so that an early answer does not finish the request. */
  #pending = 1;
  #fulfil: (() => void) | null = null;

  constructor(request: DeleteRecordsRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
  }

  run(): Handled<Response> {
    const topics = this.#request.topics
      .filter(({ partitions }) => partitions.length > 0)
      .map(({ name, partitions }) => {
        const answers: PartitionResponse[] = new Array(partitions.length);
        for (let at = 0; at < partitions.length; at++) this.#delete(name, partitions[at]!, answers, at);
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

  #delete(name: string, { partitionIndex, offset }: Asked, into: PartitionResponse[], at: number): void {
    const topic = findTopic(this.#context, { name });
    const partition = topic && this.#context.broker.partitions.get(topic.id, partitionIndex);
    if (topic === undefined || partition === undefined) {
      into[at] = { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      return;
    }
    if (topic.isInternal) {
      into[at] = { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION };
      return;
    }
    this.#pending++;
    const { timeoutMs } = this.#request;
    partition.deleteRecords({ offset: asOffset(offset), timeoutMs }, ({ errorCode, lowWatermark }) => {
      into[at] = { partitionIndex, lowWatermark, errorCode };
      if (--this.#pending === 0) this.#fulfil?.();
    });
  }
}
