import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import type { Handler, RequestContext } from './handler';
import { findTopic } from './topics';

type Response = InputOf<typeof AlterPartitionReassignmentsResponse>;
type Asked = AlterPartitionReassignmentsRequest['topics'][number]['partitions'][number];

interface Verdict {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const taken: Verdict = { errorCode: ErrorCode.NONE, errorMessage: null };

/**
 * AlterPartitionReassignments: v0-1.
 *
 * Behaviour: replicas null cancels, NO_REASSIGNMENT_IN_PROGRESS when there is nothing to cancel (24). One broker can be
 * asked for what it has already, and for nothing else.
 * Versions: v1 whether the number of replicas may change.
 */
export const alterPartitionReassignments: Handler<AlterPartitionReassignmentsRequest, Response> = {
  apiKey: 45,
  handle: (request, context) => ({
    response: {
      allowReplicationFactorChange: request.allowReplicationFactorChange,
      errorCode: ErrorCode.NONE,
      errorMessage: request.topics.length === 0 ? '' : null,
      responses: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => ({
          partitionIndex: asked.partitionIndex,
          ...judge(name, asked, request, context),
        })),
      })),
    },
  }),
  refuse: ({ allowReplicationFactorChange }, errorCode) => ({
    allowReplicationFactorChange,
    errorCode,
    errorMessage: null,
    responses: [],
  }),
};

function judge(
  name: string,
  { partitionIndex, replicas }: Asked,
  { allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
  context: RequestContext,
): Verdict {
  const topic = findTopic(context, { name });
  const partition = topic?.partitions[partitionIndex];
  if (partition === undefined) {
    const missing = topic === undefined ? `topic named ${name}` : `partition ${name}-${partitionIndex}`;
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no ${missing}.` };
  }
  if (replicas === null) return { errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, errorMessage: null };
  const problem = assignmentProblem(replicas, context);
  if (problem !== null) return { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage: problem };
  if (!allowReplicationFactorChange && replicas.length !== partition.replicas.length) {
    return {
      errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
      errorMessage: `${name}-${partitionIndex} has ${partition.replicas.length} replicas, ${replicas.length} are asked for, and the request forbids a change.`,
    };
  }
  const isSame = replicas.every((id, at) => id === partition.replicas[at]);
  if (isSame && replicas.length === partition.replicas.length) return taken;
  return {
    errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    errorMessage: `${name}-${partitionIndex} stays on ${partition.replicas.join()}: replicas are not moved yet.`,
  };
}

function assignmentProblem(replicas: readonly number[], context: RequestContext): string | null {
  if (replicas.length === 0) return 'The list of replicas is empty.';
  const { brokers } = context.broker.metadata.image;
  for (const id of [...replicas].sort((left, right) => left - right)) {
    if (!brokers.has(id)) return `The list of replicas names broker ${id}, which is not registered.`;
    if (replicas.indexOf(id) !== replicas.lastIndexOf(id)) {
      return `The list of replicas names broker ${id} more than once.`;
    }
  }
  return null;
}
