import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import { METADATA_TOPIC_ID } from '../metadata/topic-names';
import type { Partition } from '../partition/types';
import type { Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof DescribeLogDirsResponse>;
type TopicResponse = Response['results'][number]['topics'][number];

/**
 * DescribeLogDirs: v1-5.
 *
 * Behaviour: the data directory of this broker, the sizes of the partitions asked for, all of them with null (26); what is
 * not here is left out.
 * Versions: v3 error of the whole answer; v4 size and free space of the volume; v5 cordoned directories.
 */
export const describeLogDirs: Handler<DescribeLogDirsRequest, Response> = {
  apiKey: 35,
  handle(request, context) {
    const { disk } = context.broker.host;
    return {
      response: new Promise((fulfil) => {
        disk.space((error, space) => {
          const { totalBytes, usableBytes } = error === null ? space : { totalBytes: -1, usableBytes: -1 };
          const directory = {
            errorCode: ErrorCode.NONE,
            logDir: disk.location,
            topics: describeTopics(request, context),
            totalBytes,
            usableBytes,
            isCordoned: false,
          };
          fulfil({ errorCode: ErrorCode.NONE, results: [directory] });
        });
      }),
    };
  },
  // Before v3 an answer without directories says it.
  refuse: (_request, errorCode) => ({ errorCode, results: [] }),
};

function describeTopics({ topics }: DescribeLogDirsRequest, context: RequestContext): TopicResponse[] {
  return Array.from(asked(topics, context), ([name, partitions]) => ({
    name,
    partitions: Array.from(partitions, ({ index, sizeBytes }) => ({
      partitionIndex: index,
      partitionSize: sizeBytes,
      // A replica is behind the one that it will replace, or in step with itself.
      offsetLag: 0,
      isFutureKey: false,
    })),
  }));
}

/** The partitions that are here, once each, by name of the topic. */
function asked(
  topics: DescribeLogDirsRequest['topics'],
  context: RequestContext,
): ReadonlyMap<string, ReadonlySet<Partition>> {
  const { partitions } = context.broker;
  const byTopic = new Map<string, Set<Partition>>();
  const add = (partition: Partition | undefined): void => {
    if (partition === undefined || partition.topicId === METADATA_TOPIC_ID) return;
    const set = byTopic.get(partition.topicName);
    if (set === undefined) byTopic.set(partition.topicName, new Set([partition]));
    else set.add(partition);
  };
  if (topics === null) {
    for (const partition of partitions.all()) add(partition);
    return byTopic;
  }
  for (const { topic: name, partitions: indexes } of topics) {
    const topic = findTopic(context, { name });
    if (topic === undefined) continue;
    for (const index of indexes) add(partitions.get(topic.id, index));
  }
  return byTopic;
}
