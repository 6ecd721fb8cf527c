import {
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import type { Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof AlterReplicaLogDirsResponse>;

/**
 * AlterReplicaLogDirs: v1-2.
 *
 * Behaviour: a broker has one data directory: a replica that is told to be there is there, and any other directory is
 * LOG_DIR_NOT_FOUND, whatever the partition. Paths are compared as DescribeLogDirs shows them.
 */
export const alterReplicaLogDirs: Handler<AlterReplicaLogDirsRequest, Response> = {
  apiKey: 34,
  handle: (request, context) => ({
    response: answer(request, (path, name, index) => move(path, name, index, context)),
  }),
  refuse: (request, errorCode) => answer(request, () => errorCode),
};

function answer(
  { dirs }: AlterReplicaLogDirsRequest,
  move: (path: string, name: string, index: number) => number,
): Response {
  const byTopic = new Map<string, { partitionIndex: number; errorCode: number }[]>();
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const results = byTopic.get(name) ?? [];
      byTopic.set(name, results);
      for (const index of partitions)
        results.push({ partitionIndex: index, errorCode: move(path, name, index) });
    }
  }
  return {
    results: [...byTopic]
      .filter(([, partitions]) => partitions.length > 0)
      .map(([topicName, partitions]) => ({ topicName, partitions })),
  };
}

function move(path: string, name: string, index: number, context: RequestContext): number {
  const { host, partitions } = context.broker;
  if (path !== host.disk.location) return ErrorCode.LOG_DIR_NOT_FOUND;
  const topic = findTopic(context, { name });
  const partition = topic && partitions.get(topic.id, index);
  return partition === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE;
}
