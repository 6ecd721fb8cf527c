/** What must hold of a group at every moment, whatever the network and the disks do. One object per run. */
import assert from 'node:assert/strict';
import {
  type Entry,
  type Message,
  RaftEntryKind,
  type Ready,
  type ReplicaId,
  renderReplica,
} from '../../raft/index';
import type { Replica } from './replica';

/** An entry and everything before it, in one number. */
function chain(previous: number, entry: Entry): number {
  let hash = Math.imul(previous ^ entry.term, 0x01000193) ^ entry.kind;
  hash = Math.imul(hash ^ entry.index, 0x01000193);
  for (const byte of entry.bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

function isMembership(entry: Entry): boolean {
  return entry.kind === RaftEntryKind.membership;
}

interface Committed {
  readonly hash: number;
  /** Term of the replica that first reported it; its own term is not above. */
  readonly term: number;
}

export class Checkers {
  /** Prefix hash by (term, index), over all history (I2). */
  readonly #prefixes = new Map<number, number>();
  readonly #chains = new Map<Replica, number[]>();
  readonly #leaders = new Map<number, string>();
  readonly #votes = new Map<string, string>();
  readonly #commitIndexes = new Map<Replica, number>();
  /** Entry `i` stands at `i`. */
  readonly committed: Committed[] = [{ hash: 0, term: 0 }];
  readonly #reads = new Map<number, number>();

  get committedIndex(): number {
    return this.committed.length - 1;
  }

  started(replica: Replica): void {
    this.#read(replica);
    this.#commitIndexes.set(replica, replica.startIndex);
  }

  /** After a snapshot was installed: it is what was committed, no more. */
  installed(replica: Replica): void {
    this.#read(replica);
    const hashes = this.#chains.get(replica)!;
    const index = replica.startIndex;
    assert(this.committed[index]?.hash === hashes[index], `I4 a snapshot changed committed entry ${index}`);
    this.#commitIndexes.set(replica, replica.node!.commitIndex);
    this.#newestInForce(replica);
  }

  /** I9: the newest membership of the log is in force, also after a truncation or a snapshot. */
  #newestInForce(replica: Replica): void {
    const { memberships } = replica.node!;
    const newest = replica.log.findLastIndex(isMembership) + 1;
    assert((memberships[memberships.length - 1]?.index ?? 0) === newest, 'I9 not the membership of the log');
  }

  #read(replica: Replica): void {
    const hashes = [0];
    for (const entry of replica.log) hashes.push(chain(hashes[hashes.length - 1]!, entry));
    this.#chains.set(replica, hashes);
  }

  readAsked(context: number): void {
    this.#reads.set(context, this.committedIndex);
  }

  /** After the host has saved what `ready` says, and before anything leaves. */
  onReady(replica: Replica, ready: Ready<Entry>, replicas: readonly Replica[]): void {
    const hashes = this.#chains.get(replica)!;
    if (ready.truncateFrom !== null) {
      assert(ready.truncateFrom > this.#commitIndexes.get(replica)!, 'I8 truncated what was committed');
      hashes.length = ready.truncateFrom;
    }
    if (ready.truncateFrom !== null || ready.entries.some(isMembership)) this.#newestInForce(replica);
    for (const entry of ready.entries) {
      const hash = chain(hashes[hashes.length - 1]!, entry);
      hashes.push(hash);
      const key = entry.term * 1e6 + entry.index;
      const known = this.#prefixes.get(key);
      assert(known === undefined || known === hash, `I2 two histories lead to ${entry.index}/${entry.term}`);
      this.#prefixes.set(key, hash);
    }
    if (ready.leadership?.role === 'leader') this.#elected(replica, ready.leadership.term);
    this.#advanced(replica, ready, replicas);
    for (const message of ready.messages) this.#sent(replica, message);
    for (const { context, index } of ready.readStates) {
      assert(
        index === -1 || index >= this.#reads.get(context)!,
        'I18 a read misses what was committed before it',
      );
    }
    this.#oneChange(replica);
  }

  #elected(replica: Replica, term: number): void {
    const name = renderReplica(replica.id);
    const other = this.#leaders.get(term);
    assert(other === undefined || other === name, `I1 ${other} and ${name} lead term ${term}`);
    this.#leaders.set(term, name);
    const hashes = this.#chains.get(replica)!;
    for (let index = this.committedIndex; index > 0; index--) {
      const { hash, term: committedTerm } = this.committed[index]!;
      if (committedTerm >= term) continue;
      assert(hashes[index] === hash, `I3 leader ${name} of term ${term} lacks committed entry ${index}`);
      return;
    }
  }

  #advanced(replica: Replica, ready: Ready<Entry>, replicas: readonly Replica[]): void {
    const { commitIndex } = ready;
    const before = this.#commitIndexes.get(replica)!;
    const hashes = this.#chains.get(replica)!;
    const { node } = replica;
    assert(node !== null);
    assert(commitIndex >= before && commitIndex < hashes.length, 'I8 commit went back or beyond the log');
    this.#commitIndexes.set(replica, commitIndex);
    for (let index = before + 1; index <= commitIndex; index++) {
      const known = this.committed[index];
      if (known !== undefined) {
        assert(known.hash === hashes[index], `I4 committed entry ${index} changed`);
        continue;
      }
      this.committed.push({ hash: hashes[index]!, term: node.term });
    }
    if (commitIndex > before && node.role === 'leader') this.#durable(replica, ready, replicas);
  }

  /** I5: what a leader commits stands on the durable image of a majority, of both majorities while joint. */
  #durable(leader: Replica, ready: Ready<Entry>, replicas: readonly Replica[]): void {
    const index = ready.commitIndex;
    const entry = leader.log[index - 1]!;
    const holds = (id: ReplicaId) => {
      const replica = replicas.find((other) => renderReplica(other.id) === renderReplica(id));
      const image = replica?.durableLog[index - 1];
      return image !== undefined && image.term === entry.term;
    };
    // The configuration that was in force when it was committed: a joint one is left in the same step.
    const { memberships } = leader.node!;
    const newest = memberships[memberships.length - 1]!;
    const isLeft = newest.index > index && ready.entries.some((appended) => appended.index === newest.index);
    const { voters, outgoing } = (isLeft ? (memberships[memberships.length - 2] ?? newest) : newest)
      .membership;
    for (const half of [voters, outgoing]) {
      const copies = half.filter(holds).length;
      assert(
        half.length === 0 || copies * 2 > half.length,
        `I5 ${index} committed with ${copies}/${half.length} copies`,
      );
    }
  }

  #sent(replica: Replica, message: Message<Entry>): void {
    const { durableHardState: durable, durableLog } = replica;
    const name = renderReplica(replica.id);
    const isUnbound =
      message.kind === 'pre-vote' || (message.kind === 'pre-vote-response' && message.granted);
    if (!isUnbound)
      assert(durable.term >= message.term, `I7 ${name} spoke of term ${message.term} before saving it`);
    if (message.kind === 'vote') this.#voted(name, message.term, name);
    if (message.kind === 'vote-response' && message.granted) {
      this.#voted(name, message.term, renderReplica(message.to));
      const isSaved =
        durable.term > message.term ||
        (durable.votedFor === message.to.nodeId && durable.votedForIncarnation === message.to.incarnation);
      assert(isSaved, `I28 vote of ${name} left before it was durable`);
    }
    if (message.kind === 'append-accepted') {
      const image = durableLog[message.matchIndex - 1];
      const isSaved = message.matchIndex === 0 || image === replica.log[message.matchIndex - 1];
      assert(isSaved, `I28 ${name} acknowledged ${message.matchIndex} before it was durable`);
    }
  }

  #voted(voter: string, term: number, candidate: string): void {
    const key = `${voter} ${term}`;
    const other = this.#votes.get(key);
    assert(other === undefined || other === candidate, `I6 ${voter} voted twice in term ${term}`);
    this.#votes.set(key, candidate);
  }

  #oneChange(replica: Replica): void {
    const { node } = replica;
    if (node?.role !== 'leader') return;
    const open = node.memberships.filter((at) => at.index > this.committedIndex).length;
    assert(open <= 1, 'I9 two changes of membership at once');
  }
}
