/** What the handlers of groups have in common. */
import { ErrorCode } from '../../protocol';
import type { GroupClient } from '../coordinator/group/types';
import type { TopicImage } from '../metadata/types';
import type { RequestContext } from './handler';

/** Who asks, in the form in which tools show members. */
export function groupClient({ header, connection }: RequestContext): GroupClient {
  return { clientId: header.clientId ?? '', clientHost: `/${connection.remoteAddress}` };
}

interface AskedTopic {
  readonly partitions: readonly { readonly partitionIndex: number }[];
}

/** A topic of a request, and which of its partitions exist: decided once, for topics come and go meanwhile. */
export interface SortedTopic<Asked extends AskedTopic> {
  readonly asked: Asked;
  readonly topic: TopicImage | undefined;
  readonly isThere: readonly boolean[];
}

export function sortOut<Asked extends AskedTopic>(
  topics: readonly Asked[],
  find: (asked: Asked) => TopicImage | undefined,
): SortedTopic<Asked>[] {
  return topics.map((asked) => {
    const topic = find(asked);
    const isThere = asked.partitions.map(
      ({ partitionIndex }) => topic?.partitions[partitionIndex] !== undefined,
    );
    return { asked, topic, isThere };
  });
}

/**
 * The answer in the order of the request. `codes`: the coordinator's, one for each partition that exists, in the same
 * order. A topic that exists and was named without partitions is not in it.
 */
export function mergeCodes<Asked extends AskedTopic>(
  topics: readonly SortedTopic<Asked>[],
  codes: readonly ErrorCode[],
  topicMissing: (asked: Asked) => ErrorCode,
): { readonly asked: Asked; readonly partitions: { partitionIndex: number; errorCode: ErrorCode }[] }[] {
  let next = 0;
  const merged = topics.map(({ asked, topic, isThere }) => {
    const missing = topic === undefined ? topicMissing(asked) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const partitions = asked.partitions.map(({ partitionIndex }, at) => ({
      partitionIndex,
      errorCode: isThere[at] ? codes[next++]! : missing,
    }));
    return { asked, topic, partitions };
  });
  return merged.filter(({ topic, partitions }) => topic === undefined || partitions.length > 0);
}
