/** A consumer group under soak: members come and go, read all that is written, and commit. */
import type { Cluster } from '../../src/client/cluster';
import { GroupMember } from '../../src/client/group-member';
import { committedOffsets } from '../../src/client/groups';
import { Reader } from '../../src/client/reader';
import { clusterAt } from './group-load';
import type { Ledger } from './soak-ledger';

const TEND_INTERVAL_MS = 1_000;
const POLL_WAIT_MS = 200;

export interface MemberCounts {
  rebalances: number;
  commits: number;
  departures: number;
}

export interface MemberOptions {
  readonly address: string;
  readonly group: string;
  readonly topic: string;
  readonly ledger: Ledger;
  readonly counts: MemberCounts;
  /** Milliseconds of the next stay and of the absence behind it. */
  nextStay(): readonly [stayMs: number, absenceMs: number];
  /** Nobody leaves any more: what is there is read to its end. */
  isDraining(): boolean;
  isOver(): boolean;
}

/** Stays and stays away in turns until it is over. */
export async function runMember(options: MemberOptions): Promise<void> {
  while (!options.isOver()) {
    const [stayMs, absenceMs] = options.nextStay();
    const cluster = clusterAt(options.address, 'soak-member');
    try {
      await stay(cluster, performance.now() + stayMs, options);
    } finally {
      await cluster.close();
    }
    options.counts.departures++;
    const backAtMs = performance.now() + absenceMs;
    while (performance.now() < backAtMs && !options.isOver() && !options.isDraining())
      await new Promise((over) => setTimeout(over, 100));
  }
}

async function stay(cluster: Cluster, untilMs: number, options: MemberOptions): Promise<void> {
  const { group, topic, counts } = options;
  const member = new GroupMember(cluster, group, [topic]);
  const isStaying = (): boolean => !options.isOver() && (options.isDraining() || performance.now() < untilMs);
  while (isStaying()) {
    const assigned = await member.join();
    counts.rebalances++;
    const partitions = assigned.flatMap((part) => part.partitions);
    await read(cluster, member, partitions, isStaying, options);
  }
  await member.leave();
}

/** Returns when the member has to join again or to leave. */
async function read(
  cluster: Cluster,
  member: GroupMember,
  partitions: readonly number[],
  isStaying: () => boolean,
  options: MemberOptions,
): Promise<void> {
  const { topic, ledger, counts } = options;
  const next = await startOffsets(cluster, partitions, options);
  const positions = partitions.map((partition) => ({
    topic,
    partition,
    offset: next.get(partition)!,
    endOffset: null,
  }));
  const reader = new Reader(cluster, positions, { isolation: 'read_uncommitted', waitMs: POLL_WAIT_MS });
  const commit = async (): Promise<boolean> => {
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset }));
    if (!(await member.commit(offsets))) return false;
    counts.commits++;
    for (const { partition, offset } of offsets) ledger.commit(partition, offset);
    return true;
  };
  let tendAtMs = performance.now() + TEND_INTERVAL_MS;
  while (isStaying()) {
    if (partitions.length === 0) await new Promise((over) => setTimeout(over, POLL_WAIT_MS));
    for (const { partition, offset, value } of await reader.poll()) {
      const due = next.get(partition)!;
      if (offset !== due) ledger.violate(`partition ${partition}: read ${offset} where ${due} was due`);
      ledger.check(partition, offset, value);
      next.set(partition, offset + 1);
    }
    for (const [partition, offset] of next) ledger.advance(partition, offset);
    if (performance.now() < tendAtMs) continue;
    tendAtMs = performance.now() + TEND_INTERVAL_MS;
    const isMember = await member.heartbeat();
    // What was read may be committed until the next generation begins.
    if (!(await commit()) || !isMember) return;
  }
  await commit();
}

async function startOffsets(
  cluster: Cluster,
  partitions: readonly number[],
  { group, ledger }: MemberOptions,
): Promise<Map<number, number>> {
  const least = [...ledger.committed];
  const stored = new Map(
    (await committedOffsets(cluster, group)).map(({ partition, offset }) => [partition, offset]),
  );
  return new Map(
    partitions.map((partition) => {
      const offset = stored.get(partition) ?? 0;
      ledger.checkCommitted(partition, offset, least[partition]!);
      return [partition, offset];
    }),
  );
}
