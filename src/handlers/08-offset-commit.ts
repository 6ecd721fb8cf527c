import {
  asOffset,
  type ErrorCode,
  type InputOf,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  saturate,
} from '../../protocol';
import type { CommitOffsets } from '../coordinator/group/types';
import { mergeCodes, type SortedTopic, sortOut } from './groups';
import type { Handler, RequestContext } from './handler';
import { findTopic, topicMissing } from './topics';

type Response = InputOf<typeof OffsetCommitResponse>;
type Asked = OffsetCommitRequest['topics'][number];

/**
 * OffsetCommit: v2-10.
 *
 * Behaviour: offsets of a member, or of a consumer without a group while nobody is a member (65). Each partition succeeds
 * or fails by itself; one that does not exist is UNKNOWN_TOPIC_OR_PARTITION. The answer comes when the offsets are stored,
 * so that an OffsetFetch behind it on the connection finds them.
 * Versions: v2-4 retention time; v6 leader epoch; v7 static members; v9 GROUP_ID_NOT_FOUND (ILLEGAL_GENERATION before);
 * v10 topic ids.
 */
export const offsetCommit: Handler<OffsetCommitRequest, Response> = {
  apiKey: 8,
  handle(request, context) {
    const sorted = sortOut(request.topics, (asked) => findTopic(context, asked));
    const topics = knownOffsets(sorted);
    if (topics.length === 0) return { response: answer(sorted, [], context) };
    const { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId } = request;
    const retentionTimeMs = saturate(request.retentionTimeMs);
    const canMissGroup = context.header.apiVersion >= 9;
    return {
      response: new Promise((fulfil) => {
        context.broker.groups.commitOffsets(
          { groupId, generationId, memberId, groupInstanceId, retentionTimeMs, canMissGroup, topics },
          (committed) => {
            const codes = committed.topics.flatMap(({ partitions }) =>
              partitions.map((one) => one.errorCode),
            );
            fulfil(answer(sorted, codes, context));
          },
        );
      }),
    };
  },
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
};

function knownOffsets(sorted: readonly SortedTopic<Asked>[]): CommitOffsets['topics'] {
  const known: CommitOffsets['topics'][number][] = [];
  for (const { asked, topic, isThere } of sorted) {
    if (topic === undefined || !isThere.includes(true)) continue;
    const partitions = asked.partitions
      .filter((_, at) => isThere[at])
      .map((partition) => ({ ...partition, committedOffset: asOffset(partition.committedOffset) }));
    known.push({ name: topic.name, topicId: topic.id, partitions });
  }
  return known;
}

function answer(
  sorted: readonly SortedTopic<Asked>[],
  codes: readonly ErrorCode[],
  { header }: RequestContext,
): Response {
  const merged = mergeCodes(sorted, codes, (asked) => topicMissing(asked, header.apiVersion >= 10));
  return {
    topics: merged.map(({ asked, partitions }) => ({ name: asked.name, topicId: asked.topicId, partitions })),
  };
}
