/** Changes of configuration as functions of configuration (the paper, section 6; thesis 4.3). */
import assert from 'node:assert/strict';
import type { Membership, MembershipAt, ReplicaId } from './types';

const NONE: readonly ReplicaId[] = [];

export function sameReplica(a: ReplicaId, b: ReplicaId): boolean {
  return a.nodeId === b.nodeId && a.incarnation === b.incarnation;
}

export function includesReplica(replicas: readonly ReplicaId[], id: ReplicaId): boolean {
  for (const replica of replicas) if (sameReplica(replica, id)) return true;
  return false;
}

export function isJoint(membership: Membership): boolean {
  return membership.outgoing.length > 0;
}

/** May this replica's vote decide anything? */
export function isVoter(membership: Membership, id: ReplicaId): boolean {
  return includesReplica(membership.voters, id) || includesReplica(membership.outgoing, id);
}

/** Does this replica take part at all? A host may drop replicas that no group wants. */
export function isMember(membership: Membership, id: ReplicaId): boolean {
  return isVoter(membership, id) || includesReplica(membership.learners, id);
}

/** Every replica that takes part, each once. */
export function allReplicas(membership: Membership): ReplicaId[] {
  const all: ReplicaId[] = [];
  for (const group of [membership.voters, membership.outgoing, membership.learners]) {
    for (const id of group) if (!includesReplica(all, id)) all.push(id);
  }
  return all;
}

/** The first membership of a group: the payload of the entry at index 1, the same on each of `voters`. */
export function bootstrapMembership(voters: readonly ReplicaId[]): Membership {
  assert(voters.length > 0);
  assert(isSet(voters));
  return { voters: sorted(voters), outgoing: NONE, learners: NONE, learnersNext: NONE };
}

export interface MembershipTarget {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/** A target is valid when it has a voter and names each replica once. */
export function isValidTarget(target: MembershipTarget): boolean {
  return target.voters.length > 0 && isSet([...target.voters, ...target.learners]);
}

/**
 * First step from a plain configuration to `target`: joint when the voters change, else directly the target. A voter
 * that becomes a learner keeps its say in the outgoing half and turns learner with `leaveJoint`.
 */
export function enterJoint(current: Membership, target: MembershipTarget): Membership {
  assert(!isJoint(current));
  assert(isValidTarget(target));
  const voters = sorted(target.voters);
  if (sameSet(voters, current.voters)) {
    return { voters, outgoing: NONE, learners: sorted(target.learners), learnersNext: NONE };
  }
  return {
    voters,
    outgoing: current.voters,
    learners: sorted(target.learners.filter((id) => !includesReplica(current.voters, id))),
    learnersNext: sorted(target.learners.filter((id) => includesReplica(current.voters, id))),
  };
}

/** Second step: the incoming half alone. */
export function leaveJoint(current: Membership): Membership {
  assert(isJoint(current));
  const learners = sorted([...current.learners, ...current.learnersNext]);
  return { voters: current.voters, outgoing: NONE, learners, learnersNext: NONE };
}

/** Newest membership at or below `index`, or undefined. `history` is ascending. */
export function membershipAt(history: readonly MembershipAt[], index: number): MembershipAt | undefined {
  for (let i = history.length - 1; i >= 0; i--) if (history[i]!.index <= index) return history[i];
  return undefined;
}

function isSet(replicas: readonly ReplicaId[]): boolean {
  return replicas.every((id, at) => replicas.findIndex((other) => sameReplica(id, other)) === at);
}

function sameSet(a: readonly ReplicaId[], b: readonly ReplicaId[]): boolean {
  return a.length === b.length && a.every((id) => includesReplica(b, id));
}

/** One order for one set: the encoded bytes of equal memberships are equal on every node. */
function sorted(replicas: readonly ReplicaId[]): ReplicaId[] {
  return replicas
    .map(({ nodeId, incarnation }) => ({ nodeId, incarnation }))
    .sort(
      (a, b) =>
        a.nodeId - b.nodeId || (a.incarnation < b.incarnation ? -1 : a.incarnation > b.incarnation ? 1 : 0),
    );
}
