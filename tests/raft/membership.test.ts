import {
  bootstrapMembership,
  enterJoint,
  isJoint,
  isValidTarget,
  leaveJoint,
  membershipAt,
} from '../../raft/membership';
import { renderMembership } from '../../raft/render';
import type { Membership, ReplicaId } from '../../raft/types';

const ids: readonly ReplicaId[] = [1, 2, 3, 4].map((nodeId) => ({ nodeId, incarnation: '1' }));

function subset(bits: number): ReplicaId[] {
  return ids.filter((_, at) => (bits & (1 << at)) !== 0);
}

/** Can these replicas alone decide under `membership`? */
function decides(membership: Membership, present: readonly ReplicaId[]): boolean {
  return [membership.voters, membership.outgoing].every(
    (half) =>
      half.length === 0 ||
      half.filter((id) => present.some((p) => p.nodeId === id.nodeId)).length * 2 > half.length,
  );
}

// Two configurations that may be in force at the same time must not be able to decide without each other.
test('every step of every change has intersecting quorums', () => {
  const splits: string[] = [];
  for (let from = 1; from < 16; from++) {
    for (let to = 1; to < 16; to++) {
      const current = bootstrapMembership(subset(from));
      const next = enterJoint(current, { voters: subset(to), learners: subset(15 & ~to) });
      const steps = isJoint(next) ? [current, next, leaveJoint(next)] : [current, next];
      for (let step = 1; step < steps.length; step++) {
        for (let present = 0; present < 16; present++) {
          const isSplit =
            decides(steps[step - 1]!, subset(present)) && decides(steps[step]!, subset(15 & ~present));
          if (isSplit)
            splits.push(`${renderMembership(steps[step - 1]!)} to ${renderMembership(steps[step]!)}`);
        }
      }
    }
  }
  expect(splits).toEqual([]);
});

test('a change through joint, step by step', () => {
  const [one, two, three, four] = ids as [ReplicaId, ReplicaId, ReplicaId, ReplicaId];
  const start = bootstrapMembership([two, one]);
  const joint = enterJoint(start, { voters: [one, three], learners: [two, four] });
  const lines = [start, joint, leaveJoint(joint)].map(renderMembership);
  expect(lines).toEqual(['(1 2)', '(1 3)&(1 2) +4 ->2', '(1 3) +2 +4']);
});

test('learners alone change without a joint step', () => {
  const [one, two] = ids as [ReplicaId, ReplicaId];
  expect(renderMembership(enterJoint(bootstrapMembership([one]), { voters: [one], learners: [two] }))).toBe(
    '(1) +2',
  );
});

test('a target names each replica once, another incarnation is another replica, and there must be a voter', () => {
  const [one] = ids as [ReplicaId];
  const wiped = { nodeId: 1, incarnation: '2' };
  expect(isValidTarget({ voters: [], learners: [one] })).toBe(false);
  expect(isValidTarget({ voters: [one], learners: [one] })).toBe(false);
  expect(isValidTarget({ voters: [one, one], learners: [] })).toBe(false);
  expect(isValidTarget({ voters: [one, wiped], learners: [] })).toBe(true);
});

test('the membership in force at an index is the newest at or below it', () => {
  const membership = bootstrapMembership([ids[0]!]);
  const history = [1, 5, 9].map((index) => ({ index, membership }));
  expect([0, 1, 4, 5, 100].map((index) => membershipAt(history, index)?.index)).toEqual([
    undefined,
    1,
    1,
    5,
    9,
  ]);
});
