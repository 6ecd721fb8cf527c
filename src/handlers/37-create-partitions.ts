import type { CreatePartitionsRequest, CreatePartitionsResponse, ErrorCode, InputOf } from '../../protocol';
import type { Verdict } from '../metadata/types';
import type { Handler } from './handler';

type Response = InputOf<typeof CreatePartitionsResponse>;
type Asked = CreatePartitionsRequest['topics'][number];

/**
 * CreatePartitions: v0-3.
 *
 * Behaviour: each topic succeeds or fails by itself and is in the answer once (19). Fewer or as many partitions as there are
 * is INVALID_PARTITIONS, a name that stands twice INVALID_REQUEST. The answer comes when the new leaders stand.
 * Versions: v2 flexible; v3 the same with quotas.
 */
export const createPartitions: Handler<CreatePartitionsRequest, Response> = {
  apiKey: 37,
  handle(request, { broker }) {
    const { validateOnly, timeoutMs } = request;
    const topics = request.topics.map(({ name, count, assignments }) => ({
      name,
      count,
      assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
    }));
    return {
      response: new Promise((fulfil) => {
        broker.metadata.createPartitions({ topics, validateOnly, timeoutMs }, (verdicts) =>
          fulfil(answer(request.topics, verdicts)),
        );
      }),
    };
  },
  refuse: ({ topics }, errorCode) =>
    answer(
      topics,
      topics.map(() => ({ errorCode: errorCode as ErrorCode, errorMessage: null })),
    ),
};

function answer(topics: readonly Asked[], verdicts: readonly Verdict[]): Response {
  const byName = new Map(topics.map(({ name }, at) => [name, verdicts[at]!]));
  return {
    throttleTimeMs: 0,
    results: [...byName].map(([name, verdict]) => ({ name, ...verdict })),
  };
}
