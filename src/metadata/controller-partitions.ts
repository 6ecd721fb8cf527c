/** Controller operation that adds partitions to topics (protocol.md behaviour 19). */
import { ErrorCode } from '../../protocol';
import { checkReplicas } from './assignments';
import type { ControllerContext, ControllerOutcome, ControllerState } from './controller-state';
import { PARTITIONS_PER_REQUEST_MAX } from './controller-topics';
import { placeReplicas } from './placement';
import type { MetadataRecord } from './records';
import { type Refused, refused } from './refused';
import type { GrownTopic, TopicImage, Verdict } from './types';

export interface CreatePartitions {
  readonly topics: readonly GrownTopic[];
  readonly validateOnly: boolean;
}

/** New partitions, for whoever waits for their leaders. */
export interface CreatePartitionsResponse {
  readonly verdicts: readonly Verdict[];
  readonly created: readonly { readonly topicId: string; readonly index: number }[];
}

/** Every topic succeeds or fails by itself. */
export function createPartitions(
  state: Pick<ControllerState, 'image'>,
  request: CreatePartitions,
  context: Pick<ControllerContext, 'random'>,
): ControllerOutcome<CreatePartitionsResponse> {
  const records: MetadataRecord[] = [];
  const created: { topicId: string; index: number }[] = [];
  const counts = new Map<string, number>();
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  let asked = 0;
  for (const { name, count } of request.topics) {
    const present = state.image.topicsByName.get(name)?.partitions.length;
    if (present !== undefined) asked += Math.max(0, count - present);
  }
  const isTooMuch = asked > PARTITIONS_PER_REQUEST_MAX;
  const verdicts = request.topics.map((grown): Verdict => {
    if (counts.get(grown.name) !== 1) {
      return refused(ErrorCode.INVALID_REQUEST, 'The request names this topic more than once.');
    }
    const topic = state.image.topicsByName.get(grown.name);
    if (topic === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null };
    const wrong = checkCount(topic, grown) ?? (isTooMuch ? tooMuch : null);
    if (wrong !== null) return wrong;
    const replicas = replicasOf(state, topic, grown, context);
    if ('errorCode' in replicas) return replicas;
    if (!request.validateOnly) {
      for (const [at, nodeIds] of replicas.entries()) {
        const index = topic.partitions.length + at;
        records.push({ kind: 'partition', topicId: topic.id, index, replicas: nodeIds });
        created.push({ topicId: topic.id, index });
      }
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: { verdicts, created } };
}

const tooMuch = refused(
  ErrorCode.POLICY_VIOLATION,
  `One request creates at most ${PARTITIONS_PER_REQUEST_MAX} partitions.`,
);

function checkCount({ name, partitions }: TopicImage, { count }: GrownTopic): Refused | null {
  const present = partitions.length;
  if (count > present) return null;
  return refused(
    ErrorCode.INVALID_PARTITIONS,
    count === present
      ? `Topic '${name}' has ${present} partitions already.`
      : `Topic '${name}' has ${present} partitions and cannot shrink to ${count}.`,
  );
}

function replicasOf(
  { image }: Pick<ControllerState, 'image'>,
  topic: TopicImage,
  { count, assignments }: GrownTopic,
  { random }: Pick<ControllerContext, 'random'>,
): readonly (readonly number[])[] | Refused {
  const wrong = (message: string): Refused => refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  const newCount = count - topic.partitions.length;
  const replicationFactor = topic.partitions[0]!.replicas.length;
  if (assignments === null) {
    const brokers = [...image.brokers.values()].filter((broker) => !broker.isFenced);
    if (brokers.length < replicationFactor) {
      return refused(
        ErrorCode.INVALID_REPLICATION_FACTOR,
        `${replicationFactor} replicas of a partition need ${replicationFactor} brokers; ${brokers.length} are there.`,
      );
    }
    return placeReplicas(brokers, newCount, replicationFactor, random.below(brokers.length));
  }
  if (assignments.length !== newCount) {
    return wrong(`${newCount} partitions are to be added, and ${assignments.length} are assigned.`);
  }
  for (const [at, nodeIds] of assignments.entries()) {
    const index = topic.partitions.length + at;
    const problem = checkReplicas(index, nodeIds, image.brokers);
    if (problem !== null) return wrong(problem);
    if (nodeIds.length !== replicationFactor) {
      return wrong(
        `Partition ${index} has ${nodeIds.length} replicas, partitions before it ${replicationFactor}.`,
      );
    }
  }
  return assignments;
}
