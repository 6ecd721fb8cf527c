/** Which brokers hold the replicas of a new topic. Pure: the random start comes in. */

export interface PlacementBroker {
  readonly id: number;
  readonly rack: string | null;
}

/**
 * `[partition] -> node ids, preferred leader first`. Leaders go round the brokers from `start` on; the other replicas
 * follow at a distance that grows by one each round, so that the partitions of a dead leader spread over all others
 * (Kafka's striped placement). Brokers are taken rack by rack in turn: replicas differ in racks while there are enough.
 *
 * @param brokers             At least `replicationFactor`, any order.
 * @param start               Any non-negative integer; equal starts give equal placements.
 */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  partitionCount: number,
  replicationFactor: number,
  start: number,
): readonly (readonly number[])[] {
  const ring = alternateRacks(brokers);
  const placed: number[][] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const leaderAt = (start + partition) % ring.length;
    const shift = Math.floor(partition / ring.length);
    const replicas = [ring[leaderAt]!];
    for (let follower = 0; follower < replicationFactor - 1; follower++) {
      const distance = 1 + ((shift + follower) % (ring.length - 1));
      replicas.push(ring[(leaderAt + distance) % ring.length]!);
    }
    placed.push(replicas);
  }
  return placed;
}

/** Ids ordered so that neighbours are in different racks as long as possible; by id within a rack. */
function alternateRacks(brokers: readonly PlacementBroker[]): readonly number[] {
  const racks = new Map<string, number[]>();
  for (const broker of [...brokers].sort((left, right) => left.id - right.id)) {
    // Without a rack every broker stands for itself.
    const rack = broker.rack === null ? `\u0000${broker.id}` : broker.rack;
    const members = racks.get(rack);
    if (members === undefined) racks.set(rack, [broker.id]);
    else members.push(broker.id);
  }
  const order: number[] = [];
  for (let round = 0; order.length < brokers.length; round++) {
    for (const members of racks.values()) {
      const id = members[round];
      if (id !== undefined) order.push(id);
    }
  }
  return order;
}
