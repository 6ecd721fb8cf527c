import { ErrorCode, type InputOf, type OffsetDeleteRequest, type OffsetDeleteResponse } from '../../protocol';
import { mergeCodes, sortOut } from './groups';
import type { Handler } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof OffsetDeleteResponse>;

/**
 * OffsetDelete: v0.
 *
 * Behaviour: offsets of topics that no member is subscribed to go, GROUP_SUBSCRIBED_TO_TOPIC for the others (68). A group
 * whose subscriptions nobody can read must be empty: NON_EMPTY_GROUP. An error of the group has no topics beside it.
 */
export const offsetDelete: Handler<OffsetDeleteRequest, Response> = {
  apiKey: 47,
  handle({ groupId, topics: asked }, context) {
    const sorted = sortOut(asked, (topic) => findTopic(context, topic));
    const topics = sorted.map(({ asked: { name, partitions }, isThere }) => ({
      name,
      partitions: partitions.filter((_, at) => isThere[at]),
    }));
    return {
      response: new Promise((fulfil) => {
        context.broker.groups.deleteOffsets({ groupId, topics }, (deleted) => {
          if (deleted.errorCode !== ErrorCode.NONE) {
            fulfil({ errorCode: deleted.errorCode, topics: [] });
            return;
          }
          const codes = deleted.topics.flatMap(({ partitions }) => partitions.map((one) => one.errorCode));
          const merged = mergeCodes(sorted, codes, () => ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
          fulfil({
            errorCode: ErrorCode.NONE,
            topics: merged.map(({ asked: { name }, partitions }) => ({ name, partitions })),
          });
        });
      }),
    };
  },
  refuse: (_request, errorCode) => ({ errorCode, topics: [] }),
};
