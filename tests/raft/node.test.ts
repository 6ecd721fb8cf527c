import {
  bootstrapMembership,
  type Entry,
  encodeMembership,
  type Message,
  Node,
  type NodeOptions,
  renderReady,
} from '../../raft/index';

const self = { nodeId: 1, incarnation: '1' };
const other = { nodeId: 2, incarnation: '1' };
const third = { nodeId: 3, incarnation: '1' };

const config = {
  electionTicks: 10,
  heartbeatTicks: 2,
  appendSizeBytesMax: 100,
  inflightMessagesMax: 3,
  uncommittedSizeBytesMax: 200,
  tailSizeBytesMax: 1000,
};

function entry(index: number, term: number): Entry {
  return { index, term, kind: 0, bytes: Buffer.from('x') };
}

/** Three voters; the log as recovered begins at `firstIndex` and has entries of these terms. */
function options(
  firstIndex: number,
  terms: readonly number[],
  term: number,
  baseTerm = 0,
): NodeOptions<Entry> {
  const lastIndex = firstIndex + terms.length - 1;
  const epochs = terms
    .map((epoch, at) => ({ epoch, startIndex: firstIndex + at }))
    .filter(({ epoch }, at) => terms[at - 1] !== epoch);
  return {
    self,
    hardState: { term, votedFor: -1, votedForIncarnation: '' },
    log: { firstIndex, lastIndex, durableIndex: lastIndex, epochs, termAt: () => baseTerm },
    memberships: [{ index: 1, membership: bootstrapMembership([self, other, third]) }],
    bootstrap: null,
    commitIndex: 0,
    config,
    internalEntry: (index, entryTerm, kind, bytes) => ({ index, term: entryTerm, kind, bytes }),
    random: () => 0,
  };
}

function step(node: Node<Entry>, message: Record<string, unknown>): string {
  node.step({ from: other, to: self, ...message } as unknown as Message<Entry>);
  const lines: string[] = [];
  for (let ready = node.ready(); ready !== null; ready = node.ready()) lines.push(renderReady(ready));
  return lines.join('\n');
}

// The leader's commit index says nothing about entries that it did not show: they may be of a leader that lost.
test('an append commits no further than its own entries', () => {
  const node = new Node(options(1, [0, 1, 1, 1], 2));
  const append = {
    kind: 'append',
    term: 2,
    previousIndex: 2,
    previousTerm: 1,
    entries: [entry(3, 1)],
    commitIndex: 4,
  };
  step(node, append);
  expect(node.commitIndex).toBe(3);
});

test('a heartbeat ahead of the log commits no further than the log', () => {
  const node = new Node(options(1, [0, 1], 2));
  step(node, { kind: 'heartbeat', term: 2, commitIndex: 9, readSequence: 0 });
  expect(node.commitIndex).toBe(2);
});

// Traps T16, T18: what is committed is never cut, whatever arrives late.
test('a delayed append below the commit index is acknowledged and cuts nothing', () => {
  const node = new Node({ ...options(1, [0, 1, 1, 1], 2), commitIndex: 4 });
  const late = {
    kind: 'append',
    term: 2,
    previousIndex: 1,
    previousTerm: 0,
    entries: [entry(2, 2)],
    commitIndex: 1,
  };
  expect(step(node, late)).toBe(
    'send 1->2 append-accepted term=2 match=4; commit 4; now follower term=2 leader=2',
  );
});

test('a commit index beyond the recovered log is not believed', () => {
  expect(() => new Node({ ...options(1, [0, 1], 1), commitIndex: 3 })).toThrow(
    'missing from the recovered log',
  );
});

// Trap T3: retention took everything, and the last term still decides who may lead.
test('an empty log after retention votes by the term of its last entry', () => {
  const node = new Node({ ...options(8, [], 5, 4), commitIndex: 7 });
  const refused = step(node, { kind: 'vote', term: 6, lastIndex: 90, lastTerm: 3, transfer: false });
  expect(refused).toBe('save term=6; commit 7; now follower term=6 leader=none');
  node.hardStateStored({ term: 6, votedFor: -1, votedForIncarnation: '' });
  expect(renderReady(node.ready()!)).toBe('send 1->2 vote-response term=6 refused; commit 7');
  expect(step(node, { kind: 'vote', term: 6, lastIndex: 7, lastTerm: 4, transfer: false })).toBe(
    'save term=6 vote=2; commit 7',
  );
});

test('a follower below the start of the log is given a snapshot, then the log', () => {
  const node = new Node(options(6, [1, 1, 2], 2, 1));
  for (let i = 0; i < 10; i++) node.tick();
  step(node, { kind: 'pre-vote-response', term: 3, granted: true });
  node.hardStateStored({ term: 3, votedFor: 1, votedForIncarnation: '1' });
  step(node, { kind: 'vote-response', term: 3, granted: true });
  expect(node.role).toBe('leader');
  const rejected = { kind: 'append-rejected', term: 3, rejectedIndex: 8, hintIndex: 2, hintTerm: 1 };
  expect(step(node, rejected)).toBe('snapshot for=2; commit 5');
  expect(step(node, { kind: 'heartbeat-response', term: 3, readSequence: 0 })).toBe('');
  node.snapshotSent(other, 6);
  expect(renderReady(node.ready()!)).toBe('read from=7 for=2; commit 5');
});

test('an installed snapshot replaces log, commit index and membership; an older one changes nothing', () => {
  const node = new Node(options(1, [0, 1], 2));
  const memberships = [{ index: 30, membership: bootstrapMembership([self, other]) }];
  expect(node.snapshotInstalled(40, 2, memberships)).toBe(true);
  expect([node.lastIndex, node.commitIndex, node.durableIndex, node.membership?.voters.length]).toEqual([
    40, 40, 40, 2,
  ]);
  expect(node.snapshotInstalled(39, 2, [])).toBe(false);
  const append = {
    kind: 'append',
    term: 2,
    previousIndex: 40,
    previousTerm: 2,
    entries: [entry(41, 2)],
    commitIndex: 40,
  };
  expect(step(node, append)).toBe('append 41/2 kind=0 1B; commit 40; now follower term=2 leader=2');
});

// What follows the snapshot in this log may be acknowledged already: dropping it would take a copy from the quorum.
test('a snapshot of what the log has commits and replaces nothing', () => {
  const node = new Node(options(1, [0, 1, 1, 1], 2));
  expect(node.snapshotInstalled(3, 1, [])).toBe(false);
  expect([node.lastIndex, node.commitIndex, node.membership?.voters.length]).toEqual([4, 3, 3]);
});

test('the start of the log moves with retention, and what is known of terms and memberships with it', () => {
  const changed = { index: 3, membership: bootstrapMembership([self, other]) };
  const base = options(1, [0, 1, 1, 2, 2], 2);
  const node = new Node({ ...base, commitIndex: 5, memberships: [...base.memberships, changed] });
  node.startMovedTo(5);
  expect(node.memberships).toEqual([changed]);
  const behind = {
    kind: 'append',
    term: 2,
    previousIndex: 5,
    previousTerm: 2,
    entries: [entry(6, 2)],
    commitIndex: 5,
  };
  expect(step(node, behind)).toContain('append 6/2');
  expect(() => node.startMovedTo(7)).toThrow();
});

// A truncated, re-voted, re-elected replica must never propose under a stamp of the past.
test('an entry with a wrong index or term is a broken invariant, a proposal to a follower a refusal', () => {
  const node = new Node({ ...options(1, [], 0), memberships: [], bootstrap: bootstrapMembership([self]) });
  expect(node.propose(entry(1, 1))).toBe('not-leader');
  node.ready();
  node.hardStateStored({ term: 1, votedFor: 1, votedForIncarnation: '1' });
  expect(node.role).toBe('leader');
  expect(() => node.propose(entry(9, 1))).toThrow();
  expect(() => node.propose(entry(3, 2))).toThrow();
  const membership = { ...entry(3, 1), kind: 2, bytes: encodeMembership(bootstrapMembership([other])) };
  expect(() => node.propose(membership)).toThrow('changeMembership');
  expect(node.propose(entry(3, 1))).toBe(null);
});
