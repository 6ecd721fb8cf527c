/** A consumer group of many members on raw protocol: how long until every partition has one again. */
import { Cluster, parseBootstrap } from '../../src/client/cluster';
import { type Assigned, GroupMember } from '../../src/client/group-member';
import { deleteGroup } from '../../src/client/groups';
import { createTopics, deleteTopics } from '../../src/client/topics';

/**
 * How soon a member hears of a rebalance, in milliseconds. Clients take seconds, which would be all that is measured;
 * much less than this and the heartbeats would be.
 */
const HEARTBEAT_INTERVAL_MS = 50;
const GIVE_UP_MS = 120_000;

export const clusterAt = (address: string, clientId = 'bench'): Cluster =>
  new Cluster({ bootstrap: parseBootstrap(address)!, clientId, timeoutMs: 120_000 });

/** Creates a topic, runs, deletes it. */
export async function withTopic<T>(
  address: string,
  partitions: number,
  use: (topic: string, cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = clusterAt(address);
  const name = `bench-${process.pid}-${performance.now().toString(36).replace('.', '-')}`;
  try {
    const [created] = await createTopics(cluster, [{ name, partitions, replicationFactor: 1, configs: [] }]);
    if (created!.error !== null) throw created!.error;
    await cluster.topic(name, true);
    const result = await use(name, cluster);
    await deleteTopics(cluster, [name]);
    return result;
  } finally {
    await cluster.close();
  }
}

/** A member that joins whenever it has to, until it leaves. */
class LoyalMember {
  assigned: readonly Assigned[] | null = null;
  readonly cluster: Cluster;
  readonly #member: GroupMember;
  readonly #onChange: () => void;
  #isLeaving = false;
  #running: Promise<void> = Promise.resolve();

  constructor(address: string, group: string, topic: string, onChange: () => void) {
    this.cluster = clusterAt(address);
    this.#member = new GroupMember(this.cluster, group, [topic]);
    this.#onChange = onChange;
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#running;
    await this.#member.leave();
  }

  async #run(): Promise<void> {
    while (!this.#isLeaving) {
      this.assigned = null;
      this.assigned = await this.#member.join();
      this.#onChange();
      let isMember = true;
      while (isMember && !this.#isLeaving) {
        await new Promise((over) => setTimeout(over, HEARTBEAT_INTERVAL_MS));
        isMember = await this.#member.heartbeat();
      }
    }
  }
}

/** Every member has been assigned since it was last asked to join, and every partition has exactly one of them. */
function isCovered(members: readonly LoyalMember[], partitions: number): boolean {
  const seen = new Set<number>();
  let count = 0;
  for (const { assigned } of members) {
    if (assigned === null) return false;
    for (const part of assigned) {
      for (const partition of part.partitions) {
        seen.add(partition);
        count++;
      }
    }
  }
  return seen.size === partitions && count === partitions;
}

/**
 * `start_ms`: from the first join to all partitions assigned, connections being open; `leave_ms`: from one member's
 * leaving to all reassigned among the others.
 */
export async function groupLoad(
  address: string,
  count: number,
): Promise<{ start_ms: number; leave_ms: number }> {
  return withTopic(address, count, async (topic, admin) => {
    const group = `${topic}-group`;
    let onCovered: () => void = () => {};
    let members: LoyalMember[] = [];
    const changed = (): void => {
      if (isCovered(members, count)) onCovered();
    };
    members = Array.from({ length: count }, () => new LoyalMember(address, group, topic, changed));
    await Promise.all(members.map(({ cluster }) => cluster.coordinator(group)));
    const failed: { reject: (error: unknown) => void } = { reject: () => {} };
    const covered = (): Promise<void> =>
      new Promise((fulfil, reject) => {
        const timer = setTimeout(() => reject(new Error('the group did not settle')), GIVE_UP_MS);
        const over = (done: () => void): void => {
          clearTimeout(timer);
          done();
        };
        onCovered = () => over(fulfil);
        failed.reject = (error) => over(() => reject(error));
      });

    const startedAtMs = performance.now();
    const isStarted = covered();
    for (const member of members) member.start().catch((error: unknown) => failed.reject(error));
    await isStarted;
    const startMs = performance.now() - startedAtMs;

    const [leaver, ...others] = members;
    members = others;
    // What they hold is of the generation that ends now.
    for (const member of others) member.assigned = null;
    const leftAtMs = performance.now();
    const isSettled = covered();
    await Promise.all([leaver!.leave(), isSettled]);
    const leaveMs = performance.now() - leftAtMs;

    await Promise.all(others.map((member) => member.leave()));
    await Promise.all([leaver!, ...others].map(({ cluster }) => cluster.close()));
    await deleteGroup(admin, group);
    return { start_ms: startMs, leave_ms: leaveMs };
  });
}
