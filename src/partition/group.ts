import { bootstrapMembership, Node, type ReplicaId } from '../../raft';
import type { ReplicaContext } from './context';
import type { PendingEntry } from './pending';
import type { RecoveredState } from './recovery';
import type { LogTail } from './tail';

/**
 * The Raft group of a replica, as its log and hard state say it.
 *
 * @param bootstrapVoters  First voters of a group that does not exist yet; null: joins one.
 */
export function joinGroup(
  { self, host, raftConfig }: ReplicaContext,
  tail: LogTail,
  state: RecoveredState,
  bootstrapVoters: readonly ReplicaId[] | null,
): Node<PendingEntry> {
  const { log } = tail;
  return new Node<PendingEntry>({
    self,
    hardState: log.hardState,
    log,
    memberships: state.memberships,
    bootstrap: bootstrapVoters === null ? null : bootstrapMembership(bootstrapVoters),
    commitIndex: state.appliedIndex,
    config: raftConfig,
    internalEntry: (index, term, kind, bytes) => tail.addInternal(index, term, kind, bytes),
    random: (bound) => host.random.below(bound),
  });
}
