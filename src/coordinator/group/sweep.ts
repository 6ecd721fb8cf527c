/** Tombstones for many groups, in operations of a bounded size each. */
import type { MachineRecord, Runtime } from '../../replicated/machine';
import { type DeletedTopicName, expireGroup, tombstonesOf } from './expiry';
import type { GroupShard } from './shard';

/** Groups that one operation looks at, and about how many tombstones it writes. */
const GROUPS_MAX = 500;
const RECORDS_MAX = 1_000;

/** Forgets what is too old, in every group. */
export function sweepExpired(runtime: Runtime<GroupShard>, retentionMs: number): void {
  sweepFrom(runtime, retentionMs, [...runtime.machine.groups.keys()], 0);
}

function sweepFrom(
  runtime: Runtime<GroupShard>,
  retentionMs: number,
  groupIds: readonly string[],
  from: number,
): void {
  let at = from;
  runtime.operate(
    (shard, nowMs) => {
      const records: MachineRecord[] = [];
      const end = Math.min(from + GROUPS_MAX, groupIds.length);
      while (at < end && records.length < RECORDS_MAX) {
        // The rest of a very large group goes with the next sweep, its own tombstone last.
        records.push(...expireGroup(shard, groupIds[at]!, retentionMs, nowMs).slice(0, RECORDS_MAX));
        at++;
      }
      return { records, response: null };
    },
    ({ refused }) => {
      if (refused === null && at < groupIds.length) sweepFrom(runtime, retentionMs, groupIds, at);
    },
  );
}

/** Forgets what groups have committed for topics that are gone. */
export function forgetTopics(runtime: Runtime<GroupShard>, topics: readonly DeletedTopicName[]): void {
  let isMore = false;
  runtime.operate(
    (shard) => {
      const records = tombstonesOf(shard, topics, RECORDS_MAX);
      isMore = records.length === RECORDS_MAX;
      return { records, response: null };
    },
    ({ refused }) => {
      if (refused === null && isMore) forgetTopics(runtime, topics);
    },
  );
}
