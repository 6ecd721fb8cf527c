import {
  bootstrapMembership,
  type Entry,
  type EntryRead,
  type HardState,
  type Message,
  Node,
  type RaftConfig,
  type ReplicaId,
  renderEntry,
  renderMembership,
  renderMessage,
  renderReady,
  renderReplica,
} from '../../raft/index';
import { renderHardState } from '../../raft/render';
import type { Command } from '../support/datadriven';
import { Replica } from './replica';

const CONFIG: RaftConfig = {
  electionTicks: 10,
  heartbeatTicks: 2,
  appendSizeBytesMax: 100,
  inflightMessagesMax: 3,
  uncommittedSizeBytesMax: 200,
  tailSizeBytesMax: 1000,
};

/**
 * The language of the Raft transcripts. Nodes are named by number; `3~b` is node 3 with incarnation b. Every command
 * that feeds a node prints what its Readies say. The disk completes with `stored`, messages move with `deliver`;
 * `settle` does both until nothing is left. Elections time out after exactly 10 ticks.
 */
export class Transcript {
  #replicas = new Map<string, Replica>();
  #bootstrap: readonly ReplicaId[] = [];
  #wire: Message<Entry>[] = [];
  #config = CONFIG;
  #contexts = 0;
  #reads: { readonly replica: Replica; readonly read: EntryRead }[] = [];
  #lines: string[] = [];

  run(command: Command): string {
    const perform = this.#commands[command.name];
    if (perform === undefined) throw new Error(`${command.where}: unknown command ${command.name}`);
    this.#lines = [];
    perform(command);
    return this.#lines.length === 0 ? 'nothing' : this.#lines.join('\n');
  }

  readonly #commands: Record<string, (command: Command) => void> = {
    nodes: ({ words, options }) => this.#create(words, options),
    log: ({ words, options }) => this.#setLog(this.#replica(words[0]), words.slice(1), options),
    start: (command) =>
      this.#feed(command, (_node, replica) => replica.start(this.#firstMembership(replica))),
    crash: ({ words, options }) => {
      this.#replica(words[0]).crash(Number(options.get('keep') ?? 0));
      this.#print(`${words[0]} down`);
    },
    tick: ({ words }) => {
      const replica = this.#replica(words[0]);
      for (let i = 0; i < Number(words[1] ?? 1); i++) {
        replica.node!.tick();
        this.#drain(replica);
      }
    },
    propose: (command) =>
      this.#feed(command, (node) => {
        for (const payload of command.words.slice(1)) {
          this.#refused(node.propose(entry(node.lastIndex + 1, node.term, payload)));
        }
      }),
    stored: (command) =>
      this.#feed(command, (_node, replica) =>
        replica.complete(Number(command.words[1] ?? Number.POSITIVE_INFINITY)),
      ),
    report: (command) =>
      this.#feed(command, (node) =>
        node.stored(Number(command.options.get('index')), Number(command.options.get('term'))),
      ),
    deliver: ({ words, options }) => this.#deliver(words[0] ?? '', options),
    elect: ({ words, options }) => this.#elect(words[0]!, options.get('among')?.split(',') ?? []),
    drop: ({ words }) => {
      for (const message of this.#take(words[0] ?? '')) this.#print(`drop ${renderMessage(message)}`);
    },
    wire: () => {
      for (const message of this.#wire) this.#print(renderMessage(message));
    },
    settle: ({ words }) => this.#settle(words),
    read: (command) =>
      this.#feed(command, (node) => {
        this.#contexts++;
        this.#refused(node.readIndex(this.#contexts) ? null : 'not-leader');
      }),
    change: (command) =>
      this.#feed(command, (node) => {
        const list = (key: string) =>
          (command.options.get(key) ?? '')
            .split(',')
            .filter((text) => text !== '')
            .map(parseReplica);
        this.#refused(node.changeMembership({ voters: list('voters'), learners: list('learners') }));
      }),
    transfer: (command) =>
      this.#feed(command, (node) => {
        this.#refused(node.transferLeadership(parseReplica(command.words[1]!)) ? null : 'no');
      }),
    'answer-read': ({ options }) =>
      this.#answerRead(Number(options.get('count') ?? Number.POSITIVE_INFINITY)),
    state: () => {
      for (const replica of this.#replicas.values()) this.#print(stateLine(replica));
    },
    'show-log': ({ words }) => this.#print(this.#replica(words[0]).log.map(renderEntry).join(', ')),
  };

  #feed(command: Command, act: (node: Node<Entry>, replica: Replica) => void): void {
    const replica = this.#replica(command.words[0]);
    act(replica.node!, replica);
    this.#drain(replica);
  }

  #refused(reason: string | null): void {
    if (reason !== null) this.#print(`refused: ${reason}`);
  }

  #create(words: readonly string[], options: ReadonlyMap<string, string>): void {
    const ids = words.map(parseReplica);
    const voters = (options.get('voters') ?? words.join(',')).split(',').map(parseReplica);
    this.#config = { ...CONFIG };
    for (const [key, value] of options) {
      if (key in CONFIG) this.#config = { ...this.#config, [key]: Number(value) };
    }
    this.#bootstrap = voters;
    for (const id of ids) {
      const replica = new Replica(id, this.#config, () => 0);
      this.#replicas.set(renderReplica(id), replica);
      if (options.has('down')) continue;
      replica.start(this.#firstMembership(replica));
      this.#drain(replica);
    }
    if (options.has('down')) this.#print(`down: ${words.join(' ')}`);
  }

  /** Writes a durable log before the start: `log 2 1,1,3 term=4 vote=1` has entries of terms 1, 1, 3 from index 2 on. */
  #setLog(replica: Replica, terms: readonly string[], options: ReadonlyMap<string, string>): void {
    const probe = new Node<Entry>(blankOptions(replica, this.#bootstrap));
    const first = probe.ready()!.entries[0]!;
    replica.durableLog = [first];
    for (const term of (terms[0] ?? '').split(',').filter((text) => text !== '')) {
      replica.durableLog.push(entry(replica.durableLog.length + 1, Number(term), 'old'));
    }
    const vote = options.get('vote');
    const last = replica.durableLog[replica.durableLog.length - 1]!;
    const hardState: HardState = {
      term: Number(options.get('term') ?? last.term),
      votedFor: vote === undefined ? -1 : parseReplica(vote).nodeId,
      votedForIncarnation: vote === undefined ? '' : parseReplica(vote).incarnation,
    };
    replica.durableHardState = hardState;
    this.#print(`last=${last.index}/${last.term} ${renderHardState(hardState)}`);
  }

  #firstMembership(replica: Replica) {
    const isFirst = this.#bootstrap.some((id) => renderReplica(id) === renderReplica(replica.id));
    return isFirst ? bootstrapMembership(this.#bootstrap) : null;
  }

  /** `1->2` picks a link, `1->` or `->2` one end, nothing everything that is on the wire now. */
  #take(link: string, kind?: string): Message<Entry>[] {
    const [from = '', to = ''] = link.split('->');
    const isPicked = (message: Message<Entry>) =>
      (from === '' || renderReplica(message.from) === from) &&
      (to === '' || renderReplica(message.to) === to) &&
      (kind === undefined || message.kind === kind);
    const picked = this.#wire.filter(isPicked);
    this.#wire = this.#wire.filter((message) => !isPicked(message));
    return picked;
  }

  /** `kind=` picks by kind, `copies=` delivers each so often, `at=` to another replica than the one it is meant for. */
  #deliver(link: string, options: ReadonlyMap<string, string>): void {
    for (const message of this.#take(link, options.get('kind'))) {
      for (let copy = 0; copy < Number(options.get('copies') ?? 1); copy++)
        this.#arrive(message, options.get('at'));
    }
  }

  /**
   * Makes a node the leader with the votes of `among` (all when empty), who have not heard of another leader for an
   * election timeout; prints the outcome only. Messages of and to others stay on the wire.
   */
  #elect(name: string, among: readonly string[]): void {
    const printed = this.#lines;
    this.#lines = [];
    const names = among.length === 0 ? [...this.#replicas.keys()] : [name, ...among];
    for (const other of names) {
      if (other === name || this.#replica(other).node === null) continue;
      for (let i = 0; i < 10; i++) this.#replica(other).node!.tick();
      this.#drain(this.#replica(other));
      this.#take(`${other}->`);
    }
    for (let i = 0; i < 10; i++) this.#replica(name).node!.tick();
    this.#drain(this.#replica(name));
    this.#settle(names);
    this.#lines = printed;
    this.#print(stateLine(this.#replica(name)));
  }

  /** The host reads from the log what was asked for: `count` entries, or as many as the size allows. */
  #answerRead(count: number): void {
    for (const { replica, read } of this.#reads.splice(0)) {
      const { to, fromIndex, sizeBytesMax } = read;
      let sizeBytes = 0;
      const entries = replica.log.slice(fromIndex - 1, fromIndex - 1 + count).filter(({ bytes }, at) => {
        sizeBytes += bytes.byteLength;
        return at === 0 || sizeBytes <= sizeBytesMax;
      });
      replica.node?.entriesRead(to, entries);
      this.#drain(replica);
    }
  }

  #arrive(message: Message<Entry>, at = renderReplica(message.to)): void {
    const target = this.#replicas.get(at);
    if (target?.node == null) {
      this.#print(`lost ${renderMessage(message)}`);
      return;
    }
    this.#print(`deliver ${renderMessage(message)}`);
    target.node.step(message);
    this.#drain(target);
  }

  /** Completes disks and delivers messages until nothing is left; with names, only among those nodes. */
  #settle(names: readonly string[]): void {
    const isIn = (name: string) => names.length === 0 || names.includes(name);
    for (let round = 0; round < 100; round++) {
      let moved = false;
      for (const [name, replica] of this.#replicas) {
        if (!isIn(name) || replica.node === null || replica.writes.length === 0) continue;
        replica.complete(Number.POSITIVE_INFINITY);
        this.#drain(replica);
        moved = true;
      }
      this.#answerRead(Number.POSITIVE_INFINITY);
      const arriving = this.#wire.filter((m) => isIn(renderReplica(m.from)) && isIn(renderReplica(m.to)));
      this.#wire = this.#wire.filter((message) => !arriving.includes(message));
      for (const message of arriving) this.#arrive(message);
      if (!moved && arriving.length === 0) return;
    }
    this.#print('does not settle');
  }

  #drain(replica: Replica): void {
    const { node } = replica;
    if (node === null) return;
    for (let ready = node.ready(); ready !== null; ready = node.ready()) {
      this.#print(`${renderReplica(replica.id)}: ${renderReady(ready)}`);
      replica.save(ready);
      this.#wire.push(...ready.messages);
      for (const read of ready.entryReads) this.#reads.push({ replica, read });
    }
  }

  #print(line: string): void {
    this.#lines.push(line);
  }

  #replica(name: string | undefined): Replica {
    const replica = this.#replicas.get(name ?? '');
    if (replica === undefined) throw new Error(`no node ${name}`);
    return replica;
  }
}

function parseReplica(text: string): ReplicaId {
  const [nodeId, incarnation] = text.split('~');
  return { nodeId: Number(nodeId), incarnation: incarnation ?? '1' };
}

function entry(index: number, term: number, payload: string): Entry {
  return { index, term, kind: 0, bytes: Buffer.from(payload) };
}

function blankOptions(replica: Replica, voters: readonly ReplicaId[]) {
  return {
    self: replica.id,
    hardState: { term: 0, votedFor: -1, votedForIncarnation: '' },
    log: { firstIndex: 1, lastIndex: 0, durableIndex: 0, epochs: [], termAt: () => undefined },
    memberships: [],
    bootstrap: bootstrapMembership(voters),
    commitIndex: 0,
    config: CONFIG,
    internalEntry: (index: number, term: number, kind: number, bytes: Uint8Array) => ({
      index,
      term,
      kind,
      bytes,
    }),
    random: () => 0,
  };
}

function stateLine({ id, node }: Replica): string {
  const name = renderReplica(id);
  if (node === null) return `${name}: down`;
  const { state, membership } = node;
  const last = `last=${node.lastIndex}/${state.log.lastTerm}`;
  const held = state.messagesAfterAppend.map(
    ({ message, index }) => `${message.kind}${index > 0 ? `@${index}` : ''}`,
  );
  const waiting = held.length > 0 ? ` held=[${held.join(' ')}]` : '';
  const members = membership === null ? 'none' : renderMembership(membership);
  return `${name}: ${node.role} term=${node.term} ${last} durable=${node.durableIndex} commit=${node.commitIndex} members=${members}${waiting}`;
}
