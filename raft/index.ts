/** The door of `raft/`: everything that other folders may import. */
export {
  allReplicas,
  bootstrapMembership,
  isJoint,
  isMember,
  isVoter,
  type MembershipTarget,
  membershipAt,
  sameReplica,
} from './membership';
export {
  decodeMembership,
  decodeMembershipHistory,
  encodeMembership,
  encodeMembershipHistory,
  MembershipFormatError,
  noteMembership,
} from './membership-codec';
export { Node, type NodeOptions } from './node';
export { renderEntry, renderMembership, renderMessage, renderReady, renderReplica } from './render';
export * from './types';
