/** Elections: asking for votes (with a pre-vote first, thesis 9.6) and answering those who ask. */
import assert from 'node:assert/strict';
import { isVoter, sameReplica } from './membership';
import { jointVote, type VoteResult } from './quorum';
import {
  becomeFollower,
  enterTerm,
  type Raft,
  resetElectionTimer,
  send,
  sendAfterAppend,
  sendUnbound,
  setRole,
  voteRank,
} from './raft';
import { becomeLeader } from './step-leader';
import type { Entry, PreVote, PreVoteResponse, ReplicaId, Vote, VoteResponse } from './types';

/** Asks for leadership. `transfer`: the leader wants it, so nobody needs to be sounded out first. */
export function campaign<E extends Entry>(raft: Raft<E>, transfer: boolean): void {
  assert(raft.role !== 'leader');
  resetElectionTimer(raft);
  if (!mayCampaign(raft)) {
    // Silence means the same to those who have no say: they must not keep refusing others for a leader that is gone.
    if (raft.leader !== null) setRole(raft, 'follower', null);
    return;
  }
  if (transfer || raft.isSoleVoter) becomeCandidate(raft, transfer);
  else becomePreCandidate(raft);
}

/**
 * A voter may, and also one that the newest membership leaves out while that is not known to be committed: it may be
 * the only one whose log can win (thesis 4.2.2). It is elected by the others and steps down when the change is through.
 */
function mayCampaign<E extends Entry>(raft: Raft<E>): boolean {
  for (let at = raft.memberships.length - 1; at >= 0; at--) {
    const { index, membership } = raft.memberships[at]!;
    if (isVoter(membership, raft.self)) return true;
    if (index <= raft.log.commitIndex) return false;
  }
  return false;
}

/** Changes neither term nor vote: a campaign that cannot be won must leave no trace (trap T4). */
function becomePreCandidate<E extends Entry>(raft: Raft<E>): void {
  setRole(raft, 'pre-candidate', null);
  raft.votes = [];
  const { lastIndex, lastTerm } = raft.log;
  for (const to of otherVoters(raft)) {
    sendUnbound(raft, { kind: 'pre-vote', from: raft.self, to, term: raft.term + 1, lastIndex, lastTerm });
  }
  recordVote(raft, raft.self, true);
}

function becomeCandidate<E extends Entry>(raft: Raft<E>, transfer: boolean): void {
  enterTerm(raft, raft.term + 1);
  setRole(raft, 'candidate', null);
  raft.votedFor = raft.self;
  raft.hardStateChanged = true;
  raft.votes = [];
  resetElectionTimer(raft);
  const { lastIndex, lastTerm } = raft.log;
  for (const to of otherVoters(raft)) {
    send(raft, { kind: 'vote', from: raft.self, to, term: raft.term, lastIndex, lastTerm, transfer });
  }
}

/** The hard state moved on disk. A candidate's vote for itself counts from here on, like any vote (trap T1). */
export function countOwnVote<E extends Entry>(raft: Raft<E>): void {
  if (raft.role !== 'candidate') return;
  if (raft.durableVoteRank >= voteRank(raft.term, true)) recordVote(raft, raft.self, true);
}

/** Advances a candidate by one answer; each role counts its own kind only. */
export function stepCandidate<E extends Entry>(raft: Raft<E>, message: PreVoteResponse | VoteResponse): void {
  if (message.kind === 'vote-response') {
    if (raft.role === 'candidate') recordVote(raft, message.from, message.granted);
  } else if (raft.role === 'pre-candidate') {
    if (message.granted && message.term !== raft.term + 1) return;
    recordVote(raft, message.from, message.granted);
  }
}

function recordVote<E extends Entry>(raft: Raft<E>, id: ReplicaId, granted: boolean): void {
  if (raft.votes.some((vote) => sameReplica(vote.id, id))) return;
  raft.votes.push({ id, granted });
  const result = tally(raft);
  if (result === 'pending') return;
  if (result === 'lost') becomeFollower(raft, raft.term, null);
  else if (raft.role === 'pre-candidate') becomeCandidate(raft, false);
  else becomeLeader(raft);
}

function tally<E extends Entry>(raft: Raft<E>): VoteResult {
  assert(raft.membership !== null);
  const voteOf = (id: ReplicaId) => raft.votes.find((vote) => sameReplica(vote.id, id))?.granted;
  return jointVote(raft.membership.voters.map(voteOf), raft.membership.outgoing.map(voteOf));
}

function otherVoters<E extends Entry>(raft: Raft<E>): ReplicaId[] {
  assert(raft.membership !== null);
  const { voters, outgoing } = raft.membership;
  const all = voters.concat(outgoing.filter((id) => !voters.some((voter) => sameReplica(voter, id))));
  return all.filter((id) => !sameReplica(id, raft.self));
}

/**
 * Has a leader been heard of so recently that an election would only disturb (thesis 4.2.3, trap T5)? A leader that
 * loses its quorum steps down by itself.
 */
export function hearsLeader<E extends Entry>(raft: Raft<E>): boolean {
  return raft.leader !== null && raft.electionElapsedTicks < raft.config.electionTicks;
}

/**
 * Answers whoever asks, member or not: a learner may have been promoted without knowing it yet (trap T26). A pre-vote
 * is answered as the vote would be and changes nothing here.
 */
export function answerVote<E extends Entry>(raft: Raft<E>, message: PreVote | Vote): void {
  const { from } = message;
  const isPreVote = message.kind === 'pre-vote';
  const isFree =
    (raft.votedFor !== null && sameReplica(raft.votedFor, from)) ||
    (raft.votedFor === null && raft.leader === null) ||
    (isPreVote && message.term > raft.term);
  const granted = isFree && raft.log.isUpToDate(message.lastIndex, message.lastTerm);
  const answer = { from: raft.self, to: from, granted };
  if (isPreVote) {
    // A grant speaks of the term that was asked about, a refusal of ours, which may be news to the asker.
    const term = granted ? message.term : raft.term;
    const response = { kind: 'pre-vote-response', ...answer, term } as const;
    if (granted) sendUnbound(raft, response);
    else send(raft, response);
    return;
  }
  const response = { kind: 'vote-response', ...answer, term: raft.term } as const;
  if (!granted) {
    send(raft, response);
    return;
  }
  if (raft.votedFor === null) {
    raft.votedFor = from;
    raft.hardStateChanged = true;
    // Once per vote: a request that is repeated much later must not buy a candidate, or a leader, more time.
    resetElectionTimer(raft);
  }
  sendAfterAppend(raft, response, 0);
}
