import {
  ErrorCode,
  type InputOf,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  zeroUuid,
} from '../../protocol';
import type { FetchedOffsets } from '../coordinator/group/types';
import type { Handler, RequestContext } from './handler';

type Response = InputOf<typeof OffsetFetchResponse>;
type GroupResponse = NonNullable<Response['groups']>[number];
type TopicResponse = GroupResponse['topics'][number];

/** A group of the request, as every version asks for one. */
interface AskedGroup {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  /** null: all that it has. */
  readonly topics:
    | readonly {
        readonly name: string;
        readonly topicId: string;
        readonly partitionIndexes: readonly number[];
      }[]
    | null;
}

/**
 * OffsetFetch: v1-10.
 *
 * Behaviour: a group, topic or partition that is not known has offset -1 and no error (66); null topics ask for everything.
 * Versions: v2 null topics and an error for the group (on each partition before); v5 leader epoch; v7 stable offsets only;
 * v8 several groups; v9 member and epoch; v10 topic ids, UNKNOWN_TOPIC_ID.
 */
export const offsetFetch: Handler<OffsetFetchRequest, Response> = {
  apiKey: 9,
  handle(request, context) {
    const groups = askedGroups(request, context);
    const answers: GroupResponse[] = new Array(groups.length);
    if (groups.length === 0) return { response: answer(answers, context) };
    return {
      response: new Promise((fulfil) => {
        let missing = groups.length;
        groups.forEach((group, at) => {
          fetchGroup(group, request.requireStable, context, (fetched) => {
            answers[at] = fetched;
            missing--;
            if (missing === 0) fulfil(answer(answers, context));
          });
        });
      }),
    };
  },
  refuse: (request, errorCode, context) =>
    answer(
      askedGroups(request, context).map((group) => failed(group, errorCode, context)),
      context,
    ),
};

function askedGroups(request: OffsetFetchRequest, { header }: RequestContext): readonly AskedGroup[] {
  if (header.apiVersion >= 8) return request.groups;
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }];
}

function fetchGroup(
  group: AskedGroup,
  requireStable: boolean,
  context: RequestContext,
  done: (answer: GroupResponse) => void,
): void {
  const { groupId, memberId, memberEpoch } = group;
  const named = group.topics === null ? null : group.topics.map((topic) => nameOf(topic, context));
  const topics = named?.filter(isNamed) ?? null;
  context.broker.groups.fetchOffsets({ groupId, memberId, memberEpoch, requireStable, topics }, (fetched) => {
    if (fetched.errorCode !== ErrorCode.NONE) done(failed(group, fetched.errorCode, context));
    else if (named === null) done({ groupId, topics: withIds(fetched.topics, context) });
    else done({ groupId, topics: merge(named, fetched.topics) });
  });
}

/** `name` null: an id that no topic has. */
interface NamedTopic {
  readonly name: string | null;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

function nameOf(
  { name, topicId, partitionIndexes }: NonNullable<AskedGroup['topics']>[number],
  { broker, header }: RequestContext,
): NamedTopic {
  if (header.apiVersion < 10) return { name, topicId, partitionIndexes };
  return { name: broker.metadata.image.topicsById.get(topicId)?.name ?? null, topicId, partitionIndexes };
}

const isNamed = (topic: NamedTopic): topic is NamedTopic & { readonly name: string } => topic.name !== null;

/** In the order of the request. */
function merge(topics: readonly NamedTopic[], fetched: FetchedOffsets['topics']): TopicResponse[] {
  let next = 0;
  return topics.map((topic) => {
    if (!isNamed(topic)) return nothing(topic, ErrorCode.UNKNOWN_TOPIC_ID);
    return { ...fetched[next++]!, topicId: topic.topicId };
  });
}

/** Everything that a group has. From v10 on a topic that is no more has no id to show, and is left out. */
function withIds(fetched: FetchedOffsets['topics'], { broker, header }: RequestContext): TopicResponse[] {
  if (header.apiVersion < 10) return [...fetched];
  const topics: TopicResponse[] = [];
  for (const topic of fetched) {
    const topicId = broker.metadata.image.topicsByName.get(topic.name)?.id;
    if (topicId !== undefined) topics.push({ ...topic, topicId });
  }
  return topics;
}

function nothing({ name, topicId, partitionIndexes }: NamedTopic, errorCode: number): TopicResponse {
  return {
    name: name ?? '',
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode,
    })),
  };
}

/** Version 1 has no place for an error of the group: it stands on every partition. */
function failed(
  { groupId, topics }: AskedGroup,
  errorCode: number,
  { header }: RequestContext,
): GroupResponse {
  if (header.apiVersion >= 2) return { groupId, topics: [], errorCode };
  return { groupId, topics: (topics ?? []).map((topic) => nothing(topic, errorCode)), errorCode };
}

function answer(groups: readonly GroupResponse[], { header }: RequestContext): Response {
  if (header.apiVersion >= 8) return { groups };
  const { topics, errorCode } = groups[0]!;
  return { topics: topics.map(({ name, partitions }) => ({ name: name ?? '', partitions })), errorCode };
}
