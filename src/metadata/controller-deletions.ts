/** Deletion of topics, by name or by id (protocol.md behaviour 18). */
import { ErrorCode, zeroUuid } from '../../protocol';
import type { ControllerOutcome, ControllerState } from './controller-state';
import type { MetadataRecord } from './records';
import type { DeletedTopic } from './types';

export interface DoomedTopic {
  readonly name: string | null;
  /** Zero UUID when named. */
  readonly topicId: string;
}

/**
 * Every topic is answered by itself, in the order of the request. Whoever appears more than once, be it once by name
 * and once by id, is refused: one of the two was a mistake.
 */
export function deleteTopics(
  state: ControllerState,
  doomed: readonly DoomedTopic[],
): ControllerOutcome<readonly DeletedTopic[]> {
  const counts = new Map<string, number>();
  for (const one of doomed) {
    const key = keyOf(state, one);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const records: MetadataRecord[] = [];
  const results: DeletedTopic[] = [];
  for (const one of doomed) {
    const key = keyOf(state, one);
    const count = counts.get(key)!;
    if (count === 0) continue;
    if (count > 1) counts.set(key, 0);
    const result =
      count > 1
        ? failed(
            askedTwice(state, one, doomed),
            ErrorCode.INVALID_REQUEST,
            'The request names this topic more than once.',
          )
        : judge(state, one);
    results.push(result);
    if (result.errorCode === ErrorCode.NONE) records.push({ kind: 'remove-topic', topicId: result.topicId });
  }
  return { records, response: results };
}

function judge(state: ControllerState, doomed: DoomedTopic): DeletedTopic {
  const { name, topicId } = doomed;
  if (name !== null && topicId !== zeroUuid) {
    return failed(
      doomed,
      ErrorCode.INVALID_REQUEST,
      'A topic is deleted by its name or by its id, not by both.',
    );
  }
  if (name === null && topicId === zeroUuid) {
    return failed(doomed, ErrorCode.INVALID_REQUEST, 'Neither a name nor an id says which topic to delete.');
  }
  const topic = find(state, doomed);
  if (topic === undefined) {
    return name === null
      ? failed(doomed, ErrorCode.UNKNOWN_TOPIC_ID, `No topic has the id ${topicId}.`)
      : failed(doomed, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `No topic is named '${name}'.`);
  }
  return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.NONE, errorMessage: null };
}

function find(state: ControllerState, { name, topicId }: DoomedTopic) {
  return name === null ? state.image.topicsById.get(topicId) : state.image.topicsByName.get(name);
}

/** A topic asked for by name and by id is answered with both, any other as it was asked for. */
function askedTwice(state: ControllerState, one: DoomedTopic, all: readonly DoomedTopic[]): DoomedTopic {
  const topic = find(state, one);
  if (topic === undefined) return one;
  const isMixed = all.some(
    (other) => (other.name === null) !== (one.name === null) && find(state, other) === topic,
  );
  return isMixed ? { name: topic.name, topicId: topic.id } : one;
}

/** Equal for requests that mean the same topic. */
function keyOf(state: ControllerState, doomed: DoomedTopic): string {
  return find(state, doomed)?.id ?? `${doomed.name ?? ''}\u0000${doomed.topicId}`;
}

function failed(doomed: DoomedTopic, errorCode: ErrorCode, errorMessage: string): DeletedTopic {
  return { ...doomed, errorCode, errorMessage };
}
