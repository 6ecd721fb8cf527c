/** One-line text of what goes in and out of a node, for logs and golden tests. */
import { isJoint } from './membership';
import { decodeMembership } from './membership-codec';
import {
  type Entry,
  type HardState,
  type Membership,
  type Message,
  RaftEntryKind,
  type Ready,
  type ReplicaId,
} from './types';

/** The node id; the incarnation is shown when it is not the first ('' or '1'), so that transcripts stay short. */
export function renderReplica(id: ReplicaId): string {
  return id.incarnation === '' || id.incarnation === '1' ? `${id.nodeId}` : `${id.nodeId}~${id.incarnation}`;
}

/** `(1 2 3)`, `(1 2)&(1 3)` when joint, learners as `+4`, voters that become learners as `->3`. */
export function renderMembership(membership: Membership): string {
  const list = (ids: readonly ReplicaId[]) => `(${ids.map(renderReplica).join(' ')})`;
  let text = list(membership.voters);
  if (isJoint(membership)) text += `&${list(membership.outgoing)}`;
  for (const id of membership.learners) text += ` +${renderReplica(id)}`;
  for (const id of membership.learnersNext) text += ` ->${renderReplica(id)}`;
  return text;
}

/** `index/term` and what it is; payloads as their size in bytes. */
export function renderEntry(entry: Entry): string {
  const position = `${entry.index}/${entry.term}`;
  if (entry.kind === RaftEntryKind.noop) return `${position} noop`;
  if (entry.kind === RaftEntryKind.membership) {
    return `${position} membership ${renderMembership(decodeMembership(entry.bytes))}`;
  }
  return `${position} kind=${entry.kind} ${entry.bytes.byteLength}B`;
}

export function renderHardState(state: HardState): string {
  if (state.votedFor === -1) return `term=${state.term}`;
  const vote = renderReplica({ nodeId: state.votedFor, incarnation: state.votedForIncarnation });
  return `term=${state.term} vote=${vote}`;
}

export function renderMessage<E extends Entry>(message: Message<E>): string {
  const head = `${renderReplica(message.from)}->${renderReplica(message.to)} ${message.kind} term=${message.term}`;
  switch (message.kind) {
    case 'pre-vote':
      return `${head} last=${message.lastIndex}/${message.lastTerm}`;
    case 'vote':
      return `${head} last=${message.lastIndex}/${message.lastTerm}${message.transfer ? ' transfer' : ''}`;
    case 'pre-vote-response':
    case 'vote-response':
      return `${head} ${message.granted ? 'granted' : 'refused'}`;
    case 'append': {
      const entries = message.entries.map(renderEntry).join(', ');
      return `${head} after=${message.previousIndex}/${message.previousTerm} commit=${message.commitIndex} [${entries}]`;
    }
    case 'append-accepted':
      return `${head} match=${message.matchIndex}`;
    case 'append-rejected':
      return `${head} at=${message.rejectedIndex} hint=${message.hintIndex}/${message.hintTerm}`;
    case 'heartbeat':
      return `${head} commit=${message.commitIndex} read=${message.readSequence}`;
    case 'heartbeat-response':
      return `${head} read=${message.readSequence}`;
    case 'term-notice':
    case 'timeout-now':
      return head;
    default:
      return message satisfies never;
  }
}

/** The parts that say something, in the order in which the host acts on them, separated by `; `. */
export function renderReady<E extends Entry>(ready: Ready<E>): string {
  const parts: string[] = [];
  if (ready.hardState !== null) parts.push(`save ${renderHardState(ready.hardState)}`);
  if (ready.truncateFrom !== null) parts.push(`truncate from=${ready.truncateFrom}`);
  if (ready.entries.length > 0) parts.push(`append ${ready.entries.map(renderEntry).join(', ')}`);
  for (const message of ready.messages) parts.push(`send ${renderMessage(message)}`);
  for (const { to, fromIndex } of ready.entryReads)
    parts.push(`read from=${fromIndex} for=${renderReplica(to)}`);
  for (const to of ready.snapshotsWanted) parts.push(`snapshot for=${renderReplica(to)}`);
  parts.push(`commit ${ready.commitIndex}`);
  for (const { context, index } of ready.readStates) parts.push(`answer read=${context} index=${index}`);
  if (ready.leadership !== null) {
    const { role, term, leader } = ready.leadership;
    parts.push(`now ${role} term=${term} leader=${leader === null ? 'none' : renderReplica(leader)}`);
  }
  return parts.join('; ');
}
