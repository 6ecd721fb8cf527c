/** What a leader knows of the copies of its log, and what it may answer for them (D8). */
import { ErrorCode } from '../../protocol';
import type { Node } from '../../raft';
import type { Acks } from './acks';
import type { PendingEntry } from './pending';

/** Node ids of the leader and of every follower that answers and follows closely. */
export function inSyncNodes(leader: Node<PendingEntry>): number[] {
  const { progress, self } = leader.state;
  return progress
    .filter(({ id, state, isActive }) => id.nodeId === self.nodeId || (state === 'replicate' && isActive))
    .map(({ id }) => id.nodeId);
}

/** Largest index of which at least `count` replicas have durable copies, the leader's own counted like any other. */
function indexOfCopies(leader: Node<PendingEntry>, count: number): number {
  const reached = leader.state.progress.map(({ matchIndex }) => matchIndex).sort((a, b) => b - a);
  return reached[count - 1] ?? 0;
}

export function hasInSync(leader: Node<PendingEntry>, count: number): boolean {
  return count <= 1 || inSyncNodes(leader).length >= count;
}

/** Answers acks=-1 for what is committed and has `copies` durable copies, or cannot get them now. */
export function acknowledge(
  acks: Acks,
  leader: Node<PendingEntry>,
  committedIndex: number,
  copies: number,
): void {
  if (copies <= 1) {
    acks.acknowledge(committedIndex, ErrorCode.NONE);
    return;
  }
  acks.acknowledge(Math.min(committedIndex, indexOfCopies(leader, copies)), ErrorCode.NONE);
  if (!hasInSync(leader, copies)) {
    acks.acknowledge(committedIndex, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
  }
}
