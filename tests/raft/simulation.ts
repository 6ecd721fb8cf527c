import assert from 'node:assert/strict';
import {
  bootstrapMembership,
  type Entry,
  type EntryRead,
  type Message,
  type RaftConfig,
  type ReplicaId,
  renderMessage,
  renderReady,
  renderReplica,
} from '../../raft/index';
import { Checkers } from './checkers';
import { Replica } from './replica';

/** xorshift32: the whole run hangs on its seed. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let i = 0; i < 4; i++) this.below(2);
  }
  below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % bound;
  }
}

/** How much of everything goes wrong, drawn per seed: some runs are calm, some have one fault only, some all. */
interface Faults {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly isReordered: boolean;
  readonly diskPercent: number;
  /** Weights of what may happen next, out of their sum. */
  readonly weights: readonly (readonly [Happening, number])[];
  readonly weightSum: number;
}

type Happening =
  | 'crash'
  | 'start'
  | 'cut'
  | 'join'
  | 'change'
  | 'transfer'
  | 'read'
  | 'retain'
  | 'propose'
  | 'tick'
  | 'disk'
  | 'deliver';

function drawFaults(random: Random): Faults {
  const odds = (bound: number) => (random.below(2) === 0 ? 0 : random.below(bound));
  const weights: (readonly [Happening, number])[] = [
    ['deliver', 300 + random.below(300)],
    ['tick', 50 + random.below(300)],
    ['disk', 20 + random.below(200)],
    ['propose', 20 + random.below(150)],
    ['read', random.below(20)],
    ['start', 5 + random.below(10)],
    ['crash', odds(10)],
    ['cut', odds(15)],
    ['join', 2 + random.below(8)],
    ['change', [0, random.below(20), random.below(80)][random.below(3)]!],
    ['transfer', odds(10)],
    ['retain', odds(30)],
  ];
  return {
    lossPercent: odds(30),
    duplicatePercent: odds(30),
    isReordered: random.below(2) === 0,
    diskPercent: 20 + random.below(80),
    weights,
    weightSum: weights.reduce((sum, [, weight]) => sum + weight, 0),
  };
}

/**
 * One group of three to five replicas (two more wait to be added), a network that loses, doubles, delays and cuts, and
 * disks that forget what they have not completed. First a safety phase in which anything may fail, then everything
 * heals and the group must make progress. Throws an AssertionError as soon as an invariant is broken.
 */
export class Simulation {
  readonly trace: string[] | null;
  events = 0;
  readonly #random: Random;
  readonly #replicas: Replica[] = [];
  readonly #voters: readonly ReplicaId[];
  readonly #faults: Faults;
  readonly #checkers = new Checkers();
  #wire: Message<Entry>[] = [];
  #snapshots: { readonly leader: Replica; readonly to: ReplicaId }[] = [];
  #reads: { readonly replica: Replica; readonly read: EntryRead }[] = [];
  /** Side of each replica while the network is cut; messages between sides are lost. */
  #sides: number[] | null = null;
  /** Ticks of each replica since it heard from a leader. */
  readonly #silenceTicks: number[] = [];
  #payload = 0;
  #contexts = 0;

  constructor(seed: number, isTraced: boolean) {
    this.trace = isTraced ? [] : null;
    const random = new Random(seed);
    this.#random = random;
    this.#faults = drawFaults(random);
    const count = 3 + random.below(3);
    const ids = Array.from({ length: 5 }, (_, at) => ({ nodeId: at + 1, incarnation: '1' }));
    this.#voters = ids.slice(0, count);
    const config: RaftConfig = {
      electionTicks: 6,
      heartbeatTicks: 1 + random.below(3),
      appendSizeBytesMax: 4 + random.below(20),
      inflightMessagesMax: 1 + random.below(4),
      uncommittedSizeBytesMax: 64,
      tailSizeBytesMax: random.below(2) === 0 ? 16 : 4096,
    };
    for (const id of ids) {
      const replica = new Replica(id, config, (bound) => random.below(bound));
      this.#replicas.push(replica);
      this.#start(replica);
    }
  }

  run(events: number): void {
    for (let i = 0; i < events; i++) this.#event();
    this.#heal();
  }

  #event(): void {
    this.events++;
    const replica = this.#replicas[this.#random.below(this.#replicas.length)]!;
    const what = this.#draw();
    switch (what) {
      case 'crash':
        return void this.#crash(replica);
      case 'start':
        return void this.#start(replica);
      case 'cut':
        return void this.#cut();
      case 'join':
        this.#sides = null;
        return;
      case 'change':
        return void this.#change(this.#someLeader());
      case 'disk':
        if (this.#random.below(100) < this.#faults.diskPercent) this.#complete(replica);
        return void this.#answerHostWork();
      case 'deliver':
        return void this.#deliver();
      case 'tick':
        return void this.#passTime(replica);
      case 'retain':
        return void replica.dropBelow(replica.startIndex + this.#random.below(12));
      default:
        return void this.#act(this.#someLeader(), what);
    }
  }

  /** A follower that goes on believing in a silent leader keeps others from electing one. */
  #checkLoyalty(replica: Replica): void {
    const silence = this.#silenceTicks[replica.id.nodeId - 1]!;
    const isLoyal = replica.node?.role === 'follower' && replica.node.leader !== null;
    assert(!isLoyal || silence <= 2 * replica.config.electionTicks, 'I26 true to a leader that is gone');
  }

  /** One tick, or enough of them to run into an election: clocks do not agree. */
  #passTime(replica: Replica): void {
    const ticks = this.#random.below(8) === 0 ? this.#random.below(12) : 1;
    for (let i = 0; i < ticks; i++) this.#act(replica, 'tick');
  }

  #draw(): Happening {
    let left = this.#random.below(this.#faults.weightSum);
    for (const [happening, weight] of this.#faults.weights) {
      if (left < weight) return happening;
      left -= weight;
    }
    return 'deliver';
  }

  /** Any of those that believe they lead, deposed ones too; some replica when there is none. */
  #someLeader(): Replica {
    const start = this.#random.below(this.#replicas.length);
    for (let i = 0; i < this.#replicas.length; i++) {
      const replica = this.#replicas[(start + i) % this.#replicas.length]!;
      if (replica.node?.role === 'leader') return replica;
    }
    return this.#replicas[start]!;
  }

  /** Cuts the network in two, half of the time around a leader. */
  #cut(): void {
    const leader = this.#someLeader();
    const isAround = this.#random.below(2) === 0;
    this.#sides = this.#replicas.map((replica) =>
      isAround ? Number(replica === leader) : this.#random.below(2),
    );
  }

  #act(replica: Replica, what: 'propose' | 'read' | 'tick' | 'transfer'): void {
    const { node } = replica;
    if (node === null) return;
    this.#note(() => `${what} ${renderReplica(replica.id)}`);
    if (what === 'tick') {
      node.tick();
      this.#silenceTicks[replica.id.nodeId - 1]!++;
      this.#checkLoyalty(replica);
    } else if (what === 'transfer') {
      node.transferLeadership(this.#replicas[this.#random.below(this.#replicas.length)]!.id);
    } else if (what === 'read') {
      this.#checkers.readAsked(++this.#contexts);
      node.readIndex(this.#contexts);
    } else if (node.proposalRefusal(4) === null) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(++this.#payload);
      assert(node.propose({ index: node.lastIndex + 1, term: node.term, kind: 0, bytes }) === null);
    }
    this.#drain(replica);
  }

  #change(replica: Replica): void {
    if (replica.node === null) return;
    const ids = this.#replicas.map(({ id }) => id).filter(() => this.#random.below(3) > 0);
    const learners = ids.filter(() => this.#random.below(4) === 0);
    replica.node.changeMembership({ voters: ids.filter((id) => !learners.includes(id)), learners });
    this.#drain(replica);
  }

  #crash(replica: Replica): void {
    if (replica.node === null) return;
    this.#note(() => `crash ${renderReplica(replica.id)}`);
    replica.crash(this.#random.below(replica.writes.length + 1));
    this.#reads = this.#reads.filter((pending) => pending.replica !== replica);
    this.#snapshots = this.#snapshots.filter(({ leader }) => leader !== replica);
  }

  #start(replica: Replica): void {
    if (replica.node !== null) return;
    this.#note(() => `start ${renderReplica(replica.id)}`);
    this.#silenceTicks[replica.id.nodeId - 1] = 0;
    replica.start(this.#voters.includes(replica.id) ? bootstrapMembership(this.#voters) : null);
    this.#checkers.started(replica);
    this.#drain(replica);
  }

  #complete(replica: Replica): void {
    if (replica.node === null || replica.writes.length === 0) return;
    this.#note(() => `stored ${renderReplica(replica.id)}`);
    replica.complete(1 + this.#random.below(replica.writes.length));
    this.#drain(replica);
  }

  #answerHostWork(): void {
    const snapshot = this.#snapshots.shift();
    if (snapshot !== undefined) this.#sendSnapshot(snapshot.leader, this.#replicas[snapshot.to.nodeId - 1]!);
    const pending = this.#reads.shift();
    if (pending === undefined || pending.replica.node === null) return;
    const { replica, read } = pending;
    const isFailed = this.#random.below(8) === 0 || read.fromIndex <= replica.startIndex;
    const entries = isFailed
      ? []
      : replica.log.slice(read.fromIndex - 1, read.fromIndex + this.#random.below(4));
    replica.node!.entriesRead(read.to, entries);
    this.#drain(replica);
  }

  #sendSnapshot(leader: Replica, target: Replica): void {
    if (leader.node === null) return;
    this.#note(() => `snapshot ${renderReplica(leader.id)} to ${renderReplica(target.id)}`);
    const startIndex = target.startIndex;
    const index =
      this.#random.below(8) === 0 || leader.node.role !== 'leader' ? null : target.install(leader);
    if (target.startIndex > startIndex) this.#checkers.installed(target);
    this.#drain(target);
    leader.node.snapshotSent(target.id, index);
    this.#drain(leader);
  }

  #deliver(): void {
    if (this.#wire.length === 0) return;
    const at = this.#faults.isReordered ? this.#random.below(this.#wire.length) : 0;
    const message = this.#wire[at]!;
    const isKept = this.#random.below(100) < this.#faults.duplicatePercent;
    if (!isKept) this.#wire.splice(at, 1);
    if (this.#random.below(100) < this.#faults.lossPercent) return;
    const sides = this.#sides;
    if (sides !== null && sides[message.from.nodeId - 1] !== sides[message.to.nodeId - 1]) return;
    this.#arrive(message);
  }

  #arrive(message: Message<Entry>): void {
    const target = this.#replicas[message.to.nodeId - 1]!;
    if (target.node === null) return;
    this.#note(() => `deliver ${renderMessage(message)}`);
    if (message.kind === 'append' || message.kind === 'heartbeat')
      this.#silenceTicks[message.to.nodeId - 1] = 0;
    target.node.step(message);
    this.#drain(target);
  }

  #drain(replica: Replica): void {
    const { node } = replica;
    if (node === null) return;
    for (let ready = node.ready(); ready !== null; ready = node.ready()) {
      const text = ready;
      this.#note(() => `  ${renderReplica(replica.id)}: ${renderReady(text)}`);
      replica.save(ready);
      this.#checkers.onReady(replica, ready, this.#replicas);
      for (const message of ready.messages) this.#wire.push(message);
      // A flood helps nobody: the network loses the oldest.
      if (this.#wire.length > 200) this.#wire.splice(0, this.#wire.length - 200);
      for (const read of ready.entryReads) this.#reads.push({ replica, read });
      for (const to of ready.snapshotsWanted) this.#snapshots.push({ leader: replica, to });
    }
  }

  /** Liveness: with everything up and connected, a new entry is committed everywhere within a bound of ticks. */
  #heal(): void {
    this.#sides = null;
    for (const replica of this.#replicas) this.#start(replica);
    const goal = this.#checkers.committedIndex + 1;
    for (let round = 0; round < 400; round++) {
      for (const replica of this.#replicas) {
        this.#act(replica, 'tick');
        if (round % 4 === 0) this.#act(replica, 'propose');
        this.#complete(replica);
      }
      while (this.#reads.length + this.#snapshots.length > 0) this.#answerHostWork();
      for (const message of this.#wire.splice(0)) this.#arrive(message);
      if (this.#isHealed(goal)) return;
    }
    assert.fail('I26 no progress after everything healed');
  }

  /** Every member of the newest configuration holds what a leader has committed since. */
  #isHealed(goal: number): boolean {
    const leader = this.#replicas.find(({ node }) => node?.role === 'leader' && node.commitIndex >= goal);
    const membership = leader?.node?.membership;
    if (membership == null || membership.outgoing.length > 0) return false;
    return [...membership.voters, ...membership.learners].every(
      ({ nodeId }) => this.#replicas[nodeId - 1]!.node!.commitIndex >= goal,
    );
  }

  #note(line: () => string): void {
    this.trace?.push(line());
  }
}
